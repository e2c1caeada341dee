"""`verify` asks for the checkpoints that each day's end left: the open log can be written anew without any key."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from inventory.domain import canonical, clocks
from inventory.domain.items import Log
from inventory.domain.merkle import Edge, leaf_hash
from inventory.store.verify import verify
from inventory.store.verify.report import NOT_CHECKED, Report
from tests import furniture
from tests.conftest import Database
from tests.furniture import enrol, position
from tests.replayed import leaves_of, reading, trust
from tests.sites import Cast, opened_cast
from tests.store.forging import forge


@pytest_asyncio.fixture
async def begun(database: Database) -> AsyncIterator[Cast]:
    """A study with storage, lots, a list and kits, which is not sound when the test is over."""
    async with opened_cast(database, stock=furniture.furnished) as cast:
        yield cast


async def verified(cast: Cast, **otherwise: Any) -> Report:
    def check() -> Report:
        with reading(cast.database.url) as rows:
            return verify(rows, replace(trust(cast.site), **otherwise))

    return await asyncio.to_thread(check)


async def size_of(cast: Cast, log: Log) -> int:
    ((size,),) = await cast.fetch(f"SELECT {log}_size FROM head")
    return int(size)


async def lived(cast: Cast, days: int) -> list[int]:
    """So many days on each of which somebody is enrolled; the sizes that the open log had before each."""
    sizes = []
    for day in range(days):
        sizes.append(await size_of(cast, Log.OPEN))
        cast.hands.wait(days=1)
        await enrol(cast, f"P-{day:03}")
    return sizes


async def write_anew(cast: Cast, index: int, **stated: str) -> None:
    """Change an entry of the open log, with its hash and the head, and take out the checkpoints that sign it."""
    leaves = await leaves_of(cast, Log.OPEN)
    leaves[index]["occurred_at"] = leaves[index]["occurred_at"].replace("2026", "2025")
    leaves[index] |= stated
    encoded = [canonical.encode(leaf) for leaf in leaves]
    hashes = [leaf_hash(leaf) for leaf in encoded]
    assert len(leaves) < 256, "no tile is complete yet"
    await forge(
        cast.database,
        (
            'UPDATE open_entry SET leaf = ?, leaf_hash = ?, recorded_at = ? WHERE "index" = ?',
            (encoded[index], hashes[index], leaves[index]["recorded_at"], index),
        ),
        ("UPDATE head SET open_edge = ?", (Edge.empty().extend(hashes).encode(),)),
        ("DELETE FROM checkpoint WHERE log = 'open' AND size > ?", (index,)),
    )


async def enrolled(cast: Cast) -> Sequence[int]:
    """The entries that no half in the vault and no signature ties to what they said."""
    leaves = await leaves_of(cast, Log.OPEN)
    return [leaf["index"] for leaf in leaves if leaf["paired"] is False and "signed" not in leaf]


async def test_an_open_log_that_was_written_anew_lacks_the_checkpoints_of_the_days_that_ended(
    begun: Cast,
) -> None:
    sizes = await lived(begun, 3)
    assert (await verified(begun)).holds
    forged = max(index for index in await enrolled(begun) if index < sizes[2])
    await write_anew(begun, forged)
    first = next(size for size in sizes if size > forged)
    (finding,) = (await verified(begun)).findings
    assert (finding.check, finding.log, finding.index) == ("4 checkpoints", "open", first - 1)
    assert finding.sentence.startswith(
        f"A day ended after {first} entries, and its checkpoint of them is not"
    )


@pytest.mark.parametrize("log", Log)
async def test_a_days_checkpoint_of_either_log_is_missed(begun: Cast, log: Log) -> None:
    size = await size_of(begun, log)
    await lived(begun, 2)
    await forge(begun.database, ("DELETE FROM checkpoint WHERE log = ? AND size = ?", (log.value, size)))
    (finding,) = (await verified(begun)).findings
    assert (finding.check, finding.log, finding.index) == ("4 checkpoints", log.value, size - 1)


async def test_a_log_without_any_checkpoint_after_a_day_does_not_hold(begun: Cast) -> None:
    await lived(begun, 1)
    await forge(begun.database, ("DELETE FROM checkpoint", ()))
    assert [(found.check, found.log) for found in (await verified(begun)).findings] == [
        ("4 checkpoints", "open"),
        ("4 checkpoints", "vault"),
    ]


async def test_without_the_studys_profile_nobody_knows_when_its_days_end(begun: Cast) -> None:
    await lived(begun, 1)
    await forge(begun.database, ("DELETE FROM checkpoint", ()))
    report = await verified(begun, profile=None)
    assert (report.findings, NOT_CHECKED in report.remarks) == ((), True)


async def test_another_profile_in_the_first_entry_is_found_and_turns_no_other_check_off(begun: Cast) -> None:
    sizes = await lived(begun, 2)
    own, other = begun.site.profile.digest, "00" * 32
    leaves = await leaves_of(begun, Log.OPEN)
    assert leaves[0]["evidence"]["profile"] == own
    forged = canonical.encode(leaves[0]).replace(own.encode(), other.encode())
    edge = Edge.empty().extend(
        [leaf_hash(forged), *(leaf_hash(canonical.encode(leaf)) for leaf in leaves[1:])]
    )
    (facts,) = await begun.fetch("SELECT facts FROM item WHERE kind = 'study'")
    await forge(
        begun.database,
        ('UPDATE open_entry SET leaf = ?, leaf_hash = ? WHERE "index" = 0', (forged, leaf_hash(forged))),
        ("UPDATE head SET open_edge = ?", (edge.encode(),)),
        ("UPDATE item SET facts = ? WHERE kind = 'study'", (facts[0].replace(own, other),)),
        ("DELETE FROM checkpoint WHERE log = 'open'", ()),
    )
    report = await verified(begun)
    found = [(finding.check, finding.log, finding.index) for finding in report.findings]
    assert found == [("4 checkpoints", "open", sizes[0] - 1), ("5 state", "open", 0)]
    assert other in report.findings[1].sentence
    assert NOT_CHECKED not in report.remarks


async def test_an_entry_whose_instant_was_written_anew_too_is_told_by_what_was_answered(begun: Cast) -> None:
    """No day ends then between the entries that no checkpoint signs."""
    profile = begun.site.profile
    await lived(begun, 1)
    for participant in ("P-101", "P-102"):
        begun.hands.wait(days=1)
        await begun.must(
            "participant-enrol", participant, site=profile.site.code, stratum=profile.randomisation.strata[0],
            consented_on="2026-11-01", enrolled_on="2026-11-02", pregnancy_test_required=True,
            joints=profile.joints[:2],
        )  # fmt: skip
    leaves = await leaves_of(begun, Log.OPEN)
    index, recorded_at, last = len(leaves) - 2, leaves[-2]["recorded_at"], leaves[-1]["recorded_at"]
    await write_anew(begun, index, recorded_at=last)
    (finding,) = (await verified(begun)).findings
    assert finding.check == "9 answers"
    assert (
        f"entry {index} of the open log states {last}, and was recorded at {recorded_at}." in finding.sentence
    )


async def test_days_end_in_the_time_zone_of_the_profile(lab: Cast) -> None:
    lab.hands.wait(days=1)
    lab.hands.now = lab.hands.now.replace(hour=4)
    await enrol(lab, "P-001")  # the evening before, in New York
    lab.hands.wait(hours=2)
    await enrol(lab, "P-002")
    assert (await verified(lab)).holds
    assert not (await verified(lab, time_zone="UTC")).holds


@pytest.mark.parametrize("seed", range(6))
async def test_no_honest_study_lacks_a_days_checkpoint(lab: Cast, seed: int) -> None:
    """Whichever log goes on, alone or together with the other, also while a clock is set back or changes."""
    drawn, cells = random.Random(seed), iter(range(40, 80))
    for number in range(12):
        if (
            drawn.random() < 0.2
        ):  # at a second past midnight, and then by a clock at which it is not midnight yet
            tomorrow = f"{lab.hands.now + timedelta(days=1):%F}"
            lab.hands.now = clocks.day_start(tomorrow, "America/New_York") + timedelta(seconds=1)
            await enrol(lab, f"P-1{number:02}")
            lab.hands.now -= timedelta(seconds=2)
        else:
            lab.hands.wait(hours=drawn.choice([0, 1, 5, 24, 3 * 24, 30 * 24]))
        match drawn.choice(["open", "vault", "vault", "refused", "together"]):
            case "open":
                await enrol(lab, f"P-{number:03}")
            case "vault":
                await lab.must("vial-move", "DMSO-1-1", position=position(next(cells)))
            case "refused":
                await lab.refusals("vial-move", "DMSO-1-2", position=position(1))
            case "together":
                moves = [
                    lab.request("vial-move", f"DMSO-1-{n}", position=position(next(cells))) for n in (1, 2)
                ]
                await lab.at_once(*moves)
        assert (await verified(lab)).findings == (), number
