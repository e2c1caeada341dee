"""Sealed envelopes, by their rules: printed once, looked at when due, and opened as a code break."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from inventory.domain.items import Item, Kind, Log, Shelf
from tests.domain import walks
from tests.domain.lab import Lab

SEAL = "004711"


@pytest.fixture(scope="module")
def randomised() -> Lab:
    lab = walks.study()
    walks.enrol(lab, "P-001")
    walks.enrol(lab, "P-002")
    return lab


@pytest.fixture
def lab(randomised: Lab) -> Lab:
    """A study with two participants, an envelope of the first one printed."""
    lab = randomised.copy()
    lab.must("envelope-print", SEAL, participant="P-001")
    return lab


def envelope(lab: Lab) -> Item:
    return lab.get(Kind.ENVELOPE, SEAL)


def placed(lab: Lab) -> None:
    lab.must("envelope-place", SEAL, place="SAFE-1")


def test_it_is_printed_for_who_is_randomised_and_says_no_arm(lab: Lab) -> None:
    assert (envelope(lab).state, envelope(lab).parent, envelope(lab).shelf) == (
        "printed",
        "P-001",
        Shelf.OPEN,
    )
    assert set(envelope(lab).facts) == {"printed_at"}
    assert lab.get(Kind.PARTICIPANT, "P-001").text("envelope") == SEAL
    assert lab.last(Log.OPEN)["evidence"] == {"participant": "P-001"}
    assert lab.view.leaves[Log.VAULT][-1]["action"] != "envelope-print"
    assert "not_randomised" in lab.refusals("envelope-print", "004712", participant="P-009")


def test_a_participant_has_one_that_holds_its_secret_and_a_seal_closes_one(lab: Lab) -> None:
    assert lab.refusals("envelope-print", "004712", participant="P-001") == ["already_known"]
    assert "already_known" in lab.refusals("envelope-print", SEAL, participant="P-002")
    lab.must("envelope-retire", SEAL, reason="damaged", second="stella")
    lab.must("envelope-print", "004712", participant="P-001")
    assert lab.get(Kind.PARTICIPANT, "P-001").text("envelope") == "004712"


@pytest.mark.parametrize("who", ["cora", "tina", "dora", "xena", "uma", "quinn"])
def test_only_the_unblinded_statistician_prints_one(lab: Lab, who: str) -> None:
    assert lab.refusals("envelope-print", "004712", by=who, participant="P-002") == ["not_entitled"]


def test_a_study_without_envelopes_prints_none(randomised: Lab) -> None:
    lab = randomised.copy()
    code_break = lab.profile.code_break.model_copy(update={"envelopes": False})
    lab.profile = lab.profile.model_copy(update={"code_break": code_break})
    assert lab.refusals("envelope-print", SEAL, participant="P-001") == ["not_in_profile"]


def test_it_is_looked_at_again_after_as_many_days_as_the_profile_says(lab: Lab) -> None:
    placed(lab)
    assert (envelope(lab).text("lies_in"), envelope(lab).due) == ("SAFE-1", "2027-02-20")
    lab.wait(days=80)
    lab.must("envelope-check", SEAL, by="cora", found="intact")
    assert (envelope(lab).text("found"), envelope(lab).due) == ("intact", "2027-05-11")
    lab.must("envelope-place", SEAL, place="SAFE-2")
    assert (envelope(lab).text("lies_in"), envelope(lab).due) == ("SAFE-2", "2027-05-11")


@pytest.mark.parametrize("found", ["opened", "missing"])
def test_a_seal_that_is_not_intact_is_a_deviation_at_once(lab: Lab, found: str) -> None:
    placed(lab)
    decision = lab.do("envelope-check", SEAL, by="cora", found=found)
    assert [each.code for each in decision.refused] == ["envelope_not_intact"]
    deviation = lab.get(Kind.DEVIATION, str(decision.deviation))
    assert (deviation.parent, deviation.shelf) == (SEAL, Shelf.OPEN)
    assert envelope(lab).text("found") == found


def opened(lab: Lab, **evidence: Any) -> Item:
    """The record of the opening."""
    lab.must("envelope-open", SEAL, **{"by": "ivan", "reason": "medical_emergency", **evidence})
    return next(item for item in lab.view.items.values() if item.kind is Kind.UNBLINDING)


def test_opening_it_is_a_code_break_with_all_that_follows(lab: Lab) -> None:
    placed(lab)
    caller = {"name": "Dr. Hart", "organisation": "ER", "telephone": "911"}
    record = opened(lab, caller=caller)
    assert (envelope(lab).state, envelope(lab).due) == ("opened", None)
    assert (record.parent, record.text("way"), record.state) == ("P-001", "envelope", "event_missing")
    assert (record.text("requested_by"), record.texts("told")) == ("outside_caller", ["ivan"])
    assert lab.state(Kind.ARM, "P-001") == "broken"
    assert "code_broken_at" in lab.get(Kind.PARTICIPANT, "P-001").facts
    assert sum(item.kind is Kind.NOTICE for item in lab.view.items.values()) == 4
    assert "Hart" not in str(lab.view.leaves[Log.OPEN])


def test_an_opening_is_recorded_from_paper_hours_later_and_answered_when_it_was_opened(lab: Lab) -> None:
    placed(lab)
    at = lab.now
    lab.wait(hours=5)
    record = opened(lab, at=at, late={"sheet": "S-1", "reason": "system_down"})
    assert record.number("seconds") == 0
    assert record.text("answered_at") == record.text("asked_at") < (at + timedelta(seconds=1)).isoformat()


def test_an_opened_one_is_opened_no_second_time_and_destroyed_by_two(lab: Lab) -> None:
    opened(lab)
    again = lab.do("envelope-open", SEAL, by="irene", reason="other")
    assert [each.code for each in again.refused] == ["wrong_state"]
    assert again.accepted, "that somebody read it again is a deviation"
    assert lab.refusals("envelope-retire", SEAL, reason="study_complete", second=None) == [
        "second_person_missing"
    ]
    lab.must("envelope-retire", SEAL, reason="study_complete", second="stella")
    assert envelope(lab).state == "retired"


def test_open_entries_of_an_envelope_are_the_same_for_either_arm(randomised: Lab) -> None:
    said = []
    for arm in ("A", "B"):
        lab = randomised.copy()
        lab.put(lab.get(Kind.ARM, "P-001").with_facts(arm=arm))
        lab.must("envelope-print", SEAL, participant="P-001")
        placed(lab)
        lab.do("envelope-check", SEAL, by="cora", found="missing")
        opened(lab)
        said.append(lab.view.leaves[Log.OPEN])
    assert said[0] == said[1]
