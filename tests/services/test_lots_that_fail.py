"""Lots that may not be used, and what becomes of everything that was made from them."""

from __future__ import annotations

import pytest

from inventory.domain.items import Kind
from tests.services.stock import certificate, conditional, stocked
from tests.services.ward import AUDITOR, BLINDED, Ward

NOT_AVAILABLE = ["Not available for this kit. Ask the cell lab."]
NOTHING_TO_TAKE = "no_vial_available"


async def _pick(ward: Ward, vial: str, kit: str) -> list[str]:
    """What refuses a pick of that vial from where it lies."""
    return await ward.refused("tina", "vial-pick", vial, kit=kit, position=(await ward.vial(vial)).place)


async def _told_nothing_more(ward: Ward, kit: str, participant: str) -> None:
    """The pharmacist hears one sentence, and sees of kit and deviations what was there before."""
    seen = await ward.sees("paula", kit)
    assert await ward.details("paula", "kit-dispense", kit, participant=participant) == NOT_AVAILABLE
    assert await ward.refused("paula", "kit-dispense", kit, participant=participant) == ["not_available"]
    assert await ward.sees("paula", kit) == seen


async def test_a_rejected_lot_is_never_used_and_its_vials_can_only_be_destroyed(ward: Ward) -> None:
    vial, *_ = await stocked(ward, "CELLS-2", viability="fail")
    assert await ward.refused("quinn", "lot-release", "CELLS-2") == ["tests_failed"]
    assert await ward.refused(
        "quinn", "lot-release-conditionally", "CELLS-2", follow_up_by="2026-12-01"
    ) == ["tests_failed", "nothing_pending"]  # fmt: skip
    await ward.does("quinn", "lot-reject", "CELLS-2", reason="test_failed")
    assert (await ward.item(Kind.LOT, "CELLS-2")).state == "rejected"
    for way_back in ("lot-release", "lot-resume"):
        evidence = {"reason": "quality_decision"} if way_back == "lot-resume" else {}
        assert (await ward.refused("quinn", way_back, "CELLS-2", **evidence))[0] == "wrong_state"
    kit = await ward.kit_at("called_for")
    assert await _pick(ward, vial, kit) == ["lot_not_released", "not_on_pick_list"]
    await ward.does("tina", "vial-destroy", vial, method="incineration")
    assert (await ward.vial(vial)).place is None
    assert await ward.sees("paula", "CELLS-2") is None
    assert await ward.history(AUDITOR, "CELLS-2") == []


@pytest.mark.parametrize("determined", ["ineligible", "incomplete"])
async def test_a_donor_who_is_not_eligible_stops_the_lot_its_vials_and_every_kit(
    ward: Ward, determined: str
) -> None:
    await stocked(ward, "CELLS-2")
    cells, other = await ward.kit_at("at_pharmacy"), await ward.kit_at("at_pharmacy", "P-002")
    waiting = await ward.kit_at("called_for", "P-003")
    opened, _ = await ward.sizes()
    await ward.does(
        "quinn", "donor-redetermine", "DN-1", eligibility=determined,
        determined_on="2026-11-22", determined_by="Dr Gray", label_statements=["WARNING"],
    )  # fmt: skip
    assert await ward.refused("quinn", "lot-release", "CELLS-2") == ["donor_not_eligible"]
    assert await _pick(ward, "BM-MSC-1-2", waiting) == ["donor_not_eligible", NOTHING_TO_TAKE]
    for kit, participant in ((cells, "P-001"), (other, "P-002")):
        await _told_nothing_more(ward, kit, participant)
    assert (await ward.sizes())[0] == opened
    assert all([await ward.sees(who, "DN-1") is None for who in BLINDED])


async def test_a_test_that_fails_after_conditional_release_holds_the_lot_at_once(ward: Ward) -> None:
    vials = await conditional(ward, "CELLS-2")
    cells, other = await ward.kit_at("at_pharmacy"), await ward.kit_at("at_pharmacy", "P-002")
    waiting = await ward.kit_at("called_for", "P-003")
    assert await ward.pick_list(waiting) == [vials[1]]
    opened, vaulted = await ward.sizes()
    await ward.does("quinn", "lot-record-results", "CELLS-2", **certificate(ward, "BM-MSC", sterility="fail"))
    assert (await ward.item(Kind.LOT, "CELLS-2")).state == "on_hold"
    assert await ward.sizes() == (opened, vaulted + 1)
    assert await ward.pick_list(waiting) == ["BM-MSC-1-1"]
    assert await _pick(ward, vials[1], waiting) == ["lot_on_hold", "not_on_pick_list"]
    assert await ward.refused("quinn", "lot-resume", "CELLS-2", reason="quality_decision") == ["tests_failed"]
    # The kit of the other product pauses with the same words, or the words would tell which kit holds what.
    for kit, participant in ((cells, "P-001"), (other, "P-002")):
        await _told_nothing_more(ward, kit, participant)
    assert (await ward.sizes())[0] == opened


@pytest.mark.parametrize("test", ["sterility", "viability"])
async def test_no_certificate_lifts_a_test_that_the_product_needs(ward: Ward, test: str) -> None:
    await stocked(ward, "CELLS-2", **{test: "not_applicable"})
    assert await ward.refused("quinn", "lot-release", "CELLS-2") == ["tests_missing"]
    later = {"follow_up_by": "2026-12-01"}
    assert "tests_missing" in await ward.refused("quinn", "lot-release-conditionally", "CELLS-2", **later)
    await ward.does("quinn", "lot-record-results", "CELLS-2", **certificate(ward, "BM-MSC"))
    await ward.does("quinn", "lot-release", "CELLS-2")


@pytest.mark.parametrize("verdict", ["pass", "pending", "not_applicable"])
async def test_a_test_that_failed_stays_failed_until_that_entry_is_voided(ward: Ward, verdict: str) -> None:
    failed = await ward.does(
        "quinn", "lot-record-results", "BM-MSC-1", **certificate(ward, "BM-MSC", sterility="fail")
    )
    again = {"issued_on": "2026-11-20", "results": [{"test": "sterility", "result": "R", "verdict": verdict}]}
    broke = await ward.breaks("tina", "lot-record-results", "BM-MSC-1", **again)
    assert (broke.codes, broke.log) == (["tests_failed"], "vault")
    assert await ward.refused("quinn", "lot-resume", "BM-MSC-1", reason="quality_decision") == [
        "tests_failed"
    ]
    ((entry,),) = [failed.answer["entries"]]
    wrong = {"log": entry["log"], "reason": "recorded_wrongly"}
    for index in (entry["index"] + 1, entry["index"]):  # the later first
        await ward.does("quinn", "lot-void", "BM-MSC-1", second="quentin", index=index, **wrong)
    assert (await ward.item(Kind.LOT, "BM-MSC-1")).state == "released"


async def test_what_lifts_a_hold_is_what_released_the_lot_and_two_people(ward: Ward) -> None:
    vials = await conditional(ward, "CELLS-2")
    for lot, undone in (("BM-MSC-1", ["tests_pending"]), ("CELLS-2", [])):
        await ward.does("mia", "lot-hold", lot, reason="under_investigation")
        unsure = {"issued_on": "2026-11-20", "results": [{"test": "sterility", "verdict": "pending"}]}
        await ward.does("quinn", "lot-record-results", lot, **unsure)
        why = {"reason": "assessment_complete"}
        alone = await ward.refused("quinn", "lot-resume", lot, second=None, **why)
        assert alone == [*undone, "second_person_missing"]
        if undone:
            assert await ward.refused("quinn", "lot-resume", lot, **why) == undone
    short = {"issued_on": "2026-11-20", "results": [{"test": "viability", "verdict": "pending"}]}
    await ward.does("quinn", "lot-record-results", "CELLS-2", **short)
    assert await ward.refused("quinn", "lot-resume", "CELLS-2", **why) == ["tests_pending"]
    await ward.does(
        "quinn", "lot-record-results", "CELLS-2", **certificate(ward, "BM-MSC", sterility="pending")
    )
    await ward.does("quinn", "lot-resume", "CELLS-2", **why)
    assert (await ward.item(Kind.LOT, "CELLS-2")).state == "conditionally_released"
    assert await ward.pick_list(await ward.kit_at("called_for")) == [vials[0]]


async def test_a_hold_does_not_stop_what_holds_nothing_yet(ward: Ward) -> None:
    in_use = await ward.kit_at("at_pharmacy")
    others = [await ward.kit_at("assigned", participant) for participant in ("P-002", "P-003")]
    await ward.does("mia", "lot-hold", "DMSO-1", reason="under_investigation")
    await ward.does("paula", "kit-dispense", in_use, participant="P-001")
    for kit in others:
        await ward.walk(kit, "called_for")
    assert await ward.script("P-002") == await ward.script("P-003")
    assert await _pick(ward, "DMSO-1-1", others[0]) == ["lot_on_hold", NOTHING_TO_TAKE]
    assert await ward.pick_list(others[1]) == ["BM-MSC-1-2"]


async def test_a_lot_on_hold_pauses_all_kits_and_resumed_lets_all_go_on(ward: Ward) -> None:
    cells, other = await ward.kit_at("at_pharmacy"), await ward.kit_at("at_pharmacy", "P-002")
    waiting = await ward.kit_at("called_for", "P-003")
    await ward.does("mia", "lot-hold", "BM-MSC-1", reason="under_investigation")
    for kit, participant in ((cells, "P-001"), (other, "P-002")):
        await _told_nothing_more(ward, kit, participant)
    assert await _pick(ward, "BM-MSC-1-2", waiting) == ["lot_on_hold", NOTHING_TO_TAKE]
    assert await ward.refused("mia", "lot-resume", "BM-MSC-1", reason="assessment_complete") == [
        "not_entitled"
    ]
    await ward.does("quinn", "lot-resume", "BM-MSC-1", reason="assessment_complete")
    assert (await ward.item(Kind.LOT, "BM-MSC-1")).state == "released"
    for kit, participant in ((cells, "P-001"), (other, "P-002")):
        await ward.does("paula", "kit-dispense", kit, participant=participant)
    assert await ward.pick_list(waiting) == ["BM-MSC-1-2"]
    assert await ward.script("P-001") == await ward.script("P-002")


async def test_a_recalled_lot_never_comes_back(ward: Ward) -> None:
    cells, _ = await ward.kit_at("at_pharmacy"), await ward.kit_at("assigned", "P-002")
    waiting = await ward.kit_at("called_for", "P-003")
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="supplier_notice")
    assert await _pick(ward, "BM-MSC-1-2", waiting) == ["lot_recalled", NOTHING_TO_TAKE]
    await _told_nothing_more(ward, cells, "P-001")
    for action, evidence in (
        ("lot-resume", {"reason": "quality_decision"}),
        ("lot-release", {}),
        ("lot-extend", {"expires_on": "2028-12-31", "document": "0" * 64}),
    ):
        assert (await ward.refused("quinn", action, "BM-MSC-1", **evidence))[0] == "wrong_state", action
    await ward.does("paula", "kit-not-give", cells, reason="not_available")
    back = [{"syringe": one.code, "remainder_ul": 1000} for one in await ward.syringes(cells)]
    await ward.does("paula", "kit-return", cells, remainders=back)
    assert (await ward.kit(cells)).state == "returned"


async def test_kits_that_paused_together_do_not_tell_which_of_them_was_touched(ward: Ward) -> None:
    cells, other = await ward.kit_at("at_pharmacy"), await ward.kit_at("at_pharmacy", "P-002")
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="supplier_notice")
    await ward.does("paula", "kit-not-give", cells, reason="not_available")
    assert await ward.refused("paula", "kit-dispense", other, participant="P-002") == ["not_available"]


async def test_a_given_kit_of_a_recalled_lot_can_still_be_cleared_away(ward: Ward) -> None:
    kit = await ward.kit_at("administered")
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="supplier_notice")
    await ward.walk(kit, "destroyed")
    assert (await ward.kit(kit)).state == "destroyed"


async def test_a_conditional_release_whose_follow_up_is_overdue_stops_until_its_results_are_in(
    ward: Ward,
) -> None:
    vials = await conditional(ward, "CELLS-2", follow_up_by="2026-11-24")
    ward.reach("2026-11-25T04:50:00Z")  # still the 24th at the site
    kit = await ward.kit_at("called_for")
    assert await ward.pick_list(kit) == [vials[0]]
    ward.wait(minutes=15)
    assert await _pick(ward, vials[0], kit) == ["follow_up_passed", "not_on_pick_list"]
    await ward.does("quinn", "lot-record-results", "CELLS-2", **certificate(ward, "BM-MSC"))
    await ward.does("quinn", "lot-release", "CELLS-2")
    await ward.does("tina", "vial-pick", vials[0], kit=kit, position=(await ward.vial(vials[0])).place)


async def test_a_follow_up_later_than_the_study_allows_is_refused(ward: Ward) -> None:
    await stocked(ward, "CELLS-2", sterility="pending")
    assert await ward.refused("quinn", "lot-release", "CELLS-2") == ["tests_pending"]
    late = await ward.refused("quinn", "lot-release-conditionally", "CELLS-2", follow_up_by="2026-12-07")
    assert late == ["follow_up_too_late"]


async def test_a_lot_may_be_used_on_its_last_day_at_the_site_and_no_later(ward: Ward) -> None:
    vials = await stocked(ward, "CELLS-2", expires_on="2026-11-24")
    await ward.does("quinn", "lot-release", "CELLS-2")
    ward.reach("2026-11-25T04:59:00Z")  # 23:59 on the 24th at the site
    kit, _ = await ward.kit_at("called_for"), await ward.kit_at("assigned", "P-002")
    later = await ward.kit_at("called_for", "P-003")
    await ward.does("tina", "vial-pick", vials[0], kit=kit, position=(await ward.vial(vials[0])).place)
    ward.wait(minutes=2)
    assert await _pick(ward, vials[1], later) == ["lot_expired", "not_on_pick_list"]
    thaw = {"device": "BATH", "celsius_milli": 37_000}
    assert await ward.refused("tina", "vial-thaw", vials[0], **thaw) == ["lot_expired"]
    await ward.does("quinn", "lot-extend", "CELLS-2", expires_on="2026-12-31", document="0" * 64)
    await ward.does("tina", "vial-thaw", vials[0], **thaw)


async def test_the_pick_list_names_what_may_be_picked_and_nothing_else(ward: Ward) -> None:
    soon = await stocked(ward, "CELLS-2", expires_on="2026-11-24")
    await ward.does("quinn", "lot-release", "CELLS-2")
    kit = await ward.kit_at("called_for")
    assert await ward.pick_list(kit) == [soon[0]]
    ward.reach("2026-11-25T05:10:00Z")  # the 25th at the site
    assert await ward.pick_list(kit) == ["BM-MSC-1-1"]


@pytest.mark.parametrize("verdict", ["pending", "not_applicable"])
async def test_a_test_that_is_open_again_holds_a_released_lot_until_it_has_passed(
    ward: Ward, verdict: str
) -> None:
    given, kit = await ward.kit_at("administered"), await ward.kit_at("at_pharmacy", "P-003")
    told = {"issued_on": "2026-11-21", "results": [{"test": "sterility", "verdict": verdict}]}
    await ward.does("quinn", "lot-record-results", "BM-MSC-1", **told)
    assert (await ward.item(Kind.LOT, "BM-MSC-1")).state == "on_hold"
    assert await ward.refused("paula", "kit-dispense", kit, participant="P-003") == ["not_available"]
    (alert,) = await (await ward.reader("dora")).page(Kind.ALERT, limit=500)
    assert (alert.facts["cause"], alert.facts["kits"]) == ("lot-record-results", [given])
    lifting = {"reason": "assessment_complete"}
    lacking = "tests_pending" if verdict == "pending" else "tests_missing"
    assert await ward.refused("quinn", "lot-resume", "BM-MSC-1", **lifting) == [lacking]
    passed = [{"test": "sterility", "result": "no growth", "verdict": "pass"}]
    await ward.does("quinn", "lot-record-results", "BM-MSC-1", issued_on="2026-11-21", results=passed)
    await ward.does("quinn", "lot-resume", "BM-MSC-1", **lifting)
    await ward.does("paula", "kit-dispense", kit, participant="P-003")


async def test_a_long_test_that_goes_on_leaves_a_conditionally_released_lot_in_use(ward: Ward) -> None:
    await conditional(ward, "CELLS-2")
    await ward.does(
        "quinn", "lot-record-results", "CELLS-2", **certificate(ward, "BM-MSC", sterility="pending")
    )
    assert (await ward.item(Kind.LOT, "CELLS-2")).state == "conditionally_released"
