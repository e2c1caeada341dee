"""What is told too late, and what is taken back: both stand in the record for good."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain import clocks
from inventory.domain.items import Item, Kind, Log
from tests.furniture import BOX, DIGEST, lot_received, position, preparation
from tests.services.bench import THAW, filled, held_for, pick
from tests.services.stock import certificate, stocked
from tests.services.ward import AUDITOR, Ward

PAPER = {"sheet": "SHEET-7", "reason": "system_down"}


async def _void(ward: Ward, log: Log = Log.VAULT, back: int = 1, reason: str = "recorded_wrongly") -> Any:
    """The evidence that voids the last entry of a log, or one before it."""
    size = (await ward.sizes())[log is Log.VAULT]
    return {"log": log.value, "index": size - back, "reason": reason}


def _paper(ward: Ward, minutes: float) -> dict[str, Any]:
    """A late entry of what happened so many minutes ago."""
    return {"late": PAPER, "at": ward.ago(minutes=minutes)}


# Late
async def test_a_late_entry_from_paper_is_recorded_with_its_sheet(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    ward.wait(minutes=40)
    earlier = ward.ago(minutes=30)
    await ward.does("paula", "kit-dispense", kit, participant="P-001", at=earlier, late=PAPER)
    leaf = (await ward.history(AUDITOR, kit))[-1].leaf
    assert leaf["evidence"] == {"late": PAPER, "participant": "P-001"}
    assert str(leaf["occurred_at"]) < str(leaf["recorded_at"])
    assert leaf["deviation"] is None


async def test_a_permission_past_its_rules_is_recorded_from_paper_with_a_deviation(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    ward.reach((await ward.kit(kit)).due or "")
    ward.wait(minutes=1)
    in_time = {"participant": "P-001", "at": ward.ago(minutes=30)}
    assert await ward.refused("paula", "kit-dispense", kit, **in_time) == [
        "use_by_passed", "late_entry_needs_reason",
    ]  # fmt: skip
    broke = await ward.breaks("paula", "kit-dispense", kit, **in_time, late=PAPER)
    assert (broke.codes, broke.log) == (["use_by_passed"], "open")
    assert broke.leaf["evidence"]["late"] == PAPER
    assert (await ward.kit(kit)).state == "dispensed"


async def test_what_happened_too_long_ago_needs_sheet_and_reason(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    given = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 1000}
    ward.wait(minutes=20)
    too_late = await ward.refused("ivan", "syringe-give", first.code, **given, at=ward.ago(minutes=15.1))
    assert too_late == ["late_entry_needs_reason"]
    await ward.does("ivan", "syringe-give", first.code, **given, at=ward.ago(minutes=15))
    other = {**given, "joint": second.text("joint"), "late": PAPER}
    await ward.does("ivan", "syringe-give", second.code, **other, at=ward.ago(minutes=18))


async def test_what_has_not_happened_yet_is_refused(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    for late in (None, PAPER):
        future = {"at": ward.ago(minutes=-2.1), "late": late}
        assert await ward.refused("tina", "kit-hand-to-pharmacy", kit, **future) == ["occurred_in_future"]
        assert await ward.refused("cora", "kit-not-give", kit, reason="other", **future) == [
            "occurred_in_future"
        ]
    await ward.does("tina", "kit-hand-to-pharmacy", kit, at=ward.ago(minutes=-2))


async def test_paper_makes_no_decision_and_excuses_no_second_person(ward: Ward) -> None:
    await stocked(ward, "CELLS-2", viability="fail")
    earlier = {"at": ward.ago(minutes=30), "late": PAPER}
    assert await ward.refused("quinn", "lot-release", "CELLS-2", **earlier) == ["tests_failed"]
    kit = await ward.kit_at("at_pharmacy")
    alone = {"participant": "P-002", "second": None, "late": PAPER, "at": ward.ago(minutes=3)}
    assert await ward.refused("paula", "kit-dispense", kit, **alone) == [
        "participant_differs", "second_person_missing",
    ]  # fmt: skip


async def test_what_is_done_now_is_not_excused_by_a_sheet(ward: Ward) -> None:
    kit = await ward.kit_at("at_pharmacy")
    ward.wait(hours=6)
    wrong: dict[str, Any] = {"participant": "P-002", "late": PAPER}
    for ago in (0, 120):
        refused = await ward.refused("paula", "kit-dispense", kit, **wrong, at=ward.ago(seconds=ago))
        assert refused == ["use_by_passed", "participant_differs"]
    assert (await ward.kit(kit)).state == "at_pharmacy"
    broke = await ward.breaks("paula", "kit-dispense", kit, **wrong, at=ward.ago(seconds=121))
    assert broke.codes == ["use_by_passed", "participant_differs"]


async def test_what_paper_broke_in_the_laboratory_stays_there(ward: Ward) -> None:
    kit, opened = await ward.kit_at("called_for"), None
    opened, _ = await ward.sizes()
    broke = await ward.breaks(
        "tina", "vial-pick", "BM-MSC-1-3", kit=kit, position=position(3), late=PAPER, at=ward.ago(minutes=5)
    )
    assert (broke.codes, broke.log) == (["not_on_pick_list"], "vault")
    assert await ward.sees("paula", broke.deviation.code) is None
    assert await held_for(ward, kit) == ["BM-MSC-1-3"]
    assert (await ward.sizes())[0] == opened


async def test_a_late_entry_out_of_order_is_kept_and_changes_nothing(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    broke = await ward.breaks(
        "paula", "kit-accept-at-pharmacy", kit, late=PAPER, at=ward.ago(minutes=3)
    )  # fmt: skip
    assert broke.codes[0] == "wrong_state"
    assert (await ward.kit(kit)).state == "prepared"


# In another order than it happened
async def test_a_pick_told_before_the_go_ahead_ties_the_vial_to_its_participant_all_the_same(
    ward: Ward,
) -> None:
    kit = await ward.kit_at("ordered")
    ward.wait(hours=3)
    vial = "BM-MSC-1-1"
    told = {"kit": kit, "position": position(1), **_paper(ward, 170)}
    assert (await ward.breaks("tina", "vial-pick", vial, **told)).codes == ["order_not_live"]
    assert await held_for(ward, kit) == [vial]
    thaw = await ward.breaks("tina", "vial-thaw", vial, **THAW, **_paper(ward, 169))
    assert thaw.codes == ["out_of_ln2_budget", "order_not_live"]
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice", **_paper(ward, 165))
    call = {"participant": "P-001", "pregnancy_test": ward.negative_test(4)}
    await ward.does("cora", "kit-call", kit, **call, **_paper(ward, 175))
    await ward.does("tina", "kit-sign-on", kit)
    await ward.does("tina", "kit-record-preparation", kit, **preparation(), **_paper(ward, 120))
    # The go-ahead counts from when it was told, which is now.
    prepared = await ward.breaks("tina", "kit-prepare", kit, **filled(), **_paper(ward, 100))
    assert (prepared.codes, (await ward.vial(vial)).state) == (["not_ready_yet"], "consumed")
    await ward.walk(kit, "administered")
    await ward.does("quinn", "lot-look-back", "BM-MSC-1", reason="supplier_notice")
    links = (await (await ward.reader("quinn")).links("BM-MSC-1")) or []
    assert {(one.vial, one.kit, one.recipient) for one in links} == {(vial, kit, "P-001")}
    await ward.does("quinn", "lot-recall", "BM-MSC-1", reason="supplier_notice")
    raised = await (await ward.reader("dora")).page(Kind.ALERT, limit=9)
    assert [one.facts["recipients"] for one in raised] == [["P-001"]] * 2


async def test_a_preparation_told_before_its_thaw_waits_for_it(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await pick(ward, kit)
    await ward.does("tina", "vial-thaw", vial, **THAW)
    ward.wait(minutes=90)
    for action, told in (("kit-record-preparation", preparation()), ("kit-prepare", filled())):
        refused = await ward.refused("tina", action, kit, **told, **_paper(ward, 20))
        assert refused[0] == "vials_missing"
    assert (await ward.kit(kit)).state == "called_for"
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice", **_paper(ward, 85))
    await ward.does("tina", "kit-record-preparation", kit, **preparation(), **_paper(ward, 30))
    await ward.does("tina", "kit-prepare", kit, **filled(), **_paper(ward, 20))
    assert (await ward.vial(vial)).state == "consumed"
    assert await held_for(ward, kit) == [vial]


# Voided
async def test_what_later_entries_build_on_is_voided_last(ward: Ward) -> None:
    vial = await pick(ward, await ward.kit_at("called_for"))
    await ward.does("tina", "vial-thaw", vial, **THAW)
    thaw = await _void(ward)
    await ward.does("tina", "vial-finish-thaw", vial, appearance="clear_of_ice")
    finish = await _void(ward)
    assert await ward.refused("tina", "vial-void", vial, second="tom", **thaw) == ["later_acts_stand"]
    await ward.does("tina", "vial-void", vial, second="tom", **finish)
    assert (await ward.vial(vial)).state == "thawing"
    await ward.does("tina", "vial-void", vial, second="tom", **thaw)
    assert (await ward.vial(vial)).state == "picked"
    again = await _void(ward)
    assert (await ward.refused("tina", "vial-void", vial, second="tom", **again))[0] == "voided_entry"


DETERMINED = {
    "determined_on": "2026-11-20",
    "determined_by": "Dr Gray",
    "label_statements": ["NOT EVALUATED"],
}
AGAIN = {
    "lot-hold": ("max", "mia", "lot-resume", Kind.LOT, "BM-MSC-1", Log.VAULT, {}),
    "vial-quarantine": ("tina", "tom", "vial-clear", Kind.VIAL, "BM-MSC-1-1", Log.VAULT, {}),
    "place-close": ("max", "mia", "place-reopen", Kind.PLACE, "JAX/CRYO/T1", Log.VAULT, {}),
    "device-take-out": ("tina", "tom", "device-put-back", Kind.DEVICE, "BATH", Log.OPEN, {}),
    "donor-redetermine": (
        "quinn", "quentin", "donor-redetermine", Kind.DONOR, "DN-1", Log.VAULT, DETERMINED,
    ),
}  # fmt: skip
"""Acts that are done, undone and done again: who does and seconds them, what undoes them, and of what."""


@pytest.mark.parametrize("action", AGAIN)
async def test_what_was_undone_and_done_again_is_voided_latest_first(ward: Ward, action: str) -> None:
    who, fellow, undone, kind, code, log, told = AGAIN[action]
    reasons = [{"reason": "other"}, {"reason": "other"}]
    if told:
        reasons = [{**told, "eligibility": how} for how in ("ineligible", "eligible")]
    voids, seen = [], [await ward.item(kind, code)]
    for by, done, how in ((who, action, 0), ("quinn", undone, 1), ("quinn", action, 0)):
        await ward.does(by, done, code, **reasons[how])
        voids.append(await _void(ward, log))
        seen.append(await ward.item(kind, code))
    void, person = f"{kind}-void", {who: fellow, "quinn": "quentin"}
    for by, second in person.items():
        assert await ward.refused(by, void, code, second=second, **voids[0]) == ["later_acts_stand"]
    assert await ward.item(kind, code) == seen[-1]
    for back in (2, 1):
        await ward.does("quinn", void, code, second="quentin", **voids[back])
        assert await ward.item(kind, code) == seen[back]
    await ward.does(who, void, code, second=fellow, **voids[0])
    assert await ward.item(kind, code) == seen[0]


async def test_a_vial_that_two_judged_stays_as_the_later_judged_it(ward: Ward) -> None:
    await ward.does("quinn", "vial-reject", VIAL, reason="test_failed")
    reject = await _void(ward)
    await _excursion(ward, "E-1")
    await _assess(ward, "E-1")
    first = await _void(ward)
    with_qa = {"second": "quentin"}
    assert await ward.refused("quinn", "vial-void", VIAL, **with_qa, **reject) == ["later_acts_stand"]
    await _excursion(ward, "E-2")
    opened = await _void(ward)
    await _assess(ward, "E-2")
    second = await _void(ward)
    assert await ward.refused("quinn", "excursion-void", "E-1", **with_qa, **first) == ["later_acts_stand"]
    assert (await ward.vial(OTHER)).text("disposition") == "rejected"
    await ward.does("quinn", "excursion-void", "E-2", **with_qa, **second)
    await ward.does("quinn", "excursion-void", "E-2", **with_qa, **opened)
    await ward.does("quinn", "excursion-void", "E-1", **with_qa, **first)
    assert (await ward.vial(OTHER)).text("disposition") == "quarantined"


async def test_a_rejection_that_found_a_vial_rejected_is_not_lost_with_the_first(ward: Ward) -> None:
    await _excursion(ward, "E-1")
    await _assess(ward, "E-1")
    assessed = await _void(ward)
    await ward.does("quinn", "vial-reject", VIAL, reason="test_failed")
    (told,) = await ward.details("quinn", "excursion-void", "E-1", second="quentin", **assessed)
    assert told.endswith(f"({VIAL})")


VIAL, OTHER = "BM-MSC-1-1", "BM-MSC-1-2"


async def _excursion(ward: Ward, code: str) -> None:
    """An excursion of the tank that is just over."""
    ward.wait(hours=2)
    started, ended = (clocks.format_instant(ward.ago(minutes=ago)) for ago in (60, 30))
    outcome = await ward.attempt(
        "tina", "excursion-open", code, place="JAX/CRYO/T1", logger="LOGGER", started_at=started, ended_at=ended,
        warmest_millicelsius=-100_000, readings=DIGEST,
    )  # fmt: skip
    assert outcome.status == 201


async def _assess(ward: Ward, excursion: str) -> None:
    await ward.does("quinn", "excursion-assess", excursion, disposition="rejected", reason="Too warm")


async def test_an_entry_is_voided_by_its_performer_or_quality_assurance_with_a_second_person(
    ward: Ward,
) -> None:
    kit = await ward.kit_at("dispensed")
    void = await _void(ward, Log.OPEN)
    assert await ward.refused("peter", "kit-void", kit, second="paula", **void) == ["not_your_entry"]
    assert await ward.refused("paula", "kit-void", kit, **void) == ["second_person_missing"]
    assert await ward.refused("paula", "kit-void", kit, second="paula", **void) == ["second_person_same"]
    assert await ward.refused("bert", "kit-void", kit, second="peter", **void) == ["not_entitled"]
    await ward.does("quinn", "kit-void", kit, second="quentin", **void)
    assert (await ward.kit(kit)).state == "at_pharmacy"
    shown = await ward.history(AUDITOR, kit)
    assert [entry.leaf["action"] for entry in shown][-2:] == ["kit-dispense", "kit-void"]
    assert shown[-1].leaf["voids"] == {"log": "open", "index": void["index"]}


async def test_an_entry_of_something_else_is_not_voided_here(ward: Ward) -> None:
    kit, other = await ward.kit_at("dispensed"), await ward.kit_at("dispensed", "P-002")
    void = await _void(ward, Log.OPEN)
    assert await ward.refused("paula", "kit-void", kit, second="peter", **void) == ["voided_entry"]
    nowhere = {**void, "index": 100_000}
    assert await ward.refused("paula", "kit-void", other, second="peter", **nowhere) == ["voided_entry"]


async def test_an_injection_recorded_of_the_wrong_syringe_is_taken_back_whole(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    given = {"participant": "P-001", "joint": second.text("joint"), "given_ul": 1000}
    await ward.does("ivan", "syringe-give", second.code, **given)
    wrong = await _void(ward, Log.OPEN, reason="scanned_wrong_code")
    await ward.does("ivan", "syringe-drop", first.code, reason="dropped")
    over = await _void(ward, Log.OPEN)
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "treated"
    assert await ward.refused("ivan", "syringe-void", second.code, second="irene", **wrong) == [
        "later_acts_stand"
    ]
    await ward.does("ivan", "syringe-void", first.code, second="irene", **over)
    assert (await ward.kit(kit)).state == "confirmed"
    await ward.does("ivan", "syringe-void", second.code, second="irene", **wrong)
    assert {syringe.state for syringe in await ward.syringes(kit)} == {"filled"}
    assert (await ward.item(Kind.PARTICIPANT, "P-001")).state == "randomised"
    assert await ward.cast.fetch("SELECT count(*) FROM administration") == [(0,)]
    await ward.walk(kit, "destroyed")


async def test_a_preparation_is_voided_where_it_was_told_and_can_be_done_again(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    syringes = [syringe.code for syringe in await ward.syringes(kit)]
    opened, vaulted = await _void(ward, Log.OPEN), await _void(ward)
    (told,) = await ward.details("tina", "kit-void", kit, second="tom", **opened)
    assert told.endswith("(its other half stands in the vault: void it there)")
    await ward.does("tina", "kit-void", kit, second="tom", **vaulted)
    assert (await ward.kit(kit)).state == "called_for"
    assert [(await ward.item(Kind.SYRINGE, code)).state for code in syringes] == ["voided", "voided"]
    (vial,) = await held_for(ward, kit)
    assert (await ward.vial(vial)).state == "thawed"
    shown = (await ward.history(AUDITOR, kit))[-1].leaf
    assert (shown["action"], shown["voids"]) == ("kit-void", {"log": "open", "index": opened["index"]})
    await ward.does("tina", "kit-prepare", kit, **filled())
    assert (await ward.kit(kit)).texts("syringes") == syringes


async def test_a_void_by_blinded_people_reaches_nothing_in_the_vault(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    missing = {**await _void(ward), "index": 100_000}
    for void in (await _void(ward), missing):
        assert await ward.refused("paula", "kit-void", kit, second="peter", **void) == ["voided_entry"]


async def test_a_vial_is_not_voided_back_into_a_position_that_was_taken_since(ward: Ward) -> None:
    await ward.does("tina", "vial-move", "BM-MSC-1-1", position=position(40))
    void = await _void(ward)
    await ward.does("tina", "vial-move", "BM-MSC-1-2", position=position(1))
    told = await ward.refused("tina", "vial-void", "BM-MSC-1-1", second="tom", **void)
    assert told == ["position_taken"]
    await ward.does("tina", "vial-move", "BM-MSC-1-2", position=position(2))
    await ward.does("tina", "vial-void", "BM-MSC-1-1", second="tom", **void)
    assert (await ward.vial("BM-MSC-1-1")).place == position(1)


async def test_a_cancelled_kit_is_not_voided_back_beside_its_replacement(ward: Ward) -> None:
    kit = await ward.kit_at("assigned")
    await ward.does("cora", "kit-cancel", kit, reason="order_changed")
    void, joints = await _void(ward, Log.OPEN), (await ward.kit(kit)).texts("joints")
    await ward.does("cora", "kit-replace", kit, joints=joints, reason="order_changed")
    told = await ward.refused("cora", "kit-void", kit, second="carl", **void)
    assert told == ["later_acts_stand"]
    assert (await ward.kit(kit)).state == "cancelled"
    second = (await ward.kit(kit)).text("replaced_by")
    replaced = await _void(ward, Log.OPEN)
    await ward.does("cora", "kit-void", kit, second="carl", **replaced)
    assert (await ward.kit(second)).state == "planned"
    await ward.does("cora", "kit-void", kit, second="carl", **void)
    assert (await ward.kit(kit)).state == "assigned"
    await ward.walk(kit, "ordered")


async def test_a_rescan_is_voided_whole_though_its_vials_changed_places(ward: Ward) -> None:
    vials = [f"{product}-1-{number}" for product in ("BM-MSC", "DMSO") for number in range(1, 6)]
    turned = [{"vial": vial, "position": position(place)} for place, vial in enumerate(reversed(vials), 1)]
    await ward.does("tina", "box-spill", BOX)
    await ward.does("tina", "box-rescan", BOX, seen=turned)
    assert (await ward.vial(vials[0])).place == position(10)
    await ward.does("tina", "box-void", BOX, second="tom", **await _void(ward))
    assert (await ward.vial(vials[0])).place == position(1)
    assert (await ward.item(Kind.BOX, BOX)).state == "spilled"


async def test_a_rejected_lot_is_put_right_by_a_void_alone(ward: Ward) -> None:
    await ward.does("quinn", "lot-reject", "BM-MSC-1", reason="test_failed")
    void, lot = await _void(ward), await _lot(ward)
    assert lot.state == "rejected"
    await ward.does("quentin", "lot-void", "BM-MSC-1", second="quinn", **void)
    assert (await _lot(ward)).state == "released"
    pending = certificate(ward, "BM-MSC", sterility="fail")
    await ward.does("quinn", "lot-record-results", "BM-MSC-1", **pending)
    await ward.does("quinn", "lot-void", "BM-MSC-1", second="quentin", **await _void(ward))
    assert (await _lot(ward)).state == "released"


async def test_a_lot_is_not_released_again_by_a_void_after_a_test_has_failed(ward: Ward) -> None:
    for action, who, reason in (
        ("lot-hold", "max", "under_investigation"), ("lot-reject", "quinn", "quality_decision"),
    ):  # fmt: skip
        await ward.does(who, action, "BM-MSC-1", reason=reason)
        void = {**await _void(ward), "second": "quentin"}
        failed = certificate(ward, "BM-MSC", sterility="fail")
        await ward.does("quinn", "lot-record-results", "BM-MSC-1", **failed)
        results = {**await _void(ward), "second": "quentin"}
        assert await ward.refused("quinn", "lot-void", "BM-MSC-1", **void) == ["tests_failed"]
        await ward.does("quinn", "lot-void", "BM-MSC-1", **results)
        await ward.does("quinn", "lot-void", "BM-MSC-1", **void)
        assert (await _lot(ward)).state == "released"


async def test_a_lot_is_not_released_again_by_a_void_after_its_donor_was_found_ineligible(ward: Ward) -> None:
    await ward.does("max", "lot-hold", "BM-MSC-1", reason="under_investigation")
    void = {**await _void(ward), "second": "mia"}
    await ward.does("quinn", "donor-redetermine", "DN-1", eligibility="ineligible", **DETERMINED)
    assert await ward.refused("max", "lot-void", "BM-MSC-1", **void) == ["donor_not_eligible"]


async def test_the_certificate_that_a_lot_was_released_on_is_not_voided_under_it(ward: Ward) -> None:
    void = await _of(ward, Log.VAULT, "lot-record-results", "BM-MSC-1")
    released = await _of(ward, Log.VAULT, "lot-release", "BM-MSC-1")
    assert await ward.refused("quinn", "lot-void", "BM-MSC-1", **void) == ["later_acts_stand"]
    await ward.does("quinn", "lot-hold", "BM-MSC-1", reason="under_investigation")
    assert await ward.refused("quinn", "lot-void", "BM-MSC-1", **void) == ["later_acts_stand"]
    await ward.does("quinn", "lot-void", "BM-MSC-1", second="quentin", **await _void(ward))
    await ward.does("quinn", "lot-void", "BM-MSC-1", **released)
    await ward.does("quinn", "lot-void", "BM-MSC-1", **void)
    assert ((await _lot(ward)).state, (await _lot(ward)).facts.get("results")) == ("quarantined", None)


BEFORE_GIVEN = {
    "kit-confirm": "ivan", "kit-accept-at-bedside": "cora", "kit-hand-to-bedside": "paula", "kit-dispense": "paula",
    "kit-accept-at-pharmacy": "paula", "kit-hand-to-pharmacy": "tina",
}  # fmt: skip
"""The steps on the way to the bedside, the last first."""


@pytest.mark.parametrize("last", BEFORE_GIVEN)
async def test_no_step_on_the_way_to_the_bedside_is_voided_while_what_was_given_stands(
    ward: Ward, last: str
) -> None:
    steps = list(BEFORE_GIVEN)
    kit = await ward.kit_at("confirmed")
    first, second = await ward.syringes(kit)
    for step in steps[: steps.index(last)]:
        await ward.does("quinn", "kit-void", kit, **await _of(ward, Log.OPEN, step, kit))
    how = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 900}
    given = await ward.attempt("ivan", "syringe-give", first.code, **how)
    assert given.status == 201
    void = await _of(ward, Log.OPEN, last, kit)
    (told,) = await ward.details("quinn", "kit-void", kit, **void)
    assert told.endswith(f"Void them first, latest first. ({first.code})")
    await ward.does(
        "quinn", "syringe-void", first.code, **await _of(ward, Log.OPEN, "syringe-give", first.code)
    )
    await ward.does("ivan", "syringe-drop", second.code, reason="dropped")
    await ward.does("quinn", "kit-void", kit, **void)


async def test_a_rest_not_given_is_voided_though_the_other_syringe_was_given(ward: Ward) -> None:
    kit = await ward.kit_at("confirmed")
    first, _ = await ward.syringes(kit)
    how = {"participant": "P-001", "joint": first.text("joint"), "given_ul": 1000}
    await ward.does("ivan", "syringe-give", first.code, **how)
    await ward.does("ivan", "kit-not-give", kit, reason="other")
    await ward.does("quinn", "kit-void", kit, **await _of(ward, Log.OPEN, "kit-not-give", kit))
    assert (await ward.kit(kit)).state == "confirmed"


async def test_a_randomisation_is_not_voided_under_the_envelope_that_tells_its_arm(ward: Ward) -> None:
    await ward.kit_at("assigned")
    void = await _of(ward, Log.VAULT, "participant-randomise", "P-001")
    await ward.does("stan", "envelope-print", "SEAL-1", participant="P-001")
    for place in ("SAFE-1", "SAFE-2"):
        (told,) = await ward.details("quinn", "participant-void", "P-001", **void)
        assert told.endswith("(retire envelope SEAL-1 first)")
        await ward.does("stan", "envelope-place", "SEAL-1", place=place)
    await ward.does("stan", "envelope-retire", "SEAL-1", second="stella", reason="other")
    await ward.does("quinn", "participant-void", "P-001", **void)
    assert (await ward.item(Kind.ARM, "P-001")).state == "voided"


async def test_an_opened_envelope_keeps_its_randomisation(ward: Ward) -> None:
    await ward.kit_at("assigned")
    await ward.does("stan", "envelope-print", "SEAL-1", participant="P-001")
    await ward.does("ivan", "envelope-open", "SEAL-1", reason="medical_emergency")
    void = await _of(ward, Log.VAULT, "participant-randomise", "P-001")
    assert await ward.refused("quinn", "participant-void", "P-001", **void) == ["later_acts_stand"]


async def test_a_shipment_is_received_as_long_as_a_vial_of_it_is(ward: Ward) -> None:
    mine = await lot_received(ward.cast, "CELLS-4", "BM-MSC", 2)
    void = await _of(ward, Log.VAULT, "shipment-receive", "S-CELLS-4")
    for vial in mine:
        assert await ward.refused("quinn", "shipment-void", "S-CELLS-4", **void) == ["later_acts_stand"]
        await ward.does("quinn", "vial-void", vial, **await _of(ward, Log.VAULT, "vial-receive", vial))
    await ward.does("quinn", "shipment-void", "S-CELLS-4", **void)
    assert (await ward.item(Kind.SHIPMENT, "S-CELLS-4")).state == "expected"


async def _of(ward: Ward, log: Log, action: str, code: str) -> Any:
    """The evidence with which quality assurance voids the last entry of that action on that thing."""
    found = [each for each in await ward.leaves(log) if (each["action"], each["item"]) == (action, code)]
    return {"log": log.value, "index": found[-1]["index"], "reason": "recorded_wrongly", "second": "quentin"}


async def _lot(ward: Ward) -> Item:
    return await ward.item(Kind.LOT, "BM-MSC-1")


async def test_the_record_of_a_prepared_kit_is_not_voided_under_it(ward: Ward) -> None:
    kit = await ward.kit_at("prepared")
    entries = await ward.leaves(Log.VAULT)
    index = next(leaf["index"] for leaf in entries if leaf["action"] == "kit-record-preparation")
    void = {"log": "vault", "index": index, "reason": "recorded_wrongly"}
    assert (await ward.refused("tina", "kit-void", kit, **void))[0] == "later_acts_stand"
