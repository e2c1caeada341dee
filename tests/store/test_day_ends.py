"""With the first entry of another day at the site, both heads of the day that ended are signed and kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.domain import clocks
from inventory.domain.items import Log
from inventory.domain.notes import Verifier, open_note
from tests.furniture import enrol, position
from tests.sites import Cast

NEW_YORK_MIDNIGHT = "2026-11-23T05:00:00Z"
"""The profile's site lies five hours behind UTC in November."""


async def kept(cast: Cast) -> list[tuple[str, int]]:
    return await cast.fetch("SELECT log, size FROM checkpoint WHERE reason = 'day' ORDER BY log, size")


async def sizes(cast: Cast) -> list[tuple[str, int]]:
    ((opened, vault),) = await cast.fetch("SELECT open_size, vault_size FROM head")
    return [("open", opened), ("vault", vault)]


async def in_vault(cast: Cast, cell: int) -> None:
    await cast.must("vial-move", "DMSO-1-1", position=position(cell))


async def test_the_first_act_of_another_day_keeps_both_heads_as_they_stood_before_it(lab: Cast) -> None:
    before = await sizes(lab)
    assert await kept(lab) == []
    lab.hands.wait(days=1)
    await in_vault(lab, 40)
    assert await kept(lab) == before
    await in_vault(lab, 41)
    await enrol(lab)
    assert await kept(lab) == before


async def test_what_is_kept_is_signed_by_each_logs_key_and_gives_its_root(lab: Cast) -> None:
    reader_edges = {log: await _edge(lab, log) for log in Log}
    lab.hands.wait(days=1)
    await enrol(lab)
    for log, size, note, made_at in await lab.fetch("SELECT log, size, note, made_at FROM checkpoint"):
        signer = lab.site.keys.signers[Log(log)]
        text, _ = open_note(note, [Verifier.parse(signer.vkey)])
        edge = reader_edges[Log(log)]
        assert note == lab.site.receipt(Log(log), edge)
        assert text.split("\n")[:2] == [signer.name, str(size)]
        assert made_at == clocks.format_instant(lab.hands.now)


async def _edge(cast: Cast, log: Log):
    from inventory.domain.merkle import Edge

    ((size, edge),) = await cast.fetch(f"SELECT {log}_size, {log}_edge FROM head")
    return Edge.decode(size, bytes(edge))


@pytest.mark.parametrize(("second", "ends"), [(-1, False), (0, True)])
async def test_a_day_ends_at_the_sites_midnight_and_not_at_that_of_utc(
    lab: Cast, second: int, ends: bool
) -> None:
    lab.hands.now = clocks.parse_instant(NEW_YORK_MIDNIGHT) + timedelta(seconds=second)
    await in_vault(lab, 40)
    assert bool(await kept(lab)) is ends


async def test_a_refusal_on_another_day_ends_nothing(lab: Cast) -> None:
    lab.hands.wait(days=1)
    assert await lab.refusals("vial-move", "DMSO-1-1", position=position(1)) == ["position_taken"]
    assert await kept(lab) == []


async def test_a_group_on_another_day_that_is_taken_back_ends_nothing(lab: Cast) -> None:
    lab.hands.wait(days=1)
    moved = lab.request("vial-move", "DMSO-1-1", position=position(40))
    taken = lab.request("vial-move", "DMSO-1-2", position=position(1))
    await lab.site.ledger.submit([moved, taken])
    assert await kept(lab) == []


async def test_acts_that_meet_in_the_first_batch_of_a_day_keep_each_head_once(lab: Cast) -> None:
    before = await sizes(lab)
    lab.hands.wait(days=1)
    moves = [lab.request("vial-move", f"DMSO-1-{n}", position=position(40 + n)) for n in range(1, 6)]
    await lab.at_once(*moves)
    assert await kept(lab) == before


async def test_a_log_that_did_not_grow_on_a_day_keeps_no_second_checkpoint_of_its_head(lab: Cast) -> None:
    first = await sizes(lab)
    for cell in (40, 41, 42):
        lab.hands.wait(days=1)
        await in_vault(lab, cell)
    vault = first[1][1]
    assert await kept(lab) == [first[0], ("vault", vault), ("vault", vault + 1), ("vault", vault + 2)]


@pytest.mark.parametrize("days_in_the_lab", [(), (1,), (2,), (1, 2, 3)])
async def test_the_open_logs_kept_heads_do_not_tell_on_which_days_the_laboratory_worked(
    lab: Cast, days_in_the_lab: tuple[int, ...]
) -> None:
    """Days 1 to 4: participants are enrolled on the second and on the fourth, whatever the laboratory does."""
    expected = []
    for day in (1, 2, 3, 4):
        lab.hands.wait(days=1)
        if day in days_in_the_lab:
            await in_vault(lab, 40 + day)
        if day in {2, 4}:
            expected.append((await sizes(lab))[0])
            await enrol(lab, f"P-00{day}")
    assert [row for row in await kept(lab) if row[0] == "open"] == expected
