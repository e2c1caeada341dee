"""A joint is given once, from whichever kit: what is told late of a kit that was replaced counts for those after it."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Item, Kind
from tests.services.month_six import confirmed, month_six, unblind
from tests.services.ward import Ward

AGAIN = {"reason": "participant_unwell"}


def _into(syringe: Item, participant: str = "P-001") -> dict[str, Any]:
    return {"participant": participant, "joint": syringe.text("joint"), "given_ul": 1000}


async def _not_given(ward: Ward, kit: str) -> tuple[Item, Item]:
    """What the syringes were of a kit that came to the bedside and was recorded as not given."""
    await ward.walk(kit, "confirmed")
    await ward.does("ivan", "kit-not-give", kit, **AGAIN)
    left, right = await ward.syringes(kit)
    return left, right


async def _replaced(ward: Ward, kit: str, *joints: str) -> str:
    """The kit that was assigned for these joints in its place; for all of its joints where none is named."""
    wanted = list(joints) or (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-replace", kit, joints=wanted, **AGAIN)
    return (await ward.kit(kit)).text("replaced_by")


async def _told(ward: Ward, syringe: Item, participant: str = "P-001") -> list[str]:
    """An injection is told late of a syringe that was recorded as not given: the rules that it broke."""
    return (await ward.breaks("ivan", "syringe-give", syringe.code, **_into(syringe, participant))).codes


async def _asked(ward: Ward, kit: str, action: str) -> dict[str, Any]:
    match action:
        case "kit-order":
            return {"joints": (await ward.kit(kit)).texts("joints")}
        case "kit-call":
            return {"participant": "P-001", "pregnancy_test": ward.negative_test()}
        case _:
            return {"participant": "P-001"}


@pytest.mark.parametrize(
    ("state", "who", "action"), [("assigned", "cora", "kit-order"), ("ordered", "cora", "kit-call")]
)
async def test_a_kit_one_of_whose_joints_was_given_meanwhile_is_cancelled_and_replaced_for_the_other(
    ward: Ward, state: str, who: str, action: str
) -> None:
    kit = await ward.kit_at("assigned")
    left, right = await _not_given(ward, kit)
    second = await _replaced(ward, kit)
    await ward.walk(second, state)
    assert await _told(ward, left) == ["told_not_given", "not_confirmed"]
    asked = await _asked(ward, second, action)
    assert await ward.refused(who, action, second, **asked) == ["joint_given"]
    (said,) = await ward.details(who, action, second, **asked)
    assert said.endswith(f"({left.text('joint')})")
    await ward.does("cora", "kit-cancel", second, reason="order_changed")
    given = {"joints": [left.text("joint")], **AGAIN}
    assert await ward.refused("cora", "kit-replace", second, **given) == ["joints_differ"]
    third = await _replaced(ward, second, right.text("joint"))
    await ward.walk(third, "destroyed")


@pytest.mark.parametrize(
    ("state", "who", "action"),
    [("at_pharmacy", "paula", "kit-dispense"), ("at_bedside", "ivan", "kit-confirm")],
)
async def test_a_prepared_kit_goes_on_without_the_syringe_whose_joint_was_given_meanwhile(
    ward: Ward, state: str, who: str, action: str
) -> None:
    kit = await ward.kit_at("assigned")
    left, _ = await _not_given(ward, kit)
    second = await _replaced(ward, kit)
    await ward.walk(second, state)
    await _told(ward, left)
    assert await ward.refused(who, action, second, participant="P-001") == ["joint_given"]
    spare, wanted = await ward.syringes(second)
    await ward.does("cora", "syringe-not-give", spare.code, reason="order_changed")
    await ward.does(who, action, second, participant="P-001")
    await ward.walk(second, "confirmed")
    await ward.does("ivan", "syringe-give", wanted.code, **_into(wanted))
    assert (await ward.kit(second)).state == "partly_administered"
    given = {"joints": [spare.text("joint")], **AGAIN}
    assert await ward.refused("cora", "kit-replace", second, **given) == ["joints_differ"]


async def test_a_prepared_kit_is_ended_and_replaced_for_the_joint_that_is_left(ward: Ward) -> None:
    kit = await ward.kit_at("assigned")
    left, right = await _not_given(ward, kit)
    second = await _replaced(ward, kit)
    await ward.walk(second, "at_pharmacy")
    await _told(ward, left)
    assert await ward.refused("paula", "kit-dispense", second, participant="P-001") == ["joint_given"]
    await ward.does("paula", "kit-not-give", second, reason="order_changed")
    third = await _replaced(ward, second, right.text("joint"))
    await ward.walk(third, "destroyed")


async def test_a_joint_that_was_given_from_a_kit_before_is_not_replaced_further_on(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    left, right = await ward.syringes(kit)
    await ward.does("ivan", "syringe-give", left.code, **_into(left))
    await ward.does("ivan", "syringe-not-give", right.code, reason="joint_not_accessible")
    second = await _replaced(ward, kit, right.text("joint"))
    await ward.walk(second, "confirmed")
    await ward.does("ivan", "kit-not-give", second, **AGAIN)
    await _told(ward, right)
    again = {"joints": [right.text("joint")], **AGAIN}
    assert await ward.refused("cora", "kit-replace", second, **again) == ["joints_differ"]
    (said,) = await ward.details("cora", "kit-replace", second, **again)
    assert said.endswith(f"({right.text('joint')} was given)")


@pytest.mark.parametrize("between", [0, 1])
async def test_two_syringes_into_one_joint_are_reported_whichever_is_told_first(
    ward: Ward, between: int
) -> None:
    kit = await ward.kit_at("assigned")
    left, _ = await _not_given(ward, kit)
    last = await _replaced(ward, kit)
    for _ in range(between):
        await ward.does("cora", "kit-cancel", last, reason="order_changed")
        last = await _replaced(ward, last)
    await ward.walk(last, "confirmed")
    same, other = await ward.syringes(last)
    await ward.does("ivan", "syringe-give", same.code, **_into(same))
    assert await _told(ward, left) == ["joint_given", "told_not_given", "not_confirmed"]
    await ward.does("ivan", "syringe-give", other.code, **_into(other))


async def test_an_injection_at_the_bedside_is_recorded_though_its_joint_was_told_since_the_confirmation(
    ward: Ward,
) -> None:
    kit = await ward.kit_at("assigned")
    left, _ = await _not_given(ward, kit)
    second = await _replaced(ward, kit)
    await ward.walk(second, "confirmed")
    await _told(ward, left)
    same, other = await ward.syringes(second)
    broke = await ward.breaks("ivan", "syringe-give", same.code, **_into(same))
    assert (broke.codes, broke.log) == (["joint_given"], "open")
    await ward.does("ivan", "syringe-give", other.code, **_into(other))
    assert (await ward.kit(second)).state == "administered"


async def test_what_went_into_somebody_else_keeps_no_joint_from_a_replacement(ward: Ward) -> None:
    kit, _ = await ward.kit_at("assigned"), await ward.kit_at("assigned", "P-002")
    left, _ = await _not_given(ward, kit)
    second = await _replaced(ward, kit)
    assert "participant_differs" in await _told(ward, left, "P-002")
    await ward.walk(second, "administered")


async def test_a_joint_that_somebody_elses_syringe_went_into_is_not_given_again(ward: Ward) -> None:
    theirs, kit = await ward.kit_at("confirmed"), await ward.kit_at("at_pharmacy", "P-002")
    (strange, _), (same, other) = await ward.syringes(theirs), await ward.syringes(kit)
    last, _ = await ward.sizes()
    broke = await ward.breaks("ivan", "syringe-give", strange.code, **_into(same, "P-002"))
    assert broke.codes == ["participant_differs"]
    dispense = {"participant": "P-002"}
    assert await ward.refused("paula", "kit-dispense", kit, **dispense) == ["joint_given"]
    void: dict[str, Any] = {"log": "open", "index": last, "reason": "recorded_wrongly"}
    await ward.does("ivan", "syringe-void", strange.code, second="irene", **void)
    await ward.walk(kit, "confirmed")
    await ward.breaks("ivan", "syringe-give", strange.code, **_into(same, "P-002"))
    broke = await ward.breaks("ivan", "syringe-give", same.code, **_into(same, "P-002"))
    assert (broke.codes, broke.log) == (["joint_given"], "open")
    await ward.does("ivan", "syringe-give", other.code, **_into(other, "P-002"))


async def test_a_kit_is_replaced_for_the_joint_that_somebody_elses_syringe_left(ward: Ward) -> None:
    theirs, kit = await ward.kit_at("confirmed"), await ward.kit_at("assigned", "P-002")
    strange, _ = await ward.syringes(theirs)
    await ward.breaks("ivan", "syringe-give", strange.code, **_into(strange, "P-002"))
    joints = (await ward.kit(kit)).texts("joints")
    assert await ward.refused("cora", "kit-order", kit, joints=joints) == ["joint_given"]
    await ward.does("cora", "kit-cancel", kit, reason="other")
    assert await ward.refused("cora", "kit-replace", kit, joints=joints, **AGAIN) == ["joints_differ"]
    left = await _replaced(ward, kit, *(joint for joint in joints if joint != strange.text("joint")))
    await ward.walk(left, "administered")
    assert (await ward.item(Kind.PARTICIPANT, "P-002")).state == "treated"


async def test_what_was_given_by_mistake_in_the_first_period_keeps_no_joint_from_the_second(
    ward: Ward,
) -> None:
    theirs = await ward.kit_at("confirmed", "P-001")
    kit = await ward.kit_at("confirmed", "P-002")
    (strange, _), syringes = await ward.syringes(theirs), await ward.syringes(kit)
    await ward.breaks("ivan", "syringe-give", strange.code, **_into(strange, "P-002"))
    for syringe in syringes:
        told = _into(syringe, "P-002")
        if syringe.text("joint") == strange.text("joint"):
            await ward.breaks("ivan", "syringe-give", syringe.code, **told)
        else:
            await ward.does("ivan", "syringe-give", syringe.code, **told)
    ward.wait(days=190)
    (later,) = await unblind(ward, "P-002")
    assert (await ward.item(Kind.PARTICIPANT, "P-002")).texts("joints_by_mistake") == [strange.text("joint")]
    await confirmed(ward, later)
    await ward.walk(later, "administered")


async def test_a_joint_told_late_is_open_again_once_that_is_voided(ward: Ward) -> None:
    kit = await ward.kit_at("assigned")
    left, _ = await _not_given(ward, kit)
    second = await _replaced(ward, kit)
    last, _ = await ward.sizes()
    await _told(ward, left)
    asked = await _asked(ward, second, "kit-order")
    assert await ward.refused("cora", "kit-order", second, **asked) == ["joint_given"]
    void: dict[str, Any] = {"log": "open", "index": last, "reason": "recorded_wrongly"}
    await ward.does("ivan", "syringe-void", left.code, second="irene", **void)
    await ward.walk(second, "destroyed")


async def test_a_joint_of_a_disclosed_period_is_given_once_and_is_no_joint_of_the_blinded_one(
    ward: Ward,
) -> None:
    kit = await month_six(ward)
    assert (await ward.kit(kit)).texts("joints") == (await ward.kit(await _first(ward))).texts("joints")
    await confirmed(ward, kit)
    await ward.does("ivan", "kit-not-give", kit, **AGAIN)
    left, right = await ward.syringes(kit)
    second = await _replaced(ward, kit)
    opened, _ = await ward.sizes()
    broke = await ward.breaks("ivan", "syringe-give", left.code, **_into(left, "P-002"))
    assert (broke.codes, broke.log) == (["told_not_given", "not_confirmed"], "vault")
    asked = {"joints": (await ward.kit(second)).texts("joints")}
    assert await ward.refused("cora", "kit-order", second, **asked) == ["joint_given"]
    await ward.does("cora", "kit-cancel", second, reason="order_changed")
    third = await _replaced(ward, second, right.text("joint"))
    await ward.does("cora", "kit-order", third, joints=[right.text("joint")])
    assert (await ward.sizes())[0] == opened


async def _first(ward: Ward) -> str:
    """The kit of the blinded period."""
    return (await ward.item(Kind.PARTICIPANT, "P-002")).text("live_kit_1")
