"""Worlds that differ in the arm alone look the same to every blinded person; a planted leak does not."""

from __future__ import annotations

import pytest

from inventory.worlds.running import Worlds, on_sqlite, see_planted, shared_keys


@pytest.fixture(scope="module")
def keys():
    with shared_keys(None) as shared:
        yield shared


async def test_worlds_with_other_arms_look_the_same_and_every_planted_leak_is_seen(keys):
    worlds = Worlds(None, lambda: on_sqlite(None), keys)
    tables = worlds.tables(3)
    differences = [difference for arms in tables for difference in await worlds.tell(arms)]
    assert differences == []
    assert len(worlds.covered) > 20
    assert await see_planted(worlds, tables, lambda _: None) == []
