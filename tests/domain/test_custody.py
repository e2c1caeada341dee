"""What becomes of an act: refused in order, recorded with a deviation, taken back, or hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inventory.domain import clocks
from inventory.domain.custody import decide
from inventory.domain.items import Item, Kind, Log, Shelf
from tests.domain import walks
from tests.domain.lab import Lab

LATE = {"late": {"sheet": "SHEET-7", "reason": "system_down"}}


def given(lab: Lab, state: str = "confirmed") -> tuple[str, str, str]:
    """A kit walked to that state, and its two syringes."""
    kit = walks.kit_at(lab, state)
    first, second = lab.get(Kind.KIT, kit).texts("syringes")
    return kit, first, second


def opened(lab: Lab, decision: Any) -> Item:
    """The deviation that a decision opened."""
    assert decision.accepted
    assert decision.deviation is not None
    return lab.get(Kind.DEVIATION, decision.deviation)


# Refused
PRECEDENCE = """
    by     second  scan  minutes  changed                 refused
    -----  ------  ----  -------  ----------------------  -------------------------------------------------------
    paula  peter   -     0        -                       -
    cora   -       -     0        everything              not_entitled
    xena   -       -     0        everything              not_entitled
    paula  -       -     0        -                       second_person_missing
    paula  paula   -     0        -                       second_person_same
    paula  cora    -     0        -                       second_person_not_entitled
    paula  nobody  -     0        -                       second_person_not_entitled
    paula  peter   K9    0        -                       second_scan_differs
    paula  peter   -     -3       -                       occurred_in_future
    paula  peter   -     16       -                       late_entry_needs_reason
    paula  peter   -     0        locked                  person_locked
    paula  peter   -     0        untrained               training_not_current
    paula  peter   -     0        undelegated             delegation_not_current
    peter  paula   -     0        untrained               second_person_not_entitled
    paula  peter   -     0        wrong-state             wrong_state
    paula  peter   -     0        withdrawn               withdrawn
    paula  peter   -     0        held                    not_available
    paula  peter   -     0        past                    use_by_passed
    paula  peter   -     0        past withdrawn held     use_by_passed withdrawn
    paula  -       -     0        wrong-state withdrawn   wrong_state withdrawn second_person_missing
    paula  cora    K9    -3       locked wrong-state      person_locked wrong_state second_person_not_entitled second_scan_differs occurred_in_future
    paula  peter   -     0        other-participant       participant_differs
    paula  -       -     16       untrained past          training_not_current use_by_passed second_person_missing late_entry_needs_reason
"""  # noqa: E501  (a table reads by its columns)


def table(text: str) -> list[Any]:
    lines = [line.strip() for line in text.strip().splitlines()[2:]]
    columns = [len(dashes) for dashes in text.strip().splitlines()[1].split()]
    cases = []
    for line in lines:
        cells, rest = [], line
        for width in columns[:-1]:
            cells.append(rest[: width + 2].strip())
            rest = rest[width + 2 :]
        cases.append(pytest.param(*cells, rest.strip(), id=f"{cells[0]}, {cells[4]}: {rest.strip()}"))
    return cases


def change(lab: Lab, kit: str, what: str) -> None:
    paula, item = lab.get(Kind.PERSON, "paula"), lab.get(Kind.KIT, kit)
    match what:
        case "locked":
            lab.put(paula.moved("locked"))
        case "untrained":
            lab.put(paula.with_facts(training={"from": "2026-01-01", "to": "2026-11-21"}))
        case "undelegated":
            lab.put(paula.with_facts(delegation=None))
        case "wrong-state":
            lab.put(item.moved("prepared"))
        case "withdrawn":
            lab.put(lab.get(Kind.PARTICIPANT, "P-001").moved("withdrawn"))
        case "held":
            lab.must("lot-hold", "BM-MSC-1", reason="under_investigation")
        case "past":
            lab.wait(hours=5)


@pytest.mark.parametrize(("by", "second", "scan", "minutes", "changed", "refused"), table(PRECEDENCE))
def test_all_that_fails_is_told_in_order(
    by: str, second: str, scan: str, minutes: str, changed: str, refused: str
) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "at_pharmacy")
    wanted = changed.replace("everything", "locked wrong-state past").split()
    for what in wanted:
        change(lab, kit, what)
    at = walks.minutes_ago(lab, int(minutes))
    participant = "P-002" if "other-participant" in wanted else "P-001"
    case = lab.case(
        "kit-dispense", kit, by=by, second=None if second == "-" else second,
        scan="" if scan == "-" else scan, at=at, participant=participant,
    )  # fmt: skip
    assert " ".join(each.code for each in decide(case).refused) == refused.replace("-", "")


# What each of the two scanned besides the kit: p the participant, q another, 1 and 2 its syringes, x a strange one.
BESIDES = """
    first  second  refused
    -      -       -
    12     -       -
    12     p12     -
    12     21p     -
    21     p12     -
    -      p       -
    -      q       second_scan_differs
    12     q12     second_scan_differs
    12     p1      second_scan_differs
    12     p122    second_scan_differs
    12     p1x     second_scan_differs
    1      p1      count_differs
    11     p11     count_differs
    12x    p12x    count_differs
    1x     p12     count_differs second_scan_differs
"""


@pytest.mark.parametrize("line", BESIDES.strip().splitlines()[1:], ids=str.strip)
def test_what_both_people_scan_besides_the_kit_is_the_same_and_the_kits(line: str) -> None:
    first, second, refused = (part.replace("-", "") for part in line.split(maxsplit=2))
    lab = walks.study()
    kit, one, other = given(lab, "at_pharmacy")
    named = {"p": "P-001", "q": "P-002", "1": one, "2": other, "x": "YN9QGGKX3D"}
    told = {"syringes": [named[each] for each in first]} if first else {}
    case = lab.case("kit-dispense", kit, participant="P-001", **told)
    case = replace(case, act=replace(case.act, second_also=tuple(named[each] for each in second)))
    assert " ".join(each.code for each in decide(case).refused) == refused


def test_an_unknown_code_is_told_apart_from_a_wrong_state_for_those_entitled_alone() -> None:
    lab = walks.study()
    assert lab.refusals("vial-store", "NO-SUCH", position=walks.position(80))[0] == "unknown_code"
    for code in ("NO-SUCH", "BM-MSC-1-1"):
        assert lab.refusals("vial-store", code, by="cora", position=walks.position(80)) == ["not_entitled"]


def test_a_code_in_use_for_something_else_cannot_be_taken_again() -> None:
    lab = walks.study()
    told = {"eligibility": "incomplete", "label_statements": ["WARNING"]}
    assert lab.refusals("donor-register", "BM-MSC-1-1", **told) == ["already_known"]
    assert lab.refusals("donor-register", "DN-1", **told) == ["already_known"]
    # Whoever works in the open log learns nothing of the vault's codes.
    assert lab.do("participant-enrol", "DMSO-1", **enrolment()).accepted


def enrolment(**rest: Any) -> dict[str, Any]:
    return {
        "site": "JAX", "stratum": "JAX", "consented_on": "2026-11-01", "enrolled_on": "2026-11-02",
        "pregnancy_test_required": True, "joints": ["L4-L5:left"],
    } | rest  # fmt: skip


@pytest.mark.parametrize(
    ("code", "told", "refused"),
    [
        ("SMITH-JOHN-1", {}, "code_not_fit"),
        ("P-1970-05-17", {}, "code_not_fit"),
        ("P-001", {"site": "ROC"}, "not_in_profile"),
        ("P-001", {"stratum": "ROC"}, "not_in_profile"),
        ("P-001", {"joints": ["C1-C2:left"]}, "joints_differ"),
        ("P-001", {"joints": ["L4-L5:left", "L4-L5:left"]}, "joints_differ"),
    ],
)
def test_an_enrolment_that_does_not_fit_is_refused(code: str, told: dict[str, Any], refused: str) -> None:
    assert walks.study().refusals("participant-enrol", code, **enrolment(**told)) == [refused]


# What happened is always recorded
def test_an_injection_three_minutes_past_the_use_by_is_recorded_with_its_deviation() -> None:
    lab = walks.study()
    kit, first, _ = given(lab)
    end = walks.instant(lab.get(Kind.KIT, kit).due)
    lab.now = end
    assert walks.give(lab, first, "P-001").refused == ()
    lab.wait(minutes=3)
    decision = walks.give(lab, lab.get(Kind.KIT, kit).texts("syringes")[1], "P-001")
    assert opened(lab, decision).texts("rules") == ["use_by_passed"]
    assert lab.state(Kind.KIT, kit) == "administered"
    assert lab.last(Log.OPEN)["deviation"] == decision.deviation


@pytest.mark.parametrize(
    ("state", "rest", "rules"),
    [
        ("confirmed", {"participant": "P-009"}, ["participant_differs"]),
        ("confirmed", {"joint": "L5-S1:left"}, ["joint_differs"]),
        ("confirmed", {"given_ul": 1500}, ["volume_differs"]),
        ("at_bedside", {}, ["not_confirmed"]),
        (
            "prepared",
            {"participant": "P-009", "given_ul": 1500},
            ["participant_differs", "not_confirmed", "volume_differs"],
        ),
    ],
)
def test_an_injection_that_broke_a_rule_is_recorded_all_the_same(
    state: str, rest: dict[str, Any], rules: list[str]
) -> None:
    lab = walks.study()
    _, first, _ = given(lab, state)
    assert opened(lab, walks.give(lab, first, "P-001", **rest)).texts("rules") == rules
    assert lab.get(Kind.SYRINGE, first).text("outcome") == "given"


def test_what_another_participant_was_given_does_not_count_as_treatment() -> None:
    lab = walks.study()
    kit, first, second = given(lab)
    walks.give(lab, first, "P-009")
    lab.must("syringe-drop", second, reason="dropped")
    assert lab.state(Kind.KIT, kit) == "partly_administered"
    assert lab.state(Kind.PARTICIPANT, "P-001") == "randomised"


def test_a_second_report_of_a_syringe_is_kept_and_gives_nothing_twice() -> None:
    lab = walks.study()
    _, first, _ = given(lab)
    walks.give(lab, first, "P-001", given_ul=800)
    before = lab.get(Kind.SYRINGE, first)
    decision = walks.give(lab, first, "P-001", given_ul=1000)
    assert opened(lab, decision).texts("rules") == ["wrong_state", "already_given"]
    assert [item.kind for item in decision.changes] == [Kind.DEVIATION]
    assert lab.get(Kind.SYRINGE, first) == before


def test_an_observation_that_was_asked_wrongly_is_not_recorded() -> None:
    lab = walks.study()
    _, first, _ = given(lab)
    for rest, code in (
        ({"by": "paula"}, "not_entitled"),
        ({"at": walks.minutes_ago(lab, 30)}, "late_entry_needs_reason"),
    ):
        told = {"participant": "P-001", "joint": "L1-L2:left", "given_ul": 1000}
        assert lab.refusals("syringe-give", first, **told, **rest) == [code]
    told = {"participant": "P-001", "joint": "L1-L2:left", "given_ul": 1000}
    assert lab.refusals("syringe-give", "Y-UNKNOWN", **told) == ["unknown_code"]


def test_a_late_entry_from_paper_makes_an_observation_of_a_permission() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "at_pharmacy")
    lab.wait(hours=6)
    at = walks.minutes_ago(lab, 180)
    assert lab.refusals("kit-dispense", kit, at=at, participant="P-001")[0] == "use_by_passed"
    decision = lab.do("kit-dispense", kit, at=at, participant="P-001", **LATE)
    assert opened(lab, decision).texts("rules") == ["use_by_passed"]
    assert lab.state(Kind.KIT, kit) == "dispensed"


@pytest.mark.parametrize(
    ("action", "code", "by", "told", "refused"),
    [
        ("lot-release", "DMSO-2", "quinn", {}, "tests_missing"),
        ("person-grant", "xena", "xena", {"role": "administrator"}, "own_rights"),
        ("person-grant", "paula", "xena", {"role": "lab_qa"}, "blinding_conflict"),
        ("vial-clear", "BM-MSC-1-1", "quinn", {"reason": "other"}, "not_in_quarantine"),
        ("kit-replace", "KIT", "cora", {"reason": "other", "joints": ["L4-L5:left"]}, "joints_differ"),
        ("participant-randomise", "P-001", "cora", {}, "already_known wrong_state"),
    ],
)
def test_no_paper_makes_a_decision(
    action: str, code: str, by: str, told: dict[str, Any], refused: str
) -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "administered")
    walks.lot(lab, "DMSO-2", "DMSO", vials=1)
    second = {"quinn": "quentin", "xena": "xaver"}.get(by)
    rest = {"by": by, "second": second, "at": walks.minutes_ago(lab, 30), **told, **LATE}
    assert lab.refusals(action, kit if code == "KIT" else code, **rest) == refused.split()


# Who may know
def test_a_deviation_of_an_act_of_the_vault_stands_in_the_vault() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "called_for")
    walks.thawed(lab, kit)
    lab.must("kit-record-preparation", kit, **walks.preparation(viability_permille=610))
    lab.wait(minutes=60)
    lab.wait(minutes=3)
    told = {"volumes_ul": [1000, 1000], "sleeve": "opaque", **LATE}
    decision = lab.do("kit-prepare", kit, at=walks.minutes_ago(lab, 3), **told)
    assert opened(lab, decision).texts("rules") == ["viability_below_limit"]
    assert opened(lab, decision).shelf is Shelf.VAULT
    said = str(lab.view.leaves[Log.OPEN])
    assert "viability" not in said
    assert lab.refusals("deviation-assess", str(decision.deviation), by="cora", **ASSESSMENT) == [
        "unknown_code"
    ]
    assert lab.must("deviation-assess", str(decision.deviation), by="quinn", **ASSESSMENT).accepted


ASSESSMENT = {"impact": "minor", "cause": "person", "remedy": "retrained"}


def test_a_note_of_an_unblinded_person_enters_no_open_entry() -> None:
    lab = walks.study()
    kit = walks.kit_at(lab, "prepared")
    note = {"reason": "delayed", "note": "the cells looked tired"}
    assert lab.refusals("kit-not-give", kit, by="tina", **note) == ["free_text_not_allowed"]
    assert lab.do("kit-not-give", kit, by="paula", reason="delayed", note="no porter came").accepted


def test_one_kit_held_back_pauses_all_in_use_and_none_that_is_empty() -> None:
    lab = walks.study()
    cells = walks.kit_at(lab, "at_pharmacy", "P-001")
    other = walks.kit_at(lab, "at_pharmacy", "P-002")
    empty = walks.kit_at(lab, "ordered", "P-003")
    products = {
        lab.get(Kind.VIAL, lab.get(Kind.CONTENTS, kit).texts("vials")[0]).parent for kit in (cells, other)
    }
    assert products == {"BM-MSC-1", "DMSO-1"}
    lab.must("lot-hold", "BM-MSC-1", reason="under_investigation")
    assert lab.refusals("kit-dispense", cells, participant="P-001") == ["not_available"]
    assert lab.refusals("kit-dispense", other, participant="P-002") == ["not_available"]
    lab.must("kit-call", empty, participant="P-003", pregnancy_test=walks.pregnancy_test(lab))
    lab.must("lot-resume", "BM-MSC-1", reason="assessment_complete")
    lab.must("kit-dispense", cells, participant="P-001")
    lab.must("kit-dispense", other, participant="P-002")


def test_a_kit_past_its_use_by_pauses_nobody() -> None:
    lab = walks.study()
    walks.kit_at(lab, "at_pharmacy", "P-001")
    lab.wait(hours=3)
    other = walks.kit_at(lab, "at_pharmacy", "P-002")
    lab.must("lot-hold", "BM-MSC-1", reason="under_investigation")
    lab.must("kit-dispense", other, participant="P-002")


def test_planned_unblinding_leaves_the_same_open_entry_for_every_participant() -> None:
    lab = walks.study()
    said = []
    for participant in ("P-001", "P-002"):
        walks.kit_at(lab, "destroyed", participant)
        walks.unblind(lab, participant, "cora")
        entry = lab.last(Log.OPEN)
        assert lab.get(Kind.ARM, participant).state == "disclosed"
        said.append(str({**entry, "index": 0}).replace(participant, "P"))
    assert said[0] == said[1]
    assert "resolved" in said[0]


def test_a_disclosed_kit_is_known_to_those_entitled_and_to_nobody_else_who_is_blinded() -> None:
    lab = walks.study()
    walks.kit_at(lab, "destroyed", "P-002")
    lab.put(lab.get(Kind.ARM, "P-002").with_facts(arm="B"))
    walks.unblind(lab, "P-002", "cora")
    kit = lab.get(Kind.ARM, "P-002").text("live_kit_2")
    assert lab.get(Kind.KIT, kit).shelf is Shelf.VAULT
    joints = lab.get(Kind.KIT, kit).texts("joints")
    assert lab.refusals("kit-order", kit, by="carl", joints=joints) == ["unknown_code"]
    lab.must("kit-order", kit, by="cora", joints=joints)
    assert lab.last(Log.VAULT)["item"] == kit
    assert kit not in str(lab.view.leaves[Log.OPEN])
    assert lab.refusals("participant-unblind", "P-002", **walks.UNBLINDED) == ["unblinding_not_ready"]


def test_unblinding_takes_two_people_and_their_signatures_whatever_the_profile_says() -> None:
    lab = walks.study("example-three-arms")
    none = lab.profile.signatures.model_copy(update={"acts": ()})
    lab.profile = lab.profile.model_copy(update={"signatures": none})
    walks.enrol(lab, "P-001")
    alone = {**walks.UNBLINDED, "second": None}
    assert lab.refusals("participant-unblind", "P-001", **alone) == ["second_person_missing"]
    assert lab.refusals("participant-unblind", "P-001", **walks.UNBLINDED, signed=False) == [
        "signature_missing"
    ]
    lab.must("participant-unblind", "P-001", **walks.UNBLINDED)


def test_an_inadvertent_unblinding_is_always_a_deviation() -> None:
    lab = walks.study()
    walks.enrol(lab, "P-001")
    decision = lab.do(
        "participant-report-unblinding", "P-001", by="cora", learned=["carl"], way="conversation"
    )
    assert opened(lab, decision).texts("rules") == ["blinding_compromised"]


TO_COME = {"issued_on": "2026-11-23", "results": [{"test": "identity", "result": "R", "verdict": "pass"}]}


@pytest.mark.parametrize("more", [{}, {"late": {"sheet": "S-1", "reason": "forgotten"}}])
def test_what_has_happened_is_of_no_day_to_come_not_even_an_observation_nor_from_paper(
    more: dict[str, Any],
) -> None:
    lab = walks.study()
    decision = decide(lab.case("lot-record-results", "DMSO-1", **TO_COME, **more))
    assert not decision.accepted
    (refused,) = decision.refused
    assert refused.code == "occurred_in_future"
    assert refused.sentence.endswith("(issued_on is 2026-11-23)")
    lab.must("lot-record-results", "DMSO-1", **{**TO_COME, "issued_on": "2026-11-22"}, **more)


def test_every_day_that_is_still_to_come_is_named() -> None:
    lab = walks.study()
    told = {"site": "JAX", "stratum": "JAX", "pregnancy_test_required": True, "joints": ["L4-L5:left"]}
    days = {"consented_on": "2026-11-24", "enrolled_on": "2026-11-25"}
    (refused,) = decide(lab.case("participant-enrol", "P-900", **told, **days)).refused
    assert refused.detail == "consented_on is 2026-11-24, enrolled_on is 2026-11-25"


@pytest.mark.parametrize(("seconds", "refused"), [(-1, ["occurred_in_future"]), (0, []), (1, [])])
def test_a_day_has_come_where_the_site_is_and_as_early_as_a_clock_may_be_ahead(
    seconds: int, refused: list[str]
) -> None:
    lab = walks.study()
    midnight = clocks.day_start("2026-11-23", "America/New_York")
    lab.now = midnight + timedelta(seconds=seconds - lab.profile.limits.clock_skew_seconds)
    decision = decide(lab.case("lot-record-results", "DMSO-1", **TO_COME))
    assert [each.code for each in decision.refused] == refused
