"""The auditor's record over the API: the same entries, refusals, ticks, notes and queries as on the pages."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.web import shapes
from tests.web.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

HISTORY = "/api/v1/history"
DAYS = {"purpose": "routine", "from_day": "2026-11-22", "to_day": "2026-11-23"}


async def _record(house: House, who: str, query: str) -> shapes.Record:
    answer = await house[who].get(f"{HISTORY}?{query}")
    assert answer.status_code == 200, answer.text
    return shapes.Record.model_validate(answer.json(), strict=True)


def _places(record: shapes.Record) -> list[tuple[str, int]]:
    return [(each.log, each.index) for each in record.entries]


async def test_a_visit_tells_what_was_seen_noted_and_asked(house: House) -> None:
    await house.done("nora", "visit-open", "MV-1", **DAYS)
    await house.done("nora", "visit-tick", "MV-1", log="open", entries=[2, 3, 5])
    await house.done("nora", "visit-note", "MV-1", note="Seen on paper as well.")
    asked: dict[str, Any] = {
        "about": {"kind": "participant", "code": "P-001"},
        "question": "Who signed this?",
    }
    await house.done("nora", "query-raise", "Q-1", visit="MV-1", **asked)
    told = shapes.Visit.model_validate((await house["nora"].get("/api/v1/visits/MV-1")).json(), strict=True)
    (seen,) = [(each.log, each.entries, each.count) for each in told.seen]
    assert seen == ("open", "2-3 5", 3)
    assert [note.text for note in told.notes] == ["Seen on paper as well."]
    assert [(query.code, query.state) for query in told.queries] == [("Q-1", "open")]
    report = await house["nora"].get("/api/v1/visits/MV-1/report.pdf")
    assert (report.headers["content-type"], report.content[:5]) == ("application/pdf", b"%PDF-")
    for code in ("MV-2", "P-001", "x" * 65):
        answer = await house["nora"].get(f"/api/v1/visits/{code}")
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")


async def test_the_record_is_told_page_by_page_and_each_entry_once(house: House) -> None:
    whole = await _record(house, "nora", "limit=500")
    assert whole.next is None
    found, before = [], ""
    for _ in range(len(whole.entries)):
        page = await _record(house, "nora", f"limit=20&before={before}")
        found += _places(page)
        if page.next is None:
            break
        before = page.next
    assert found == _places(whole)
    indexes = [index for log, index in found if log == "open"]
    assert indexes == sorted(indexes, reverse=True)
    (edge,) = {log for log, _ in found}  # whoever is blinded reads one log
    assert (edge, indexes[-1]) == ("open", 0)


async def test_the_record_says_who_saw_an_entry_and_what_made_it_void(house: House) -> None:
    entries = (await _record(house, "nora", "limit=500")).entries
    seen = {each.index: [(one.by, one.visit) for one in each.seen] for each in entries if each.seen}
    assert seen == {index: [("nora", "MV-1")] for index in (2, 3, 5)}
    assert all(each.voided_by is None for each in entries)


async def test_a_filter_is_told_in_the_address_and_a_refusal_stands_beside_the_entries(house: House) -> None:
    assert (await house.act("nora", "visit-tick", "MV-1", log="open", entries=[999_999])).status_code == 409
    told = await _record(house, "nora", "kind=visit&refusals=1&by=nora")
    assert {each.leaf["action"] for each in told.entries} == {"visit-open", "visit-tick", "visit-note"}
    assert [(each.action, each.code, each.refusals) for each in told.refusals] == [
        ("visit-tick", "MV-1", ["entry_unknown"])
    ]
    assert (await _record(house, "nora", "kind=visit&by=nora")).refusals == []
    assert (await _record(house, "nora", "to=2001-01-01")).entries == []
    assert (await _record(house, "nora", "item=L1")).entries == []  # a lot is the vault's
    assert _places(await _record(house, "uma", "item=L1"))


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "before=x", "before=open:x,", "from=2026-13-01", "by=a%20b"]
)
async def test_what_no_page_is_is_refused_and_says_which_part(house: House, query: str) -> None:
    answer = await house["nora"].get(f"{HISTORY}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert query.partition("=")[0] in answer.text
