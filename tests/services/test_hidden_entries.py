"""An entry that is left out of what it is found under is an entry hidden from a history: `verify` names it."""

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


def _without(ward: Ward, log: Log, subject: Any, index: int) -> Report:
    """What `verify` says of the database in which that entry is not found under that subject."""
    with rows_of(ward.site.settings) as rows:

        def left_out(sql: str) -> Iterable[Sequence[Any]]:
            hidden = (subject, index) if f"{log}_subject" in sql else None
            return (row for row in rows(sql) if tuple(row) != hidden)

        return verify(left_out, trust_in(ward.site.keys, {}))


async def _named(ward: Ward, log: Log, code: str, index: int) -> None:
    subject = code if log is Log.OPEN else ward.site.keys.vault.find("subject", code)
    report = await asyncio.to_thread(_without, ward, log, subject, index)
    assert [(each.check, each.log, each.index) for each in report.findings] == [
        ("5 state", log.value, index)
    ], code
    assert report.findings[0].sentence == f"Entry {index} is not found under {code}."


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
