"""What a technician's page says of a preparation: the next step, the way to the vials, what does not do."""

from __future__ import annotations

import pytest

from inventory.domain.items import Kind
from inventory.services import preparing
from inventory.services.pick_route import route
from inventory.services.preparing import Run, Step
from tests.furniture import box_code, position, preparation
from tests.services.bench import filled
from tests.services.ward import Ward

VIAL = "BM-MSC-1-1"


async def _run(ward: Ward, kit: str, who: str = "tina") -> Run:
    reader = await ward.reader(who)
    seen = await reader.item(kit)
    assert seen is not None
    return await preparing.run_of(reader, seen)


async def _called(ward: Ward) -> str:
    kit = await ward.kit_at("ordered")
    call = {"participant": "P-001", "pregnancy_test": ward.negative_test()}
    await ward.does("cora", "kit-call", kit, **call)
    return kit


async def test_each_act_leads_to_the_next_step(ward: Ward) -> None:
    kit, seen = await _called(ward), []
    acts = [
        ("kit-sign-on", kit, {}),
        ("kit-open-pick-list", kit, {}),
        ("vial-pick", VIAL, {"kit": kit, "position": position(1)}),
        ("vial-thaw", VIAL, {"device": "BATH", "celsius_milli": 37_000}),
        ("vial-finish-thaw", VIAL, {"appearance": "clear_of_ice"}),
        ("kit-record-preparation", kit, preparation()),
        ("kit-prepare", kit, filled()),
        ("kit-hand-to-pharmacy", kit, {}),
    ]
    for action, code, evidence in acts:
        seen.append((await _run(ward, kit)).now)
        if action == "kit-prepare":
            ward.wait(minutes=60)
        await ward.does("tina", action, code, **evidence)
    assert seen == list(Step)
    assert (await _run(ward, kit)).now is None


async def test_a_colleague_sees_the_vials_after_opening_the_list_themselves_and_not_before(
    ward: Ward,
) -> None:
    kit = await _called(ward)
    await ward.does("tina", "kit-sign-on", kit)
    await ward.does("tina", "kit-open-pick-list", kit)
    await ward.does("tina", "vial-pick", VIAL, kit=kit, position=position(1))
    assert (await ward.reader("tom")) is not None
    before = await _run(ward, kit, "tom")
    assert (before.now, before.vials, before.held) == (Step.SIGN_ON, {}, ())
    await ward.does("tom", "kit-sign-on", kit)
    signed = await _run(ward, kit, "tom")
    assert (signed.now, signed.vials) == (Step.OPEN, {})
    await ward.does("tom", "kit-open-pick-list", kit)
    assert [vial.code for vial in (await _run(ward, kit, "tom")).held] == [VIAL]


async def test_a_list_is_opened_anew_when_the_kit_holds_what_it_did_not_name(ward: Ward) -> None:
    kit = await _called(ward)
    await ward.does("tina", "kit-sign-on", kit)
    await ward.does("tina", "kit-open-pick-list", kit)
    await ward.does("quinn", "vial-quarantine", VIAL, reason="under_investigation")
    await ward.does("tom", "kit-sign-on", kit)
    await ward.does("tom", "kit-open-pick-list", kit)
    await ward.does("tom", "vial-pick", "BM-MSC-1-2", kit=kit, position=position(2))
    await ward.does("quinn", "vial-clear", VIAL, reason="assessment_complete")
    changed = await _run(ward, kit)
    assert changed.task is not None
    assert (changed.now, changed.task.held) == (Step.OPEN, ()), "the other's vial is told by an opening alone"
    await ward.does("tina", "kit-open-pick-list", kit)
    assert [vial.code for vial in (await _run(ward, kit)).held] == ["BM-MSC-1-2"]


async def test_a_wasted_vial_leads_back_to_the_pick_list(ward: Ward) -> None:
    kit = await _called(ward)
    await ward.does("tina", "kit-sign-on", kit)
    await ward.does("tina", "kit-open-pick-list", kit)
    await ward.does("tina", "vial-pick", VIAL, kit=kit, position=position(1))
    await ward.does("tina", "vial-waste", VIAL, reason="dropped")
    assert (await _run(ward, kit)).now is Step.OPEN


@pytest.mark.parametrize(
    ("told", "short"),
    [
        ({"viability_permille": 699}, {"Viability": "699 of 700 permille"}),
        ({"viability_permille": None}, {"Viability": "it was not counted"}),
        ({"inspection": "fail"}, {"Inspection": "it did not pass"}),
        ({}, {}),
    ],
)
async def test_what_does_not_reach_the_limit_is_said_before_the_release_refuses_it(
    ward: Ward, told: dict[str, object], short: dict[str, str]
) -> None:
    kit = await ward.kit_at("called_for")
    await ward.does("tina", "kit-open-pick-list", kit)
    await ward.does("tina", "vial-pick", VIAL, kit=kit, position=position(1))
    await ward.does("tina", "vial-thaw", VIAL, device="BATH", celsius_milli=37_000)
    await ward.does("tina", "vial-finish-thaw", VIAL, appearance="clear_of_ice")
    await ward.does("tina", "kit-record-preparation", kit, **preparation(**told))
    assert {each.name: each.short for each in (await _run(ward, kit)).short} == short


async def test_a_blinded_person_has_no_task_and_no_vials(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    for who in ("paula", "cora", "bert"):
        reader = await ward.reader(who)
        assert await reader.task(kit) is None
        assert (await reader.vials_in("consumed", "stored"), await reader.lying_in("B"), await reader.stock()) == (
            [], [], {},
        )  # fmt: skip
    assert (await ward.item(Kind.TASK, f"{kit} tina")).state == "signed_on"


def test_what_lies_together_is_taken_together() -> None:
    """Written out by hand: two racks of one tank and one of another, five vials in an unkind order."""

    first, second, third = box_code(1), box_code(2), box_code(3)
    places = {first: "JAX/T1/R2", second: "JAX/T1/R1", third: "JAX/T2/R1"}
    lines = [
        ("e", position(3, third)), ("c", position(9, first)), ("a", position(12, second)),
        ("d", position(1, third)), ("b", position(2, first)),
    ]  # fmt: skip
    way = route(lines, places)
    assert [(stop.number, stop.vial, stop.place, stop.cell) for stop in way.stops] == [
        (1, "a", "JAX/T1/R1", "B3"), (2, "b", "JAX/T1/R2", "A2"), (3, "c", "JAX/T1/R2", "A9"),
        (4, "d", "JAX/T2/R1", "A1"), (5, "e", "JAX/T2/R1", "A3"),
    ]  # fmt: skip
    assert (way.lids, way.racks, way.boxes) == (2, 3, 3)


def test_a_vial_in_no_position_is_looked_for_last() -> None:
    assert [stop.vial for stop in route([("a", ""), ("b", position(1))], {}).stops] == ["b", "a"]
