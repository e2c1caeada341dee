"""A visit's ticks, notes and queries: whose they are, where they stand, and what each reader sees of them."""

from __future__ import annotations

from inventory.domain.items import Kind
from inventory.services import visits
from tests.services.ward import Ward

DAYS = {"purpose": "routine", "from_day": "2026-11-22", "to_day": "2026-11-23"}
KIT = {"about": {"kind": "kit"}, "question": "Why was it sent back?"}


async def _begun(ward: Ward) -> None:
    await ward.does("bert", "visit-open", "MV-1", **DAYS)
    await ward.does("uma", "visit-open-lab", "LAB-MV-1", **DAYS)


def _asks(kit: str, visit: str) -> dict[str, object]:
    return {"visit": visit, "about": {"kind": "kit", "code": kit}, "question": "Why was it sent back?"}


async def test_what_was_seen_is_kept_by_numbers_and_is_the_monitors_own(ward: Ward) -> None:
    await _begun(ward)
    for entries in ([4, 5, 6], [9], [7, 8]):
        await ward.does("bert", "visit-tick", "MV-1", log="open", entries=entries)
    await ward.does("bert", "visit-untick", "MV-1", log="open", entries=[6])
    record = await (await ward.reader("cora")).item("MV-1")
    assert record is not None
    assert visits.seen_in(record) == {"open": "4-5 7-9"}
    assert await ward.refused("bella", "visit-tick", "MV-1", log="open", entries=[1]) == ["not_your_visit"]
    assert await ward.refused("bert", "visit-tick", "MV-1", log="open", entries=[999_999]) == [
        "entry_unknown"
    ]
    assert await ward.refused("bert", "visit-tick", "MV-1", log="vault", entries=[0]) == ["entry_unknown"]
    assert await ward.refused("cora", "visit-tick", "MV-1", log="open", entries=[1]) == ["not_entitled"]
    await ward.does("bert", "visit-close", "MV-1")
    assert await ward.refused("bert", "visit-tick", "MV-1", log="open", entries=[1]) == ["wrong_state"]


async def test_an_unblinded_monitors_visit_and_queries_do_not_exist_for_who_is_blinded(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    await _begun(ward)
    await ward.does("uma", "visit-tick", "LAB-MV-1", log="vault", entries=[0, 1])
    asked = {**_asks(kit, "LAB-MV-1"), "entry": 3, "log": "vault"}
    await ward.does("uma", "query-raise-lab", "LAB-Q-1", **asked)
    blinded, unblinded = await ward.reader("bert"), await ward.reader("quinn")
    assert [await blinded.item(code) for code in ("LAB-MV-1", "LAB-Q-1")] == [None, None]
    assert [one.code for one in await blinded.page(Kind.VISIT)] == ["MV-1"]
    assert not any("LAB-" in str(entry.leaf) for entry in await blinded.history(kit) or ())
    assert [one.code for one in await unblinded.page(Kind.VISIT)] == ["LAB-MV-1", "MV-1"]
    assert any(entry.leaf["item"] == "LAB-Q-1" for entry in await unblinded.history(kit) or ())
    assert await ward.refused("bert", "visit-open", "LAB-MV-1", **DAYS) == ["code_not_fit"]
    told = {"outcome": "explained", "note": "Its lot was on hold."}
    await ward.does("quinn", "query-answer", "LAB-Q-1", **told)
    (row,) = await ward.cast.fetch("SELECT state, facts FROM vault_item WHERE code = 'LAB-Q-1'")
    assert tuple(row) == ("sealed", "{}")


async def test_a_query_is_answered_by_the_site_and_closed_by_a_monitor(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    await _begun(ward)
    await ward.does("bert", "query-raise", "Q-1", **_asks(kit, "MV-1"), entry=5)
    assert await ward.refused("bert", "query-raise", "Q-2", **_asks("BM-MSC-1", "MV-1")) == ["code_not_fit"]
    assert await ward.refused("bella", "query-raise", "Q-2", **_asks(kit, "MV-1")) == ["not_your_visit"]
    assert await ward.refused("uma", "query-raise-lab", "LAB-Q-2", **_asks(kit, "MV-1")) == ["not_your_visit"]
    assert await ward.refused("bert", "query-answer", "Q-1", outcome="explained") == ["not_entitled"]
    prose = {"outcome": "explained", "note": "It is of the other product."}
    assert await ward.refused("quinn", "query-answer", "Q-1", **prose) == ["free_text_not_allowed"]
    await ward.does("paula", "query-answer", "Q-1", outcome="explained", note="The seal was torn.")
    await ward.does("bert", "query-reopen", "Q-1", note="Whose seal?")
    await ward.does("quinn", "query-answer", "Q-1", outcome="nothing_to_correct")
    await ward.does("bella", "query-close", "Q-1")
    found = await visits.visit_of(await ward.reader("bert"), "MV-1")
    assert found is not None
    text = "\n".join(visits.lines_of(found, {"bert": "Bert"}))
    assert "Q-1   closed   about kit " in text
    assert "asked again: Whose seal?" in text
    assert "answered by quinn: nothing to correct." in text


async def test_the_report_says_how_much_of_which_log_was_seen(ward: Ward) -> None:
    await _begun(ward)
    await ward.does("bert", "visit-tick", "MV-1", log="open", entries=[0, 1, 2])
    await ward.does("bert", "visit-note", "MV-1", note="All paper was at hand.")
    reader = await ward.reader("bert")
    size = (await reader.edge(reader.logs[0])).size
    found = await visits.visit_of(reader, "MV-1")
    assert found is not None
    lines = list(visits.lines_of(found, {"bert": "Bert"}))
    assert f"open log: 3 of {size} entries, numbers 0-2" in lines
    assert "    All paper was at hand." in lines
    assert not any("vault" in line for line in lines)
    assert (await visits.report(ward.site, reader, found)).startswith(b"%PDF-")
