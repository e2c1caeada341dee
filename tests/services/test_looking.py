"""Looking through the record: every filter, on both engines, and who may see what was refused."""

from __future__ import annotations

import csv
import io

import pytest

from inventory.services import extracts, looking
from inventory.services.acts import MalformedError, keep_unseen
from inventory.services.looking import Wanted
from tests.services.ward import Ward

NOBODY_KNOWS = "BM-MSC-1"
"""A vial's serial, which somebody blinded may well have in their hand."""


async def _found(ward: Ward, who: str, **wanted: object) -> list[tuple[str, str, str]]:
    reader = await ward.reader(who)
    found = await looking.newest(reader, Wanted(**wanted), {}, 500)
    return [(e.log, str(e.leaf["action"]), str(e.leaf["item"])) for e in found.entries]


async def _refused(ward: Ward, who: str, **wanted: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    reader, asked = await ward.reader(who), Wanted(refusals=True, **wanted)
    span = looking.span_of(asked, reader.profile.site.time_zone)
    return [(r.by, r.action, r.code, r.refusals) for r in await looking.refused(reader, asked, span)]


async def _near_misses(ward: Ward) -> str:
    """A kit at the pharmacy, and three tries that were refused: one blinded, one of the lab, one unknown."""
    kit = await ward.kit_at("at_pharmacy")
    await ward.refused("cora", "kit-order", kit, joints=["L4-L5:left"])
    ward.wait(seconds=1)
    await ward.refused("quinn", "lot-release", "BM-MSC")
    ward.wait(seconds=1)
    await keep_unseen(ward.site, "cora", "scan", NOBODY_KNOWS)
    return kit


async def test_who_may_look_at_near_misses_sees_those_that_they_may_know_of(ward: Ward) -> None:
    kit = await _near_misses(ward)
    blinded = ("cora", "kit-order", kit, ("wrong_state", "joints_differ"))
    unseen = ("cora", "scan", "", ("unknown_code",))
    assert await _refused(ward, "bert") == [unseen, blinded]
    assert await _refused(ward, "paula") == []
    assert await _refused(ward, "cora") == [("cora", "scan", NOBODY_KNOWS, ("unknown_code",)), blinded]
    assert await _refused(ward, "tina") == []
    everything = await _refused(ward, "uma")
    assert [(by, code) for by, _, code, _ in everything] == [
        ("cora", NOBODY_KNOWS), ("quinn", "BM-MSC"), ("cora", kit),
    ]  # fmt: skip
    assert await _refused(ward, "bert", item=kit) == [blinded]
    assert await _refused(ward, "bert", item=NOBODY_KNOWS) == []
    assert await _refused(ward, "bert", to_day="2026-01-01") == []


async def test_each_filter_leaves_what_fits_and_nothing_else(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    everything = await _found(ward, "bert")
    assert {log for log, _, _ in everything} == {"open"}
    history = await (await ward.reader("bert")).history(kit)
    concerned = [(e.log, str(e.leaf["action"]), str(e.leaf["item"])) for e in reversed(history or ())]
    assert await _found(ward, "bert", item=f"{kit[:4]}-{kit[4:]}") == concerned != []
    dispensed = await _found(ward, "bert", action="kit-order")
    assert dispensed == [e for e in everything if e[1] == "kit-order"] != []
    mine = await _found(ward, "bert", by="paula")
    assert mine
    assert {action for _, action, _ in mine} == {"kit-accept-at-pharmacy"}
    assert await _found(ward, "bert", item=NOBODY_KNOWS) == await _found(ward, "bert", item="NOTHING") == []
    assert await _found(ward, "bert", deviations=True) == []
    first, _ = await ward.syringes(kit)
    told = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 1000}
    await ward.breaks("ivan", "syringe-give", first.code, **told)
    assert await _found(ward, "bert", deviations=True) == [("open", "syringe-give", first.code)]
    with pytest.raises(MalformedError):
        await _found(ward, "bert", from_day="2026-02-30")


async def test_days_are_the_sites_and_both_ends_belong_to_the_span(ward: Ward) -> None:
    ward.reach("2026-11-25T04:59:59Z")  # still the 24th in Jacksonville
    await ward.does(
        "cora", "deviation-report", "DV-1", about={"kind": "device", "code": "BATH"}, reason="other"
    )
    one = [("open", "deviation-report", "DV-1")]
    assert await _found(ward, "bert", from_day="2026-11-24", to_day="2026-11-24") == one
    assert await _found(ward, "bert", from_day="2026-11-25") == []
    assert one[0] not in await _found(ward, "bert", to_day="2026-11-23")


async def test_a_page_goes_on_where_the_last_one_ended_and_misses_nothing(ward: Ward) -> None:
    await ward.kit_at("at_pharmacy")
    reader = await ward.reader("uma")
    whole = await looking.newest(reader, Wanted(), {}, 10_000)
    seen, before = [], {}
    while True:
        found = await looking.newest(reader, Wanted(), before, 7)
        seen += found.entries
        before = found.before
        if not before:
            break
    assert [(e.log, e.index) for e in seen] == [(e.log, e.index) for e in whole.entries]
    assert {e.log for e in seen} == {"open", "vault"}
    assert [e.recorded_at for e in seen] == sorted((e.recorded_at for e in seen), reverse=True)


async def test_taking_the_vaults_history_out_is_an_entry_and_that_of_the_open_log_is_none(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    before = len(await _found(ward, "uma"))
    open_only = await extracts.extract(ward.site, await ward.reader("bert"), Wanted(item=kit))
    assert len(await _found(ward, "uma")) == before
    whole = await extracts.extract(ward.site, await ward.reader("uma"), Wanted(item=kit))
    assert (await _found(ward, "uma"))[0] == ("vault", "study-export", ward.site.profile.study.id)
    assert {e.log for e in open_only.entries} == {"open"}
    assert {e.log for e in whole.entries} == {"open", "vault"}
    assert all(e.leaf.get("closed") for e in whole.entries if e.leaf["action"] == "kit-record-preparation")
    rows = list(csv.DictReader(io.StringIO(extracts.as_csv(open_only))))
    assert [(row["log"], row["index"]) for row in rows] == [(e.log, str(e.index)) for e in open_only.entries]
