"""Worlds of a study with three arms and two vials a kit look alike as well: in the full form all, to everybody."""

from __future__ import annotations

import pytest

from inventory.worlds import cast
from inventory.worlds.running import WORLDS, Worlds, on_sqlite, shared_keys
from tests.blinding.conftest import FULL

TOLD, LOOKING = (WORLDS, cast.LOOKING) if FULL else (3, frozenset({"ilse", "cho"}))
MANY = 1_500
"""Fewer sights than this in a world would mean that hardly anything was looked at."""


@pytest.mark.asyncio(loop_scope="session")
async def test_worlds_of_three_arms_and_two_vials_a_kit_look_alike() -> None:
    name = "example-three-arms"
    with shared_keys(name) as keys:
        worlds = Worlds(name, lambda: on_sqlite(name), keys, watching=LOOKING)
        for arms in worlds.tables(TOLD):
            await worlds.tell(arms)
    assert [str(each) for each in worlds.comparing.differences[:5]] == []
    assert worlds.comparing.compared > MANY * (TOLD - 1)
