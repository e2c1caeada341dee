"""What the fields of an act's evidence ask of each other: the same of a form, a program and an imported file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from inventory.domain.evidence import past_fields
from inventory.domain.lives import ACTIONS
from inventory.services.acts import MalformedError, evidence_of

EXCURSION = {"place": "JAX/CRYO/T1", "logger": "LG-1", "warmest_millicelsius": -20_000, "readings": "0" * 64}
MEASURED = {
    "logger": "LG-1", "started_at": "2026-11-20", "ended_at": "2026-11-21", "coldest_millicelsius": -190_000,
    "warmest_millicelsius": -180_000, "readings": "0" * 64,
}  # fmt: skip
SENT = {
    "sender": "Maker", "receiver": "Site", "carrier": "Carrier", "shipper_id": "DS-1", "seal": "S-1",
    "logger_id": "LG-1", "vials": ["X-1"],
}  # fmt: skip
ENROLLED = {"site": "JAX", "stratum": "JAX", "pregnancy_test_required": True, "joints": ["L4-L5:left"]}
FILLED = {
    "product": "DMSO", "manufacturer": "Maker", "cryo_medium": "CS10", "dmso_basis_points": 1000,
    "vials": [{"serial": "X-1", "volume_ul": 4500}],
}  # fmt: skip


def misfit(action: str, evidence: dict[str, Any], **more: Any) -> str:
    """Which field does not fit, and why; empty where all do."""
    try:
        evidence_of(action, {**evidence, **more})
    except MalformedError as malformed:
        return str(malformed)
    return ""


# action | fields | what is refused; a dot: nothing
SPANS = """
participant-enrol consented_on=2026-11-02 enrolled_on=2026-11-01 | enrolled_on: lies before consented_on.
participant-enrol consented_on=2026-11-02 enrolled_on=2026-11-02 | .
lot-register filled_on=2026-01-15 expires_on=2026-01-14          | expires_on: must be later than filled_on.
lot-register filled_on=2026-01-15 expires_on=2026-01-15          | expires_on: must be later than filled_on.
lot-register filled_on=2026-01-15 expires_on=2026-01-16          | .
shipment-advise expected_from=2026-11-23 expected_to=2026-11-22  | expected_to: lies before expected_from.
shipment-advise expected_from=2026-11-23 expected_to=2026-11-23  | .
place-measure started_at=2026-11-23 ended_at=2026-11-22          | ended_at: lies before started_at.
excursion-open started_at=2026-11-23 ended_at=2026-11-22         | ended_at: lies before started_at.
person-delegate from_day=2026-11-23 to_day=2026-11-22            | to_day: lies before from_day.
visit-open from_day=2026-11-23 to_day=2026-11-22                 | to_day: lies before from_day.
"""
REST = {
    "participant-enrol": ENROLLED, "lot-register": FILLED, "shipment-advise": SENT, "place-measure": MEASURED,
    "excursion-open": EXCURSION, "person-delegate": {"document": "DOA-1"}, "visit-open": {"purpose": "audit"},
}  # fmt: skip


@pytest.mark.parametrize("line", SPANS.strip().splitlines())
def test_what_ends_before_it_begins_is_refused_by_the_field_of_its_end(line: str) -> None:
    told, told_back = (part.strip() for part in line.split(" | "))
    action, *fields = told.split()
    found = misfit(action, REST[action], **dict(field.split("=") for field in fields))
    assert found == ("" if told_back == "." else f"evidence.{told_back}")


# begins | ends | whether it may
MIXED = """
2026-11-22T10:00:00Z      2026-11-22T09:59:59Z       no
2026-11-22T10:00:00Z      2026-11-22T05:00:00-05:00  yes
2026-11-22T21:00:00-05:00 2026-11-22                 yes
2026-11-23T21:00:00-05:00 2026-11-22                 no
2026-11-23                2026-11-22T16:00:00Z       yes
2026-11-23                2026-11-22T09:00:00Z       no
"""


@pytest.mark.parametrize("line", MIXED.strip().splitlines())
def test_a_day_beside_an_instant_may_be_of_any_zone(line: str) -> None:
    begins, ends, may = line.split()
    found = misfit("excursion-open", EXCURSION, started_at=begins, ended_at=ends)
    assert found == ("" if may == "yes" else "evidence.ended_at: lies before started_at.")


def test_what_was_warmest_is_not_colder_than_what_was_coldest() -> None:
    told = "evidence.warmest_millicelsius: is colder than coldest_millicelsius."
    assert misfit("place-measure", MEASURED, warmest_millicelsius=-190_001) == told
    assert misfit("place-measure", MEASURED, warmest_millicelsius=-190_000) == ""


def test_a_malformed_beginning_is_told_alone() -> None:
    found = misfit("visit-open", REST["visit-open"], from_day="2026-02-30", to_day="2026-02-28")
    assert found.startswith("evidence.from_day: ")
    assert "to_day" not in found


ADDED = {"name": "Noor", "roles": ["coordinator"]}
BOX = {"place": "JAX", "name": "Box 1", "rows": 9, "columns": 9}
OWN_WORDS = [
    ("person-add", ADDED, "name"), ("box-register", BOX, "name"), ("shipment-advise", SENT, "carrier"),
    ("excursion-assess", {"disposition": "usable"}, "reason"), ("visit-note", {}, "note"), ("box-spill", {}, "note"),
]  # fmt: skip


@pytest.mark.parametrize(("action", "rest", "field"), OWN_WORDS)
def test_what_somebody_writes_is_seen_and_reads_as_it_is_stored(
    action: str, rest: dict[str, Any], field: str
) -> None:
    if action == "shipment-advise":
        rest = {**rest, "expected_from": "2026-11-22", "expected_to": "2026-11-23"}
    assert misfit(action, rest, **{field: "Núñez-O’Brien 李小龍"}) == ""
    assert misfit(action, rest, **{field: " \u200b"}) == f"evidence.{field}: is blank."
    for text in ("Tess\u202edaB", "Tess\x9fLund", "Tess\u2028Lund"):
        assert misfit(action, rest, **{field: text}).startswith(
            f"evidence.{field}: holds a character that is"
        )


DETERMINED = {"eligibility": "eligible", "determined_on": "2026-01-10", "determined_by": "Dr Gray"}


@pytest.mark.parametrize("field", ["determined_on", "determined_by"])
def test_a_determination_is_of_a_day_and_by_somebody_unless_it_is_incomplete(field: str) -> None:
    lacking = {name: told for name, told in DETERMINED.items() if name != field}
    told = f"evidence.{field}: is needed unless the determination is incomplete."
    assert misfit("donor-register", lacking) == misfit("donor-redetermine", lacking) == told
    assert misfit("donor-register", lacking, eligibility="maybe").count("evidence.") == 1


@pytest.mark.parametrize("eligibility", ["ineligible", "incomplete"])
def test_a_donor_who_is_not_eligible_has_a_statement_for_the_label(eligibility: str) -> None:
    told = "evidence.label_statements: is needed for a donor who is not eligible."
    assert misfit("donor-redetermine", DETERMINED, eligibility=eligibility) == told
    assert (
        misfit("donor-redetermine", DETERMINED, eligibility=eligibility, label_statements=["WARNING"]) == ""
    )
    assert misfit("donor-redetermine", DETERMINED) == ""


@pytest.mark.parametrize("brought", [None, [], "text", 5])
def test_what_is_no_evidence_at_all_is_named_as_the_evidence(brought: Any) -> None:
    with pytest.raises(MalformedError) as malformed:
        evidence_of("visit-tick", brought)
    assert [where for where, _ in malformed.value.problems] == ["evidence"]


def test_the_number_of_an_entry_is_never_negative() -> None:
    found = misfit("visit-tick", {"log": "open", "entries": [0, -1]})
    assert found.startswith("evidence.entries.1: ")


PAST = """
alert-tell             told_at
donor-redetermine      determined_on
donor-register         determined_on
excursion-open         started_at ended_at
lot-record-results     issued_on
lot-register           filled_on
participant-enrol      consented_on enrolled_on
participant-unblind    locked_on
place-measure          started_at ended_at
template-approve       measured_on
"""
TO_COME = """
device-calibrate            calibration_due
device-register             calibration_due
kit-record-preparation      diluent.expires_on consumables.expires_on
lot-extend                  expires_on
lot-register                expires_on
lot-release-conditionally   follow_up_by
person-add                  last_day
person-delegate             from_day to_day
person-limit                last_day
person-train                from_day to_day
shipment-advise             expected_from expected_to
visit-open                  from_day to_day
visit-open-lab              from_day to_day
"""
OF_THE_ACT = """
kit-call                 pregnancy_test.at
participant-break-code   asked_at
"""


def table(text: str) -> set[tuple[str, str]]:
    return {(line.split()[0], name) for line in text.strip().splitlines() for name in line.split()[1:]}


def times(part: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """The addresses of the days and times in a part of a schema."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    if part.get("format") == "date-time" or part.get("pattern", "").startswith("^(19|20|21)"):
        yield ""
    for name, one in part.get("properties", {}).items():
        yield from (f".{name}{rest}" for rest in times(one, schema))
    for one in (*part.get("anyOf", ()), *([part["items"]] if "items" in part else ())):
        yield from times(one, schema)


def test_of_each_day_and_time_that_is_asked_for_it_is_known_whether_it_may_be_still_to_come() -> None:
    schemas = {action: row.evidence.model_json_schema() for action, row in ACTIONS.items()}
    asked = {(action, name[1:]) for action, schema in schemas.items() for name in times(schema, schema)}
    assert asked == table(PAST) | table(TO_COME) | table(OF_THE_ACT)
    told = {(action, name) for action, row in ACTIONS.items() for name in past_fields(row.evidence)}
    assert told == table(PAST)


# verdicts of one certificate, test:result:verdict | what is refused; a dot: nothing
CERTIFICATES = """
sterility:growth:fail                          | .
sterility::pending viability::not_applicable   | .
sterility:growth:fail viability::pass          | results.1.verdict: pass and fail need the result that was judged.
sterility:a:fail viability:b:pass sterility:a:pass | results: result 3 is of the same test as result 1.
"""


@pytest.mark.parametrize("line", CERTIFICATES.strip().splitlines())
def test_a_certificate_judges_each_test_once_and_by_its_result(line: str) -> None:
    told, told_back = (part.strip() for part in line.split(" | "))
    split = [one.split(":") for one in told.split()]
    results = [
        {"test": test, "result": result or None, "verdict": verdict} for test, result, verdict in split
    ]
    found = misfit("lot-record-results", {"issued_on": "2026-11-20", "results": results})
    assert found == ("" if told_back == "." else f"evidence.{told_back}")


def test_how_warm_it_may_become_is_known_of_a_tank() -> None:
    told = "evidence.limit_millicelsius: is needed for a tank."
    assert misfit("place-register", {"kind": "tank"}) == told
    assert misfit("place-register", {"kind": "tank"}, limit_millicelsius=-150_000) == ""
    assert misfit("place-register", {"kind": "rack"}) == ""


@pytest.mark.parametrize(("side", "may"), [(0, False), (1, True), (23, True), (24, False)])
def test_a_box_has_no_more_rows_and_columns_than_a_position_can_name(side: int, may: bool) -> None:
    for other in ("rows", "columns"):
        told = {"place": "JAX", "name": "Box", "rows": 9, "columns": 9, other: side}
        assert (misfit("box-register", told) == "") is may
