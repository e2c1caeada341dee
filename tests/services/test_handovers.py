"""A handover is a pair: what is handed over and not accepted stays with whoever handed it over."""

from __future__ import annotations

from inventory.domain.items import Kind
from tests.services.ward import AUDITOR, Ward
from tests.sites import TERM

TO_PHARMACY = ("kit-hand-to-pharmacy", "kit-refuse-at-pharmacy", "kit-accept-at-pharmacy")
TO_BEDSIDE = ("kit-hand-to-bedside", "kit-refuse-at-bedside", "kit-accept-at-bedside")


async def _custody(ward: Ward, kit: str) -> tuple[str, str]:
    seen = await ward.sees(AUDITOR, kit)
    assert seen is not None
    return seen.state, str(seen.facts["custodian"])


async def test_the_pharmacy_refuses_a_kit_and_accepts_it_later(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    assert await _custody(ward, kit) == ("prepared", "tina")
    hand, refuse, accept = TO_PHARMACY
    await ward.does("tina", hand, kit)
    assert await _custody(ward, kit) == ("offered_to_pharmacy", "tina")
    ward.wait(minutes=5)
    await ward.does("paula", refuse, kit, reason="label_unreadable")
    assert await _custody(ward, kit) == ("prepared", "tina")
    assert (await ward.refused("paula", accept, kit))[0] == "wrong_state"
    await ward.does("tom", hand, kit)
    ward.wait(minutes=10)
    await ward.does("peter", accept, kit)
    assert await _custody(ward, kit) == ("at_pharmacy", "peter")
    assert (await ward.actions(AUDITOR, kit))[-4:] == [hand, refuse, hand, accept]
    await ward.walk(kit, "destroyed")


async def test_the_bedside_refuses_a_kit_and_accepts_it_later(ward: Ward) -> None:
    kit = await ward.kit_at("dispensed")
    hand, refuse, accept = TO_BEDSIDE
    await ward.does("paula", hand, kit)
    await ward.does("irene", refuse, kit, reason="incomplete")
    assert await _custody(ward, kit) == ("dispensed", "paula")
    assert (await ward.refused("cora", "kit-confirm", kit, participant="P-001"))[0] == "wrong_state"
    await ward.does("paula", hand, kit)
    await ward.does("cora", accept, kit)
    assert await _custody(ward, kit) == ("at_bedside", "cora")
    assert (await ward.actions(AUDITOR, kit))[-4:] == [hand, refuse, hand, accept]
    await ward.walk(kit, "destroyed")


async def test_a_transport_that_took_too_long_does_not_begin_anew_when_it_is_refused(ward: Ward) -> None:
    kit = await ward.kit_at("offered_to_pharmacy")
    ward.wait(minutes=30)
    await ward.does("paula", "kit-accept-at-pharmacy", kit)
    await ward.walk(kit, "offered_to_bedside")
    ward.wait(minutes=30, seconds=1)
    assert await ward.refused("cora", "kit-accept-at-bedside", kit) == ["transport_too_long"]
    assert await _custody(ward, kit) == ("offered_to_bedside", "paula")
    await ward.does("cora", "kit-refuse-at-bedside", kit, reason="delayed")
    await ward.does("paula", "kit-hand-to-bedside", kit)
    assert await ward.refused("cora", "kit-accept-at-bedside", kit) == ["transport_too_long"]
    ward.wait(minutes=3)
    told = {"late": {"sheet": "S-1", "reason": "delayed"}, "at": ward.ago(minutes=2.1)}
    broke = await ward.breaks("cora", "kit-accept-at-bedside", kit, **told)
    assert (broke.codes, (await ward.kit(kit)).state) == (["transport_too_long"], "at_bedside")


async def test_a_handover_that_is_refused_in_between_is_one_transport(ward: Ward) -> None:
    kit = await ward.kit_at("offered_to_pharmacy")
    first = (await ward.kit(kit)).facts["transport_since"]
    ward.wait(minutes=20)
    await ward.does("paula", "kit-refuse-at-pharmacy", kit, reason="label_unreadable")
    ward.wait(minutes=5)
    await ward.does("tom", "kit-hand-to-pharmacy", kit)
    assert (await ward.kit(kit)).facts["transport_since"] == first
    ward.wait(minutes=5)
    await ward.does("peter", "kit-accept-at-pharmacy", kit)
    assert "transport_since" not in (await ward.kit(kit)).facts
    await ward.walk(kit, "dispensed")
    ward.wait(minutes=31)
    await ward.walk(kit, "at_bedside")


async def test_a_transport_is_as_long_as_the_earlier_handing_over_says(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    await ward.does("tina", "kit-hand-to-pharmacy", kit, at=ward.ago(minutes=10))
    ward.wait(minutes=21)
    assert await ward.refused("paula", "kit-accept-at-pharmacy", kit) == ["transport_too_long"]


async def test_nobody_accepts_what_they_handed_over_themselves(ward: Ward) -> None:
    """Somebody who dispenses and coordinates could stand at both ends."""
    await ward.cast.must("person-add", "pia", second="xaver", name="Pia", roles=["pharmacist", "coordinator"])
    await ward.cast.must("person-delegate", "pia", by="xena", **TERM)
    await ward.cast.must("person-train", "pia", by="xena", **TERM)
    kit = await ward.kit_at("dispensed")
    await ward.does("pia", "kit-hand-to-bedside", kit)
    assert await ward.refused("pia", "kit-accept-at-bedside", kit) == ["second_person_same"]
    assert await ward.refused("paula", "kit-accept-at-bedside", kit) == ["not_entitled"]
    await ward.does("cora", "kit-accept-at-bedside", kit)


async def test_past_its_use_by_a_kit_goes_no_further_and_can_still_be_cleared_away(ward: Ward) -> None:
    first, second = await ward.kit_at("dispensed"), await ward.kit_at("at_bedside", "P-002")
    fresh = await ward.kit_at("ordered", "P-003")
    ward.reach((await ward.kit(second)).due or "")
    await ward.does("cora", "kit-confirm", second, participant="P-002")
    ward.wait(seconds=1)
    assert await ward.refused("paula", "kit-hand-to-bedside", first) == ["use_by_passed"]
    for kit, who in ((first, "paula"), (second, "ivan")):
        assert (await ward.kit(kit)).due
        await ward.does(who, "kit-not-give", kit, reason="use_by_passed")
        assert (await ward.kit(kit)).state == "not_administered"
        assert {syringe.state for syringe in await ward.syringes(kit)} == {"not_given"}
        back = [{"syringe": one.code, "remainder_ul": 1000} for one in await ward.syringes(kit)]
        await ward.does("paula", "kit-return", kit, remainders=back)
        await ward.does("paula", "kit-reconcile", kit)
        await ward.does("paula", "kit-destroy", kit, method="autoclave")
        assert (await ward.kit(kit)).state == "destroyed"
        assert {syringe.state for syringe in await ward.syringes(kit)} == {"destroyed"}
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "randomised"
    await ward.walk(fresh, "destroyed")
