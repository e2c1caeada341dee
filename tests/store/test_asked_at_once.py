"""What does not wait for other rows is asked at once, and each statement's rows come back as they would alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.store.batch import Batch
from inventory.store.script import Fetch, Together, Write, together
from tests import furniture

if TYPE_CHECKING:
    from typing import Any

    from inventory.store.script import Script
    from tests.sites import Cast

PEOPLE = Fetch("SELECT code, due, facts, entry FROM item WHERE kind = ? ORDER BY code", ("person",))
NOBODY = Fetch("SELECT code, entry FROM item WHERE code {any}", (["nobody", "no one"],))
HEADS = Fetch("SELECT open_size, open_edge, NULL AS absent FROM head")
COUNT = Fetch("SELECT count(*) FROM {each}", (["a", "b", "c"],))


def alone(*fetches: Fetch) -> Script[list[list[Any]]]:
    found = []
    for fetch in fetches:
        rows = yield fetch
        found.append([tuple(row) for row in rows])
    return found


def at_once(*fetches: Fetch | None) -> Script[list[list[Any]]]:
    answers = yield from together(*fetches)
    return [[tuple(row) for row in rows] for rows in answers]


async def test_statements_asked_at_once_are_answered_as_each_alone(lab: Cast) -> None:
    driver = lab.site.ledger._driver
    fetches = PEOPLE, NOBODY, HEADS, COUNT
    told = await driver.run(alone(*fetches))
    assert [len(rows) > 0 for rows in told] == [True, False, True, True]
    assert await driver.run(at_once(*fetches)) == told
    assert await driver.run(at_once(*reversed(fetches))) == told[::-1]
    assert await driver.run(at_once(NOBODY, None, COUNT, None)) == [[], [], told[3], []]
    assert await driver.run(at_once(COUNT)) == [told[3]]
    assert await driver.run(at_once(None)) == [[]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often each batch from here on waits for rows."""
    found: list[int] = []
    script = Batch.script

    def watching(batch: Batch) -> Any:
        steps, rows = script(batch), None
        found.append(0)
        try:
            while True:
                step = steps.send(rows)
                found[-1] += not isinstance(step, Write)
                rows = yield step
        except StopIteration as done:
            return done.value

    monkeypatch.setattr(Batch, "script", watching)
    return found


async def test_a_batch_waits_for_rows_once_a_level_however_many_acts_it_has(
    lab: Cast, reads: list[int]
) -> None:
    await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20))
    moves = [
        lab.request("vial-move", f"DMSO-1-{n}", position=furniture.position(20 + n)) for n in range(2, 7)
    ]
    await lab.at_once(*moves)
    # The head, the keys and what is named; then its lots, boxes and places; then their donors and places.
    assert reads == [3, 3]


def test_nothing_is_asked_where_nothing_is_wanted() -> None:
    with pytest.raises(StopIteration) as done:
        next(together(None, None))
    assert done.value.value == [[], []]


def test_what_is_asked_at_once_is_one_step() -> None:
    assert next(together(PEOPLE, None, HEADS)) == Together((PEOPLE, HEADS))
