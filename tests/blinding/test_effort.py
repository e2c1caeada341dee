"""An answer about a kit takes as many calls for the one product as for the other, whatever a clock would see of it.

The clock's own comparison is `python -m inventory.worlds`; this one needs no quiet machine, and names what differs.
"""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest

from inventory.domain import merkle
from inventory.store import loading, signing
from inventory.store.engines import bind
from inventory.store.keys import Keys
from inventory.worlds.asking import ask
from inventory.worlds.day import Day
from inventory.worlds.running import on_sqlite
from inventory.worlds.twins import blocks, dispensed, put_away, requests, twins

KITS, TIMES = 2, 3
FEW = 3
"""A call takes some tenths of a microsecond: the rules look at a donor who is there once oftener than at nobody."""


async def calls(day: Day, route: str, number: int) -> Counter[str]:
    """Which functions one request called, and how often."""
    merkle._root.cache_clear()  # of equal logs, the second world would find what the first one reckoned
    signing._signed.cache_clear()
    bind(day.world.site.engine)
    who, asked, due = requests(day, number)[route]
    token = await day.world.hands.token(who)
    found = Counter[str]()

    def count(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            found[f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}"] += 1
        elif event == "c_call":
            found[str(getattr(called, "__qualname__", called))] += 1

    sys.setprofile(count)
    try:
        answer = await ask(day.world.app, asked, token)
    finally:
        sys.setprofile(None)
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
    assert {route: more for route, more in found.items() if more > FEW} == {}


@pytest.mark.asyncio(loop_scope="session")
async def test_a_row_that_one_product_alone_has_would_be_seen(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_with = loading._goes_with
    monkeypatch.setattr(
        loading, "_goes_with", lambda item: [each for each in goes_with(item) if each != loading.NOBODY]
    )
    found = await differing(keys)
    assert {route for route, more in found.items() if more > FEW} >= {
        "kit-confirm, refused",
        "kit-hand-to-bedside",
    }
