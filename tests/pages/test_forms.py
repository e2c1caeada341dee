"""A form for every action: what is asked is what the action takes, and what comes back is what was given."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import create_model
from pydantic.json_schema import SkipJsonSchema

from inventory.domain.lives import ACTIONS
from inventory.domain.roles import Role
from inventory.web.pages.controls import ASKED_APART, Control, Form, is_beside, unit_of
from inventory.web.pages.evidence import Filled, in_zone
from inventory.worlds.samples import sample
from tests.domain.lab import profile

if TYPE_CHECKING:
    from inventory.domain.lives.row import Row

ZONE, AT = "America/New_York", "2026-01-05T09:00:00.000000Z"
READER: Any = SimpleNamespace(profile=profile(), logs=())


def flat(name: str, value: Any) -> dict[str, list[str]]:
    """Evidence as a browser's form holds it."""
    if isinstance(value, dict):
        return {key: each for part, one in value.items() for key, each in flat(f"{name}.{part}", one).items()}
    if isinstance(value, list) and any(isinstance(each, dict) for each in value):
        return {
            key: each for place, one in enumerate(value) for key, each in flat(f"{name}.{place}", one).items()
        }
    return {name: [written(name, each) for each in (value if isinstance(value, list) else [value])]}


def written(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return str(Decimal(value) / unit_of(name)[0]) if isinstance(value, int) else str(value)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_what_a_form_holds_comes_back_as_the_evidence_it_was(action: str) -> None:
    row = ACTIONS[action]
    evidence = everything(row)
    given = {name.removeprefix("."): values for name, values in flat("", evidence).items()}
    filled = Filled(given, ZONE)
    assert filled.evidence(row.evidence.model_json_schema()) == evidence
    assert filled.problems == []


def test_a_list_that_may_be_empty_is_given_empty_and_asked_for_without_force() -> None:
    schema = ACTIONS["participant-unblind"].evidence.model_json_schema()
    for given in ({}, {"entitled": [""]}, {"entitled": [" \n "]}):
        assert Filled(given, ZONE).evidence(schema) == {"entitled": []}
    assert Filled({"entitled": ["cora"]}, ZONE).evidence(schema) == {"entitled": ["cora"]}
    asked_for = {each.name: each.enforced for each in Form(READER, None).controls(schema)}
    assert (asked_for["entitled"], asked_for["data_lock"]) == (False, True)


def test_rows_that_may_be_empty_are_never_taken_for_given() -> None:
    schema = ACTIONS["box-count"].evidence.model_json_schema()
    assert "seen" not in Filled({}, ZONE).evidence(schema)


def everything(row: Row) -> dict[str, Any]:
    """Evidence with every field given, those that may be left out too."""
    told = create_model("Told", **{name: (info.annotation, ...) for name, info in fields(row).items()})
    return sample(
        replace(row, evidence=told),
        {"pregnancy_test": {"result": "negative", "at": AT}, "at": AT, "asked_at": AT},
    )


def fields(row: Row) -> dict[str, Any]:
    return {
        name: info
        for name, info in row.evidence.model_fields.items()
        if name not in ASKED_APART and asked(info)
    }


def asked(info: Any) -> bool:
    """Whether a person gives it: the service fills in the others, and drops what comes from outside."""
    return not any(isinstance(each, SkipJsonSchema) for each in info.metadata)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_form_asks_for_each_field_of_the_evidence_once(action: str) -> None:
    row = ACTIONS[action]
    shown = Form(READER, None).controls(row.evidence.model_json_schema())
    wanted = {name for name, info in row.evidence.model_fields.items() if asked(info)}
    assert [each.name for each in shown] == [
        name for name in row.evidence.model_fields if name in wanted - set(ASKED_APART)
    ]
    for control in flattened(shown):
        assert control.label
        assert control.label[0].isupper()
        assert "_" not in control.label
        if control.shape in {"select", "choice", "checks"}:
            assert control.options


def flattened(controls: tuple[Control, ...]) -> list[Control]:
    return [each for control in controls for each in (control, *flattened(control.parts))]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1", 1000), ("1.5", 1500), ("0.001", 1), (" 1 000 ", 1_000_000), ("-1", -1000),
        ("−1", -1000),
    ],
)  # fmt: skip
def test_an_amount_is_read_exactly(typed: str, stored: int) -> None:
    schema = {"properties": {"given_ul": {"type": "integer"}}}
    assert Filled({"given_ul": [typed]}, ZONE).evidence(schema) == {"given_ul": stored}


@pytest.mark.parametrize(
    "typed", ["0,4", "-18,5", "4,500", "1.0005", "one", "1e3", "0x10", "1..5", "½", "1" * 30]
)
def test_what_is_no_amount_is_refused_with_the_fields_name(typed: str) -> None:
    filled = Filled({"given_ul": [typed]}, ZONE)
    assert filled.evidence({"properties": {"given_ul": {"type": "integer"}}}) == {}
    assert [where for where, _ in filled.problems] == ["evidence.given_ul"]


def test_a_time_of_day_is_the_sites() -> None:
    assert in_zone("2026-07-01T12:00", ZONE) == "2026-07-01T16:00:00.000000Z"
    assert in_zone("2026-12-01T12:00:30", ZONE) == "2026-12-01T17:00:30.000000Z"
    assert in_zone("2026-12-01T12:00:00+01:00", ZONE) == "2026-12-01T11:00:00.000000Z"
    assert in_zone("2026-12-01", ZONE) == "2026-12-01"
    assert in_zone("yesterday", ZONE) == "yesterday"


def test_a_row_that_was_left_blank_is_no_row() -> None:
    schema = ACTIONS["kit-return"].evidence.model_json_schema()
    given = {
        "remainders.0.syringe": [""],
        "remainders.1.syringe": ["Y1"],
        "remainders.1.remainder_ul": ["0.5"],
    }
    read = Filled(given, ZONE).evidence(schema)
    assert read == {"remainders": [{"syringe": "Y1", "remainder_ul": 500}]}


def test_a_field_says_what_was_wrong_with_it_and_keeps_what_was_given() -> None:
    schema = ACTIONS["syringe-give"].evidence.model_json_schema()
    form = Form(READER, None, {"given_ul": ["lots"]}, {"given_ul": "It is a number."})
    control = next(each for each in form.controls(schema) if each.name == "given_ul")
    assert (control.value, control.error, control.unit, control.shape) == (
        "lots",
        "It is a number.",
        "mL",
        "amount",
    )


def test_a_list_says_what_was_wrong_with_each_of_its_lines() -> None:
    schema = ACTIONS["visit-tick"].evidence.model_json_schema()
    form = Form(READER, None, {"entries": ["3\n-1"]}, {"entries.1": "It is too small."})
    (entries,) = [each for each in form.controls(schema) if each.name == "entries"]
    assert (entries.shape, entries.error) == ("lines", "Line 2: It is too small.")


# action | address of what was wrong | whether a field of the form says it
BESIDE = """
visit-tick            entries            yes
visit-tick            entries.12         yes
visit-tick            late.reason        no
visit-tick            evidence           no
kit-call              pregnancy_test.at  yes
kit-call              pregnancy_test     yes
kit-call              pregnancy_test.by  no
lot-record-results    results            yes
lot-record-results    results.0.verdict  yes
lot-record-results    results.1.verdict  no
participant-enrol     joints.0           yes
"""


@pytest.mark.parametrize("line", BESIDE.strip().splitlines())
def test_what_was_wrong_is_said_beside_a_field_or_is_known_to_stand_apart(line: str) -> None:
    action, address, may = line.split()
    shown = Form(READER, None).controls(ACTIONS[action].evidence.model_json_schema())
    assert is_beside(address, shown) is (may == "yes")


def test_a_long_list_is_in_the_order_of_its_words_with_other_last() -> None:
    schema = ACTIONS["vial-quarantine"].evidence.model_json_schema()
    (reasons,) = (each.options for each in Form(READER, None).controls(schema) if each.name == "reason")
    shown = [told for _, told in reasons]
    assert shown == [*sorted(shown[:-1]), "Other"]


def test_roles_are_offered_in_the_studys_words() -> None:
    form = Form(READER, None)
    controls = form.controls(ACTIONS["person-add"].evidence.model_json_schema())
    (roles,) = [each for each in controls if each.name == "roles"]
    assert roles.shape == "checks"
    assert dict(roles.options)[Role.TECHNICIAN] == "Cell lab technician"
