"""The canonical bytes of an entry: the author's cases, and rfc8785 as the oracle for everything else."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.domain.canonical import DEEPEST, LARGEST_INTEGER, NotCanonical, encode

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "jcs_rfc8785.json").read_text("utf-8"))
CASES = {case["name"]: case for case in VECTORS["cases"]}

SCALARS = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | st.text()
KEYS = st.text([chr(code) for code in range(0x80)])
VALUES = st.recursive(SCALARS, lambda part: st.lists(part) | st.dictionaries(KEYS, part), max_leaves=20)

# The first text drawn in a fresh clone waits for Hypothesis to build its Unicode tables, for seconds.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Colour(enum.StrEnum):
    RED = "red"


class Text(str):
    __slots__ = ()


@dataclass
class Point:
    x: int


@UNHURRIED
@given(VALUES)
def test_the_bytes_are_those_of_an_independent_rfc8785(value: Any) -> None:
    assert encode(value) == rfc8785.dumps(value)


@UNHURRIED
@given(VALUES)
def test_the_bytes_read_back_as_the_value(value: Any) -> None:
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize(
    "code", [*range(0x100), 0x2028, 0x2029, 0xD7FF, 0xE000, 0xFEFF, 0xFFFF, 0x10000, 0x10FFFF]
)
def test_every_control_and_every_awkward_character_is_escaped_as_the_rfc_says(code: int) -> None:
    assert encode({"text": chr(code)}) == rfc8785.dumps({"text": chr(code)})


@pytest.mark.parametrize("name", ["arrays", "unicode"])
def test_the_authors_cases_inside_the_subset_match(name: str) -> None:
    assert encode(json.loads(CASES[name]["input"])) == bytes.fromhex(CASES[name]["output_hex"])


@pytest.mark.parametrize(
    ("name", "path"),
    [("french", "$"), ("structures", "$.1.\n"), ("values", "$.numbers[0]"), ("weird", "$")],
)
def test_the_authors_cases_outside_the_subset_are_refused(name: str, path: str) -> None:
    with pytest.raises(NotCanonical) as refusal:
        encode(json.loads(CASES[name]["input"]))
    assert refusal.value.path == path


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_authors_case_is_in_the_table_above(name: str) -> None:
    assert name in {"arrays", "unicode", "french", "structures", "values", "weird"}


REFUSED: list[tuple[str, Any, str]] = [
    ("a float", 1.5, "a float has no place"),
    ("a whole float", 56.0, "a float has no place"),
    ("not a number", float("nan"), "a float has no place"),
    ("infinity", float("inf"), "a float has no place"),
    ("too large an integer", 2**53, "beyond ±(2^53 - 1)"),
    ("too small an integer", -(2**53), "beyond ±(2^53 - 1)"),
    ("an integer past 64 bits", 2**70, "beyond ±(2^53 - 1)"),
    ("half a surrogate pair", "a\ud800b", "half of a surrogate pair"),
    ("bytes", b"a", "a bytes has no place"),
    ("a date", datetime(2026, 11, 22, tzinfo=UTC), "a datetime has no place"),
    ("a UUID", UUID(int=1), "a UUID has no place"),
    ("a decimal", Decimal(1), "a Decimal has no place"),
    ("a dataclass", Point(1), "a Point has no place"),
    ("an enum", Colour.RED, "a Colour has no place"),
    ("a kind of string", Text("a"), "a Text has no place"),
    ("a set", {1}, "a set has no place"),
    ("a key that is an integer", {1: 2}, "a key is of type int"),
    ("a key that is an enum", {Colour.RED: 2}, "a key is of type Colour"),
    ("a key beyond ASCII", {"é": 2}, "is not ASCII"),
]


@pytest.mark.parametrize("around", ["alone", "in a list", "in a tuple", "in an object"])
@pytest.mark.parametrize(("what", "value", "cause"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_has_no_place_in_an_entry_is_refused_by_name(
    what: str, value: Any, cause: str, around: str
) -> None:
    places = {
        "alone": (value, "$"),
        "in a list": ([0, value], "$[1]"),
        "in a tuple": ((0, value), "$[1]"),
        "in an object": ({"evidence": {"seen": [value]}}, "$.evidence.seen[0]"),
    }
    whole, path = places[around]
    with pytest.raises(NotCanonical) as refusal:
        encode(whole)
    assert refusal.value.path == path
    assert cause in str(refusal.value)


def test_a_tuple_is_written_as_a_list() -> None:
    assert (
        encode({"joints": ("L4-L5:left", ("L5-S1:right",))}) == b'{"joints":["L4-L5:left",["L5-S1:right"]]}'
    )


def test_the_largest_integers_are_written() -> None:
    assert encode([LARGEST_INTEGER, -LARGEST_INTEGER]) == b"[9007199254740991,-9007199254740991]"


def test_a_value_nested_too_deeply_is_refused_and_one_level_less_is_written() -> None:
    deep: list[Any] = []
    for _ in range(DEEPEST - 1):
        deep = [deep]
    assert encode(deep) == b"[" * DEEPEST + b"]" * DEEPEST
    with pytest.raises(NotCanonical, match="levels deep"):
        encode([deep])


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    with pytest.raises(NotCanonical, match="levels deep"):
        encode(endless)
