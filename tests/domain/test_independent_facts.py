"""What must be so whatever the tables say: written by hand, and held against the tables.

Nothing here is computed from a table but the claim under test. A fact that a table breaks is named by its
test.
"""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from pydantic import BaseModel

from inventory.domain.items import Item, Kind
from inventory.domain.lives import TRANSITIONS
from inventory.domain.lives.row import Mode, Row
from inventory.domain.lives.void import TELLING
from tests.domain import walks
from tests.domain.lab import Lab, profile

ROWS = list(TRANSITIONS.values())
VOIDS = [row for row in ROWS if row.action.endswith("-void")]
ACTS = [row for row in ROWS if row not in VOIDS]

VAULT_KINDS = {"donor", "lot", "vial", "shipment", "place", "box", "excursion", "alert"}
BLINDED = {"pharmacist", "coordinator", "injector", "blinded_auditor", "administrator"}
MATERIAL = {"vial", "lot", "kit", "syringe", "shipment", "box", "donor", "excursion", "place", "participant"}

PATHS = {
    "lot": "quarantined conditionally_released released on_hold rejected recalled",
    "vial": "expected received stored picked thawing thawed consumed missing sampled shipped_out wasted "
    "destroyed",
    "kit": "planned assigned ordered called_for prepared offered_to_pharmacy at_pharmacy dispensed "
    "offered_to_bedside at_bedside confirmed administered partly_administered not_administered returned "
    "reconciled destroyed cancelled",
    "syringe": "filled given partly_given not_given dropped returned destroyed",
    "participant": "enrolled eligible randomised treated withdrawn",
    "box": "in_use spilled retired",
    "shipment": "expected received closed refused",
    "excursion": "open assessed",
    "alert": "open acknowledged closed",
    "place": "in_service closed",
    "donor": "eligible ineligible incomplete",
    "device": "in_service out_of_service retired",
    "deviation": "open assessed closed",
    "unblinding": "event_missing complete",
    "notice": "sent acknowledged",
    "caller": "named",
    "envelope": "printed placed opened retired",
    "person": "active locked",
    "study": "open closed",
    "list": "loaded",
    "arm": "assigned broken disclosed",
    "contents": "gathering prepared",
    "holder": "held let_go",
    "template": "draft approved retired",
    "roll": "in_stock mounted closed",
    "job": "drafted checked queued claimed sent confirmed failed void closed",
    "label": "planned sent on_hand applied void destroyed cancelled",
    "visit": "open closed",
    "query": "open answered closed",
}


def moves(kind: str, rows: list[Row] = ACTS) -> set[tuple[str, str, str]]:
    """(source, action, target) of a kind's rows where the state changes."""
    return {
        (source, row.action, target)
        for row in rows
        if row.kind.value == kind
        for source, targets in row.moves.items()
        for target in targets
        if source != target
    }


def targets(kind: str, source: str) -> set[str]:
    return {to for at, _, to in moves(kind) if at == source}


# Ways that must be there, and ways that must not
@pytest.mark.parametrize(("kind", "path"), PATHS.items())
def test_every_state_is_named_and_can_be_reached_from_nothing(kind: str, path: str) -> None:
    reached, edge = {"new"}, {"new"}
    while edge:
        edge = {to for at, _, to in moves(kind) if at in edge} - reached
        reached |= edge
    assert reached - {"new"} == set(path.split())


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("vial", "new expected received stored picked thawing thawed consumed"),
        ("vial", "stored missing stored"),
        ("vial", "picked stored"),
        ("vial", "thawed wasted destroyed"),
        ("vial", "stored sampled destroyed"),
        ("lot", "new quarantined released on_hold released recalled"),
        ("lot", "quarantined conditionally_released released"),
        ("lot", "conditionally_released on_hold conditionally_released rejected"),
        (
            "kit",
            (
                "new planned assigned ordered called_for prepared offered_to_pharmacy at_pharmacy dispensed "
                "offered_to_bedside at_bedside confirmed administered returned reconciled destroyed"
            ),
        ),
        ("kit", "confirmed partly_administered returned"),
        ("kit", "called_for assigned ordered"),
        ("kit", "ordered cancelled"),
        ("syringe", "new filled given returned destroyed"),
        ("syringe", "filled dropped returned"),
        ("participant", "new enrolled eligible randomised treated withdrawn"),
        ("box", "new in_use spilled in_use retired"),
        ("shipment", "new expected received closed"),
        ("arm", "new assigned broken disclosed"),
        ("alert", "new open acknowledged closed"),
        ("template", "new draft approved retired"),
        ("roll", "new in_stock mounted in_stock closed"),
        ("job", "new drafted checked queued claimed sent confirmed closed"),
        ("job", "claimed failed drafted"),
        ("label", "new planned sent on_hand applied void destroyed"),
    ],
)  # fmt: skip
def test_the_printed_path_can_be_walked(kind: str, path: str) -> None:
    steps = path.split()
    missing = [(at, to) for at, to in pairwise(steps) if to not in targets(kind, at)]
    assert missing == []


@pytest.mark.parametrize(
    "state", ["thawing", "thawed", "consumed", "wasted", "destroyed", "sampled", "shipped_out"]
)
def test_nothing_thawed_or_gone_comes_back_to_storage(state: str) -> None:
    assert not targets("vial", state) & {"expected", "received", "stored", "picked"}


def test_a_thaw_begins_from_picked_alone_so_that_there_is_no_second_one() -> None:
    assert {at for at, _, to in moves("vial") if to == "thawing"} == {"picked"}
    assert targets("vial", "thawed") == {"consumed", "wasted", "destroyed"}
    assert {(at, action) for at, action, to in moves("vial") if to == "thawed"} == {
        ("thawing", "vial-finish-thaw"),
        ("received", "vial-thaw-by-mistake"),
        ("stored", "vial-thaw-by-mistake"),
        ("picked", "vial-thaw-by-mistake"),
        ("missing", "vial-thaw-by-mistake"),
    }


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("vial", "destroyed"), ("vial", "consumed"), ("vial", "shipped_out"), ("kit", "destroyed"),
        ("kit", "cancelled"), ("syringe", "destroyed"), ("lot", "rejected"), ("lot", "recalled"),
        ("participant", "withdrawn"), ("box", "retired"), ("device", "retired"), ("arm", "disclosed"),
        ("study", "closed"), ("deviation", "closed"), ("excursion", "assessed"), ("shipment", "refused"),
    ],
)  # fmt: skip
def test_nothing_leads_out_of_the_end(kind: str, state: str) -> None:
    assert targets(kind, state) == set()


def test_a_lot_moves_in_these_ways_and_no_other() -> None:
    assert {(at, to) for at, _, to in moves("lot")} == {
        ("new", "quarantined"), ("voided", "quarantined"),
        ("quarantined", "released"), ("quarantined", "conditionally_released"),
        ("conditionally_released", "released"),
        ("released", "on_hold"), ("conditionally_released", "on_hold"),
        ("on_hold", "released"), ("on_hold", "conditionally_released"),
        ("quarantined", "rejected"), ("conditionally_released", "rejected"), ("released", "rejected"),
        ("on_hold", "rejected"),
        ("quarantined", "recalled"), ("conditionally_released", "recalled"), ("released", "recalled"),
        ("on_hold", "recalled"),
    }  # fmt: skip


def test_a_lot_on_hold_is_not_put_on_hold_again_and_so_keeps_what_it_was_held_from() -> None:
    assert set(TRANSITIONS["lot-hold"].moves) == {"released", "conditionally_released"}


def test_a_syringe_moves_in_these_ways_and_no_other() -> None:
    assert {(at, to) for at, _, to in moves("syringe")} == {
        ("new", "filled"), ("voided", "filled"),
        ("filled", "given"), ("filled", "partly_given"), ("filled", "not_given"), ("filled", "dropped"),
        ("not_given", "given"), ("not_given", "partly_given"), ("dropped", "given"), ("dropped", "partly_given"),
        ("given", "returned"), ("partly_given", "returned"), ("not_given", "returned"),
        ("dropped", "returned"), ("returned", "destroyed"),
    }  # fmt: skip


def test_a_kit_is_destroyed_only_after_it_was_reconciled() -> None:
    assert {at for at, _, to in moves("kit") if to == "destroyed"} == {"reconciled"}
    assert {at for at, _, to in moves("kit") if to == "reconciled"} == {"returned"}


def test_a_kit_is_cancelled_only_before_it_is_prepared() -> None:
    before = {"planned", "assigned", "ordered", "called_for"}
    assert {at for at, _, to in moves("kit") if to == "cancelled"} == before


@pytest.mark.parametrize(
    "state",
    [
        "prepared",
        "offered_to_pharmacy",
        "at_pharmacy",
        "dispensed",
        "offered_to_bedside",
        "at_bedside",
        "confirmed",
    ],
)
def test_prepared_not_given_is_an_ordinary_path_from_every_state_after_prepared(state: str) -> None:
    assert (state, "kit-not-give", "not_administered") in moves("kit")


def test_a_handover_refused_goes_back_to_who_handed_over() -> None:
    assert targets("kit", "offered_to_pharmacy") >= {"prepared", "at_pharmacy"}
    assert targets("kit", "offered_to_bedside") >= {"dispensed", "at_bedside"}
    lab = walks.study()
    kit = walks.kit_at(lab, "offered_to_bedside")
    giver = lab.get(Kind.KIT, kit).text("custodian")
    lab.must("kit-refuse-at-bedside", kit, reason="damaged")
    assert lab.get(Kind.KIT, kit).text("custodian") == giver == "paula"


def test_observations_are_what_happens_and_permissions_what_is_allowed() -> None:
    observed = {row.action for row in ROWS if row.mode is Mode.OBSERVATION}
    assert observed == {
        "syringe-give", "syringe-not-give", "syringe-drop", "syringe-explain", "syringe-explain-volume", "kit-not-give",
        "vial-thaw-by-mistake",
        "vial-lose", "vial-find", "vial-waste", "vial-finish-thaw", "box-spill", "box-count",
        "excursion-open", "place-measure", "envelope-check", "envelope-open",
        "lot-record-results", "participant-withdraw", "participant-report-unblinding", "deviation-report",
        "deviation-report-lab", "kit-reconcile", "alert-tell", "label-spoil",
    }  # fmt: skip


def test_what_paper_can_have_done_already_is_what_hands_do() -> None:
    by_hand = {row.action for row in ROWS if row.by and row.mode is Mode.PERMISSION and not row.decision}
    assert by_hand == {
        "vial-receive", "vial-store", "vial-move", "vial-pick", "vial-return", "vial-thaw", "vial-sample",
        "vial-ship-out", "vial-destroy", "box-move", "box-rescan", "shipment-receive", "kit-order",
        "kit-call", "kit-record-preparation", "kit-prepare", "kit-hand-to-pharmacy", "kit-accept-at-pharmacy",
        "kit-refuse-at-pharmacy", "kit-dispense", "kit-hand-to-bedside", "kit-accept-at-bedside",
        "kit-refuse-at-bedside", "kit-confirm", "kit-return", "kit-destroy",
    }  # fmt: skip


# Who may
LOOKING = {
    "visit-tick", "visit-untick", "visit-note", "visit-close", "query-reopen", "query-close",
}  # fmt: skip
"""What both kinds of auditor record of their own looking."""


def test_auditors_only_look_and_say_what_they_saw_and_asked() -> None:
    blinded = {row.action for row in ROWS if "blinded_auditor" in row.by}
    unblinded = {row.action for row in ROWS if "unblinded_auditor" in row.by}
    assert blinded == LOOKING | {"visit-open", "query-raise"}
    assert unblinded == LOOKING | {"visit-open-lab", "query-raise-lab", "study-open-vault", "study-export"}
    assert (
        not {row.kind.value for row in ROWS if row.by & {"blinded_auditor", "unblinded_auditor"}} & MATERIAL
    )


def test_what_an_auditor_records_changes_their_visit_or_query_and_nothing_else() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "at_pharmacy")
    day = {"purpose": "routine", "from_day": "2026-11-22", "to_day": "2026-11-23"}
    about = {"about": {"kind": "kit", "code": kit}, "question": "Who held it?"}
    for who, action, code, told in (
        ("bert", "visit-open", "MV-1", day),
        ("bert", "visit-tick", "MV-1", {"log": "open", "entries": [0, 1]}),
        ("bert", "visit-untick", "MV-1", {"log": "open", "entries": [1]}),
        ("bert", "query-raise", "MQ-1", {"visit": "MV-1", "entry": 3, **about}),
        ("paula", "query-answer", "MQ-1", {"outcome": "explained", "note": "I did."}),
        ("bert", "query-reopen", "MQ-1", {}),
        ("bert", "query-close", "MQ-1", {}),
        ("bert", "visit-note", "MV-1", {"note": "Two shelves seen."}),
        ("bert", "visit-close", "MV-1", {}),
        ("uma", "visit-open-lab", "LAB-MV-1", day),
        ("uma", "visit-tick", "LAB-MV-1", {"log": "vault", "entries": [0]}),
        ("uma", "query-raise-lab", "LAB-MQ-1", {"visit": "LAB-MV-1", "entry": 0, **about}),
        ("uma", "query-close", "LAB-MQ-1", {}),
        ("uma", "visit-close", "LAB-MV-1", {}),
    ):
        before = dict(lab.view.items)
        lab.must(action, code, by=who, **told)
        changed = [key for key, item in lab.view.items.items() if before.get(key) != item]
        assert {kind.value for kind, _ in changed} <= {"visit", "query"}, action


def test_taking_the_record_out_is_recorded_and_changes_nothing() -> None:
    lab = walks.study()
    before = dict(lab.view.items)
    assert lab.must("study-export", "NCT06001853", by="uma", what="bundle").changes == ()
    assert lab.view.items == before


def test_administrators_touch_no_material() -> None:
    touched = {row.kind.value for row in ROWS if "administrator" in row.by}
    assert touched == {"study", "person", "device"}
    assert not touched & MATERIAL


def test_nobody_who_may_be_blinded_stands_on_a_row_of_the_vault() -> None:
    vault = [row for row in ROWS if row.kind.value in VAULT_KINDS or row.vault]
    # They name public keys alone; of their vault half nobody blinded is told, as of no entry there.
    by_blinded = {"study-rotate-signing-keys", "study-replace-signing-keys"}
    assert {row.action for row in vault if row.by & BLINDED} == by_blinded
    assert {row.action for row in ROWS if row.vault} == {
        "study-load-randomization", "participant-unblind", "participant-entitle", "kit-record-preparation",
        "kit-prepare",
        "deviation-report-lab", "study-export", "kit-sign-on", "kit-open-pick-list", "study-open-vault",
        "participant-look-back", "template-draft", "template-retire", "study-rotate-signing-keys",
        "study-replace-signing-keys", "visit-open-lab", "query-raise-lab",
    }  # fmt: skip


def test_a_printing_agent_prints_and_does_nothing_else() -> None:
    assert {row.action for row in ROWS if "printing_agent" in row.by} == {"job-claim", "job-send", "job-fail"}
    assert all(row.by == {"printing_agent"} for row in ROWS if "printing_agent" in row.by)


def test_a_void_label_is_only_destroyed_or_found_never_to_have_come() -> None:
    assert targets("label", "void") == {"destroyed", "cancelled"}
    assert targets("label", "destroyed") == targets("label", "cancelled") == set()
    assert {at for at, _, to in moves("label") if to == "applied"} == {"sent", "on_hand"}


def test_only_quality_assurance_decides_over_a_lot() -> None:
    decisions = [
        "lot-release",
        "lot-release-conditionally",
        "lot-resume",
        "lot-reject",
        "lot-recall",
        "lot-extend",
    ]
    assert {action: set(TRANSITIONS[action].by) for action in decisions} == {a: {"lab_qa"} for a in decisions}


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("kit-dispense", "pharmacist"),
        ("kit-reconcile", "pharmacist"),
        ("alert-acknowledge", "unblinded_physician"),
        ("alert-close", "unblinded_physician"),
        ("lot-look-back", "lab_qa unblinded_physician"),
        ("participant-look-back", "lab_qa unblinded_physician"),
        ("kit-destroy", "pharmacist"),
        ("kit-call", "coordinator"),
        ("kit-confirm", "injector coordinator"),
        ("kit-prepare", "cell_lab_technician lab_qa"),
        ("kit-accept-at-pharmacy", "pharmacist"),
        ("kit-accept-at-bedside", "coordinator injector"),
        ("syringe-give", "injector"),
        ("syringe-explain", "injector coordinator"),
        ("syringe-explain-volume", "lab_qa"),
        ("vial-pick", "cell_lab_technician"),
        ("vial-thaw", "cell_lab_technician"),
        ("vial-clear", "lab_qa"),
        ("participant-unblind", "unblinded_statistician unblinded_physician"),
        ("participant-entitle", "unblinded_statistician unblinded_physician"),
        ("participant-break-code", "injector unblinded_physician"),
        ("unblinding-look-again", "injector unblinded_physician"),
        ("envelope-print", "unblinded_statistician"),
        ("study-load-randomization", "unblinded_statistician"),
        ("template-approve", "lab_qa"),
        ("job-claim", "printing_agent"),
        ("job-send", "printing_agent"),
        ("job-fail", "printing_agent"),
        ("device-connect", "lab_qa administrator"),
        ("device-qualify", "cell_lab_technician pharmacist coordinator injector lab_qa"),
        ("person-grant", "administrator"),
    ],
)
def test_the_duty_is_that_of_the_role(action: str, roles: str) -> None:
    assert set(TRANSITIONS[action].by) == set(roles.split())


@pytest.mark.parametrize("name", ["nct06001853", "example-three-arms"])
def test_every_two_person_act_of_a_profile_is_a_row(name: str) -> None:
    assert set(profile(name).two_person) - set(TRANSITIONS) == set()


@pytest.mark.parametrize("name", ["nct06001853", "example-three-arms"])
def test_a_study_is_closed_by_two_people_in_every_profile(name: str) -> None:
    assert "study-close" in profile(name).two_person


def test_every_void_needs_two_people_and_a_reason() -> None:
    assert {row.kind.value for row in VOIDS} == {
        "device", "donor", "lot", "shipment", "place", "box", "excursion", "vial", "participant", "kit",
        "syringe", "unblinding", "envelope",
    }  # fmt: skip
    for row in VOIDS:
        assert "two_people" in {rule.__name__ for rule in row.rules}
        assert row.evidence.model_fields["reason"].is_required()


def test_no_entry_that_told_an_arm_is_void() -> None:
    told = {"envelope-open", "participant-unblind", "participant-entitle"}
    assert {*told, *(row.action for row in ROWS if row.reveals)} == TELLING


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("vial-thaw", "device celsius_milli"),
        ("vial-move", "position"),
        ("vial-pick", "kit position"),
        ("kit-call", "participant pregnancy_test"),
        ("kit-order", "joints"),
        ("kit-dispense", "participant"),
        ("kit-confirm", "participant"),
        ("kit-prepare", "volumes_ul sleeve"),
        ("kit-return", "remainders"),
        ("kit-destroy", "method"),
        ("kit-not-give", "reason"),
        ("syringe-give", "participant joint given_ul"),
        ("syringe-explain", "happened reason"),
        ("syringe-explain-volume", "cause"),
        ("shipment-receive", "seal logger_id warmest_millicelsius condition"),
        ("excursion-assess", "disposition reason"),
        ("lot-recall", "reason"),
        ("lot-extend", "expires_on document"),
        ("participant-unblind", "data_lock locked_on locked_by told entitled"),
        ("participant-entitle", "entitled"),
        ("participant-break-code", "reason"),
        ("unblinding-look-again", "reason"),
        ("envelope-print", "participant"),
        ("envelope-place", "place"),
        ("envelope-check", "found"),
        ("envelope-open", "reason"),
        ("unblinding-add-event", "event"),
        ("notice-acknowledge", ""),
    ],
)
def test_the_act_asks_for_its_evidence(action: str, fields: str) -> None:
    asked = {name for name, one in TRANSITIONS[action].evidence.model_fields.items() if one.is_required()}
    assert asked == set(fields.split())


# Blinding
def words_of(model: type[BaseModel]) -> str:
    return re.sub(r"[^a-z]+", " ", str(model.model_json_schema()).lower())


@pytest.mark.parametrize(
    "action", [row.action for row in ROWS if row.kind.value not in VAULT_KINDS and not row.vault]
)
def test_a_form_of_the_open_log_has_no_word_of_the_vault(action: str) -> None:
    words = set(words_of(TRANSITIONS[action].evidence).split())
    assert not words & {
        "lot",
        "donor",
        "arm",
        "product",
        "dmso",
        "msc",
        "viability",
        "thaw",
        "placebo",
        "active",
    } - {
        # a device's kind is no secret, and every kit is thawed
        "thaw" if action == "device-register" else "",
    }


@pytest.mark.parametrize(
    "action", [row.action for row in ROWS if row.kind.value not in VAULT_KINDS and not row.vault]
)
def test_no_unblinded_person_is_asked_for_free_text_in_the_open_log(action: str) -> None:
    row = TRANSITIONS[action]
    unblinded = {role.value for role in row.by} - BLINDED
    schema = row.evidence.model_json_schema()
    tells = {"participant-break-code", "envelope-open"}
    apart = {"Caller"} if row.action in tells else set()  # stands in the vault
    assert ({"caller"} if apart else set()) == row.evidence.APART
    parts = [part for name, part in schema.get("$defs", {}).items() if name not in apart]
    free = [
        name
        for part in (schema, *parts)
        for name, one in part.get("properties", {}).items()
        if one.get("pattern", "").startswith("^[^") and name != "note"
    ]
    assert not (unblinded and free)


# What is never picked, thawed or prepared, whatever its history
def out_of(lab: Lab, what: str, vial: str, lot: str) -> None:
    """Make something of the vial or its lot unfit, without the act that would."""
    item, its_lot = lab.get(Kind.VIAL, vial), lab.get(Kind.LOT, lot)
    changed: dict[str, Item] = {
        "vial in quarantine": item.with_facts(disposition="quarantined"),
        "vial rejected": item.with_facts(disposition="rejected"),
        "vial without a disposition": item.with_facts(disposition=None),
        "lot in quarantine": its_lot.moved("quarantined"),
        "lot on hold": its_lot.moved("on_hold"),
        "lot rejected": its_lot.moved("rejected"),
        "lot recalled": its_lot.moved("recalled"),
        "lot expired": Item(
            its_lot.kind, lot, "released", its_lot.shelf, "DN-1", None, "2026-11-21", its_lot.facts
        ),
        "follow-up overdue": its_lot.moved("conditionally_released").with_facts(follow_up_by="2026-11-21"),
        "follow-up unknown": its_lot.moved("conditionally_released").with_facts(follow_up_by=None),
        "donor ineligible": lab.get(Kind.DONOR, "DN-1").moved("ineligible"),
        "donor unknown": Item(
            its_lot.kind, lot, "released", its_lot.shelf, None, None, its_lot.due, its_lot.facts
        ),
        "vial without a lot": Item(
            item.kind, vial, item.state, item.shelf, None, item.place, None, item.facts
        ),
    }
    lab.put(changed[what])


UNFIT = {
    "vial in quarantine": "vial_quarantined",
    "vial rejected": "vial_rejected",
    "vial without a disposition": "vial_quarantined",
    "lot in quarantine": "lot_not_released",
    "lot on hold": "lot_on_hold",
    "lot rejected": "lot_not_released",
    "lot recalled": "lot_recalled",
    "lot expired": "lot_expired",
    "follow-up overdue": "follow_up_passed",
    "follow-up unknown": "follow_up_passed",
    "donor ineligible": "donor_not_eligible",
    "donor unknown": "donor_not_eligible",
    "vial without a lot": "lot_not_released",
}


def cell_order(lab: Lab) -> tuple[str, str]:
    """A kit that is called for and gets cells, and its lot."""
    kit = walks.kit_at(lab, "called_for")
    assert lab.get(Kind.ARM, "P-001").text("arm") == "A"
    return kit, "BM-MSC-1"


@pytest.mark.parametrize("what", UNFIT)
def test_an_unfit_vial_is_never_picked(what: str) -> None:
    lab = walks.study()
    kit, lot = cell_order(lab)
    out_of(lab, what, f"{lot}-1", lot)
    refused = lab.refusals("vial-pick", f"{lot}-1", kit=kit, position=walks.position(1))
    assert UNFIT[what] in refused


@pytest.mark.parametrize("what", UNFIT)
def test_an_unfit_vial_is_never_thawed(what: str) -> None:
    lab = walks.study()
    kit, lot = cell_order(lab)
    [vial] = walks.picked(lab, kit)
    out_of(lab, what, vial, lot)
    assert UNFIT[what] in lab.refusals("vial-thaw", vial, device="BATH", celsius_milli=37_000)


@pytest.mark.parametrize("what", UNFIT)
def test_an_unfit_vial_never_goes_into_a_kit(what: str) -> None:
    lab = walks.study()
    kit, lot = cell_order(lab)
    [vial] = walks.thawed(lab, kit)
    lab.must("kit-record-preparation", kit, **walks.preparation())
    lab.wait(minutes=60)
    out_of(lab, what, vial, lot)
    refused = lab.refusals("kit-prepare", kit, volumes_ul=[1000, 1000], sleeve="opaque")
    assert refused[0] == UNFIT[what].replace("vial_rejected", "vial_quarantined")


@pytest.mark.parametrize(
    "state",
    [
        "expected",
        "received",
        "picked",
        "thawing",
        "thawed",
        "consumed",
        "missing",
        "sampled",
        "wasted",
        "destroyed",
    ],
)
def test_only_a_stored_vial_is_picked(state: str) -> None:
    lab = walks.study()
    kit, lot = cell_order(lab)
    lab.put(lab.get(Kind.VIAL, f"{lot}-1").moved(state))
    assert "wrong_state" in lab.refusals("vial-pick", f"{lot}-1", kit=kit, position=walks.position(1))


def test_a_conditionally_released_lot_is_picked_within_its_follow_up() -> None:
    lab = walks.study()
    kit, lot = cell_order(lab)
    lab.put(lab.get(Kind.LOT, lot).moved("conditionally_released").with_facts(follow_up_by="2026-11-22"))
    assert walks.picked(lab, kit) == [f"{lot}-1"]


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("kit-hand-to-pharmacy", "prepared"),
        ("kit-accept-at-pharmacy", "offered_to_pharmacy"),
        ("kit-dispense", "at_pharmacy"),
        ("kit-hand-to-bedside", "dispensed"),
        ("kit-accept-at-bedside", "offered_to_bedside"),
        ("kit-confirm", "at_bedside"),
    ],
)
def test_past_its_use_by_a_kit_goes_no_further(action: str, state: str) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, state)
    lab.now += timedelta(hours=4)
    evidence = {"participant": "P-001"} if action in {"kit-dispense", "kit-confirm"} else {}
    assert lab.refusals(action, kit, **evidence)[0] == "use_by_passed"


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("kit-hand-to-pharmacy", "prepared"),
        ("kit-accept-at-pharmacy", "offered_to_pharmacy"),
        ("kit-dispense", "at_pharmacy"),
        ("kit-hand-to-bedside", "dispensed"),
        ("kit-accept-at-bedside", "offered_to_bedside"),
        ("kit-confirm", "at_bedside"),
    ],
)
def test_a_hold_stops_a_kit_wherever_it_is_and_says_one_thing(action: str, state: str) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, state)
    lab.must("lot-hold", "BM-MSC-1", reason="under_investigation")
    evidence = {"participant": "P-001"} if action in {"kit-dispense", "kit-confirm"} else {}
    assert lab.refusals(action, kit, **evidence) == ["not_available"]


# What leaves a set unreconciled
TO_EXPLAIN = """
scanned  own    own    -                             -
typed    own    own    not_scanned                   right_syringe not_known
stated   own    own    not_scanned                   right_syringe not_known
scanned  other  own    other_joint                   swapped other_joint not_known
typed    other  own    other_joint,not_scanned       swapped other_joint not_known
scanned  own    other  other_participant             other_participant not_known
stated   other  other  other_participant,other_joint,not_scanned  other_participant not_known
"""
"""By hand: how it was read, which joint, which participant; what waits to be explained, and what explains it."""
HAPPENED = {"right_syringe", "swapped", "other_joint", "other_participant", "not_known"}
READ = {
    "scanned": {},
    "typed": {"typed": {"fields": ("code",)}},
    "stated": {"not_scanned": "label_unreadable"},
}


@pytest.mark.parametrize("line", TO_EXPLAIN.strip().splitlines())
def test_a_syringe_given_unscanned_or_elsewhere_waits_for_the_explanation_that_fits_it(line: str) -> None:
    how, joint, participant, waits, answers = line.split(maxsplit=4)
    lab = walks.study()
    kit = walks.kit_at(lab, "confirmed")
    first, second = lab.get(Kind.KIT, kit).texts("syringes")
    into = lab.get(Kind.SYRINGE, second if joint == "other" else first).text("joint")
    to = "P-001" if participant == "own" else "P-777"
    assert walks.give(lab, first, to, joint=into, **READ[how]).accepted
    waiting = [] if waits == "-" else waits.split(",")
    assert lab.get(Kind.SYRINGE, first).texts("to_explain") == waiting
    fit = set(answers.split()) - {"-"}
    for happened in HAPPENED - fit:
        refused = lab.refusals("syringe-explain", first, happened=happened, reason="wrong_item")
        assert refused[0] == "explanation_differs", happened
    for happened in fit:
        twin = lab.copy()
        decision = twin.do("syringe-explain", first, happened=happened, reason="wrong_item")
        assert [one.code for one in decision.refused] == ["not_explained"] * (happened == "not_known")
        after = twin.get(Kind.SYRINGE, first)
        assert ("to_explain" in after.facts, after.text("explained")) == (False, happened)
        again = twin.refusals("syringe-explain", first, happened=happened, reason="wrong_item")
        assert again[0] == "explanation_differs"


def test_no_observation_waits_for_an_explanation_and_only_the_destruction_does() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "confirmed")
    first, second = lab.get(Kind.KIT, kit).texts("syringes")
    assert walks.give(lab, first, "P-001", not_scanned="device_failed").refused == ()
    assert walks.give(lab, second, "P-001").refused == ()
    back = [{"syringe": one, "remainder_ul": 0} for one in (first, second)]
    lab.must("kit-return", kit, remainders=back)
    lab.must("kit-reconcile", kit)
    assert lab.refusals("kit-destroy", kit, method="autoclave") == ["not_explained"]
    lab.must("syringe-explain", first, happened="right_syringe", reason="device_failed")
    lab.must("kit-destroy", kit, method="autoclave")


def test_an_explanation_is_of_two_people_in_both_profiles() -> None:
    for name in ("nct06001853", "example-three-arms"):
        assert "syringe-explain" in profile(name).two_person
    lab = walks.study()
    first = lab.get(Kind.KIT, walks.kit_at(lab, "confirmed")).texts("syringes")[0]
    walks.give(lab, first, "P-001", not_scanned="device_failed")
    told = {"happened": "right_syringe", "reason": "device_failed"}
    assert lab.refusals("syringe-explain", first, by="ivan", second=None, **told) == ["second_person_missing"]
    assert lab.refusals("syringe-explain", first, by="ivan", second="cora", scan="X", **told) == [
        "second_scan_differs"
    ]
    lab.must("syringe-explain", first, by="ivan", second="cora", **told)
