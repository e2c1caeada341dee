"""Orders that come to nothing, and numbers that run out: before preparation, or after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inventory.domain.items import Kind
from inventory.services.site import open_site
from tests.furniture import enrol, position
from tests.services.bench import THAW, held_for, pick
from tests.services.ward import Ward


async def _clear_away(ward: Ward, kit: str) -> None:
    """What is left of a kit of which nothing was given comes back, is balanced and destroyed."""
    back = [{"syringe": one.code, "remainder_ul": 1000} for one in await ward.syringes(kit)]
    await ward.does("paula", "kit-return", kit, remainders=back)
    await ward.does("paula", "kit-reconcile", kit)
    await ward.does("paula", "kit-destroy", kit, method="incineration")


async def test_an_order_cancelled_before_anything_was_picked_can_be_given_again(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    _, vaulted = await ward.sizes()
    await ward.does("cora", "kit-cancel-order", kit, reason="delayed")
    assert (await ward.kit(kit)).state == "assigned"
    assert await ward.pick_list(kit) == []
    gone = await ward.refused("tina", "vial-pick", "BM-MSC-1-1", kit=kit, position=position(1))
    assert gone == ["order_not_live"]
    assert (await ward.sizes())[1] == vaulted
    ward.wait(hours=20)
    await ward.walk(kit, "destroyed")


async def test_an_order_cancelled_with_a_vial_picked_sends_the_vial_back(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    await ward.does("cora", "kit-cancel-order", kit, reason="participant_unwell")
    assert await ward.refused("tina", "vial-thaw", vial, **THAW) == ["order_not_live"]
    ward.wait(minutes=2)
    await ward.does("tina", "vial-return", vial, position=position(1))
    assert await held_for(ward, kit) == []
    ward.wait(days=1)
    await ward.walk(kit, "prepared")
    assert await held_for(ward, kit) == [vial]


async def test_a_kit_cancelled_for_good_frees_the_participant_and_never_comes_back(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    await ward.does("cora", "kit-cancel", kit, reason="investigator_decision")
    await ward.does("tina", "vial-return", vial, position=position(1))
    joints = (await ward.kit(kit)).texts("joints")
    assert await ward.refused("cora", "kit-order", kit, joints=joints) == ["wrong_state"]
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="order_changed")
    after = (await ward.item(Kind.PARTICIPANT, "P-001")).text("live_kit_1")
    assert after != kit
    await ward.walk(after, "destroyed")


async def test_a_no_show_leaves_no_trace_in_the_laboratory(ward: Ward) -> None:
    kit = await ward.kit_at("ordered")
    _, vaulted = await ward.sizes()
    ward.wait(hours=2)
    await ward.does("cora", "kit-cancel-order", kit, reason="participant_absent")
    assert (await ward.sizes())[1] == vaulted
    assert "participant_absent" in str(await ward.sees("bert", kit))
    ward.wait(days=7)
    stale = {"participant": "P-001", "pregnancy_test": ward.negative_test(hours=7 * 24)}
    await ward.walk(kit, "ordered")
    assert await ward.refused("cora", "kit-call", kit, **stale) == ["pregnancy_test_old"]
    await ward.walk(kit, "called_for")


async def test_a_positive_pregnancy_test_stops_the_call(ward: Ward) -> None:
    kit = await ward.kit_at("ordered")
    positive = {**ward.negative_test(), "result": "positive"}
    call = {"participant": "P-001", "pregnancy_test": positive}
    (told,) = await ward.details("cora", "kit-call", kit, **call)
    assert told.startswith("STOP. The pregnancy test is positive.")
    assert await ward.refused("cora", "kit-call", kit, **call) == ["pregnancy_test_positive"]
    assert await ward.refused("tina", "vial-pick", "BM-MSC-1-1", kit=kit, position=position(1)) == [
        "order_not_live"
    ]
    await ward.does("cora", "kit-cancel-order", kit, reason="pregnancy_test_positive")


@pytest.mark.parametrize(
    ("test", "refusals"),
    [
        ({"result": "negative", "hours": 24}, []),
        ({"result": "negative", "hours": 24.01}, ["pregnancy_test_old"]),
        ({"result": "negative", "hours": -0.1}, ["occurred_in_future"]),
        ({"result": "not_applicable", "hours": 1}, ["pregnancy_test_missing"]),
        ({"result": "not_applicable", "hours": 25}, ["pregnancy_test_missing", "pregnancy_test_old"]),
    ],
)
async def test_a_call_needs_a_negative_test_of_the_last_day(
    ward: Ward, test: dict[str, Any], refusals: list[str]
) -> None:
    kit = await ward.kit_at("ordered")
    read = {**ward.negative_test(test["hours"]), "result": test["result"]}
    call = {"participant": "P-001", "pregnancy_test": read}
    if refusals:
        assert await ward.refused("cora", "kit-call", kit, **call) == refusals
    else:
        await ward.does("cora", "kit-call", kit, **call)


async def test_a_call_for_somebody_else_is_refused(ward: Ward) -> None:
    kit, _ = await ward.kit_at("ordered"), await ward.kit_at("ordered", "P-002")
    call = {"participant": "P-002", "pregnancy_test": ward.negative_test()}
    assert await ward.refused("cora", "kit-call", kit, **call) == ["participant_differs"]
    assert await ward.refused("cora", "kit-order", kit, joints=["L1-L2:left"]) == [
        "wrong_state", "joints_differ",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["prepared", "dispensed", "confirmed"])
async def test_prepared_and_not_given_looks_the_same_whatever_the_kit_held(ward: Ward, state: str) -> None:
    for participant in ("P-001", "P-002"):
        kit = await ward.kit_at(state, participant)
        await ward.does("cora", "kit-not-give", kit, reason="pregnancy_test_positive")
        assert (await ward.kit(kit)).state == "not_administered"
        assert {syringe.state for syringe in await ward.syringes(kit)} == {"not_given"}
        await _clear_away(ward, kit)
        assert (await ward.kit(kit)).state == "destroyed"
        assert (await ward.item(Kind.PARTICIPANT, participant)).state == "randomised"
    assert await ward.script("P-001") == await ward.script("P-002")


async def test_who_has_withdrawn_is_given_nothing_more(ward: Ward) -> None:
    ordered, dispensed = await ward.kit_at("ordered"), await ward.kit_at("at_pharmacy", "P-002")
    for participant in ("P-001", "P-002"):
        await ward.does("cora", "participant-withdraw", participant, reason="consent_withdrawn")
    call = {"participant": "P-001", "pregnancy_test": ward.negative_test()}
    assert await ward.refused("cora", "kit-call", ordered, **call) == ["withdrawn"]
    await ward.does("cora", "kit-cancel", ordered, reason="consent_withdrawn")
    joints = (await ward.kit(ordered)).texts("joints")
    assert await ward.refused("cora", "kit-replace", ordered, joints=joints, reason="order_changed") == [
        "withdrawn"
    ]
    assert await ward.refused("paula", "kit-dispense", dispensed, participant="P-002") == ["withdrawn"]
    await ward.does("cora", "kit-not-give", dispensed, reason="consent_withdrawn")
    await _clear_away(ward, dispensed)
    assert (await ward.item(Kind.PARTICIPANT, "P-002")).state == "withdrawn"


async def test_who_withdraws_between_two_injections_stays_withdrawn(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    await ward.does(
        "ivan", "syringe-give", first.code, participant="P-001", joint=first.text("joint"), given_ul=1000
    )
    await ward.does("cora", "participant-withdraw", "P-001", reason="consent_withdrawn")
    await ward.does("ivan", "syringe-not-give", second.code, reason="consent_withdrawn")
    assert (await ward.kit(kit)).state == "partly_administered"
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "withdrawn"


async def test_an_injection_after_withdrawal_is_recorded_with_a_deviation(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, _ = await ward.syringes(kit)
    await ward.does("cora", "participant-withdraw", "P-001", reason="consent_withdrawn")
    given = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 1000}
    broke = await ward.breaks("ivan", "syringe-give", first.code, **given)
    assert (broke.codes, broke.log) == (["withdrawn"], "open")


async def test_nobody_is_randomised_when_the_list_is_exhausted(ward: Ward) -> None:
    for number in range(1, 9):
        await enrol(ward.cast, f"P-{number:03}")
    await ward.does(
        "cora", "participant-enrol", "P-009", site="JAX", stratum="JAX", consented_on="2026-11-01",
        enrolled_on="2026-11-02", pregnancy_test_required=True, joints=["L4-L5:left"],
    )  # fmt: skip
    await ward.does("cora", "participant-confirm-eligible", "P-009")
    assert await ward.refused("cora", "participant-randomise", "P-009") == ["list_exhausted"]
    assert (await ward.item(Kind.PARTICIPANT, "P-009")).state == "eligible"
    assert await ward.cast.find(Kind.ARM, "P-009") is None


async def test_nobody_is_randomised_when_no_kit_number_is_left(ward: Ward) -> None:
    study, reader = ward.site.profile.study.id, await ward.reader("mia")
    planned = [kit.code for kit in await reader.page(Kind.KIT)]
    await ward.cast.together(*(ward.cast.request("kit-discard", kit, reason="damaged") for kit in planned))
    await ward.does(
        "cora", "participant-enrol", "P-001", site="JAX", stratum="JAX", consented_on="2026-11-01",
        enrolled_on="2026-11-02", pregnancy_test_required=True, joints=["L4-L5:left"],
    )  # fmt: skip
    await ward.does("cora", "participant-confirm-eligible", "P-001")
    assert await ward.refused("cora", "participant-randomise", "P-001") == ["no_kit_left"]
    await ward.does("mia", "study-plan-kits", study, count=1)
    await ward.does("cora", "participant-randomise", "P-001")
    kit = (await ward.item(Kind.PARTICIPANT, "P-001")).text("live_kit_1")
    assert kit not in planned
    joints = (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-cancel", kit, reason="label_unreadable")
    assert await ward.refused("cora", "kit-replace", kit, joints=joints, reason="label_unreadable") == [
        "no_kit_left"
    ]


async def test_a_kit_number_that_is_drawn_again_is_not_planned_again(ward: Ward) -> None:
    """Opened anew under its seed, the study draws the very numbers that it drew at first."""
    study, reader = ward.site.profile.study.id, await ward.reader("mia")
    first = {kit.code for kit in await reader.page(Kind.KIT)}
    again = await open_site(ward.cast.database.settings, clock=ward.cast.hands)
    try:
        anew = Ward(replace(ward.cast, site=again))
        await anew.does("mia", "study-plan-kits", study, count=20)
    finally:
        await again.close()
    every = {kit.code for kit in await reader.page(Kind.KIT)}
    assert first < every
    assert len(every) == len(first) + 20


async def test_ordering_paused_is_paused_for_everybody(ward: Ward) -> None:
    study = ward.site.profile.study.id
    kits = [await ward.kit_at("assigned", participant) for participant in ("P-001", "P-002")]
    await ward.does("mia", "study-pause-ordering", study, reason="supply_review")
    for kit in kits:
        joints = (await ward.kit(kit)).texts("joints")
        assert await ward.refused("cora", "kit-order", kit, joints=joints) == ["ordering_paused"]
    await ward.does("mia", "study-resume-ordering", study, reason="supply_review")
    await ward.walk(kits[0], "ordered")


async def test_a_test_read_after_a_go_ahead_that_is_told_late_is_none_that_it_waited_for(ward: Ward) -> None:
    kit = await ward.kit_at("ordered")
    ward.wait(hours=6)
    told = {"at": ward.ago(hours=5), "late": {"sheet": "S1", "reason": "system_down"}, "participant": "P-001"}
    broke = await ward.breaks("cora", "kit-call", kit, **told, pregnancy_test=ward.negative_test(hours=1))
    assert broke.codes == ["pregnancy_test_missing"]
