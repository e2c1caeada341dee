"""Questions of many at once, put to the database as one.

Rules kept here:

- A question is read after it was asked, never before: nothing is remembered for the next one.
- One statement is under way at a time. Who asks meanwhile comes into the next one; who asks alone waits for
  nobody, so a single reader loses nothing by it.
- A failure is everybody's who came with that statement; who has gone meanwhile is not told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Gathered(Generic[Key, Found]):
    """One kind of question, of whoever asks it in one event loop.

    `ask` answers many keys in one statement; a key that it leaves out of its answer has none.
    """

    def __init__(self, ask: Callable[[list[Key]], Awaitable[dict[Key, Found]]]) -> None:
        self._ask = ask
        self._waiting: dict[Key, asyncio.Future[Found | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def of(self, key: Key) -> Found | None:
        """The answer for that key, or None.

        Raises:
            Whatever `ask` raises.
        """
        answer = self._waiting.get(key)
        if answer is None:
            answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                await self._tell(asked)
        finally:
            self._task = None

    async def _tell(self, asked: dict[Key, asyncio.Future[Found | None]]) -> None:
        try:
            found = await self._ask(list(asked))
        except Exception as failure:  # noqa: BLE001  (whatever it is, it is told to who asked)
            for answer in asked.values():
                answer.set_exception(failure)
                answer.exception()  # seen: where its asker has gone, asyncio would report it as nobody's
        else:
            for key, answer in asked.items():
                answer.set_result(found.get(key))
