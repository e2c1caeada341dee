"""At the bedside: what happened is always recorded, and what broke a rule opens a deviation."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Item, Kind
from tests.services.ward import AUDITOR, Ward


def _given(syringe: Item, participant: str = "P-001", **other: Any) -> dict[str, Any]:
    return {"participant": participant, "joint": syringe.text("joint"), "given_ul": 1000, **other}


async def _give(ward: Ward, syringe: Item, **other: Any) -> None:
    await ward.does("ivan", "syringe-give", syringe.code, **_given(syringe, **other))


async def _states(ward: Ward, kit: str) -> list[str]:
    return [(await ward.kit(kit)).state, *[syringe.state for syringe in await ward.syringes(kit)]]


async def _returned(ward: Ward, kit: str, *remainders_ul: int) -> dict[str, Any]:
    codes = [syringe.code for syringe in await ward.syringes(kit)]
    pairs = zip(codes, remainders_ul, strict=True)
    return {"remainders": [{"syringe": code, "remainder_ul": left} for code, left in pairs]}


async def test_an_injection_three_minutes_late_is_recorded_with_its_deviation(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, last = await ward.syringes(kit)
    await _give(ward, first)
    ward.reach(last.due or "")
    ward.wait(minutes=3)
    opened, vaulted = await ward.sizes()
    broke = await ward.breaks("ivan", "syringe-give", last.code, **_given(last))
    assert (broke.codes, broke.log) == (["use_by_passed"], "open")
    assert last.due == "2026-11-22T13:00:00.000000Z"
    assert broke.said == (
        f"Recorded, with deviation {broke.deviation.code}. STOP. Its use-by had passed. Give nothing more of it; "
        f"tell the investigator. (use by 2026-11-22 08:00 -05:00)"
    )
    assert await ward.sizes() == (opened + 1, vaulted)
    assert await _states(ward, kit) == ["administered", "given", "given"]
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    told = await ward.sees(AUDITOR, broke.deviation.code)
    assert told is not None
    assert (told.parent, told.facts["action"], told.facts["rules"]) == (
        last.code, "syringe-give", ["use_by_passed"],
    )  # fmt: skip
    assessed = {"impact": "minor", "cause": "procedure", "remedy": "retrained"}
    await ward.does("cora", "deviation-assess", broke.deviation.code, **assessed)
    await ward.does("cora", "deviation-close", broke.deviation.code)


async def test_what_was_given_in_time_and_told_late_is_judged_by_the_later_time(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    syringe, _ = await ward.syringes(kit)
    ward.reach(syringe.due or "")
    ward.wait(minutes=5)
    broke = await ward.breaks(
        "ivan", "syringe-give", syringe.code, at=ward.ago(minutes=10), **_given(syringe)
    )
    assert broke.codes == ["use_by_passed"]


async def test_a_dropped_syringe_leaves_one_joint_for_a_replacement_kit(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await _give(ward, first)
    await ward.does("ivan", "syringe-drop", second.code, reason="dropped")
    assert await _states(ward, kit) == ["partly_administered", "given", "dropped"]
    for joints in ([first.text("joint")], ["L5-S1:right"], [second.text("joint")] * 2):
        wrong = await ward.refused("cora", "kit-replace", kit, joints=joints, reason="dropped")
        assert wrong == ["joints_differ"]
    await ward.does("cora", "kit-replace", kit, joints=[second.text("joint")], reason="dropped")
    replacement = (await ward.kit(kit)).text("replaced_by")
    assert (await ward.kit(replacement)).texts("joints") == [second.text("joint")]
    await ward.walk(replacement, "destroyed")
    assert [syringe.text("joint") for syringe in await ward.syringes(replacement)] == [second.text("joint")]
    await ward.does("paula", "kit-return", kit, **await _returned(ward, kit, 0, 1000))
    await ward.does("paula", "kit-reconcile", kit)
    await ward.does("paula", "kit-destroy", kit, method="incineration")
    seen = await ward.sees("ivan", replacement)
    assert seen is not None
    assert seen.facts["replaces"] == kit


async def test_an_injection_told_after_the_kits_were_withdrawn_counts_and_its_joint_is_not_given_again(
    ward: Ward,
) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    at = ward.site.now()
    ward.wait(minutes=3)
    await ward.does("quinn", "lot-hold", "BM-MSC-1", reason="under_investigation")
    withdraw = {"second": "quentin", "reason": "safety_review"}
    await ward.does("quinn", "study-withdraw-kits", ward.site.profile.study.id, **withdraw)
    assert await _states(ward, kit) == ["not_administered", "not_given", "not_given"]
    ward.wait(minutes=2)
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_given(first, given_ul=600), at=at)
    assert (broke.codes[0], broke.log) == ("told_not_given", "open")
    assert await _states(ward, kit) == ["partly_administered", "partly_given", "not_given"]
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    told = await ward.item(Kind.SYRINGE, first.code)
    assert (told.text("outcome"), told.text("given_to"), told.number("given_ul")) == ("given", "P-001", 600)
    assert "reason" not in told.facts
    again = await ward.refused(
        "cora", "kit-replace", kit, joints=[first.text("joint")], reason="not_available"
    )
    assert again == ["joints_differ"]
    broke = await ward.breaks("ivan", "syringe-give", second.code, **_given(second), at=at)
    assert await _states(ward, kit) == ["partly_administered", "partly_given", "given"]
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_given(first))
    assert {"wrong_state", "already_given"} <= set(broke.codes)
    assert (await ward.item(Kind.SYRINGE, first.code)).number("given_ul") == 600


async def test_a_syringe_recorded_as_not_given_and_given_after_all_completes_its_kit(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await ward.does("ivan", "syringe-not-give", first.code, reason="joint_not_accessible")
    await _give(ward, second)
    assert await _states(ward, kit) == ["partly_administered", "not_given", "given"]
    await ward.breaks("ivan", "syringe-give", first.code, **_given(first))
    assert await _states(ward, kit) == ["administered", "given", "given"]
    await ward.walk(kit, "destroyed")


async def test_a_kit_with_a_broken_syringe_is_dispensed_with_the_ones_that_are_left(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    broken, good = [syringe.code for syringe in await ward.syringes(kit)]
    await ward.does("paula", "syringe-drop", broken, reason="broken")
    for scanned in ([broken, good], [broken], []):
        told = {"participant": "P-001", "syringes": scanned}
        assert await ward.refused("paula", "kit-dispense", kit, **told) == ["count_differs"]
    (said,) = await ward.details("paula", "kit-dispense", kit, participant="P-001", syringes=[broken, good])
    assert said.endswith("(1 of its 1 filled syringes, 2 scanned)")
    await ward.does("paula", "kit-dispense", kit, participant="P-001", syringes=[good])


async def test_a_participant_has_one_live_kit(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    joints = (await ward.kit(kit)).texts("joints")
    again: dict[str, Any] = {"joints": joints, "reason": "order_changed"}
    assert "slot_taken" in await ward.refused("cora", "kit-replace", kit, **again)
    await ward.does("cora", "kit-cancel", kit, reason="order_changed")
    asked = [ward.cast.request("kit-replace", kit, by=who, **again) for who in ("cora", "carl")]
    outcomes: list[Any] = await ward.cast.at_once(*asked)
    assert [outcome.status for outcome in outcomes] == [201, 409]
    assert await ward.refused("cora", "kit-replace", kit, **again) == ["slot_taken"]
    second = (await ward.kit(kit)).text("replaced_by")
    assert "slot_taken" in await ward.refused("cora", "kit-replace", second, **again)
    await ward.does("cora", "kit-cancel", second, reason="order_changed")
    assert await ward.refused("cora", "kit-replace", kit, **again) == ["slot_taken"]
    await ward.does("cora", "kit-replace", second, **again)


async def test_a_partial_dose_is_balanced_by_what_comes_back(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await _give(ward, first)
    await _give(ward, second, given_ul=600, reaction="mild")
    assert await _states(ward, kit) == ["partly_administered", "given", "partly_given"]
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    too_much = await ward.refused("paula", "kit-return", kit, **await _returned(ward, kit, 0, 451))
    assert too_much == ["volume_differs"]
    one = {"remainders": [{"syringe": first.code, "remainder_ul": 0}]}
    assert await ward.refused("paula", "kit-return", kit, **one) == ["count_differs"]
    await ward.does("paula", "kit-return", kit, **await _returned(ward, kit, 0, 349))
    (told,) = await ward.details("paula", "kit-reconcile", kit)
    assert told.endswith(f"({second.code}: 51 microlitres)")
    for strange in ([], [{"syringe": first.code, "reason": "measuring"}]):
        assert await ward.refused("paula", "kit-reconcile", kit, differences=strange) == ["count_differs"]
    reason = [{"syringe": second.code, "reason": "residual_in_needle"}]
    other = [*reason, {"syringe": "Y-OTHER", "reason": "measuring"}]
    assert await ward.refused("paula", "kit-reconcile", kit, differences=other) == ["count_differs"]
    await ward.does("paula", "kit-reconcile", kit, differences=reason)
    assert (await ward.kit(kit)).number("difference_ul") == 51
    after = await ward.item(Kind.SYRINGE, second.code)
    assert (after.number("difference_ul"), after.text("difference_reason")) == (51, "residual_in_needle")


async def test_a_difference_within_the_tolerance_needs_no_reason(ward: Ward) -> None:
    kit = await ward.kit_at("administered")
    await ward.does("paula", "kit-return", kit, **await _returned(ward, kit, 50, 0))
    await ward.does("paula", "kit-reconcile", kit)
    assert [one.facts.get("difference_ul") for one in await ward.syringes(kit)] == [-50, None]


async def test_what_one_syringe_lacks_and_another_has_too_much_is_no_balance(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await ward.breaks("ivan", "syringe-give", first.code, **_given(first, given_ul=1200))
    await _give(ward, second, given_ul=800)
    await ward.does("paula", "kit-return", kit, **await _returned(ward, kit, 0, 0))
    (told,) = await ward.details("paula", "kit-reconcile", kit)
    assert told.endswith(f"({first.code}: -200 microlitres, {second.code}: 200 microlitres)")
    swapped = [{"syringe": one.code, "reason": "swapped"} for one in (first, second)]
    half = await ward.refused("paula", "kit-reconcile", kit, differences=swapped[:1])
    assert half == ["count_differs", "volume_unaccounted"]
    broke = await ward.breaks("paula", "kit-reconcile", kit, differences=swapped)
    assert (broke.codes, broke.log) == (["volume_unaccounted"], "open")
    assert (await ward.kit(kit)).facts["difference_ul"] == 0
    assert [one.number("difference_ul") for one in await ward.syringes(kit)] == [-200, 200]


async def test_volume_that_nobody_can_account_for_is_recorded_with_its_deviation(ward: Ward) -> None:
    kit = await ward.kit_at("administered", "P-001")
    other = await ward.kit_at("dispensed", "P-002")
    await ward.does("paula", "kit-not-give", other, reason="participant_unwell")
    for one, remainders in ((kit, (0, 0)), (other, (1000, 200))):
        await ward.does("paula", "kit-return", one, **await _returned(ward, one, *remainders))
    await ward.does("paula", "kit-reconcile", kit)
    _, short = await ward.syringes(other)
    told = [{"syringe": short.code, "reason": "unknown"}]
    broke = await ward.breaks("paula", "kit-reconcile", other, differences=told)
    assert (broke.codes, broke.log) == (["volume_unaccounted"], "open")
    assert f"({short.code}: 800 microlitres)" in broke.said
    assert (await ward.kit(other)).state == "reconciled"


async def test_what_was_spilled_is_accounted_for(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await _give(ward, first)
    await ward.does("ivan", "syringe-drop", second.code, reason="dropped")
    back = [
        {"syringe": first.code, "remainder_ul": 0},
        {"syringe": second.code, "remainder_ul": 200, "spilled_ul": 800},
    ]
    await ward.does("paula", "kit-return", kit, remainders=back)
    await ward.does("paula", "kit-reconcile", kit)
    seen = await ward.sees(AUDITOR, second.code)
    assert seen is not None
    assert (seen.facts["remainder_ul"], seen.facts["spilled_ul"]) == (200, 800)


async def test_more_than_a_syringe_held_is_recorded_and_can_be_cleared_away(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_given(first, given_ul=1200))
    assert (broke.codes, broke.log) == (["volume_differs"], "open")
    await _give(ward, second)
    assert await _states(ward, kit) == ["administered", "given", "given"]
    more = await ward.refused("paula", "kit-return", kit, **await _returned(ward, kit, 51, 0))
    assert more == ["volume_differs"]
    await ward.does("paula", "kit-return", kit, **await _returned(ward, kit, 0, 0))
    assert await ward.refused("paula", "kit-reconcile", kit) == ["count_differs"]
    told = [{"syringe": first.code, "reason": "measuring"}]
    await ward.does("paula", "kit-reconcile", kit, differences=told)
    assert (await ward.kit(kit)).number("difference_ul") == -200


async def test_a_wrong_participant_is_refused_by_the_pharmacy_and_at_the_bedside(ward: Ward) -> None:
    kit, _ = await ward.kit_at("at_pharmacy"), await ward.kit_at("assigned", "P-002")
    for wrong in ("P-002", "P-999"):
        (told,) = await ward.details("paula", "kit-dispense", kit, participant=wrong)
        assert told.startswith("STOP. This kit is not for this participant.")
        assert await ward.refused("paula", "kit-dispense", kit, participant=wrong) == ["participant_differs"]
    await ward.walk(kit, "at_bedside")
    assert await ward.refused("ivan", "kit-confirm", kit, participant="P-002") == ["participant_differs"]


async def test_an_injection_into_the_wrong_participant_is_recorded(ward: Ward) -> None:
    kit, _ = await ward.kit_at("confirmed"), await ward.kit_at("assigned", "P-002")
    first, second = await ward.syringes(kit)
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_given(first, "P-002"))
    assert (broke.codes, broke.log) == (["participant_differs"], "open")
    assert (await ward.item(Kind.SYRINGE, first.code)).text("given_to") == "P-002"
    await ward.does("ivan", "kit-not-give", kit, reason="investigator_decision")
    assert await _states(ward, kit) == ["partly_administered", "given", "not_given"]
    assert second.code in (await ward.kit(kit)).texts("syringes")
    joints = (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="investigator_decision")
    for participant in ("P-001", "P-002"):
        assert (await ward.item(Kind.PARTICIPANT, participant)).state == "randomised"


async def test_an_injection_into_the_wrong_participant_stands_in_the_history_of_both(ward: Ward) -> None:
    kit, _ = await ward.kit_at("confirmed"), await ward.kit_at("assigned", "P-002")
    first, _ = await ward.syringes(kit)
    await ward.breaks("ivan", "syringe-give", first.code, **_given(first, "P-002"))
    for participant in ("P-001", "P-002"):
        assert (await ward.actions("cora", participant))[-1] == "syringe-give"


async def test_an_injection_into_the_wrong_joint_is_recorded_where_it_went(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_given(first, joint=second.text("joint")))
    assert (broke.codes, broke.log) == (["joint_differs"], "open")
    seen = await ward.sees(AUDITOR, first.code)
    assert seen is not None
    assert (seen.facts["joint"], seen.facts["joint_given"]) == (first.text("joint"), second.text("joint"))
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "randomised"
    await ward.does("ivan", "kit-not-give", kit, reason="investigator_decision")
    assert await _states(ward, kit) == ["partly_administered", "given", "not_given"]
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    again: dict[str, Any] = {"reason": "investigator_decision"}
    injected, left_open = second.text("joint"), first.text("joint")
    assert await ward.refused("cora", "kit-replace", kit, joints=[injected], **again) == ["joints_differ"]
    await ward.does("cora", "kit-replace", kit, joints=[left_open], **again)


async def test_a_joint_that_was_injected_already_is_not_injected_unnoticed(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await ward.breaks("ivan", "syringe-give", first.code, **_given(first, joint=second.text("joint")))
    broke = await ward.breaks("ivan", "syringe-give", second.code, **_given(second))
    assert (broke.codes, broke.log) == (["joint_given"], "open")
    assert await _states(ward, kit) == ["partly_administered", "given", "given"]
    joints = [first.text("joint")]
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="investigator_decision")


async def test_two_syringes_given_at_each_others_joints_leave_no_joint_open(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    for syringe, joint in ((first, second.text("joint")), (second, first.text("joint"))):
        broke = await ward.breaks("ivan", "syringe-give", syringe.code, **_given(syringe, joint=joint))
        assert broke.codes == ["joint_differs"]
    assert await _states(ward, kit) == ["administered", "given", "given"]


async def test_a_second_report_of_a_syringe_changes_nothing_and_is_kept(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, _ = await ward.syringes(kit)
    await _give(ward, first, given_ul=900)
    before = await ward.item(Kind.SYRINGE, first.code)
    broke = await ward.breaks("irene", "syringe-give", first.code, **_given(first))
    assert (broke.codes, broke.log) == (["wrong_state", "already_given"], "open")
    assert await ward.item(Kind.SYRINGE, first.code) == before
    assert await ward.cast.fetch("SELECT count(*) FROM administration") == [(1,)]
    assert (await ward.actions(AUDITOR, first.code))[-2:] == ["syringe-give", "syringe-give"]


async def test_two_reports_at_once_give_a_syringe_once(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, _ = await ward.syringes(kit)
    asked = [
        ward.cast.request("syringe-give", first.code, by=who, **_given(first)) for who in ("ivan", "irene")
    ]
    outcomes: list[Any] = await ward.cast.at_once(*asked)
    assert [outcome.status for outcome in outcomes] == [201, 201]
    assert [outcome.answer["refusals"] for outcome in outcomes] == [[], ["wrong_state", "already_given"]]


@pytest.mark.parametrize("state", ["dispensed", "at_bedside"])
async def test_an_injection_that_nobody_confirmed_is_recorded_with_a_deviation(
    ward: Ward, state: str
) -> None:
    kit = await ward.kit_at(state)
    for syringe in await ward.syringes(kit):
        broke = await ward.breaks("ivan", "syringe-give", syringe.code, **_given(syringe))
        assert (broke.codes, broke.log) == (["not_confirmed"], "open")
    assert await _states(ward, kit) == ["administered", "given", "given"]


async def test_a_syringe_dropped_in_the_laboratory_or_the_pharmacy_is_recorded(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    first, second = await ward.syringes(kit)
    await ward.does("tina", "syringe-drop", first.code, reason="broken")
    await ward.walk(kit, "at_pharmacy")
    await ward.does("paula", "syringe-drop", second.code, reason="dropped")
    assert await _states(ward, kit) == ["not_administered", "dropped", "dropped"]
    await ward.does("cora", "kit-replace", kit, joints=[first.text("joint")], reason="dropped")


async def test_an_injection_while_the_lot_is_on_hold_tells_the_bedside_one_word(ward: Ward) -> None:
    cells, other = await ward.kit_at("confirmed"), await ward.kit_at("confirmed", "P-002")
    await ward.does("mia", "lot-hold", "BM-MSC-1", reason="under_investigation")
    for kit, participant in ((cells, "P-001"), (other, "P-002")):
        syringe, _ = await ward.syringes(kit)
        broke = await ward.breaks("ivan", "syringe-give", syringe.code, **_given(syringe, participant))
        assert (broke.codes, broke.log) == (["not_available"], "open")
    assert await ward.script("P-001") == await ward.script("P-002")


async def test_what_is_counted_wrongly_is_named_with_what_is_wrong_of_it(ward: Ward) -> None:
    kit = await ward.kit_at("administered")
    first, second = [syringe.code for syringe in await ward.syringes(kit)]
    for named, said in (
        ([first], f"{second} is missing"),
        ([first, first], f"{second} is missing, {first} is named twice"),
        ([first, second, second], f"{second} is named twice"),
        ([first, "Y-OTHER"], f"{second} is missing, Y-OTHER is not of this kit"),
        ([first, second, "Y-OTHER", "Y-OTHER"], "Y-OTHER is not of this kit"),
    ):
        back = [{"syringe": code, "remainder_ul": 0} for code in named]
        (told,) = await ward.details("paula", "kit-return", kit, remainders=back)
        assert told.endswith(f"Count again. ({said})")
    await ward.does("paula", "kit-return", kit, **await _returned(ward, kit, 0, 0))
    for named, said in (
        ([first, first], f"{first} is named twice"),
        (["Y-OTHER"], "Y-OTHER is not of this kit"),
    ):
        reasons = [{"syringe": code, "reason": "measuring"} for code in named]
        (told,) = await ward.details("paula", "kit-reconcile", kit, differences=reasons)
        assert told.endswith(f"Count again. ({said})")
    await ward.does("paula", "kit-reconcile", kit)
