"""The study's end: what it waits for, what begins no more after it, and what is still ended and kept."""

from __future__ import annotations

import pytest

from inventory.domain.items import Kind, Log
from tests import furniture
from tests.furniture import position
from tests.services.month_six import month_six
from tests.services.stock import stocked
from tests.services.test_late_and_voided import PAPER
from tests.services.ward import Ward

STUDY = "NCT06001853"
CLOSING = {"reason": "study_complete"}


async def state(ward: Ward) -> str:
    return (await ward.item(Kind.STUDY, STUDY)).state


@pytest.mark.parametrize(
    "at", ["ordered", "called_for", "prepared", "dispensed", "administered", "reconciled"]
)
async def test_a_study_is_not_closed_before_every_kit_is_over(ward: Ward, at: str) -> None:
    kit = await ward.kit_at(at)
    await ward.kit_at("assigned", "P-002")
    assert await ward.refused("quinn", "study-close", STUDY, **CLOSING) == ["kits_not_over"]
    (said,) = await ward.details("quinn", "study-close", STUDY, **CLOSING)
    assert said.endswith(f"({kit})")
    await ward.walk(kit, "destroyed")
    await ward.does("quinn", "study-close", STUDY, **CLOSING)
    assert await state(ward) == "closed"


async def test_a_study_is_closed_by_two_people(ward: Ward) -> None:
    alone = await ward.refused("quinn", "study-close", STUDY, **CLOSING, second=None)
    assert (alone, await state(ward)) == (["second_person_missing"], "open")
    other = await ward.refused("quinn", "study-close", STUDY, **CLOSING, second="tina")
    assert other == ["second_person_not_entitled"]
    await ward.does("quinn", "study-close", STUDY, **CLOSING, second="quentin")
    assert await state(ward) == "closed"


async def test_an_order_that_was_cancelled_holds_nothing_up(ward: Ward) -> None:
    kit = await ward.kit_at("ordered")
    await ward.does("cora", "kit-cancel", kit, reason="investigator_decision")
    await ward.does("quinn", "study-close", STUDY, **CLOSING)


async def test_a_kit_of_a_disclosed_period_holds_it_up_and_who_is_blinded_never_hears_of_it(
    ward: Ward,
) -> None:
    kit = await month_six(ward)
    await ward.walk(kit, "ordered")
    assert await ward.refused("quinn", "study-close", STUDY, **CLOSING) == ["kits_not_over"]
    assert await ward.refused("xena", "study-close", STUDY, **CLOSING) == ["not_entitled"]
    await ward.does("cora", "kit-cancel-order", kit, reason="delayed")
    assert await ward.refused("xena", "study-close", STUDY, **CLOSING) == ["not_entitled"]
    await ward.does("quinn", "study-close", STUDY, **CLOSING)


async def test_nothing_begins_in_a_closed_study(ward: Ward) -> None:
    kits = [await ward.kit_at("assigned", participant) for participant in ("P-001", "P-002")]
    over = await ward.kit_at("destroyed", "P-003")
    joints = (await ward.kit(kits[0])).texts("joints")
    enrolled = {
        "site": "JAX", "stratum": "JAX", "consented_on": "2026-11-01", "enrolled_on": "2026-11-02",
        "pregnancy_test_required": False, "joints": joints,
    }  # fmt: skip
    for participant in ("P-004", "P-005"):
        await ward.does("cora", "participant-enrol", participant, **enrolled)
        await ward.does("cora", "participant-confirm-eligible", participant)
    await ward.does("quinn", "study-close", STUDY, **CLOSING)
    for participant in ("P-004", "P-005"):
        assert await ward.refused("cora", "participant-randomise", participant) == ["study_closed"]
    assert await ward.refused("cora", "participant-enrol", "P-006", **enrolled) == ["study_closed"]
    # The first is of one arm and the second of the other.
    for kit in kits:
        assert await ward.refused("cora", "kit-order", kit, joints=joints) == ["study_closed"]
        cancelled = {"joints": joints, "reason": "order_changed"}
        await ward.does("cora", "kit-cancel", kit, reason="investigator_decision")
        assert await ward.refused("cora", "kit-replace", kit, **cancelled) == ["study_closed"]
    told = await ward.refused("tina", "vial-pick", "BM-MSC-1-1", kit=over, position=position(1))
    assert told[0] == "study_closed"


async def test_what_was_on_its_way_when_the_study_was_closed_is_received_and_destroyed(ward: Ward) -> None:
    await ward.does("quinn", "study-close", STUDY, **CLOSING)
    first, *_ = await stocked(ward, "L-9", "DMSO")
    await ward.does("tina", "vial-destroy", first, method="incineration")


async def test_what_has_happened_is_kept_in_a_closed_study_and_what_is_left_is_ended(ward: Ward) -> None:
    kit = await ward.kit_at("assigned")
    await ward.does("quinn", "study-close", STUDY, **CLOSING)
    ward.wait(minutes=40)
    joints = (await ward.kit(kit)).texts("joints")
    told = {"joints": joints, "at": ward.ago(minutes=30), "late": PAPER}
    broke = await ward.breaks("cora", "kit-order", kit, **told)
    assert (broke.codes, (await ward.kit(kit)).state) == (["study_closed"], "ordered")
    await ward.does("cora", "kit-cancel", kit, reason="investigator_decision")
    await ward.does("tina", "vial-lose", "DMSO-1-1", reason="not_found")
    await ward.does("tina", "vial-find", "DMSO-1-1", position=position(40))
    await ward.does("tina", "vial-destroy", "DMSO-1-2", method="incineration")
    await ward.does("cora", "participant-withdraw", "P-001", reason="consent_withdrawn")


@pytest.mark.parametrize(
    ("action", "at"),
    [
        ("kit-cancel", "assigned"), ("kit-cancel", "ordered"), ("kit-cancel", "called_for"),
        ("kit-cancel-order", "ordered"), ("kit-cancel-order", "called_for"),
    ],
)  # fmt: skip
async def test_no_void_brings_an_order_back_in_a_closed_study(ward: Ward, action: str, at: str) -> None:
    # The first is of one arm and the second of the other.
    kits = [await ward.kit_at(at, participant) for participant in ("P-001", "P-002")]
    ended = (await ward.sizes())[0]
    for kit in kits:
        await ward.does("cora", action, kit, reason="delayed")
    await ward.does("quinn", "study-close", STUDY, **CLOSING)
    for index, kit in enumerate(kits, start=ended):
        before, void = await ward.kit(kit), {"log": "open", "index": index, "reason": "recorded_wrongly"}
        assert await ward.refused("cora", "kit-void", kit, second="carl", **void) == ["study_closed"]
        assert await ward.kit(kit) == before


async def test_what_was_done_with_a_kit_is_put_right_in_a_closed_study_and_it_is_ended_again(
    ward: Ward,
) -> None:
    kit = await ward.kit_at("destroyed")
    last = (await ward.syringes(kit))[-1].code
    await ward.does("quinn", "study-close", STUDY, **CLOSING)
    entries = await ward.leaves(Log.OPEN)
    for action, code in (
        ("kit-destroy", kit), ("kit-reconcile", kit), ("kit-return", kit), ("syringe-give", last),
    ):  # fmt: skip
        (index,) = [each["index"] for each in entries if (each["action"], each["item"]) == (action, code)]
        void = {"log": "open", "index": index, "reason": "recorded_wrongly"}
        await ward.does("quinn", f"{action.split('-', 1)[0]}-void", code, second="quentin", **void)
    assert (await ward.kit(kit)).state == "confirmed"
    await furniture.give(ward.cast, last, "P-001")
    await ward.walk(kit, "destroyed")
