"""The one write path: requests queue, one writer takes what is waiting and commits it as one transaction.

Rules this module keeps:
- An answer is given after COMMIT and never before; a cancelled caller does not cancel its batch.
- A batch waits a moment for who is on the way: few large ones cost less than many small ones (decision 20).
- The queue is bounded: a full one refuses, so that nobody waits for ever.
- A batch that fails is rolled back and run again group by group; what fails then fails alone. A group that
  had been committed after all (the line was lost with the answer) is answered from what is remembered of it.
- The writer remembers nothing between batches, so the command line may write beside the server.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import deque
from typing import TYPE_CHECKING, Final

from inventory.store.condition import DiskFullError, disk_is_full
from inventory.store.drivers import Driver, PostgresDriver, SqliteDriver
from inventory.store.engines.postgres import LINE_ERRORS
from inventory.store.requests import Outcome, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.store.batch import Batch

LOGGER = logging.getLogger(__name__)
WAITING_AT_MOST: Final = 1000
BATCH_AT_MOST: Final = 64
TURNS: Final = 12
"""How often the event loop goes round before a batch begins, a twentieth of a millisecond where nothing else is to be
done. Who was answered from the batch before asks again in that time, and a batch of one costs almost what one of ten
does: without it, sixteen clients fall apart into one and fifteen."""
AWAITED_SECONDS: Final = 0.003
"""And how long it waits at most for those who are being let in already."""

_OF_THE_DATABASE = (sqlite3.Error, *LINE_ERRORS)

Answer = asyncio.Future[list[Outcome]]
Waiting = tuple[list[Request], Answer]


class WriterBusyError(Exception):
    """The queue is full; try again in a moment."""

    def __init__(self) -> None:
        super().__init__("Too many requests are waiting: nothing was recorded. Try again in a moment.")


class WriterClosedError(Exception):
    """The writer has stopped and takes no more requests."""

    def __init__(self) -> None:
        super().__init__("The service is stopping: nothing was recorded.")


class ActFailedError(Exception):
    """The database failed with an act that was allowed: a defect, or a line that was lost with the answer.

    Attributes:
        action, code: the act, or the first of those that belong together.
    """

    def __init__(self, action: str, code: str = "") -> None:
        self.action, self.code = action, code
        super().__init__(
            f"The database did not take {action}, or could not say that it did. Ask again with the same key, "
            "which records nothing twice; if it fails again, tell the administrator."
        )


class Expecting:
    """Within it somebody is on the way to the queue, or waits for an answer; a batch that begins waits for them.

    Attributes:
        people: how many are within it.
    """

    __slots__ = ("people",)

    def __init__(self) -> None:
        self.people = 0

    def __enter__(self) -> None:
        self.people += 1

    def __exit__(self, *_: object) -> None:
        self.people -= 1


class Ledger:
    """What services hand their acts to: a queue, and the one task that empties it."""

    def __init__(self, driver: Driver, batch: Callable[[list[list[Request]]], Batch]) -> None:
        self._driver = driver
        self._batch = batch
        self._waiting: deque[Waiting] = deque()
        self._called = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self.expecting = Expecting()

    async def start(self) -> None:
        """Open the writer's connection and begin to take requests.

        Raises:
            DurabilityRefused: the database could lose what it has acknowledged.
        """
        await self._driver.open()
        self._stopping = False
        self._task = asyncio.create_task(self._work(), name="ledger")

    async def submit(self, group: list[Request]) -> list[Outcome]:
        """Record acts that belong together: all of them, or none where one is refused. Of no acts nothing comes.

        Raises:
            WriterBusyError: too many requests are waiting.
            WriterClosedError: the writer has stopped.
            ActFailedError: the database failed; the same key tells later what became of it.
            DiskFullError: there is no room for it.
            DatabaseMovedError: the database is not where it was opened.
            ClockBehindError: this host's clock is behind the log.
        """
        if self._task is None or self._task.done():
            raise WriterClosedError
        if not group:
            return []
        if len(self._waiting) >= WAITING_AT_MOST:
            raise WriterBusyError
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting.append((group, answer))
        self._called.set()
        return await answer

    def stands(self) -> bool:
        """Whether the database that it writes is where it was opened."""
        return self._driver.stands()

    async def close(self) -> None:
        """Finish what is waiting, then stop."""
        task, self._task = self._task, None
        if task is not None:
            self._stopping = True
            self._called.set()
            await task
            await self._driver.close()

    async def _work(self) -> None:
        while await self._somebody_waits():
            self._driver.ask_for_lock()
            await self._gather()
            batch = [self._waiting.popleft() for _ in range(min(BATCH_AT_MOST, len(self._waiting)))]
            await self._commit(batch)

    async def _somebody_waits(self) -> bool:
        """Wait until somebody does; False once the writer is to stop and nobody is left."""
        while not self._waiting and not self._stopping:
            self._called.clear()
            await self._called.wait()
        return bool(self._waiting)

    async def _gather(self) -> None:
        """Let those come into the batch who are on their way."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        until = time.perf_counter() + AWAITED_SECONDS
        # An event for it would cost each of them more than the turns do.
        while self.expecting.people > len(self._waiting) and time.perf_counter() < until:  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def _commit(self, waiting: list[Waiting]) -> None:
        try:
            outcomes = await self._run([group for group, _ in waiting])
        except Exception as failure:  # noqa: BLE001  (whatever it is, it must not stop the writer)
            LOGGER.warning(
                "a batch of %d is run again group by group: %s", len(waiting), type(failure).__name__
            )
            for group, answer in waiting:
                await self._commit_alone(group, answer)
            return
        for (_, answer), outcome in zip(waiting, outcomes, strict=True):
            if not answer.cancelled():
                answer.set_result(outcome)

    async def _run(self, groups: list[list[Request]]) -> list[list[Outcome]]:
        batch = self._batch(groups)
        outcomes = await self._driver.run(batch.script(), aside=batch.works_long)
        batch.committed()
        return outcomes

    async def _commit_alone(self, group: list[Request], answer: Answer) -> None:
        failed: Exception | None = None
        try:
            outcomes = await self._run([group])
        except _OF_THE_DATABASE as failure:
            # What may happen was decided before it was written: the database's own refusal is a defect.
            act, full = group[0].act, disk_is_full(failure)
            why = "full" if full else type(failure).__name__
            LOGGER.error("%s failed in the database: %s", act.action, why)
            failed = DiskFullError() if full else ActFailedError(act.action, act.code)
        except Exception as failure:  # noqa: BLE001  (as above)
            failed = failure
        if answer.cancelled():
            return
        if failed is None:
            answer.set_result(outcomes[0])
        else:
            answer.set_exception(failed)
            answer.exception()  # seen: where its caller is being cancelled, asyncio would report it as nobody's


class SqliteLedger(Ledger):
    """The writer of one SQLite file."""

    def __init__(self, path: str, batch: Callable[[list[list[Request]]], Batch]) -> None:
        super().__init__(SqliteDriver(path), batch)


class PostgresLedger(Ledger):
    """The writer of one process on PostgreSQL; other processes have their own, and wait at the head row."""

    def __init__(self, url: str, batch: Callable[[list[list[Request]]], Batch]) -> None:
        super().__init__(PostgresDriver(url), batch)
