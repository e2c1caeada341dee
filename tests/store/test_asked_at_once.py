"""What does not wait for other rows is asked at once, and each statement's rows come back as they would alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.domain.items import Kind
from inventory.store.drivers import PARTS_AT_MOST
from inventory.store.script import AtOnce, Fetch, at_once
from tests import furniture
from tests.writing_steps import watched

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


def joined(*fetches: Fetch | None) -> Script[list[list[Any]]]:
    answers = yield from at_once(*fetches)
    return [[tuple(row) for row in rows] for rows in answers]


async def test_statements_asked_at_once_are_answered_as_each_alone(lab: Cast) -> None:
    driver = lab.site.ledger._driver
    fetches = PEOPLE, NOBODY, HEADS, COUNT
    told = await driver.run(alone(*fetches))
    assert [len(rows) > 0 for rows in told] == [True, False, True, True]
    assert await driver.run(joined(*fetches)) == told
    assert await driver.run(joined(*reversed(fetches))) == told[::-1]
    assert await driver.run(joined(NOBODY, None, COUNT, None)) == [[], [], told[3], []]
    assert await driver.run(joined(COUNT)) == [told[3]]
    assert await driver.run(joined(None)) == [[]]


async def test_more_statements_than_are_put_as_one_are_answered_in_their_order(lab: Cast) -> None:
    asked = [
        Fetch("SELECT code FROM item WHERE code {any}", ([f"nobody {n}"],)) for n in range(PARTS_AT_MOST)
    ]
    told = await lab.site.ledger._driver.run(joined(*asked, COUNT, *asked, HEADS))
    assert [number for number, rows in enumerate(told) if rows] == [PARTS_AT_MOST, 2 * PARTS_AT_MOST + 1]


async def test_a_batch_waits_for_rows_once_a_level_however_many_acts_it_has(
    lab: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = watched(monkeypatch)
    await lab.must("vial-move", "DMSO-1-1", position=furniture.position(20))
    moves = [
        lab.request("vial-move", f"DMSO-1-{n}", position=furniture.position(20 + n)) for n in (2, 3, 4, 5)
    ]
    await lab.at_once(*moves)
    # The head, the keys and what is named; then its lots, boxes and places; then their donors and places; the write.
    assert [len(steps) for steps in batches] == [4, 4]


async def test_an_order_waits_no_more_often_than_a_move(lab: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = await furniture.enrol(lab)
    joints = (await lab.item(Kind.KIT, kit)).texts("joints")
    batches = watched(monkeypatch)
    await lab.must("kit-order", kit, joints=joints)
    # What was posted comes with what is named; its lots with the participant; then their donors; the write.
    assert [len(steps) for steps in batches] == [4]


def test_nothing_is_asked_where_nothing_is_wanted() -> None:
    with pytest.raises(StopIteration) as done:
        next(at_once(None, None))
    assert done.value.value == [[], []]


def test_what_is_asked_at_once_is_one_step() -> None:
    assert next(at_once(PEOPLE, None, HEADS)) == AtOnce((PEOPLE, HEADS))
