"""An injection that is told after its kit came back counts: its joint is given, and what came back is balanced anew."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Item, Kind, Log
from tests.services.ward import AUDITOR, PHARMACIST, Ward

BACK = ("returned", "reconciled", "destroyed")
METHOD = {"method": "incineration"}


async def _not_given(
    ward: Ward, state: str, *left_ul: int, reason: str = "measuring"
) -> tuple[str, list[Item]]:
    """A kit that was at the bedside, was recorded as not given, and has come so far since; with its syringes."""
    kit = await ward.kit_at("confirmed")
    await ward.does("ivan", "kit-not-give", kit, reason="participant_unwell")
    syringes = await ward.syringes(kit)
    back = [{"syringe": one.code, "remainder_ul": left} for one, left in zip(syringes, left_ul, strict=True)]
    await ward.does(PHARMACIST, "kit-return", kit, remainders=back)
    if state != "returned":
        lacking = [one for one in back if one["remainder_ul"] != 1000]
        told = [{"syringe": one["syringe"], "reason": reason} for one in lacking]
        await ward.attempt(PHARMACIST, "kit-reconcile", kit, differences=told)
    if state == "destroyed":
        await ward.does(PHARMACIST, "kit-destroy", kit, **METHOD)
    assert (await ward.kit(kit)).state == state
    return kit, syringes


def _into(syringe: Item, given_ul: int = 1000, participant: str = "P-001") -> dict[str, Any]:
    return {"participant": participant, "joint": syringe.text("joint"), "given_ul": given_ul}


@pytest.mark.parametrize("state", BACK)
async def test_an_injection_told_after_its_kit_came_back_counts_and_its_joint_is_not_given_again(
    ward: Ward, state: str
) -> None:
    kit, (first, second) = await _not_given(ward, state, 1000, 1000)
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_into(first))
    assert (broke.codes, broke.log) == (["told_not_given", "not_confirmed"], "open")
    told = await ward.item(Kind.SYRINGE, first.code)
    assert (told.text("outcome"), told.text("given_to"), told.number("given_ul")) == ("given", "P-001", 1000)
    assert told.state == ("destroyed" if state == "destroyed" else "returned")
    assert (await ward.kit(kit)).state == state
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    assert (await ward.actions("cora", "P-001"))[-1] == "syringe-give"
    again = {"joints": [first.text("joint")], "reason": "participant_unwell"}
    assert await ward.refused("cora", "kit-replace", kit, **again) == ["joints_differ"]
    await ward.does("cora", "kit-replace", kit, joints=[second.text("joint")], reason="participant_unwell")


async def test_what_came_back_is_balanced_with_an_injection_told_since(ward: Ward) -> None:
    kit, (first, _) = await _not_given(ward, "returned", 1000, 1000)
    await ward.breaks("ivan", "syringe-give", first.code, **_into(first))
    (told,) = await ward.details(PHARMACIST, "kit-reconcile", kit)
    assert told.endswith(f"({first.code}: -1000 microlitres)")
    differences = [{"syringe": first.code, "reason": "unknown"}]
    broke = await ward.breaks(PHARMACIST, "kit-reconcile", kit, differences=differences)
    assert broke.codes == ["volume_unaccounted"]


async def test_a_kit_that_was_reconciled_is_balanced_anew_and_its_difference_is_to_be_explained(
    ward: Ward,
) -> None:
    kit, (first, _) = await _not_given(ward, "reconciled", 900, 1000)
    assert (await ward.kit(kit)).number("difference_ul") == 100
    await ward.breaks("ivan", "syringe-give", first.code, **_into(first, 600))
    assert (await ward.kit(kit)).number("difference_ul") == -500
    seen = await ward.sees(AUDITOR, first.code)
    assert seen is not None
    assert (seen.facts["difference_ul"], seen.facts["to_explain"]) == (-500, ["volume_unaccounted"])
    assert "difference_reason" not in seen.facts
    assert await ward.refused(PHARMACIST, "kit-destroy", kit, **METHOD) == ["not_explained"]
    await ward.does("quinn", "syringe-explain-volume", first.code, cause="measuring")
    await ward.does(PHARMACIST, "kit-destroy", kit, **METHOD)


async def test_what_was_missing_and_is_told_as_given_waits_for_nobody_any_more(ward: Ward) -> None:
    kit, (first, _) = await _not_given(ward, "reconciled", 0, 1000, reason="unknown")
    assert await ward.refused(PHARMACIST, "kit-destroy", kit, **METHOD) == ["not_explained"]
    await ward.breaks("ivan", "syringe-give", first.code, **_into(first))
    after = await ward.item(Kind.SYRINGE, first.code)
    assert {"to_explain", "difference_ul", "difference_reason"}.isdisjoint(after.facts)
    assert (await ward.kit(kit)).facts["difference_ul"] == 0
    await ward.does(PHARMACIST, "kit-destroy", kit, **METHOD)


@pytest.mark.parametrize("state", BACK)
async def test_a_second_report_after_the_kit_came_back_changes_nothing(ward: Ward, state: str) -> None:
    kit = await ward.kit_at(state)
    first, _ = await ward.syringes(kit)
    before = await ward.kit(kit), await ward.item(Kind.SYRINGE, first.code)
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_into(first, 300))
    assert broke.codes == ["already_given", "not_confirmed"]
    assert (await ward.kit(kit), await ward.item(Kind.SYRINGE, first.code)) == before


async def test_a_dropped_syringe_that_was_given_after_all_counts_as_given(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await ward.does("ivan", "syringe-drop", first.code, reason="dropped")
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_into(first, 400))
    assert broke.codes == ["told_not_given"]
    await ward.does("ivan", "syringe-give", second.code, **_into(second))
    assert [one.state for one in await ward.syringes(kit)] == ["partly_given", "given"]
    assert (await ward.kit(kit)).state == "partly_administered"


async def test_an_injection_told_afterwards_into_somebody_else_treats_nobody_and_opens_the_joint(
    ward: Ward,
) -> None:
    kit, (first, _) = await _not_given(ward, "reconciled", 1000, 1000)
    await ward.kit_at("assigned", "P-002")
    broke = await ward.breaks("ivan", "syringe-give", first.code, **_into(first, participant="P-002"))
    assert "participant_differs" in broke.codes
    waiting = (await ward.item(Kind.SYRINGE, first.code)).texts("to_explain")
    assert waiting == ["other_participant", "volume_unaccounted"]
    for participant in ("P-001", "P-002"):
        assert (await ward.item(Kind.PARTICIPANT, participant)).state == "randomised"
    joints = (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="participant_unwell")


@pytest.mark.parametrize("state", BACK)
async def test_an_injection_told_afterwards_is_voided_and_the_return_beneath_it_only_after_it(
    ward: Ward, state: str
) -> None:
    kit, (first, _) = await _not_given(ward, state, 1000, 1000)
    before = [await ward.kit(kit), *await ward.syringes(kit), await ward.item(Kind.PARTICIPANT, "P-001")]
    last = (await ward.sizes())[0] - 1
    await ward.breaks("ivan", "syringe-give", first.code, **_into(first))
    void: dict[str, Any] = {"log": "open", "reason": "recorded_wrongly"}
    if state != "destroyed":  # a destruction is as it was, whatever was in the syringe
        early = await ward.refused(PHARMACIST, "kit-void", kit, second="peter", index=last, **void)
        assert early == ["later_acts_stand"]
    await ward.does("ivan", "syringe-void", first.code, second="irene", index=last + 1, **void)
    after = [await ward.kit(kit), *await ward.syringes(kit), await ward.item(Kind.PARTICIPANT, "P-001")]
    assert after == before


async def _told(ward: Ward, syringe: Item) -> tuple[str, dict[str, Any]]:
    """Tell its injection after all; its code, and what voids that."""
    at = (await ward.sizes())[0]
    await ward.breaks("ivan", "syringe-give", syringe.code, **_into(syringe))
    void = {"log": Log.OPEN.value, "index": at, "reason": "recorded_wrongly", "second": "irene"}
    return syringe.code, void


async def _treated(ward: Ward) -> str:
    return (await ward.item(Kind.PARTICIPANT, "P-001")).state


async def test_no_injection_is_voided_that_treated_while_another_of_the_same_kit_stands(ward: Ward) -> None:
    _, (first, second) = await _not_given(ward, "returned", 1000, 1000)
    (code, void), (other, later) = await _told(ward, first), await _told(ward, second)
    (said,) = await ward.details("ivan", "syringe-void", code, **void)
    assert said.endswith(f"Void them first, latest first. ({other})")
    await ward.does("ivan", "syringe-void", other, **later)
    assert await _treated(ward) == "treated"
    await ward.does("ivan", "syringe-void", code, **void)
    assert await _treated(ward) == "randomised"


async def _both_replaced(ward: Ward) -> tuple[Item, str]:
    """A syringe that was recorded as not given, and the kit that was assigned in place of its own."""
    kit, syringes = await _not_given(ward, "reconciled", 1000, 1000)
    joints = [syringe.text("joint") for syringe in syringes]
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="participant_unwell")
    return syringes[0], (await ward.kit(kit)).text("replaced_by")


async def _given_in_part(ward: Ward, kit: str) -> list[tuple[str, dict[str, Any]]]:
    """Give one of its syringes and drop the other; the code of each, and what voids that."""
    await ward.walk(kit, "confirmed")
    (first, second), at = await ward.syringes(kit), (await ward.sizes())[0]
    await ward.attempt("ivan", "syringe-give", first.code, **_into(first))
    await ward.does("ivan", "syringe-drop", second.code, reason="dropped")
    void = {"log": Log.OPEN.value, "reason": "recorded_wrongly", "second": "irene"}
    return [(first.code, {**void, "index": at}), (second.code, {**void, "index": at + 1})]


async def test_no_injection_is_voided_that_treated_while_one_of_the_kit_in_its_place_stands(
    ward: Ward,
) -> None:
    syringe, other = await _both_replaced(ward)
    await ward.walk(other, "confirmed")
    code, void = await _told(ward, syringe)
    (given, its_void), (dropped, before) = await _given_in_part(ward, other)
    (said,) = await ward.details("ivan", "syringe-void", code, **void)
    assert said.endswith(f"Void them first, latest first. ({given})")
    await ward.does("ivan", "syringe-void", dropped, **before)
    await ward.does("ivan", "syringe-void", given, **its_void)
    assert await _treated(ward) == "treated"
    await ward.does("ivan", "syringe-void", code, **void)
    assert await _treated(ward) == "randomised"


async def test_no_outcome_is_voided_that_treated_while_an_injection_of_the_kit_before_it_stands(
    ward: Ward,
) -> None:
    syringe, other = await _both_replaced(ward)
    _, (last, void) = await _given_in_part(ward, other)
    told, its_void = await _told(ward, syringe)
    (said,) = await ward.details("ivan", "syringe-void", last, **void)
    assert said.endswith(f"Void them first, latest first. ({told})")
    await ward.does("ivan", "syringe-void", told, **its_void)
    assert await _treated(ward) == "treated"
    await ward.does("ivan", "syringe-void", last, **void)
    assert await _treated(ward) == "randomised"


async def _replaced(ward: Ward, kit: str, joints: list[str]) -> tuple[str, dict[str, Any]]:
    """Replace the kit for these joints; the kit in its place, and what voids that."""
    at = (await ward.sizes())[0]
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="participant_unwell")
    void = {"log": Log.OPEN.value, "index": at, "reason": "recorded_wrongly", "second": "carl"}
    return (await ward.kit(kit)).text("replaced_by"), void


@pytest.mark.parametrize("state", BACK)
async def test_an_injection_is_voided_though_its_kit_was_replaced_for_the_other_joint_and_its_own_is_had_after(
    ward: Ward, state: str
) -> None:
    kit, (first, second) = await _not_given(ward, state, 1000, 1000)
    code, void = await _told(ward, first)
    other, _ = await _replaced(ward, kit, [second.text("joint")])
    await ward.does("ivan", "syringe-void", code, **void)
    for gone in (kit, other):
        again = {"joints": [first.text("joint")], "reason": "participant_unwell"}
        assert "slot_taken" in await ward.refused("cora", "kit-replace", gone, **again)
    await ward.walk(other, "administered")
    both = {"joints": [first.text("joint"), second.text("joint")], "reason": "participant_unwell"}
    assert await ward.refused("cora", "kit-replace", other, **both) == ["joints_differ"]
    third, _ = await _replaced(ward, other, [first.text("joint")])
    await ward.walk(third, "administered")


async def test_a_kit_whose_replacement_was_for_one_joint_is_had_for_the_other_from_that(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    left, right = (await ward.kit(kit)).texts("joints")
    await ward.does("ivan", "kit-not-give", kit, reason="participant_unwell")
    second, _ = await _replaced(ward, kit, [left])
    elsewhere = {"joints": ["L2-L3:left"], "reason": "participant_unwell"}
    await ward.walk(second, "administered")
    assert await ward.refused("cora", "kit-replace", second, **elsewhere) == ["joints_differ"]
    third, _ = await _replaced(ward, second, [right])
    await ward.walk(third, "administered")


async def test_an_injection_is_voided_for_whose_joint_a_kit_was_assigned_before_it_was_told(
    ward: Ward,
) -> None:
    syringe, other = await _both_replaced(ward)
    code, void = await _told(ward, syringe)
    await ward.does("ivan", "syringe-void", code, **void)
    assert syringe.text("joint") in (await ward.kit(other)).texts("joints")


async def test_an_injection_into_somebody_else_opens_no_joint_and_is_voided_though_its_kit_was_replaced_since(
    ward: Ward,
) -> None:
    kit, (first, second) = await _not_given(ward, "reconciled", 1000, 1000)
    await ward.kit_at("assigned", "P-002")
    at = (await ward.sizes())[0]
    await ward.breaks("ivan", "syringe-give", first.code, **_into(first, participant="P-002"))
    await _replaced(ward, kit, [first.text("joint"), second.text("joint")])
    void = {"log": "open", "index": at, "reason": "recorded_wrongly"}
    await ward.does("ivan", "syringe-void", first.code, second="irene", **void)
