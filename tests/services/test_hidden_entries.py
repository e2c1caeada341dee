"""An entry left out of what it is found under is hidden from a history, one put there is another's: both are named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from inventory.domain.items import Kind, Log
from inventory.services.verification import trust_in
from inventory.store.verify import verify
from inventory.store.verify.report import Report
from inventory.store.verify_rows import rows_of
from tests.services.month_six import month_six
from tests.services.ward import Ward


def _altered(ward: Ward, log: Log, subject: Any, index: int) -> Report:
    """What `verify` says of the database in which that entry is found under that subject exactly where it is not."""
    with rows_of(ward.site.settings) as rows:

        def altered(sql: str) -> Iterable[Sequence[Any]]:
            if f"{log}_subject" not in sql:
                return rows(sql)
            return sorted({tuple(row) for row in rows(sql)} ^ {(subject, index)})

        return verify(altered, trust_in(ward.site.settings, ward.site.keys, {}))


async def _named(ward: Ward, log: Log, code: str, index: int, *, hidden: bool = True) -> None:
    subject = code if log is Log.OPEN else ward.site.keys.vault.find("subject", code)
    report = await asyncio.to_thread(_altered, ward, log, subject, index)
    assert [(each.check, each.log, each.index) for each in report.findings] == [
        ("5 state", log.value, index)
    ], code
    told = f"is not found under {code}." if hidden else f"is found under {code}, and is not about it."
    assert report.findings[0].sentence == f"Entry {index} {told}"


async def test_an_alert_is_found_under_what_it_is_about_and_under_every_recipient(ward: Ward) -> None:
    for participant in ("P-001", "P-002", "P-003"):
        await ward.kit_at("administered", participant)
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="under_investigation")
    (alert,) = await (await ward.reader("dora")).page(Kind.ALERT, limit=10)
    index = (await ward.sizes())[1] - 1
    assert set(alert.facts["recipients"]) == {"P-001", "P-003"}
    for code in ("BM-MSC-1", "P-001", "P-003", alert.code):
        await _named(ward, Log.VAULT, code, index)


async def test_a_disclosed_periods_kit_is_found_under_whom_it_entitles(ward: Ward) -> None:
    kit = await month_six(ward)
    index = next(
        leaf["index"]
        for leaf in await ward.leaves(Log.VAULT)
        if any(change["code"] == kit and change["was"] is None for change in leaf["changes"])
    )
    for code in (kit, "P-002", "entitled cora"):
        await _named(ward, Log.VAULT, code, index)


async def test_an_envelope_is_found_under_its_participant(ward: Ward) -> None:
    await ward.kit_at("assigned", "P-001")
    await ward.does("stan", "envelope-print", "004711", participant="P-001")
    index = (await ward.sizes())[0] - 1
    for code in ("P-001", "004711"):
        await _named(ward, Log.OPEN, code, index)


async def test_an_entry_is_found_in_no_other_things_history(ward: Ward) -> None:
    mine = await ward.kit_at("administered", "P-001")
    other = await ward.kit_at("administered", "P-002")
    given = [leaf for leaf in await ward.leaves(Log.OPEN) if leaf["action"] == "syringe-give"]
    assert given[-1]["index"] > given[0]["index"]
    for code in (mine, "P-001"):
        await _named(ward, Log.OPEN, code, given[-1]["index"], hidden=False)
    prepared = [leaf for leaf in await ward.leaves(Log.VAULT) if leaf["action"] == "kit-prepare"]
    await _named(ward, Log.VAULT, other, prepared[0]["index"], hidden=False)
