"""Worlds that differ in the arm alone look the same to every blinded person: the short form.

`test_worlds_in_full.py` tells the others. Whoever adds a route, a page or an act runs this file first.
"""

from __future__ import annotations

import pytest

from inventory.worlds.running import Worlds

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("number", [1, 2])
async def test_another_world_looks_like_the_first_to_every_blinded_person(told: Worlds, number: int) -> None:
    arms = told.tables(number + 1)[number]
    before = told.comparing.compared
    assert [str(each) for each in (await told.tell(arms))[:5]] == []
    assert told.comparing.compared > before + 3_000
