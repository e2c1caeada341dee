"""A leak of each kind, planted where it would really stand: the suite sees each, and says where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inventory.worlds.comparing import Comparing
from inventory.worlds.planted import LEAKS, Leak, planted
from inventory.worlds.running import Found, Worlds

KINDS = {
    "field", "response header", "file name", "log line", "count", "order", "error text", "resupply", "label pixel",
}  # fmt: skip
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.kind)
async def test_a_planted_leak_is_seen(told: Worlds, leak: Leak) -> None:
    first, arms = told.tables(2)
    with planted(leak, first, arms):
        assert await told.tell_until_different(arms) is not None


async def test_a_leak_of_each_kind_is_planted() -> None:
    assert {leak.kind for leak in LEAKS} == KINDS


async def test_planted_leaks_do_nothing_to_whoever_has_the_first_worlds_arm(told: Worlds) -> None:
    (first,) = told.tables(1)
    with planted(LEAKS[0], first, first), planted(LEAKS[3], first, first):
        assert await told.tell_until_different(first) is None


async def test_a_world_in_which_the_script_breaks_off_differs(told: Worlds) -> None:
    worlds = replace(told, comparing=Comparing(first=dict(told.comparing.first)))
    first, arms = worlds.tables(2)
    leak = next(leak for leak in LEAKS if leak.kind == "resupply")
    with planted(leak, first, arms):
        found = await worlds.tell(arms)
    assert "order of what was seen" in {each.what for each in found}


async def test_a_run_holds_only_where_every_planted_leak_was_seen_and_nothing_else(told: Worlds) -> None:
    assert Found((), ()).holds
    assert not Found(("count",), ()).holds
    first, arms = told.tables(2)
    with planted(LEAKS[0], first, arms):
        seen = await told.tell_until_different(arms)
    assert seen is not None
    assert not Found((), (seen,)).holds
