"""The emergency code break, by its rules: it waits for nobody, says no arm, and leaves tasks and notices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inventory.domain.custody import decide
from inventory.domain.items import Item, Kind, Log, Shelf
from tests.domain import walks
from tests.domain.lab import Lab

BREAK = ("participant-break-code", "P-001")
CALLER = {"name": "Dr. Zoë Hart", "organisation": "County Hospital", "telephone": "+1 904 555 0100"}
ROLES = ["coordinator", "lab_qa", "unblinded_physician", "unblinded_statistician"]


@pytest.fixture(scope="module")
def given() -> Lab:
    """A study with a participant who was given their kit."""
    lab = walks.study()
    walks.kit_at(lab, "administered")
    return lab


@pytest.fixture
def lab(given: Lab) -> Lab:
    return given.copy()


def of(lab: Lab, kind: Kind) -> list[Item]:
    return [item for item in lab.view.items.values() if item.kind is kind]


def broken(lab: Lab, **evidence: Any) -> Item:
    """The record of a code break by ivan."""
    lab.must(*BREAK, **{"by": "ivan", "reason": "medical_emergency", **evidence})
    return of(lab, Kind.UNBLINDING)[-1]


def test_one_person_breaks_it_at_once_and_the_record_says_no_arm(lab: Lab) -> None:
    record = broken(lab)
    assert lab.last(Log.OPEN)["with"] is None
    assert lab.state(Kind.ARM, "P-001") == "broken"
    assert (record.state, record.parent, record.shelf) == ("event_missing", "P-001", Shelf.OPEN)
    now = "2026-11-22T" + lab.now.strftime("%H:%M:%S.%fZ")
    assert record.facts == {
        "reason": "medical_emergency", "way": "system", "requested_by": "ivan", "answered_by": "ivan",
        "told": ["ivan"], "asked_at": now, "answered_at": now, "seconds": 0,
    }  # fmt: skip
    assert set(lab.get(Kind.PARTICIPANT, "P-001").facts) >= {"code_broken_at"}


def test_who_asks_is_an_account_or_somebody_outside_who_is_named_in_the_vault(lab: Lab) -> None:
    by_account = broken(lab, requested_by="cora")
    assert (by_account.text("requested_by"), by_account.texts("told")) == ("cora", ["ivan", "cora"])
    assert of(lab, Kind.CALLER) == []
    record = broken(lab, caller=CALLER)
    assert (record.text("requested_by"), record.texts("told")) == ("outside_caller", ["ivan"])
    (caller,) = of(lab, Kind.CALLER)
    assert (caller.code, caller.parent, caller.shelf) == (record.code, "P-001", Shelf.SEALED)
    assert caller.facts == CALLER
    opened, vault = str(lab.view.leaves[Log.OPEN]), str(lab.view.leaves[Log.VAULT])
    assert ("Hart" in opened, "555 0100" in opened, "Hart" in vault) == (False, False, True)
    both = {"reason": "other", "requested_by": "cora", "caller": CALLER}
    assert lab.refusals(*BREAK, **both) == ["code_not_fit"]
    assert lab.refusals(*BREAK, reason="other", requested_by="nobody") == ["code_not_fit"]


@pytest.mark.parametrize("right", ["delegation", "training"])
def test_an_ended_delegation_or_training_does_not_stop_it_and_is_a_deviation(lab: Lab, right: str) -> None:
    ivan = lab.get(Kind.PERSON, "ivan")
    lab.put(ivan.with_facts(**{right: {"from": "2026-01-01", "to": "2026-11-21", "document": "D"}}))
    assert lab.refusals("syringe-give", "S", by="ivan", participant="P", joint="J", given_ul=1)
    decision = lab.do(*BREAK, by="ivan", reason="overdose")
    assert decision.accepted
    assert [each.code for each in decision.refused] == [f"{right}_not_current"]
    assert lab.state(Kind.ARM, "P-001") == "broken"
    assert lab.get(Kind.DEVIATION, str(decision.deviation)).parent == "P-001"
    (record,) = of(lab, Kind.UNBLINDING)
    again = lab.do("unblinding-look-again", record.code, by="ivan", reason="continued_care")
    assert (again.accepted, again.deviation is not None) == (True, True)


def test_everything_else_stops_it(lab: Lab) -> None:
    ivan = lab.get(Kind.PERSON, "ivan")
    lab.put(ivan.with_facts(training=None).moved("locked"))
    assert lab.refusals(*BREAK, by="ivan", reason="other") == ["person_locked", "training_not_current"]
    lab.put(ivan)
    assert lab.refusals(*BREAK, by="cora", reason="other") == ["not_entitled"]
    assert lab.refusals(*BREAK, by="ivan", reason="other", signed=False) == ["signature_missing"]
    lab.must(
        "participant-enrol", "P-002", site="JAX", stratum="JAX", consented_on="2026-11-01",
        enrolled_on="2026-11-02", pregnancy_test_required=True, joints=["L4-L5:left"],
    )  # fmt: skip
    assert "not_randomised" in lab.refusals("participant-break-code", "P-002", by="ivan", reason="other")


def test_a_participant_whose_randomisation_was_voided_has_no_code_to_break(lab: Lab) -> None:
    lab.put(lab.get(Kind.ARM, "P-001").moved("voided"))
    assert lab.refusals(*BREAK, by="ivan", reason="other") == ["not_randomised"]


def test_the_time_from_the_call_to_the_answer_is_kept(lab: Lab) -> None:
    asked = lab.now - timedelta(minutes=7, seconds=30)
    assert broken(lab, asked_at=asked).number("seconds") == 450
    later = lab.now + timedelta(minutes=10)
    assert lab.refusals(*BREAK, by="ivan", reason="other", asked_at=later) == ["occurred_in_future"]


# The event's number, the impact, and looking again
def test_the_events_number_may_follow_and_is_a_task_until_it_does(lab: Lab) -> None:
    record = broken(lab)
    lab.must("unblinding-add-event", record.code, by="cora", event="SAE-7")
    record = lab.get(Kind.UNBLINDING, record.code)
    assert (record.state, record.text("event")) == ("complete", "SAE-7")
    assert lab.refusals("unblinding-add-event", record.code, by="cora", event="SAE-8") == ["wrong_state"]
    assert broken(lab, event="SAE-9").state == "complete"


def test_a_wrong_number_is_voided_and_given_anew(lab: Lab) -> None:
    record = broken(lab)
    lab.must("unblinding-add-event", record.code, by="cora", event="SAE-7")
    index = lab.last(Log.OPEN)["index"]
    void = {"log": "open", "index": index, "reason": "recorded_wrongly"}
    lab.must("unblinding-void", record.code, by="cora", second="carl", **void)
    assert lab.state(Kind.UNBLINDING, record.code) == "event_missing"


def test_only_who_was_told_looks_again(lab: Lab) -> None:
    record = broken(lab, requested_by="irene")
    for who in ("ivan", "irene"):
        lab.must("unblinding-look-again", record.code, by=who, reason="answer_lost")
        assert lab.last(Log.OPEN)["by"] == who
    assert lab.refusals("unblinding-look-again", record.code, by="dora", reason="other") == ["not_told"]
    unsigned = {"by": "ivan", "reason": "other", "signed": False}
    assert lab.refusals("unblinding-look-again", record.code, **unsigned) == ["signature_missing"]


def test_the_impact_is_assessed_by_who_is_not_blinded(lab: Lab) -> None:
    record = broken(lab)
    told = {"impact": "minor", "consequence": "continues"}
    lab.must("unblinding-assess", record.code, by="stan", **told)
    assert lab.get(Kind.UNBLINDING, record.code).facts.items() >= told.items()
    assert lab.refusals("unblinding-assess", record.code, by="cora", **told) == ["not_entitled"]


# Notices
def test_each_role_of_the_profile_gets_a_notice_that_says_no_arm(lab: Lab) -> None:
    record = broken(lab, caller=CALLER)
    notices = of(lab, Kind.NOTICE)
    assert sorted(notice.text("role") for notice in notices) == ROLES
    for notice in notices:
        assert (notice.state, notice.parent, notice.shelf) == ("sent", record.code, Shelf.OPEN)
        assert set(notice.facts) == {"role", "participant"}
    assert len({notice.code for notice in notices}) == 4


def test_a_notice_is_acknowledged_by_each_who_holds_its_role(lab: Lab) -> None:
    broken(lab)
    notice = next(one.code for one in of(lab, Kind.NOTICE) if one.text("role") == "coordinator")
    assert lab.refusals("notice-acknowledge", notice, by="paula") == ["not_addressed"]
    lab.must("notice-acknowledge", notice, by="cora")
    first = lab.get(Kind.NOTICE, notice).facts["read_by"]
    lab.wait(minutes=1)
    lab.must("notice-acknowledge", notice, by="carl")
    lab.must("notice-acknowledge", notice, by="cora")
    read = lab.get(Kind.NOTICE, notice)
    assert read.state == "acknowledged"
    assert set(read.facts["read_by"]) == {"cora", "carl"}
    assert read.facts["read_by"]["cora"] == first["cora"]


# Drills
def test_a_drill_goes_the_whole_way_and_touches_neither_participant_nor_arm(lab: Lab) -> None:
    before = lab.get(Kind.PARTICIPANT, "P-001"), lab.get(Kind.ARM, "P-001")
    record = broken(lab, drill=True, caller=CALLER, asked_at=lab.now - timedelta(seconds=90))
    assert (lab.get(Kind.PARTICIPANT, "P-001"), lab.get(Kind.ARM, "P-001")) == before
    assert (record.state, record.facts["drill"], record.number("seconds")) == ("complete", True, 90)
    assert len(of(lab, Kind.NOTICE)) == 4
    assert all(notice.facts["drill"] is True for notice in of(lab, Kind.NOTICE))


# Whatever the arm
def test_open_entries_of_a_code_break_are_the_same_for_either_arm(lab: Lab) -> None:
    said = []
    for arm in ("A", "B"):
        twin = lab.copy()
        twin.put(twin.get(Kind.ARM, "P-001").with_facts(arm=arm))
        record = broken(twin, caller=CALLER)
        twin.must("unblinding-look-again", record.code, by="ivan", reason="reporting")
        said.append(twin.view.leaves[Log.OPEN])
    assert said[0] == said[1]
    case = lab.case(*BREAK, by="ivan", reason="other")
    assert decide(case).accepted
