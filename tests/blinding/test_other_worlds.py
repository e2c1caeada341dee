"""Worlds elsewhere: on PostgreSQL, and of a study with three arms and two vials a kit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inventory.store.keys import Keys
from inventory.worlds.running import Worlds, on_sqlite, shared_keys
from tests.blinding.conftest import ELSEWHERE, LONG, in_database
from tests.conftest import Database

MANY = 2_500
"""Fewer sights than this in a world would mean that hardly anything was looked at."""


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
async def test_worlds_on_postgresql_look_alike_as_well(
    new_database: Callable[[], Database], keys: Keys
) -> None:
    worlds = Worlds(None, lambda: in_database(new_database), keys)
    await _look_alike(worlds)


@LONG
async def test_worlds_of_three_arms_and_two_vials_a_kit_look_alike_as_well() -> None:
    name = "example-three-arms"
    with shared_keys(name) as keys:
        await _look_alike(Worlds(name, lambda: on_sqlite(name), keys))


async def _look_alike(worlds: Worlds) -> None:
    for arms in worlds.tables(ELSEWHERE):
        await worlds.tell(arms)
    assert [str(each) for each in worlds.comparing.differences[:5]] == []
    assert worlds.comparing.compared > MANY * (ELSEWHERE - 1)
