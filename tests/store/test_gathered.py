"""Questions of many at once are put as one, and each asker hears of its own key alone."""

from __future__ import annotations

import asyncio

import pytest

from inventory.store.engines.gathered import Gathered


class Library:
    """Answers for what it knows, and notes what it was asked in one go."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, keys: list[str]) -> dict[str, str]:
        self.asked.append(keys)
        await self.open.wait()
        if self.failure:
            raise self.failure
        return {key: key.upper() for key in keys if key != "unknown"}


async def test_who_asks_while_a_statement_is_under_way_comes_into_the_next_one():
    library = Library()
    library.open.clear()
    gathered = Gathered(library)
    first = asyncio.create_task(gathered.of("a"))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(gathered.of(key)) for key in ("b", "c", "b", "unknown")]
    await asyncio.sleep(0.01)
    library.open.set()
    assert await asyncio.gather(first, *others) == ["A", "B", "C", "B", None]
    assert library.asked == [["a"], ["b", "c", "unknown"]]


async def test_the_same_key_is_read_again_by_whoever_asks_later():
    library = Library()
    gathered = Gathered(library)
    assert [await gathered.of("a"), await gathered.of("a")] == ["A", "A"]
    assert library.asked == [["a"], ["a"]]


async def test_a_failure_is_told_to_everybody_who_asked_with_it_and_to_nobody_later():
    library = Library()
    gathered = Gathered(library)
    library.failure = OSError("the line is dead")
    told = await asyncio.gather(gathered.of("a"), gathered.of("b"), return_exceptions=True)
    assert [type(each) for each in told] == [OSError, OSError]
    library.failure = None
    assert await gathered.of("a") == "A"


async def test_who_goes_takes_nobody_elses_answer_along():
    library = Library()
    library.open.clear()
    gathered = Gathered(library)
    one, other = asyncio.create_task(gathered.of("a")), asyncio.create_task(gathered.of("a"))
    await asyncio.sleep(0.01)
    one.cancel()
    library.open.set()
    assert await other == "A"
    with pytest.raises(asyncio.CancelledError):
        await one
