"""Every cell of states × actions, and every row in every state with whatever evidence its form lets in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inventory.domain.custody import allowed, decide
from inventory.domain.evidence import Evidence
from inventory.domain.identifiers import numbers
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import STATES, TRANSITIONS
from inventory.domain.lives.row import Row
from tests.domain import walks
from tests.domain.lab import PEOPLE, Lab

EVERY_STATE = {kind: ("new", "voided", *STATES[kind]) for kind in Kind}
CELLS = [(row.action, state) for row in TRANSITIONS.values() if row.by for state in EVERY_STATE[row.kind]]
FRESH = numbers.draw(numbers.Kind.KIT, lambda limit: 11)


@cache
def busy() -> Lab:
    """A study in the middle of its work: kits at many stages, and something of every kind."""
    lab = walks.study()
    for number, state in enumerate(("assigned", "called_for", "prepared", "confirmed", "destroyed"), start=1):
        walks.kit_at(lab, state, f"P-00{number}")
    walks.picked(lab, lab.get(Kind.PARTICIPANT, "P-002").text("live_kit_1"))
    walks.unblind(lab, "P-005", "cora")
    lab.must("deviation-report", "DEV-1", about={"kind": "device", "code": "BATH"}, reason="other")
    lab.must(
        "excursion-open", "EXC-1", place="JAX/CRYO", logger="LOGGER", started_at="2026-11-21",
        ended_at="2026-11-22", warmest_millicelsius=-120_000, readings=walks.DIGEST,
    )  # fmt: skip
    return lab


def bare(kind: Kind, state: str) -> Item:
    """An item of which nothing is known but its state."""
    return new(kind, FRESH, state)


# A form's JSON Schema as a strategy: whatever it lets in, with codes that mean something here among them
def strategy(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return strategy(known[schema["$ref"].rsplit("/", 1)[1]], known)
    if "anyOf" in schema:
        return st.one_of(*(strategy(one, known) for one in schema["anyOf"]))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return OF_TYPE[schema["type"]](schema, known)


def texts(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.sampled_from(["2026-11-22T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
    return st.sampled_from(fitting(schema))


@cache
def _fitting(pattern: str, shortest: int, longest: int) -> list[str]:
    return [text for text in (*KNOWN, *ODD) if shortest <= len(text) <= longest and re.search(pattern, text)]


def fitting(schema: dict[str, Any]) -> list[str]:
    return _fitting(schema.get("pattern", ""), schema.get("minLength", 0), schema.get("maxLength", 80))


def integers(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[int]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    return st.integers(low, schema.get("maximum", 10**13))


def lists(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy(schema["items"], known), min_size=schema.get("minItems", 0), max_size=3)


def objects(schema: dict[str, Any], known: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: strategy(one, known) for name, one in schema["properties"].items()}
    needed = {name: fields.pop(name) for name in schema.get("required", [])}
    return st.fixed_dictionaries(needed, optional=fields)


OF_TYPE: dict[str, Callable[..., st.SearchStrategy[Any]]] = {
    "string": texts,
    "integer": integers,
    "array": lists,
    "object": objects,
    "boolean": lambda schema, known: st.booleans(),
    "null": lambda schema, known: st.none(),
}
ODD = [
    "word", "~", "\x80", "Zoë 𝄞", "<b>", "'; --", "1900-01-01", "2026-11-22", "2027-12-31", "2199-12-31",
    "2026-02-31", "2026-11-22T08:00:00Z", walks.DIGEST, "x" * 64, "K" * 9, walks.position(80),
    "A999922012346", "YA001", "000001",
]  # fmt: skip
NAMES = {
    "L4-L5:left",
    "NCT06001853",
    "0a1b2c3d",
    *(f"a/{log}+11111111+{'A' * 44}" for log in ("open", "vault")),
}
KNOWN = sorted({item.code for item in busy().view.items.values()} | NAMES)


@cache
def forms(action: str) -> st.SearchStrategy[Evidence]:
    """Any evidence that the row's form lets in."""
    row = TRANSITIONS[action]
    schema = row.evidence.model_json_schema()
    return strategy(schema, schema.get("$defs", {})).flatmap(partial(validated, row))


def validated(row: Row, told: dict[str, Any]) -> st.SearchStrategy[Evidence]:
    try:
        return st.just(row.evidence.model_validate(told))
    except ValidationError:  # a check across fields, which the schema does not tell
        return st.nothing()


@cache
def some_form(action: str) -> Evidence:
    """One evidence that the row's form lets in; which one does not matter."""
    quick = settings(database=None, max_examples=200, phases=[Phase.generate])
    return find(forms(action), lambda _: True, settings=quick)


@pytest.mark.parametrize(("action", "state"), CELLS)
def test_every_cell_is_allowed_exactly_where_its_row_has_a_move(action: str, state: str) -> None:
    row, lab = TRANSITIONS[action], busy().copy()
    if state != "new":
        lab.put(bare(row.kind, state))
    case = lab.case(action, FRESH, form=some_form(action))
    refused = {each.code for each in decide(case).refused}
    if state in row.moves:
        assert not refused & {"wrong_state", "unknown_code"}
    else:
        expected = "unknown_code" if state == "new" else "already_known" if row.creates else "wrong_state"
        assert expected in refused
    assert (action in allowed(case.item, case.person, lab.profile)) == (state in row.moves)


@pytest.mark.parametrize("action", [row.action for row in TRANSITIONS.values() if not row.by])
def test_nobody_can_ask_for_a_consequence(action: str) -> None:
    lab = busy()
    for names in PEOPLE.values():
        assert lab.refusals(action, FRESH, by=names[0]) == ["not_entitled"]


@st.composite
def changed_items(draw: st.DrawFn, kind: Kind) -> Item:
    """An item of the busy study, or a bare one, in any state and with some of its facts lost."""
    known = [item for item in busy().view.items.values() if item.kind is kind]
    item = draw(st.sampled_from([bare(kind, "new"), *known]))
    lost = draw(st.sets(st.sampled_from(sorted(item.facts)))) if item.facts else set()
    kept = {name: value for name, value in item.facts.items() if name not in lost}
    parent = draw(st.sampled_from([item.parent, None]))
    due = draw(st.sampled_from([item.due, None]))
    state = draw(st.sampled_from(EVERY_STATE[kind][1:]))
    return replace(item, state=state, facts=kept, parent=parent, due=due)


@pytest.mark.parametrize("action", [row.action for row in TRANSITIONS.values() if row.by])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_state_and_no_evidence_makes_a_decision_raise(action: str, data: st.DataObject) -> None:
    row, lab = TRANSITIONS[action], busy().copy()
    item = data.draw(changed_items(row.kind) | st.none())
    if item is not None:
        lab.put(item)
    behind = data.draw(st.sampled_from([-600, 0, 5, 10_000_000]))
    second = data.draw(st.sampled_from(["auto", None, "nobody", "bert"]))
    lab.do(
        action,
        FRESH if item is None else item.code,
        form=data.draw(forms(action)),
        at=lab.now - timedelta(seconds=behind),
        second=second,
    )
