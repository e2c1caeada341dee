"""Indexes have no gaps, recorded times never go back, and a host that is behind does not write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.domain import clocks
from inventory.domain.items import Log
from inventory.store.requests import BEHIND_AT_MOST_SECONDS, ClockBehindError
from tests.furniture import position
from tests.replayed import leaves_of
from tests.sites import Cast


async def recorded(cast: Cast) -> str:
    """Move a vial to and fro; when that was recorded."""
    spot = position(20 if (await cast.fetch("SELECT vault_size FROM head"))[0][0] % 2 else 21)
    outcome = await cast.must("vial-move", "DMSO-1-1", position=spot)
    return outcome.answer["entries"][0]["recorded_at"]


async def test_indexes_count_from_nought_without_a_gap_in_both_logs(lab):
    await lab.refusals("vial-move", "DMSO-1-1", position=position(1))
    await recorded(lab)
    for log in Log:
        leaves = await leaves_of(lab, log)
        assert [leaf["index"] for leaf in leaves] == list(range(len(leaves)))


async def test_an_entry_is_recorded_at_this_moment(lab):
    lab.hands.wait(minutes=5)
    assert await recorded(lab) == clocks.format_instant(lab.hands.now)


@pytest.mark.parametrize("back", [0.000001, 0.5, BEHIND_AT_MOST_SECONDS])
async def test_a_clock_that_goes_back_a_little_records_at_the_heads_instant(lab, back):
    before = await recorded(lab)
    lab.hands.wait(seconds=-back)
    assert await recorded(lab) == before
    lab.hands.wait(seconds=back + 1)
    assert await recorded(lab) > before


@pytest.mark.parametrize("back", [BEHIND_AT_MOST_SECONDS + 0.000001, 3600.0])
async def test_a_clock_that_is_further_behind_records_nothing(lab, back):
    await recorded(lab)
    before = await lab.fetch("SELECT open_size, vault_size, recorded_at FROM head")
    lab.hands.wait(seconds=-back)
    with pytest.raises(ClockBehindError, match="behind the last entry"):
        await lab.do("vial-move", "DMSO-1-1", position=position(30))
    assert await lab.fetch("SELECT open_size, vault_size, recorded_at FROM head") == before
    lab.hands.wait(seconds=back)
    await recorded(lab)


async def test_recorded_times_never_go_back_over_both_logs(lab):
    for seconds in (1, -2, 0.5, -0.5, 3):
        lab.hands.now += timedelta(seconds=seconds)
        await recorded(lab)
        await lab.must("study-pause-ordering", lab.site.profile.study.id, reason="supply_review")
    for log in Log:
        instants = [leaf["recorded_at"] for leaf in await leaves_of(lab, log)]
        assert instants == sorted(instants)
