"""Worlds that differ in the arm alone look the same to every blinded person; a planted leak does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inventory.store.keys import Keys
from inventory.worlds import running
from inventory.worlds.planted import LEAKS, Leak, planted
from inventory.worlds.running import Worlds, on_sqlite
from inventory.worlds.tables import arm_tables
from tests.blinding.conftest import WORLDS, in_database
from tests.conftest import Database
from tests.domain.lab import profile

KINDS = {"field", "count", "order", "error text", "resupply", "label pixel"}


# Equal worlds
async def test_worlds_that_differ_in_arms_alone_look_alike_to_every_blinded_person(
    request: pytest.FixtureRequest, new_database: Callable[[], Database], keys: Keys
) -> None:
    count = WORLDS[request.node.callspec.params["new_database"]]
    worlds = Worlds(None, lambda: in_database(new_database), keys)
    for arms in worlds.tables(count):
        await worlds.tell(arms)
    assert [str(each) for each in worlds.comparing.differences[:5]] == []
    assert worlds.comparing.compared > 3_000 * (count - 1)


async def test_worlds_of_three_arms_and_two_vials_a_kit_look_alike_as_well() -> None:
    found = await running.compare_on_sqlite("example-three-arms", 2, lambda _: None)
    assert (found.missed, [str(each) for each in found.differences[:5]]) == ((), [])


# The suite sees
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.kind)
async def test_a_planted_leak_is_seen(told: Worlds, leak: Leak) -> None:
    first, arms = told.tables(2)
    with planted(leak, first, arms):
        assert await told.tell_until_different(arms) is not None


def test_a_leak_of_each_kind_is_planted() -> None:
    assert {leak.kind for leak in LEAKS} == KINDS


@pytest.mark.asyncio(loop_scope="session")
async def test_a_planted_leak_does_nothing_to_whoever_has_the_first_worlds_arm(told: Worlds) -> None:
    (first,) = told.tables(1)
    with planted(LEAKS[0], first, first), planted(LEAKS[3], first, first):
        assert await told.tell_until_different(first) is None


@pytest.mark.asyncio(loop_scope="session")
async def test_a_world_in_which_the_script_breaks_off_differs(keys: Keys) -> None:
    worlds = Worlds(None, lambda: on_sqlite(None), keys)
    first, arms = worlds.tables(2)
    await worlds.tell(first)
    leak = next(leak for leak in LEAKS if leak.kind == "resupply")
    with planted(leak, first, arms):
        found = await worlds.tell(arms)
    assert "order of what was seen" in {each.what for each in found}


# The tables
def test_tables_are_free_and_unbalanced_and_the_same_every_time() -> None:
    tables = arm_tables(profile(), 8, 12)
    assert tables == arm_tables(profile(), 8, 12)
    assert len(set(tables)) == 12
    assert set(tables[0]) == {"B"}, "the arm with a second period comes first"
    shares = {table.count("A") for table in tables}
    assert len(shares) > 4, "a permutation keeps the counts, and these do not"
    with pytest.raises(ValueError, match="fewer than 5"):
        arm_tables(profile(), 2, 5)
