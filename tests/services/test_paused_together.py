"""What one kit holds is held back: all kits in use pause, and all go on, or all are withdrawn by one act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.services.acts import MalformedError
from tests.furniture import BOX, RACK, enrol, position
from tests.services.bench import filled, pick, record, thaw
from tests.services.month_six import month_six, prepared
from tests.services.stock import other_box
from tests.services.ward import AUDITOR, BLINDED, Ward

STUDY = "NCT06001853"
WITHDRAW: dict[str, Any] = {"reason": "safety_review", "second": "quentin"}


async def _hold(ward: Ward) -> None:
    await ward.does("quinn", "lot-hold", "BM-MSC-1", reason="under_investigation")


async def _states(ward: Ward, *kits: str) -> list[str]:
    return [(await ward.kit(kit)).state for kit in kits]


async def test_one_act_withdraws_every_kit_in_use_alike(ward: Ward) -> None:
    cells, other = await ward.kit_at("confirmed"), await ward.kit_at("at_pharmacy", "P-002")
    waiting = await ward.kit_at("called_for", "P-003")
    await _hold(ward)
    opened, vaulted = await ward.sizes()
    await ward.does("quinn", "study-withdraw-kits", STUDY, **WITHDRAW)
    assert await ward.sizes() == (opened + 1, vaulted)
    assert await _states(ward, cells, other, waiting) == [
        "not_administered",
        "not_administered",
        "called_for",
    ]
    for kit in (cells, other):
        seen = await ward.sees(AUDITOR, kit)
        assert seen is not None
        assert (seen.facts["reason"], seen.facts["withdrawn_at"]) == (
            "safety_review", [clocks.format_instant(ward.site.now())] * 2,
        )  # fmt: skip
        assert {syringe.state for syringe in await ward.syringes(kit)} == {"not_given"}
        assert (await ward.actions(AUDITOR, kit))[-1] == "study-withdraw-kits"
    assert await ward.script("P-001") != await ward.script("P-002")
    shapes = [(await ward.script(participant))[-1] for participant in ("P-001", "P-002")]
    assert shapes[0] == shapes[1]


async def test_what_was_withdrawn_is_replaced_kit_by_kit_and_cleared_away(ward: Ward) -> None:
    kits = {"P-001": await ward.kit_at("at_bedside"), "P-002": await ward.kit_at("prepared", "P-002")}
    await _hold(ward)
    await ward.does("quinn", "study-withdraw-kits", STUDY, **WITHDRAW)
    for kit in kits.values():
        joints = (await ward.kit(kit)).texts("joints")
        await ward.does("cora", "kit-replace", kit, joints=joints, reason="not_available")
        back = [{"syringe": one.code, "remainder_ul": 1000} for one in await ward.syringes(kit)]
        await ward.does("paula", "kit-return", kit, remainders=back)
        await ward.does("paula", "kit-reconcile", kit)
        await ward.does("paula", "kit-destroy", kit, method="incineration")
    await ward.does("quinn", "lot-resume", "BM-MSC-1", reason="assessment_complete")
    for kit in kits.values():
        await ward.walk((await ward.kit(kit)).text("replaced_by"), "destroyed")


async def test_a_kit_that_was_given_in_part_is_withdrawn_for_the_rest(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    told = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 1000}
    await ward.does("ivan", "syringe-give", first.code, **told)
    await _hold(ward)
    await ward.does("quinn", "study-withdraw-kits", STUDY, **WITHDRAW)
    assert await _states(ward, kit) == ["partly_administered"]
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    joints = [second.text("joint")]
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="not_available")


async def test_nothing_is_withdrawn_where_nothing_is_paused(ward: Ward) -> None:
    given, _ = await ward.kit_at("administered"), await ward.kit_at("at_bedside", "P-002")
    assert await ward.refused("quinn", "study-withdraw-kits", STUDY, **WITHDRAW) == ["nothing_paused"]
    ward.wait(hours=5)
    await _hold(ward)  # of what was given, when no kit is in date
    third = await ward.kit_at("called_for", "P-003")
    assert await ward.refused("quinn", "study-withdraw-kits", STUDY, **WITHDRAW) == ["nothing_paused"]
    assert await _states(ward, given, third) == ["administered", "called_for"]


# Leaving sooner than the others
async def _confirmed(ward: Ward, kit: str, participant: str) -> list[str]:
    return await ward.refused("ivan", "kit-confirm", kit, participant=participant)


LOTS = pytest.mark.parametrize("held", ["BM-MSC-1", "DMSO-1"])
"""What the first kit holds, and what the other does: nothing that is answered may tell them apart."""


@LOTS
async def test_a_kit_whose_use_by_passes_first_does_not_tell_that_it_was_the_one(
    ward: Ward, held: str
) -> None:
    first = await ward.kit_at("at_bedside")
    ward.wait(minutes=40)
    second = await ward.kit_at("at_bedside", "P-002")
    await ward.does("quinn", "lot-hold", held, reason="under_investigation")
    for kit, participant in ((first, "P-001"), (second, "P-002")):
        assert await _confirmed(ward, kit, participant) == ["not_available"]
    ward.reach(str((await ward.kit(first)).due))
    ward.wait(seconds=1)
    assert await _confirmed(ward, first, "P-001") == ["use_by_passed", "not_available"]
    assert await _confirmed(ward, second, "P-002") == ["not_available"]


@LOTS
async def test_neither_does_one_that_was_given(ward: Ward, held: str) -> None:
    given, waiting = await ward.kit_at("confirmed"), await ward.kit_at("at_bedside", "P-002")
    await ward.does("quinn", "lot-hold", held, reason="under_investigation")
    for syringe in await ward.syringes(given):
        told = {"participant": "P-001", "joint": syringe.text("joint"), "given_ul": 1000}
        assert (await ward.attempt("ivan", "syringe-give", syringe.code, **told)).status == 201
    assert await _states(ward, given) == ["administered"]
    assert await _confirmed(ward, waiting, "P-002") == ["not_available"]


@LOTS
async def test_nothing_is_released_while_kits_are_paused_of_whatever_product(ward: Ward, held: str) -> None:
    for participant in ("P-001", "P-002"):
        await ward.kit_at("at_bedside", participant)
    called = [await ward.kit_at("called_for", participant) for participant in ("P-003", "P-004")]
    for kit in called:
        await thaw(ward, kit)
        await record(ward, kit)
    ward.wait(minutes=60)
    await ward.does("quinn", "lot-hold", held, reason="under_investigation")
    for kit in called:
        assert "kits_paused" in await ward.refused("tina", "kit-prepare", kit, **filled())
    await ward.does("quinn", "lot-resume", held, reason="assessment_complete")
    for kit in called:
        await ward.does("tina", "kit-prepare", kit, **filled())


async def test_a_disclosed_periods_kit_waits_with_the_blinded_ones(ward: Ward) -> None:
    """What it holds is known to some: going on while the others wait, it would tell them what those do not hold."""
    disclosed = await month_six(ward)
    await enrol(ward.cast, "P-003")
    blinded = await enrol(ward.cast, "P-004")
    await prepared(ward, disclosed)
    for kit in (disclosed, blinded):
        await ward.walk(kit, "at_bedside")
    await ward.does("quinn", "lot-hold", "DMSO-1", reason="under_investigation")
    told = {"second": "ivan", "participant": "P-002"}
    assert await ward.refused("cora", "kit-confirm", disclosed, **told) == ["not_available"]
    await ward.does("quinn", "lot-resume", "DMSO-1", reason="assessment_complete")
    await ward.does("cora", "kit-confirm", disclosed, **told)


async def test_a_hold_reaches_no_kit_that_was_never_in_date_with_what_is_held(ward: Ward) -> None:
    await ward.kit_at("administered")
    ward.wait(hours=5)
    other = await ward.kit_at("at_bedside", "P-002")
    await _hold(ward)
    await ward.does("ivan", "kit-confirm", other, participant="P-002")


@pytest.mark.parametrize(
    ("who", "second", "refused"),
    [
        ("quinn", None, ["second_person_missing"]),
        ("quinn", "quinn", ["second_person_same"]),
        ("quinn", "cora", ["second_person_not_entitled"]),
        ("cora", "carl", ["not_entitled"]),
        ("mia", "max", ["not_entitled"]),
    ],
)
async def test_two_of_quality_assurance_withdraw(
    ward: Ward, who: str, second: str | None, refused: list[str]
) -> None:
    kit = await ward.kit_at("at_bedside")
    await _hold(ward)
    asked = {"reason": "safety_review", "second": second}
    assert await ward.refused(who, "study-withdraw-kits", STUDY, **asked) == refused
    assert await _states(ward, kit) == ["at_bedside"]


# An excursion
def _span(ward: Ward, begun: float, ended: float) -> dict[str, Any]:
    """An excursion, from so many hours ago to so many."""
    times = [clocks.format_instant(ward.site.now() - timedelta(hours=hours)) for hours in (begun, ended)]
    told = {"logger": "LOGGER", "warmest_millicelsius": -120_000, "readings": "0" * 64}
    return {**told, "started_at": times[0], "ended_at": times[1]}


async def _touched(ward: Ward, code: str, place: str, begun: float, ended: float) -> set[str]:
    await ward.does("tina", "excursion-open", code, place=place, **_span(ward, begun, ended))
    return set((await ward.item(Kind.EXCURSION, code)).texts("vials"))


async def _dispense(ward: Ward, kit: str, participant: str) -> list[str]:
    return await ward.refused("paula", "kit-dispense", kit, participant=participant)


async def test_an_excursion_that_is_found_out_later_pauses_the_kits_made_from_what_lay_there(
    ward: Ward,
) -> None:
    await ward.does("quinn", "place-register", "JAX/CRYO/T2", kind="tank", limit_millicelsius=-150_000)
    away = await other_box(ward, place="JAX/CRYO/T2")
    for number in range(1, 6):
        await ward.does("tina", "vial-move", f"DMSO-1-{number}", position=position(number, away))
    ward.wait(hours=12)
    cells, other = await ward.kit_at("at_pharmacy"), await ward.kit_at("at_pharmacy", "P-002")
    opened, _ = await ward.sizes()
    touched = await _touched(ward, "EX-1", "JAX/CRYO/T1", 6, 4)
    assert touched == {f"BM-MSC-1-{number}" for number in range(1, 6)}
    assert (await ward.sizes())[0] == opened
    assert await _dispense(ward, cells, "P-001") == await _dispense(ward, other, "P-002") == ["not_available"]
    await ward.does("quinn", "excursion-assess", "EX-1", disposition="usable", reason="Below the limit")
    for kit in (cells, other):
        await ward.walk(kit, "destroyed")


async def test_an_excursion_that_is_assessed_as_spoiling_ends_in_one_withdrawal(ward: Ward) -> None:
    cells, other = await ward.kit_at("dispensed"), await ward.kit_at("confirmed", "P-002")
    await _touched(ward, "EX-1", "JAX/CRYO/T1", 48, 24)
    await ward.does("quinn", "excursion-assess", "EX-1", disposition="rejected", reason="Above the limit")
    assert await ward.refused("paula", "kit-hand-to-bedside", cells) == ["not_available"]
    await ward.does("quinn", "study-withdraw-kits", STUDY, **WITHDRAW)
    assert await _states(ward, cells, other) == ["not_administered"] * 2


async def test_kits_without_contents_never_pause(ward: Ward) -> None:
    ordered, called = await ward.kit_at("ordered"), await ward.kit_at("called_for", "P-003")
    vial = await pick(ward, called)
    await _touched(ward, "EX-1", "JAX/CRYO/T1", 48, 0)
    joints = (await ward.kit(ordered)).texts("joints")
    await ward.does("cora", "kit-cancel-order", ordered, reason="delayed")
    await ward.does("ivan", "kit-order", ordered, joints=joints)
    told = {"participant": "P-001", "pregnancy_test": ward.negative_test()}
    await ward.does("cora", "kit-call", ordered, **told)
    assert (await ward.vial(vial)).text("disposition") == "quarantined"
    await ward.does("quinn", "excursion-assess", "EX-1", disposition="usable", reason="Short")
    assert (await ward.vial(vial)).text("disposition") == "usable"


async def test_a_vial_in_the_hand_during_assessment_goes_into_no_kit(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    await thaw(ward, kit)
    await record(ward, kit)
    await _touched(ward, "EX-1", "JAX/CRYO/T1", 48, 24)
    ward.wait(minutes=60)
    assert await ward.refused("tina", "kit-prepare", kit, **filled()) == ["vial_quarantined"]


async def test_what_lay_there_then_is_touched_and_what_came_or_left_at_other_times_is_not(ward: Ward) -> None:
    other = await other_box(ward, place=RACK)
    for path, kind in (("JAX/CRYO/T2", "tank"), ("JAX/CRYO/T2/R1", "rack")):
        await ward.does("tina", "place-register", path, kind=kind, limit_millicelsius=-150_000)
    away = await other_box(ward, seed=9, place="JAX/CRYO/T2/R1")
    first, second, third, fourth, fifth = [f"BM-MSC-1-{number}" for number in range(1, 6)]
    await ward.does("tina", "vial-move", first, position=position(1, away))  # out before it begins
    ward.wait(hours=10)  # from here on it is too warm in T1
    await ward.does("tina", "vial-move", second, position=position(2, away))
    await ward.does("quinn", "vial-sample", third, purpose="retention")
    ward.wait(hours=2)  # until here
    await ward.does("tina", "vial-move", fourth, position=position(40))  # within its box
    await ward.does("tina", "vial-move", first, position=position(1, other))  # in after it ended
    await ward.does("tina", "box-move", other, place="JAX/CRYO/T2/R1")
    ward.wait(hours=1)
    dmso = {f"DMSO-1-{number}" for number in range(1, 6)}
    assert await _touched(ward, "EX-1", "JAX/CRYO/T1", 3.5, 1.5) == {second, third, fourth, fifth, *dmso}
    assert await _touched(ward, "EX-2", "JAX/CRYO/T2", 0.5, 0.25) == {first, second}
    assert (await ward.vial(third)).state == "sampled"


async def test_a_box_is_followed_to_the_tank_in_which_it_stood(ward: Ward) -> None:
    for path, kind in (("JAX/CRYO/T2", "tank"), ("JAX/CRYO/T2/R1", "rack")):
        await ward.does("tina", "place-register", path, kind=kind, limit_millicelsius=-150_000)
    everything = {f"{product}-1-{number}" for product in ("BM-MSC", "DMSO") for number in range(1, 6)}
    ward.wait(hours=5)
    await ward.does("tina", "box-move", BOX, place="JAX/CRYO/T2/R1")
    ward.wait(hours=5)
    assert await _touched(ward, "EX-1", "JAX/CRYO/T1", 9, 6) == everything
    assert await _touched(ward, "EX-2", "JAX/CRYO/T1", 4, 3) == set()
    assert await _touched(ward, "EX-3", "JAX/CRYO/T2", 9, 6) == set()
    assert await _touched(ward, "EX-4", "JAX/CRYO/T2", 4, 3) == everything


async def test_a_recipient_of_what_lay_there_is_named_when_it_is_found_out_and_when_it_is_judged(
    ward: Ward,
) -> None:
    await ward.kit_at("administered")
    await _touched(ward, "EX-1", "JAX/CRYO/T1", 48, 24)
    await ward.does("quinn", "excursion-assess", "EX-1", disposition="rejected", reason="Above the limit")
    found = await (await ward.reader("dora")).page(Kind.ALERT, limit=500)
    told = [(one.facts["cause"], one.parent, one.facts["recipients"]) for one in found]
    assert sorted(told) == [("excursion-assess", "EX-1", ["P-001"]), ("excursion-open", "EX-1", ["P-001"])]
    for who in BLINDED:
        assert await (await ward.reader(who)).page(Kind.ALERT, limit=500) == []


async def test_an_excursion_that_ends_before_it_begins_is_malformed(ward: Ward) -> None:
    with pytest.raises(MalformedError, match="ended_at: lies before started_at"):
        await ward.attempt("tina", "excursion-open", "EX-1", place="JAX/CRYO/T1", **_span(ward, 1, 2))
