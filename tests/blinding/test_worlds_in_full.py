"""All worlds, on both engines and of both profiles: two of one arm each, the others free random and unbalanced."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inventory.store.keys import Keys
from inventory.worlds.running import WORLDS, Worlds, on_sqlite, shared_keys
from inventory.worlds.tables import arm_tables
from tests.blinding.conftest import FULL, ON_POSTGRESQL, in_database
from tests.conftest import Database
from tests.domain.lab import profile


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("number", range(3, WORLDS))
async def test_another_world_looks_like_the_first_to_every_blinded_person(told: Worlds, number: int) -> None:
    arms = told.tables(WORLDS)[number]
    assert [str(each) for each in (await told.tell(arms))[:5]] == []


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
async def test_worlds_on_postgresql_look_alike_as_well(
    new_database: Callable[[], Database], keys: Keys
) -> None:
    worlds = Worlds(None, lambda: in_database(new_database), keys)
    for arms in worlds.tables(ON_POSTGRESQL):
        await worlds.tell(arms)
    assert [str(each) for each in worlds.comparing.differences[:5]] == []
    assert worlds.comparing.compared > 3_000 * (ON_POSTGRESQL - 1)


async def test_worlds_of_three_arms_and_two_vials_a_kit_look_alike_as_well() -> None:
    name = "example-three-arms"
    with shared_keys(name) as keys:
        worlds = Worlds(name, lambda: on_sqlite(name), keys)
        for arms in worlds.tables(WORLDS if FULL else 2):
            await worlds.tell(arms)
    assert [str(each) for each in worlds.comparing.differences[:5]] == []
    assert worlds.comparing.compared > 2_500


# The tables
def test_ten_tables_are_free_and_unbalanced_and_the_same_every_time() -> None:
    tables = arm_tables(profile(), 8, WORLDS)
    assert tables == arm_tables(profile(), 8, WORLDS)
    assert len(set(tables)) == WORLDS
    assert set(tables[0]) == {"B"}, "the arm with a second period comes first"
    mixed = [table for table in tables if len(set(table)) > 1]
    assert len(mixed) >= 9, "ten are free random, of which one may come out as one arm alone"
    shares = {table.count("A") for table in mixed}
    assert len(shares) > 4, "a permutation keeps the counts, and these do not"
    with pytest.raises(ValueError, match="fewer than 5"):
        arm_tables(profile(), 2, 5)
