"""The wrong vial, a vial out too long, a thaw that failed: at the bench, and never seen beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain import clocks
from inventory.domain.items import Kind
from tests.furniture import position, preparation
from tests.services.bench import THAW, filled, held_for, pick, record, thaw
from tests.services.stock import stocked
from tests.services.ward import BLINDED, Ward


async def test_a_wrong_vial_is_refused_and_so_is_the_right_one_from_another_position(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    (right,) = await ward.pick_list(kit)
    for wrong, place in (("BM-MSC-1-2", 2), ("DMSO-1-1", 6)):
        pick = {"kit": kit, "position": position(place)}
        assert await ward.refused("tina", "vial-pick", wrong, **pick) == ["not_on_pick_list"]
        assert (await ward.vial(wrong)).state == "stored"
    assert await ward.refused("tina", "vial-pick", right, kit=kit, position=position(2)) == [
        "position_differs"
    ]
    assert await held_for(ward, kit) == []


async def test_a_second_vial_for_an_order_that_has_one_is_refused(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    await pick(ward, kit)
    assert await ward.pick_list(kit) == []
    more = await ward.refused("tina", "vial-pick", "BM-MSC-1-2", kit=kit, position=position(2))
    assert more == ["enough_vials"]


async def test_a_vial_goes_back_to_storage_within_its_budget_and_no_later(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    ward.wait(seconds=100)
    assert await ward.refused("tina", "vial-return", vial, position=position(2)) == ["position_taken"]
    await ward.does("tina", "vial-return", vial, position=position(40))
    back = await ward.vial(vial)
    assert (back.state, back.place, back.number("seconds_out")) == ("stored", position(40), 100)
    assert await held_for(ward, kit) == []
    await ward.does("tina", "vial-pick", "BM-MSC-1-2", kit=kit, position=position(2))
    await ward.does("tina", "vial-return", "BM-MSC-1-2", position=position(2))
    await ward.does("quinn", "vial-quarantine", "BM-MSC-1-2", reason="under_investigation")
    for number in (3, 4, 5):
        await ward.does("quinn", "vial-quarantine", f"BM-MSC-1-{number}", reason="under_investigation")
    assert await pick(ward, kit) == vial
    ward.wait(seconds=81)
    (told,) = await ward.details("tina", "vial-return", vial, position=position(40))
    assert told.endswith("(181 s of 180 s)")
    assert await ward.refused("tina", "vial-return", vial, position=position(40)) == ["out_of_ln2_budget"]
    await ward.does("tina", "vial-waste", vial, reason="time_out_exceeded")
    assert await held_for(ward, kit) == []
    assert (await ward.refused("tina", "vial-return", vial, position=position(40)))[0] == "wrong_state"
    await ward.does("quinn", "vial-clear", "BM-MSC-1-3", reason="assessment_complete")
    assert await ward.pick_list(kit) == ["BM-MSC-1-3"]


async def test_a_time_out_that_reaches_the_budget_is_within_it(ward: Ward) -> None:
    vial = await pick(ward, await ward.kit_at("called_for"))
    ward.wait(seconds=180)
    await ward.does("tina", "vial-return", vial, position=position(1))


@pytest.mark.parametrize(("seconds", "left"), [(179, True), (180, False), (1200, False)])
async def test_a_vial_with_no_time_out_left_is_on_no_pick_list(ward: Ward, seconds: int, left: bool) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    ward.wait(seconds=seconds)
    # From paper it is recorded however long it was out.
    late = {"at": ward.ago(minutes=10), "late": {"sheet": "SHEET-7", "reason": "system_down"}}
    await ward.attempt("tina", "vial-return", vial, position=position(1), **(late if seconds > 180 else {}))
    assert (await ward.vial(vial)).state == "stored"
    assert await ward.pick_list(kit) == [vial if left else "BM-MSC-1-2"]
    (cells, _) = (await (await ward.reader("mia")).stock_word(ward.site.now())).products or ()
    assert (cells.product, cells.available_vials) == ("BM-MSC", 5 if left else 4)
    pick_it = {"kit": kit, "position": position(1)}
    if left:
        await ward.does("tina", "vial-pick", vial, **pick_it)
        return
    (said, _) = await ward.details("tina", "vial-pick", vial, **pick_it)
    assert said.endswith("Record it as wasted; take another. (none of its time is left)")
    refused = await ward.refused("quinn", "vial-clear", vial, reason="assessment_complete")
    assert refused[0] == "vial_rejected"


async def test_a_thaw_with_ice_left_goes_on(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    await ward.does("tina", "vial-thaw", vial, **THAW)
    (told,) = await ward.details("tina", "vial-finish-thaw", vial, appearance="ice_left")
    assert told == "Not done: ice is left, so the thaw goes on. Thaw on, or record the vial as wasted."
    for late in ({}, {"late": {"sheet": "S-1", "reason": "forgotten"}}):
        asked = {"appearance": "ice_left", **late}
        assert await ward.refused("tina", "vial-finish-thaw", vial, **asked) == ["ice_left"]
    assert (await ward.vial(vial)).state == "thawing"
    assert await ward.refused("tina", "kit-record-preparation", kit, **preparation()) == ["vials_missing"]
    await ward.does("tina", "vial-finish-thaw", vial, appearance="ice_sliver")
    assert (await ward.vial(vial)).state == "thawed"


async def test_low_viability_needs_a_replacement_vial_and_shows_nothing(ward: Ward) -> None:
    kit, ordinary = await ward.kit_at("called_for"), await ward.kit_at("called_for", "P-002")
    poor = await thaw(ward, kit)
    await record(ward, kit, viability_permille=588)
    ward.wait(minutes=60)
    (told,) = await ward.details("tina", "kit-prepare", kit, **filled())
    assert told.endswith("(588 of 700 permille)")
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == ["viability_below_limit"]
    await ward.does("tina", "vial-waste", poor, reason="below_limit")
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == [
        "vials_missing", "preparation_not_recorded",
    ]  # fmt: skip
    good = await thaw(ward, kit)
    assert good != poor
    await record(ward, kit, viability_permille=700)
    await ward.does("tina", "kit-prepare", kit, **filled())
    assert await held_for(ward, kit) == [good]
    assert [(await ward.vial(code)).state for code in (poor, good)] == ["wasted", "consumed"]
    called = [clocks.parse_instant(str(one)) for one in (await ward.kit(kit)).facts["called_at"]]
    assert (await ward.kit(kit)).due == clocks.format_instant(clocks.use_by(called[0], called[1], 240, 15))
    await ward.walk(ordinary, "prepared")
    assert await ward.script("P-001") == await ward.script("P-002")
    await ward.does("tina", "vial-destroy", poor, method="incineration")


@pytest.mark.parametrize(
    ("failed", "code"),
    [({"inspection": "fail"}, "inspection_failed"), ({"viability_permille": 588}, "viability_below_limit")],
)
async def test_a_record_that_failed_is_not_recorded_over_but_voided_by_two(
    ward: Ward, failed: dict[str, Any], code: str
) -> None:
    kit = await ward.kit_at("called_for")
    vial = await thaw(ward, kit)
    await record(ward, kit, **failed)
    void = {"log": "vault", "index": (await ward.sizes())[1] - 1, "reason": "recorded_wrongly"}
    assert await ward.refused("tina", "kit-record-preparation", kit, **preparation()) == [code]
    paper = {"late": {"sheet": "S-1", "reason": "system_down"}, "at": ward.ago(minutes=3)}
    broke = await ward.breaks("tina", "kit-record-preparation", kit, **preparation(), **paper)
    assert (broke.codes, broke.log) == ([code], "vault")
    ward.wait(minutes=60)
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == [code]
    assert await ward.refused("tina", "kit-void", kit, second=None, **void) == ["second_person_missing"]
    await ward.does("tina", "kit-void", kit, second="tom", **void)
    await record(ward, kit)
    await ward.does("tina", "kit-prepare", kit, **filled())
    assert await held_for(ward, kit) == [vial]


async def test_an_inspection_that_fails_holds_for_either_product(ward: Ward) -> None:
    for participant in ("P-001", "P-002"):
        kit = await ward.kit_at("called_for", participant)
        vial = await thaw(ward, kit)
        await record(ward, kit, inspection="fail")
        ward.wait(minutes=60)
        assert await ward.refused("tina", "kit-prepare", kit, **filled()) == ["inspection_failed"]
        await ward.does("tina", "vial-waste", vial, reason="inspection_failed")
        await ward.walk(kit, "prepared")
    assert await ward.script("P-001") == await ward.script("P-002")


async def test_a_kit_is_not_released_too_early_too_late_or_wrongly_filled(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    await thaw(ward, kit)
    expired = preparation(consumables=[{"name": "needle", "lot_number": "N-1", "expires_on": "2026-11-21"}])
    assert await ward.refused("tina", "kit-record-preparation", kit, **expired) == ["consumable_expired"]
    await record(ward, kit)
    ward.wait(minutes=55)
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == ["not_ready_yet"]
    ward.wait(minutes=1)
    assert await ward.refused("tina", "kit-prepare", kit, **filled(1)) == ["count_differs"]
    too_much = {"volumes_ul": [3000, 1501], "sleeve": "opaque"}
    assert await ward.refused("tina", "kit-prepare", kit, **too_much) == ["volume_differs"]
    for volumes in ([2000, 2000], [1, 1000]):
        off_dose = {"volumes_ul": volumes, "sleeve": "opaque"}
        assert await ward.refused("tina", "kit-prepare", kit, **off_dose) == ["volume_differs"]
        (told,) = await ward.details("tina", "kit-prepare", kit, **off_dose)
        assert "where the dose is 1000 microlitres, give or take 50" in told
    ward.wait(hours=3, minutes=30)
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == ["use_by_passed"]
    assert (await ward.kit(kit)).state == "called_for"


async def test_no_vial_is_taken_or_thawed_for_a_go_ahead_whose_use_by_has_passed(ward: Ward) -> None:
    kit, other = await ward.kit_at("called_for"), await ward.kit_at("called_for", "P-002")
    # Four hours after the go-ahead at 09:00.
    ward.reach("2026-11-22T12:59:00.000000Z")
    vial = await pick(ward, kit)
    ward.reach("2026-11-22T13:00:01.000000Z")
    assert await ward.refused("tina", "vial-thaw", vial, **THAW) == ["use_by_passed"]
    (named,) = await ward.pick_list(other)
    told = {"kit": other, "position": (await ward.vial(named)).place}
    assert await ward.refused("tina", "vial-pick", named, **told) == ["use_by_passed"]
    await ward.does("tina", "vial-return", vial, position=position(1))


async def test_no_more_is_filled_than_the_vial_itself_held(ward: Ward) -> None:
    mine = await stocked(ward, "CELLS-2", expires_on="2026-12-31", volume_ul=1900)
    await ward.does("quinn", "lot-release", "CELLS-2")
    kit = await ward.kit_at("called_for")
    assert await thaw(ward, kit) in mine
    await record(ward, kit)
    ward.wait(minutes=60)
    too_much = {"volumes_ul": [951, 950], "sleeve": "opaque"}
    assert await ward.refused("tina", "kit-prepare", kit, **too_much) == ["volume_differs"]
    (told,) = await ward.details("tina", "kit-prepare", kit, **too_much)
    assert told.endswith("(1901 of 1900 microlitres)")
    await ward.does("tina", "kit-prepare", kit, volumes_ul=[950, 950], sleeve="opaque")


async def test_a_vial_thawed_without_an_order_is_recorded_and_never_used(ward: Ward) -> None:
    kit, opened = await ward.kit_at("called_for"), (await ward.sizes())[0]
    held = await pick(ward, kit)
    for vial in (held, "BM-MSC-1-4"):
        broke = await ward.breaks("tina", "vial-thaw-by-mistake", vial, reason="wrong_item")
        assert (broke.codes, broke.log) == (["thaw_not_ordered"], "vault")
        thawed = await ward.vial(vial)
        assert (thawed.state, thawed.place, thawed.text("disposition")) == ("thawed", None, "rejected")
        assert [await ward.sees(who, broke.deviation.code) for who in BLINDED] == [None] * 3
        assert "wrong_state" in await ward.refused("tina", "vial-return", vial, position=position(40))
        assert "wrong_state" in await ward.refused("tina", "vial-thaw", vial, **THAW)
        assert await ward.refused("quinn", "vial-clear", vial, reason="quality_decision") == ["vial_rejected"]
    assert await held_for(ward, kit) == []
    assert (await ward.sizes())[0] == opened
    assert (await ward.pick_list(kit))[0] == "BM-MSC-1-2"


async def test_a_thaw_recorded_of_the_wrong_vial_is_voided_and_put_right_and_both_are_shown(
    ward: Ward,
) -> None:
    first, _ = await ward.kit_at("called_for"), await ward.kit_at("assigned", "P-002")
    third = await ward.kit_at("called_for", "P-003")
    mine, other = await pick(ward, first), await pick(ward, third)
    opened, index = await ward.sizes()
    await ward.does("tina", "vial-thaw", other, **THAW)
    void = {"log": "vault", "index": index, "reason": "scanned_wrong_code"}
    await ward.does("tina", "vial-void", other, second="tom", **void)
    await ward.does("tina", "vial-thaw", mine, **THAW)
    assert [(await ward.vial(vial)).state for vial in (mine, other)] == ["thawing", "picked"]
    assert "thaw_at" not in (await ward.vial(other)).facts
    shown = await ward.history("uma", other)
    assert [entry.leaf["action"] for entry in shown][-3:] == ["vial-pick", "vial-thaw", "vial-void"]
    assert shown[-1].leaf["voids"] == {"log": "vault", "index": index}
    assert shown[-1].leaf["evidence"]["reason"] == "scanned_wrong_code"
    assert (await ward.sizes())[0] == opened
    assert await ward.refused("tina", "vial-void", other, second="tom", **void) == ["voided_entry"]


async def test_a_failed_thaw_is_wasted_and_its_replacement_does_not_prolong_the_use_by(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    failed = await pick(ward, kit)
    await ward.does("tina", "vial-thaw", failed, **THAW)
    ward.wait(minutes=30)
    await ward.does("tina", "vial-waste", failed, reason="broken")
    assert await ward.refused("tina", "kit-record-preparation", kit, **preparation()) == ["vials_missing"]
    await thaw(ward, kit)
    await record(ward, kit)
    ward.wait(minutes=60)
    await ward.does("tina", "kit-prepare", kit, **filled())
    assert (
        await ward.kit(kit)
    ).due == "2026-11-22T13:00:00.000000Z"  # four hours after the go-ahead at 09:00
    assert (await ward.item(Kind.HOLDER, failed)).state == "let_go"


async def test_a_vial_that_waited_too_long_outside_is_not_thawed(ward: Ward) -> None:
    vial = await pick(ward, await ward.kit_at("called_for"))
    ward.wait(seconds=ward.site.profile.limits.time_out_of_ln2_seconds + 1)
    assert await ward.refused("tina", "vial-thaw", vial, **THAW) == ["out_of_ln2_budget"]
    await ward.does("tina", "vial-waste", vial, reason="time_out_exceeded")
