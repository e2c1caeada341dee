"""The other worlds: two of one arm each, the rest free random and unbalanced."""

from __future__ import annotations

import pytest

from inventory.worlds.running import WORLDS, Worlds
from inventory.worlds.tables import arm_tables
from tests.blinding.conftest import ON_SQLITE
from tests.domain.lab import profile


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("number", range(3, ON_SQLITE))
async def test_another_world_looks_like_the_first_to_every_blinded_person(told: Worlds, number: int) -> None:
    arms = told.tables(WORLDS)[number]
    assert [str(each) for each in (await told.tell(arms))[:5]] == []


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
