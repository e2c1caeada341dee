"""An answer about a kit takes as many calls for the one product as for the other, whatever a clock would see of it.

The clock's own comparison is `python -m inventory.worlds`; this one needs no quiet machine, and names what differs.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from inventory.store import loading
from inventory.store.engines import bind
from inventory.store.keys import Keys
from inventory.worlds import world
from inventory.worlds.asking import Answer, ask
from inventory.worlds.day import Day
from inventory.worlds.running import Worlds, on_sqlite
from inventory.worlds.twins import blocks, dispensed, put_away, requests, twins
from inventory.worlds.world import World
from tests.blinding.conftest import LONG
from tests.counting import counted

ALL_OF_ONE, ALL_OF_THE_OTHER, MIXED = 0, 1, 2
KITS, TIMES = 2, 3

SOME = 25
"""How many hashes a log's root is made of depends on its length, the vault's on the product; each is three calls."""
REVEALS = "custody/participant-break-code"
"""Whose answer tells the arm."""
TOLD_OF_OTHERS = ("refusals=1", "/timelines/")
HIDDEN_REFUSALS = 2 * 35
"""Where others' refusals are told: somebody entitled is refused twice on a disclosed period's kit in the one world,
and both are read before they are hidden. That is said of what remains in docs/blinding.md."""


def tolerated(what: str) -> int:
    """By how many calls such a request may differ."""
    return SOME + HIDDEN_REFUSALS * any(address in what for address in TOLD_OF_OTHERS)


async def calls(day: Day, route: str, number: int) -> Counter[str]:
    """Which functions one request about the day's kit called, and how often."""
    bind(day.world.site.engine)
    who, asked, due = requests(day, number)[route]
    answer, found = await counted(ask(day.world.app, asked, await day.world.hands.token(who)))
    assert answer.status == due, answer.body
    return found


async def differing(keys: Keys) -> dict[str, int]:
    """By route: how many calls more or fewer the product with events took, in whichever kit it was least."""
    more: dict[str, list[int]] = {}
    async with twins(lambda: on_sqlite(None), keys, KITS) as worlds:
        for ordinal in range(KITS):
            fragile, other = sorted(
                [await dispensed(world, ordinal) for world in worlds], key=lambda day: not day.fragile
            )
            for number in range(TIMES):
                for route in (route for block in blocks(fragile) for route in block):
                    one, two = await calls(fragile, route, number), await calls(other, route, number)
                    more.setdefault(route, []).append(sum(((one - two) + (two - one)).values()))
            for day in (fragile, other):
                await put_away(day)
    return {route: min(found) for route, found in more.items()}


@pytest.mark.asyncio(loop_scope="session")
async def test_an_answer_takes_as_many_calls_for_either_product(keys: Keys) -> None:
    found = await differing(keys)
    assert len(found) == 15
    assert {route: more for route, more in found.items() if more} == {}


@pytest.mark.asyncio(loop_scope="session")
async def test_a_row_that_one_product_alone_has_would_be_seen(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_with = loading._goes_with
    monkeypatch.setattr(
        loading, "_goes_with", lambda item: [each for each in goes_with(item) if each[1] != item.code]
    )
    found = await differing(keys)
    assert {route for route, more in found.items() if more} >= {
        "kit-confirm, refused",
        "kit-hand-to-bedside",
    }


@LONG
@pytest.mark.asyncio(loop_scope="session")
async def test_nothing_that_a_blinded_person_does_or_looks_at_takes_more_calls_for_one_product(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest: list[Counter[str]] = []
    told: list[tuple[str, int]] = []

    async def asked(*request: Any) -> Answer:
        answer, found = await counted(ask(*request))
        newest.append(found)
        return answer

    def see(self: World, who: str, what: str, answer: Answer) -> None:
        if newest and REVEALS not in what and who in self.blinded and not self.entitled.get(who):
            told.append((f"{self.moment}: {who} {what}", newest[-1].total()))
        newest.clear()

    monkeypatch.setattr(world, "ask", asked)
    monkeypatch.setattr(world.World, "see", see)
    found: dict[int, list[list[tuple[str, int]]]] = {ALL_OF_ONE: [], ALL_OF_THE_OTHER: [], MIXED: []}
    worlds = Worlds(None, lambda: on_sqlite(None), keys)
    # The first finds what is worked out once and kept; what is drawn in a thread is now and then waited for.
    for number, arms in enumerate((ALL_OF_ONE, *[*found] * 2)):
        await worlds.tell(worlds.tables(3)[arms])
        if number:
            found[arms].append(told.copy())
        told.clear()
    one, *others = ([min(each) for each in zip(*found[arms], strict=True)] for arms in found)
    assert len(one) > 9_000
    for other in others:
        assert [what for what, _ in one] == [what for what, _ in other]
        pairs = zip(one, other, strict=True)
        assert [
            (what, some, more) for (what, some), (_, more) in pairs if abs(more - some) > tolerated(what)
        ] == []
