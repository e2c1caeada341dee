"""Lives walked as they go wrong in practice: voids, excursions, spilled boxes, lost vials, replaced kits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inventory.domain import clocks
from inventory.domain.custody import decide
from inventory.domain.identifiers import numbers
from inventory.domain.items import Item, Kind, Log, Shelf
from tests.domain import walks
from tests.domain.lab import START, Lab, profile


def void(lab: Lab, action: str, code: str, entry: dict[str, Any], **rest: Any) -> Any:
    """Void that entry."""
    asked = {"log": entry["log"], "index": entry["index"], "reason": "scanned_wrong_code"}
    return lab.do(action, code, **{**asked, **rest})


def not_voided(lab: Lab, action: str, code: str, entry: dict[str, Any], **rest: Any) -> list[str]:
    asked = {"log": entry["log"], "index": entry["index"], "reason": "scanned_wrong_code"}
    return lab.refusals(action, code, **{**asked, **rest})


def entry_of(lab: Lab, log: Log, action: str, item: str) -> dict[str, Any]:
    return [leaf for leaf in lab.view.leaves[log] if (leaf["action"], leaf["item"]) == (action, item)][-1]


def kinds_changed(before: dict[Any, Item], after: dict[Any, Item]) -> set[Kind]:
    return {kind for kind, code in after if before.get((kind, code)) != after[kind, code]}


# Voiding
def test_a_wrong_vial_recorded_as_thawed_is_voided_and_put_right_and_both_stay_visible() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    [vial] = walks.picked(lab, kit)
    picked = dict(lab.view.items)
    lab.must("vial-thaw", vial, device="BATH", celsius_milli=37_000)
    thaw = lab.last(Log.VAULT)
    assert void(lab, "vial-void", vial, thaw, by="tina", second="tom").accepted
    assert lab.view.items == picked
    lab.must("vial-thaw", vial, device="BATH", celsius_milli=36_500)
    assert lab.get(Kind.VIAL, vial).number("celsius_milli") == 36_500
    told = [(leaf["action"], leaf["voids"]) for leaf in lab.view.leaves[Log.VAULT][-3:]]
    assert told == [
        ("vial-thaw", None),
        ("vial-void", {"log": "vault", "index": thaw["index"]}),
        ("vial-thaw", None),
    ]


def test_a_pick_voided_lets_the_vial_go_and_it_can_be_picked_again() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    [vial] = walks.picked(lab, kit)
    assert void(lab, "vial-void", vial, lab.last(Log.VAULT)).accepted
    assert lab.get(Kind.VIAL, vial).place == walks.position(1)
    assert (lab.state(Kind.HOLDER, vial), lab.state(Kind.CONTENTS, kit)) == ("voided", "voided")
    assert walks.picked(lab, kit) == [vial]


def test_a_preparation_voided_gives_the_kit_its_syringes_anew() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "prepared")
    syringes = lab.get(Kind.KIT, kit).texts("syringes")
    entry = lab.last(Log.VAULT)
    assert not_voided(lab, "kit-void", kit, lab.last(Log.OPEN), by="quinn") == ["voided_entry"]
    assert void(lab, "kit-void", kit, entry, by="tina", second="tom").accepted
    assert (lab.state(Kind.KIT, kit), lab.state(Kind.SYRINGE, syringes[0])) == ("called_for", "voided")
    lab.must("kit-prepare", kit, volumes_ul=[960, 1000], sleeve="opaque")
    assert lab.get(Kind.SYRINGE, syringes[0]).number("filled_ul") == 960


def test_a_lot_entered_wrongly_is_voided_and_entered_again_under_its_own_number() -> None:
    lab = walks.study()
    told = {
        "product": "DMSO", "manufacturer": "Maker", "cryo_medium": "CS10", "dmso_basis_points": 1000,
        "filled_on": "2026-01-15", "expires_on": "2027-12-31",
        "vials": [{"serial": "X-1", "volume_ul": 4500}],
    }  # fmt: skip
    lab.must("lot-register", "L-9", **told)
    assert void(lab, "lot-void", "L-9", lab.last(Log.VAULT)).accepted
    assert (lab.state(Kind.LOT, "L-9"), lab.state(Kind.VIAL, "X-1")) == ("voided", "voided")
    lab.must("lot-register", "L-9", **{**told, "expires_on": "2028-12-31"})
    assert lab.get(Kind.LOT, "L-9").due == "2028-12-31"


def test_what_is_built_on_is_not_voided_before_what_stands_on_it() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    order, call = entry_of(lab, Log.OPEN, "kit-order", kit), entry_of(lab, Log.OPEN, "kit-call", kit)
    assert not_voided(lab, "kit-void", kit, order, by="cora", second="carl") == ["later_acts_stand"]
    assert void(lab, "kit-void", kit, call, by="cora", second="carl").accepted
    assert not_voided(lab, "kit-void", kit, call, by="cora", second="carl") == ["voided_entry"]
    assert void(lab, "kit-void", kit, order, by="cora", second="carl").accepted
    assert lab.state(Kind.KIT, kit) == "assigned"


@pytest.mark.parametrize(
    ("rest", "refused"),
    [
        ({"by": "ivan", "second": "irene"}, ["not_your_entry"]),
        ({"by": "cora", "second": None}, ["second_person_missing"]),
        ({"by": "bert", "second": None}, ["not_entitled"]),
        ({"by": "cora", "second": "carl", "index": 999}, ["voided_entry"]),
        ({"by": "cora", "second": "carl", "index": 3}, ["voided_entry"]),
        ({"by": "cora", "second": "carl", "log": "vault", "index": 0}, ["voided_entry"]),
        ({"by": "cora", "second": "carl", "log": "vault", "index": 10}, ["voided_entry"]),
        ({"by": "quinn", "second": "cora"}, []),
    ],
)
def test_only_the_performer_or_quality_assurance_voids_and_never_alone(
    rest: dict[str, Any], refused: list[str]
) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    decision = void(lab, "kit-void", kit, lab.last(Log.OPEN), **rest)
    assert [each.code for each in decision.refused] == refused


def test_a_void_leaves_the_deviation_that_the_entry_opened() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "at_bedside")
    first = lab.get(Kind.KIT, kit).texts("syringes")[0]
    decision = walks.give(lab, first, "P-001")
    assert void(lab, "syringe-void", first, lab.last(Log.OPEN), by="ivan", second="irene").accepted
    assert lab.state(Kind.SYRINGE, first) == "filled"
    assert lab.state(Kind.DEVIATION, str(decision.deviation)) == "open"


def test_a_terminal_act_is_voided_like_any_other() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "destroyed")
    assert void(lab, "kit-void", kit, lab.last(Log.OPEN), by="paula", second="peter").accepted
    assert lab.state(Kind.KIT, kit) == "reconciled"


def test_a_box_with_vials_in_it_is_not_voided() -> None:
    lab = walks.study()
    entry = entry_of(lab, Log.VAULT, "box-register", walks.BOX)
    assert not_voided(lab, "box-void", walks.BOX, entry) == ["later_acts_stand"]


# Vials and storage
def test_a_vial_goes_back_only_within_its_time_out_of_storage_all_absences_counted() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    [vial] = walks.picked(lab, kit)
    lab.wait(seconds=100)
    lab.must("vial-return", vial, position=walks.position(1))
    assert (lab.get(Kind.VIAL, vial).number("seconds_out"), lab.state(Kind.HOLDER, vial)) == (100, "let_go")
    walks.picked(lab, kit)
    lab.wait(seconds=80)
    assert lab.copy().do("vial-return", vial, position=walks.position(1)).accepted
    lab.wait(seconds=1)
    assert lab.refusals("vial-return", vial, position=walks.position(1)) == ["out_of_ln2_budget"]
    lab.must("vial-waste", vial, reason="time_out_exceeded")


def test_the_pick_list_names_the_first_to_expire_and_passes_over_what_is_unfit() -> None:
    lab = walks.study()
    walks.lot(lab, "EARLY", "BM-MSC", vials=3, expires_on="2026-12-31")
    for ordinal in (1, 2, 3):
        lab.must("vial-store", f"EARLY-{ordinal}", position=walks.position(40 + ordinal))
    walks.release(lab, "EARLY")
    lab.must("vial-quarantine", "EARLY-1", reason="under_investigation")
    lab.must("vial-move", "EARLY-2", position=walks.position(60))
    kit = walks.kit_at(lab, "called_for")
    refused = lab.refusals("vial-pick", "BM-MSC-1-1", kit=kit, position=walks.position(1))
    assert refused == ["not_on_pick_list"]
    assert walks.picked(lab, kit) == ["EARLY-3"]
    refused = lab.refusals("vial-pick", "EARLY-2", kit=kit, position=walks.position(60))
    assert refused == ["enough_vials"]


def test_a_vial_of_the_other_product_is_not_on_the_pick_list() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    assert lab.refusals("vial-pick", "DMSO-1-1", kit=kit, position=walks.position(6)) == ["not_on_pick_list"]


@pytest.mark.parametrize(
    ("position", "refused"),
    [
        (walks.position(1), "already_there"),
        (walks.position(2), "position_taken"),
        (walks.position(80, walks.box_code(7)), "position_unknown"),
        ("P-NONSENSE", "position_unknown"),
        (numbers.position_code(walks.BOX, 10, 1), "position_unknown"),
    ],
)
def test_a_vial_is_put_into_a_free_position_that_exists(position: str, refused: str) -> None:
    lab = walks.study()
    assert lab.refusals("vial-move", "BM-MSC-1-1", position=position) == [refused]
    late = {"late": {"sheet": "S-1", "reason": "system_down"}}
    assert lab.refusals("vial-move", "BM-MSC-1-1", position=position, **late) == [refused]


@pytest.mark.parametrize("place", ["JAX/CRYO", "JAX/CRYO/T1", walks.RACK])
def test_nothing_is_put_into_a_place_out_of_service_but_what_lies_there_can_be_taken_away(place: str) -> None:
    lab = walks.study()
    lab.must("place-register", "JAX/B", kind="room")
    lab.must("box-register", walks.box_code(7), place="JAX/B", name="Box 2", rows=9, columns=9)
    lab.must("place-close", place, reason="maintenance")
    assert lab.refusals("vial-move", "BM-MSC-1-1", position=walks.position(50)) == ["place_not_in_service"]
    lab.must("vial-move", "BM-MSC-1-1", position=walks.position(1, walks.box_code(7)))


@pytest.mark.parametrize("path", ["JAX//T9/", "JAX/T9/", "/JAX", "JAX/T:9"])
def test_a_place_is_entered_under_a_path_that_a_file_could_name_too(path: str) -> None:
    lab = walks.study()
    assert lab.refusals("place-register", path, kind="rack") == ["code_not_fit"]


@pytest.mark.parametrize(
    "code", ["BDJFJ3DMH", walks.box_code(7).lower(), "box 9", "VAEK9CF39", "-B1", "B" * 21]
)
def test_a_box_is_entered_under_a_code_that_a_scan_tells_from_every_other(code: str) -> None:
    lab = walks.study()
    told = {"place": walks.RACK, "name": "Box 9", "rows": 9, "columns": 9}
    assert lab.refusals("box-register", code, **told) == ["code_not_fit"]
    lab.must("box-register", "BOX-9", **told)


AHEAD = START + timedelta(seconds=profile().limits.clock_skew_seconds)


@pytest.mark.parametrize(
    ("ended", "refused"),
    [
        (clocks.format_instant(AHEAD), []),
        (clocks.format_instant(AHEAD + timedelta(microseconds=1)), ["occurred_in_future"]),
        ("2026-11-22", []),
        ("2026-11-23", ["occurred_in_future"]),
    ],
)
def test_what_a_logger_measured_does_not_end_after_an_act_may_have_happened(
    ended: str, refused: list[str]
) -> None:
    lab = walks.study()
    told = {"logger": "LOGGER", "started_at": "2026-11-20", "ended_at": ended, "readings": walks.DIGEST}
    measured = {"coldest_millicelsius": -190_000, "warmest_millicelsius": -120_000}
    warm = {"place": "JAX/CRYO/T1", "warmest_millicelsius": -120_000}
    for action, code, more in (
        ("place-measure", "JAX/CRYO/T1", measured),
        ("excursion-open", "EX-1", warm),
    ):
        decision = lab.do(action, code, **told, **more)
        assert [each.code for each in decision.refused] == refused
        assert decision.accepted is not bool(refused)


def test_a_spilled_box_is_in_question_until_every_vial_is_scanned_back_in_one_act() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    lab.must("box-spill", walks.BOX)
    refused = lab.refusals("vial-pick", "BM-MSC-1-1", kit=kit, position=walks.position(1))
    assert refused == ["place_not_in_service", "no_vial_available"]
    vials = [f"{lot}-1-{ordinal}" for lot in ("BM-MSC", "DMSO") for ordinal in range(1, 6)]
    seen = [{"vial": vial, "position": walks.position(30 + place)} for place, vial in enumerate(vials)]
    for wrong in (
        seen[:-1],
        [*seen[:-1], seen[0]],
        [*seen[:-1], {**seen[-1], "position": seen[0]["position"]}],
    ):
        assert lab.refusals("box-rescan", walks.BOX, seen=wrong) == ["box_contents_differ"]
    lab.must("box-rescan", walks.BOX, seen=seen)
    assert lab.get(Kind.VIAL, "DMSO-1-5").place == walks.position(39)


def test_a_count_tells_missing_unexpected_and_misplaced_and_moves_nothing() -> None:
    lab = walks.study()
    seen = [{"vial": f"BM-MSC-1-{ordinal}", "position": walks.position(ordinal)} for ordinal in (1, 2, 3)]
    seen += [
        {"vial": "BM-MSC-1-4", "position": walks.position(70)},
        {"vial": "WHO", "position": walks.position(71)},
    ]
    before = dict(lab.view.items)
    lab.must("box-count", walks.BOX, seen=seen)
    box = lab.get(Kind.BOX, walks.BOX)
    assert (box.number("matched"), box.texts("unexpected"), box.texts("misplaced")) == (
        3,
        ["WHO"],
        ["BM-MSC-1-4"],
    )
    assert len(box.texts("missing")) == 6
    assert kinds_changed(before, lab.view.items) == {Kind.BOX}


@pytest.mark.parametrize(
    ("warmest", "condition", "vial", "disposition"),
    [
        (-160_000, "intact", "intact", "usable"),
        (-130_000, "intact", "intact", "quarantined"),
        (-160_000, "damaged", "intact", "quarantined"),
        (-160_000, "intact", "damaged", "quarantined"),
    ],
)
def test_what_did_not_arrive_well_is_in_quarantine(
    warmest: int, condition: str, vial: str, disposition: str
) -> None:
    lab = walks.study()
    lab.put(lab.get(Kind.SHIPMENT, "S-DMSO-1").with_facts(warmest_millicelsius=warmest, condition=condition))
    lab.put(lab.get(Kind.VIAL, "DMSO-1-1").moved("expected"))
    lab.must("vial-receive", "DMSO-1-1", shipment="S-DMSO-1", condition=vial)
    assert lab.get(Kind.VIAL, "DMSO-1-1").text("disposition") == disposition


def excursion(lab: Lab, code: str) -> None:
    lab.must(
        "excursion-open", code, place="JAX/CRYO/T1", logger="LOGGER", started_at="2026-11-22T08:00:00Z",
        ended_at="2026-11-22T09:00:00Z", warmest_millicelsius=-120_000, readings=walks.DIGEST,
    )  # fmt: skip


def test_a_vial_is_usable_again_when_every_excursion_is_assessed_and_not_before() -> None:
    lab = walks.study()
    lab.must("vial-quarantine", "BM-MSC-1-3", reason="under_investigation")
    excursion(lab, "E-1")
    lab.must("vial-reject", "BM-MSC-1-2", reason="leaking")
    excursion(lab, "E-2")

    def dispositions() -> list[str]:
        return [lab.get(Kind.VIAL, f"BM-MSC-1-{ordinal}").text("disposition") for ordinal in (1, 2, 3)]

    assert dispositions() == ["quarantined", "rejected", "quarantined"]
    assert lab.refusals("vial-clear", "BM-MSC-1-1", reason="other") == ["excursion_open"]
    lab.must("excursion-assess", "E-1", disposition="usable", reason="short and cold enough")
    assert dispositions() == ["quarantined", "rejected", "quarantined"]
    lab.must("excursion-assess", "E-2", disposition="usable", reason="short and cold enough")
    assert dispositions() == ["usable", "rejected", "quarantined"]
    lab.must("vial-clear", "BM-MSC-1-3", reason="assessment_complete")
    assert dispositions() == ["usable", "rejected", "usable"]


@pytest.mark.parametrize("action", ["vial-clear", "vial-quarantine"])
def test_nothing_makes_a_rejected_vial_usable_again(action: str) -> None:
    lab = walks.study()
    lab.must("vial-reject", "BM-MSC-1-1", reason="leaking")
    assert lab.refusals(action, "BM-MSC-1-1", reason="other") == ["vial_rejected"]
    lab.must("vial-lose", "BM-MSC-1-1", reason="not_found")
    lab.must("vial-find", "BM-MSC-1-1", position=walks.position(1))
    assert lab.get(Kind.VIAL, "BM-MSC-1-1").text("disposition") == "rejected"


def test_a_vial_thawed_by_mistake_is_recorded_rejected_and_a_deviation() -> None:
    lab = walks.study()
    decision = lab.do("vial-thaw-by-mistake", "BM-MSC-1-1", reason="wrong_item")
    assert [each.code for each in decision.refused] == ["thaw_not_ordered"]
    vial = lab.get(Kind.VIAL, "BM-MSC-1-1")
    assert (vial.state, vial.text("disposition"), vial.place) == ("thawed", "rejected", None)


# Lots
def test_a_lot_is_released_by_its_tests_and_followed_up_when_one_is_pending() -> None:
    lab = walks.study()
    walks.lot(lab, "L-9", "DMSO", vials=1)
    assert lab.refusals("lot-release", "L-9") == ["tests_missing"]
    lab.must("lot-record-results", "L-9", **walks.results(lab, "L-9", sterility="pending"))
    assert lab.refusals("lot-release", "L-9") == ["tests_pending"]
    for day, refused in (("2026-12-07", "follow_up_too_late"), ("2026-11-21", "follow_up_passed")):
        assert lab.refusals("lot-release-conditionally", "L-9", follow_up_by=day) == [refused]
    lab.must("lot-release-conditionally", "L-9", follow_up_by="2026-12-06")
    lab.must("lot-record-results", "L-9", **walks.results(lab, "L-9", sterility="fail"))
    assert lab.state(Kind.LOT, "L-9") == "on_hold"
    assert lab.refusals("lot-resume", "L-9", reason="other") == ["tests_failed"]
    lab.must("lot-reject", "L-9", reason="test_failed")


def test_an_extension_moves_the_expiry_of_every_vial_of_the_lot_and_only_forwards() -> None:
    lab = walks.study()
    told = {"document": walks.DIGEST}
    assert lab.refusals("lot-extend", "DMSO-1", expires_on="2027-12-31", **told) == ["expiry_not_later"]
    lab.must("lot-extend", "DMSO-1", expires_on="2028-12-31", **told)
    assert lab.get(Kind.LOT, "DMSO-1").due == "2028-12-31"


# Kits
def test_a_kit_partly_given_is_replaced_for_the_joints_left_once() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "confirmed")
    first, second = lab.get(Kind.KIT, kit).texts("syringes")
    walks.give(lab, first, "P-001")
    lab.must("syringe-drop", second, reason="dropped")
    given, left = lab.get(Kind.KIT, kit).texts("joints")
    assert lab.refusals("kit-replace", kit, reason="dropped", joints=[given]) == ["joints_differ"]
    lab.must("kit-replace", kit, reason="dropped", joints=[left])
    new = lab.get(Kind.PARTICIPANT, "P-001").text("live_kit_1")
    assert (lab.get(Kind.KIT, new).texts("joints"), lab.get(Kind.KIT, new).text("replaces")) == ([left], kit)
    assert lab.refusals("kit-replace", kit, reason="dropped", joints=[left]) == ["slot_taken"]
    walks.walk(lab, new, "P-001", "administered")
    taken = lab.refusals("kit-replace", kit, reason="dropped", joints=[left])
    assert taken == ["slot_taken", "joints_differ"]


def told_late() -> tuple[Lab, str, str]:
    """A kit that was not given, the one that replaced it, and an injection from the first one told since."""
    lab = walks.study()
    first = walks.kit_at(lab, "confirmed")
    joints = lab.get(Kind.KIT, first).texts("joints")
    lab.must("kit-not-give", first, reason="participant_unwell")
    lab.must("kit-replace", first, reason="participant_unwell", joints=joints)
    syringe, _ = lab.get(Kind.KIT, first).texts("syringes")
    assert walks.give(lab, syringe, "P-001").accepted
    return lab, first, lab.get(Kind.KIT, first).text("replaced_by")


@pytest.mark.parametrize("elsewhere", [{"shelf": Shelf.VAULT}, {"parent": "P-002"}, {"facts": {"period": 2}}])
def test_a_joint_was_given_from_kits_of_the_same_slot_alone(elsewhere: dict[str, Any]) -> None:
    lab, first, second = told_late()
    joints = lab.get(Kind.KIT, second).texts("joints")
    (refused,) = decide(lab.case("kit-order", second, joints=joints)).refused
    assert (refused.code, refused.detail) == ("joint_given", joints[0])
    kit = lab.get(Kind.KIT, first)
    lab.put(replace(kit, **{**elsewhere, "facts": {**kit.facts, **elsewhere.get("facts", {})}}))
    lab.must("kit-order", second, joints=joints)


def test_kits_that_replace_each_other_in_a_ring_are_each_looked_at_once() -> None:
    lab, first, second = told_late()
    lab.put(lab.get(Kind.KIT, second).with_facts(replaced_by=first))
    lab.put(lab.get(Kind.KIT, first).with_facts(replaces=second))
    joints = lab.get(Kind.KIT, second).texts("joints")
    assert lab.refusals("kit-order", second, joints=joints) == ["joint_given"]


def test_an_order_from_paper_for_a_joint_that_was_given_is_recorded_with_its_deviation() -> None:
    lab, _, second = told_late()
    joints, at = lab.get(Kind.KIT, second).texts("joints"), walks.minutes_ago(lab, 10)
    late = {"sheet": "S-1", "reason": "system_down"}
    decision = lab.do("kit-order", second, joints=joints, at=at, late=late)
    assert (decision.accepted, [each.code for each in decision.refused]) == (True, ["joint_given"])


def test_a_disclosed_kit_is_replaced_in_the_vault_and_leaves_no_trace_in_the_open_log() -> None:
    lab = walks.study()
    walks.kit_at(lab, "destroyed", "P-001")
    walks.kit_at(lab, "destroyed", "P-002")
    walks.unblind(lab, "P-002", "cora", "carl")
    kit = lab.get(Kind.ARM, "P-002").text("live_kit_2")
    opened = len(lab.view.leaves[Log.OPEN])
    lab.must("kit-cancel", kit, reason="delayed")
    lab.must("kit-replace", kit, reason="delayed", joints=lab.get(Kind.KIT, kit).texts("joints"))
    new = lab.get(Kind.ARM, "P-002").text("live_kit_2")
    walks.walk(lab, new, "P-002", "ordered")
    assert lab.get(Kind.KIT, new).texts("entitled") == ["cora", "carl"]
    assert len(lab.view.leaves[Log.OPEN]) == opened


def test_what_is_not_given_is_returned_balanced_and_destroyed() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "offered_to_pharmacy")
    lab.must("kit-not-give", kit, by="paula", reason="participant_unwell")
    syringes = lab.get(Kind.KIT, kit).texts("syringes")
    back = [{"syringe": syringe, "remainder_ul": 1000} for syringe in syringes]
    assert lab.refusals("kit-return", kit, remainders=back[:1]) == ["count_differs"]
    for more in ({"remainder_ul": 1051}, {"remainder_ul": 1000, "spilled_ul": 51}):
        assert lab.refusals("kit-return", kit, remainders=[back[0], {**back[1], **more}]) == [
            "volume_differs"
        ]
    lab.must("kit-return", kit, remainders=[back[0], {**back[1], "remainder_ul": 940, "spilled_ul": 9}])
    assert lab.refusals("kit-reconcile", kit) == ["count_differs"]
    lab.must("kit-reconcile", kit, differences=[{"syringe": syringes[1], "reason": "residual_in_needle"}])
    assert lab.get(Kind.SYRINGE, syringes[1]).number("difference_ul") == 51
    lab.must("kit-destroy", kit, method="incineration")
    assert {lab.state(Kind.SYRINGE, syringe) for syringe in syringes} == {"destroyed"}
    assert lab.state(Kind.PARTICIPANT, "P-001") == "randomised"


@pytest.mark.parametrize(
    ("result", "hours", "refused"),
    [
        ("negative", 2, []),
        ("negative", 24, []),
        ("negative", 25, ["pregnancy_test_old"]),
        ("negative", -1, ["occurred_in_future"]),
        ("positive", 2, ["pregnancy_test_positive"]),
        ("not_applicable", 2, ["pregnancy_test_missing"]),
    ],
)
def test_no_kit_is_called_for_without_a_recent_negative_test(
    result: str, hours: int, refused: list[str]
) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "ordered")
    decision = lab.do(
        "kit-call", kit, participant="P-001", pregnancy_test=walks.pregnancy_test(lab, result, hours)
    )
    assert [each.code for each in decision.refused] == refused


def test_a_handover_that_took_too_long_is_refused_by_the_earlier_of_its_two_starts() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "prepared")
    lab.must("kit-hand-to-pharmacy", kit, at=walks.minutes_ago(lab, 10))
    lab.wait(minutes=20)
    assert lab.copy().do("kit-accept-at-pharmacy", kit).accepted
    lab.wait(seconds=1)
    assert lab.refusals("kit-accept-at-pharmacy", kit) == ["transport_too_long"]
    lab.must("kit-refuse-at-pharmacy", kit, reason="delayed")


def test_every_kit_waits_the_same_time_whatever_its_preparation_took() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    walks.thawed(lab, kit)
    lab.must("kit-record-preparation", kit, **walks.preparation())
    lab.wait(minutes=56, seconds=59)
    told = {"volumes_ul": [1000, 1000], "sleeve": "opaque"}
    assert lab.refusals("kit-prepare", kit, **told) == ["not_ready_yet"]
    lab.wait(seconds=1)
    lab.must("kit-prepare", kit, **told)


@pytest.mark.parametrize(
    ("record", "volumes", "refused"),
    [
        ({"inspection": "fail"}, [1000, 1000], ["inspection_failed"]),
        ({"viability_permille": 699}, [1000, 1000], ["viability_below_limit"]),
        ({"viability_permille": 700}, [1000, 1000], []),
        ({"viability_permille": None}, [1000, 1000], ["viability_below_limit"]),
        ({}, [1000], ["count_differs"]),
        ({}, [1051, 1000], ["volume_differs"]),
        ({}, [1000, 949], ["volume_differs"]),
        ({}, [1050, 950], []),
        ({}, [2000, 2000], ["volume_differs"]),
        ({}, [3000, 3000], ["volume_differs"]),
        (None, [1000, 1000], ["preparation_not_recorded"]),
    ],
)
def test_a_kit_is_released_by_its_preparation_record(
    record: dict[str, Any] | None, volumes: list[int], refused: list[str]
) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    walks.thawed(lab, kit)
    if record is not None:
        lab.must("kit-record-preparation", kit, **walks.preparation(**record))
    lab.wait(minutes=60)
    decision = lab.do("kit-prepare", kit, volumes_ul=volumes, sleeve="opaque")
    assert [each.code for each in decision.refused] == refused


@pytest.mark.parametrize(
    ("device", "refused"),
    [("COUNTER", ["device_unknown"]), ("NO-SUCH", ["device_unknown"]), ("OLD", ["calibration_overdue"])],
)
def test_a_thaw_takes_a_registered_calibrated_thaw_device(device: str, refused: list[str]) -> None:
    lab = walks.study()
    lab.must("device-register", "OLD", kind="thaw-device", serial="SN", calibration_due="2026-11-21")
    kit = walks.kit_at(lab, "called_for")
    [vial] = walks.picked(lab, kit)
    assert lab.refusals("vial-thaw", vial, device=device, celsius_milli=37_000) == refused


# People
@pytest.mark.parametrize(
    ("action", "code", "rest", "refused"),
    [
        ("person-add", "zoe", {"name": "Z", "roles": ["lab_qa"], "second": None}, ["second_person_missing"]),
        ("person-add", "zoe", {"name": "Z", "roles": ["lab_qa", "injector"]}, ["blinding_conflict"]),
        ("person-add", "zoe", {"name": "Z", "roles": ["pharmacist"], "second": None}, []),
        ("person-grant", "cora", {"role": "injector", "second": None}, []),
        ("person-grant", "tina", {"role": "administrator"}, ["blinding_conflict", "administrator_alone"]),
        ("person-grant", "cora", {"role": "administrator"}, ["administrator_alone"]),
        ("person-grant", "xena", {"role": "administrator", "second": None}, ["own_rights"]),
        ("person-lock", "xena", {"reason": "left_study"}, ["own_rights"]),
        ("person-grant", "tina", {"role": "lab_qa", "second": "cora"}, ["second_person_not_entitled"]),
    ],
)  # fmt: skip
def test_rights_are_given_by_others_and_never_across_the_blind(
    action: str, code: str, rest: dict[str, Any], refused: list[str]
) -> None:
    decision = walks.study().do(action, code, by="xena", **{"second": "xaver", **rest})
    assert [each.code for each in decision.refused] == refused


def test_a_role_once_held_still_counts_when_it_was_taken_away() -> None:
    lab = walks.study()
    lab.must("person-revoke", "tina", by="xena", role="cell_lab_technician")
    assert lab.refusals("person-grant", "tina", by="xena", role="coordinator") == ["blinding_conflict"]
