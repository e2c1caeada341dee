"""Planned unblinding, by its rules: the data of its month are locked, two sign, and somebody was told, somehow."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from inventory.domain.items import Kind, Log
from inventory.domain.lives.unblinding import Unblinded
from tests.domain import walks
from tests.domain.lab import Lab

# the day of the first injection | the first day on which a lock counts: month 6, less a window of 30 days
FIRST_DAYS = """
    2026-05-20 | 2026-10-21
    2026-01-31 | 2026-07-01
    2025-08-31 | 2026-01-29
    2024-08-31 | 2025-01-29
    2023-08-31 | 2024-01-30
    2025-12-01 | 2026-05-02
"""


@pytest.fixture(scope="module")
def treated() -> Lab:
    lab = walks.study()
    walks.kit_at(lab, "destroyed", "P-001")
    walks.half_a_year_ago(lab, "P-001")
    return lab


def refused(lab: Lab, **evidence: Any) -> list[str]:
    return lab.refusals("participant-unblind", "P-001", **{**walks.UNBLINDED, **evidence})


@pytest.mark.parametrize("row", FIRST_DAYS.strip().splitlines())
def test_a_lock_counts_from_the_window_of_the_later_period_on(treated: Lab, row: str) -> None:
    injected, first = (cell.strip() for cell in row.split("|"))
    lab = treated.copy()
    at: list[Any] = [f"{injected}T12:00:00.000000Z"] * 2
    lab.put(lab.get(Kind.PARTICIPANT, "P-001").with_facts(treated_at=at))
    before = f"{first[:8]}{int(first[8:]) - 1:02}"
    if before.endswith("00"):
        before = "2026-06-30"
    assert refused(lab, locked_on=before) == ["unblinding_not_ready"]
    lab.must("participant-unblind", "P-001", **{**walks.UNBLINDED, "locked_on": first})


def test_a_lock_counts_from_the_day_that_the_clock_on_the_wall_showed(treated: Lab) -> None:
    lab = treated.copy()
    assert lab.profile.site.time_zone == "America/New_York"
    late_on_the_30th: list[Any] = ["2026-05-01T02:00:00.000000Z"] * 2
    lab.put(lab.get(Kind.PARTICIPANT, "P-001").with_facts(treated_at=late_on_the_30th))
    assert refused(lab, locked_on="2026-09-29") == ["unblinding_not_ready"]
    lab.must("participant-unblind", "P-001", **{**walks.UNBLINDED, "locked_on": "2026-09-30"})


def test_a_planned_unblinding_is_never_void(treated: Lab) -> None:
    lab = treated.copy()
    lab.must("participant-unblind", "P-001", **walks.UNBLINDED)
    void = {"log": "vault", "index": lab.last(Log.VAULT)["index"], "reason": "other"}
    assert lab.refusals("participant-void", "P-001", by="quinn", second="quentin", **void) == ["voided_entry"]
    assert lab.state(Kind.ARM, "P-001") == "disclosed"


def test_a_lock_that_lies_in_the_future_is_none(treated: Lab) -> None:
    assert refused(treated, locked_on="2026-11-23") == ["occurred_in_future"]
    treated.copy().must("participant-unblind", "P-001", **{**walks.UNBLINDED, "locked_on": "2026-11-22"})


def test_who_was_not_treated_is_counted_from_randomisation_and_who_withdrew_from_nothing() -> None:
    lab = walks.study()
    walks.enrol(lab, "P-001")
    assert refused(lab) == ["unblinding_not_ready"]
    twin = lab.copy()
    walks.half_a_year_ago(twin, "P-001")
    twin.must("participant-unblind", "P-001", **walks.UNBLINDED)
    lab.must("participant-withdraw", "P-001", reason="consent_withdrawn")
    lab.must("participant-unblind", "P-001", **walks.UNBLINDED)


def test_a_study_without_a_later_period_locks_when_it_will() -> None:
    lab = walks.study("example-three-arms")
    walks.enrol(lab, "P-001")
    assert not [name for name in lab.get(Kind.PARTICIPANT, "P-001").facts if name.startswith("period")]
    lab.must("participant-unblind", "P-001", **walks.UNBLINDED)


def test_whoever_may_know_has_an_account_and_administers_none(treated: Lab) -> None:
    assert refused(treated, entitled=["cora", "nobody"]) == ["code_not_fit"]
    assert refused(treated, entitled=["cora", "xena"]) == ["code_not_fit"]


def test_whoever_may_know_still_works_here(treated: Lab) -> None:
    lab = treated.copy()
    lab.must("person-lock", "carl", reason="left_study")
    assert refused(lab, entitled=["cora", "carl"]) == ["code_not_fit"]
    lab.must("person-unlock", "carl", reason="other")
    lab.must("person-limit", "carl", last_day="2026-11-22")
    last = {**walks.UNBLINDED, "entitled": ["carl"]}
    lab.copy().must("participant-unblind", "P-001", **last)
    lab.wait(days=1)
    assert refused(lab, **last) == ["code_not_fit"]


@pytest.mark.parametrize("lacking", ["data_lock", "locked_on", "locked_by", "told", "entitled"])
def test_no_part_of_the_evidence_may_be_left_out(lacking: str) -> None:
    with pytest.raises(ValidationError):
        Unblinded.model_validate({name: one for name, one in walks.UNBLINDED.items() if name != lacking})


@pytest.mark.parametrize(
    "told", [[], ["Dr Gray"], [{"who": "Dr Gray"}], [{"who": "Dr Gray", "how": "somehow"}]]
)
def test_somebody_was_told_and_how_is_said(told: list[Any]) -> None:
    with pytest.raises(ValidationError):
        Unblinded.model_validate({**walks.UNBLINDED, "told": told})


def test_all_of_it_is_kept_with_the_sealed_arm_and_the_version_of_the_protocol(treated: Lab) -> None:
    lab = treated.copy()
    lab.must("participant-unblind", "P-001", **{**walks.UNBLINDED, "entitled": ["cora"]})
    known = lab.get(Kind.ARM, "P-001").facts
    assert {name: known[name] for name in walks.UNBLINDED} == {**walks.UNBLINDED, "entitled": ["cora"]}
    assert known["protocol_version"] == lab.profile.study.protocol_version
    assert lab.get(Kind.PARTICIPANT, "P-001").text("period_2") == "resolved"
