"""Whatever is recorded although it broke a rule says STOP in words that fit what happened.

Which refusals a rule can give is read from its source and from all that it calls, so that a new rule of an
observation, or of a permission that may come late from paper, is missed here until it has its words.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import pytest

from inventory.domain.lives import TRANSITIONS
from inventory.domain.lives.row import Mode, Row
from inventory.domain.refusals import ABOUT_ASKING, Refusal, Refused
from inventory.domain.stops import WORDS, told

LIVES = "inventory.domain.lives"
ALWAYS = {Refusal.DELEGATION_NOT_CURRENT, Refusal.TRAINING_NOT_CURRENT, Refusal.WRONG_STATE}
"""What any act can meet, whatever its row's own rules."""

OBSERVED = """
vial-thaw-by-mistake           thaw_not_ordered
vial-find                      place_not_in_service
syringe-give                   not_confirmed participant_differs withdrawn joint_differs joint_given already_given
                               told_not_given use_by_passed not_available volume_differs
syringe-explain syringe-explain-volume not_explained
kit-reconcile                  volume_unaccounted
envelope-check                 envelope_not_intact
participant-report-unblinding  blinding_compromised
lot-record-results             tests_failed
vial-finish-thaw vial-lose vial-waste excursion-open place-measure box-spill box-count kit-not-give
syringe-not-give syringe-drop participant-withdraw deviation-report deviation-report-lab alert-tell
envelope-open
label-spoil
"""
"""By hand: the rules of its own that each observation can break and is recorded with."""


def by_hand() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    actions: list[str] = []
    for line in OBSERVED.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            actions = [word for word in words if "-" in word]
        for action in actions:
            found.setdefault(action, set()).update(word for word in words if "-" not in word)
    return found


@cache
def gives(rule: Any) -> frozenset[Refusal]:
    """The refusals that a rule, or anything it calls, names."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(rule)))
    named = {node.attr for node in ast.walk(tree) if _is_of(node, "Refusal")}
    found = {Refusal[name] for name in named}
    for called in _called(rule, tree):
        found |= gives(called)
    return frozenset(found)


def _is_of(node: ast.AST, name: str) -> Any:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def _called(rule: Any, tree: ast.AST) -> Iterator[Any]:
    names = inspect.getclosurevars(rule)
    known = {**names.globals, **names.nonlocals}
    reached = list(known.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = known.get(node.value.id)
            reached += [getattr(module, node.attr)] if isinstance(module, ModuleType) else []
    for one in reached:
        for each in one if isinstance(one, tuple) else (one,):
            if isinstance(each, FunctionType) and each.__module__.startswith(LIVES) and each is not rule:
                yield each


def meets(row: Row) -> frozenset[Refusal]:
    """What an act of that row can break and be recorded with, its own rules alone."""
    return frozenset().union(*(gives(rule) for rule in row.rules)) - ABOUT_ASKING


RECORDED = [row for row in TRANSITIONS.values() if row.by and not row.decision]
PAIRS = [(row.action, one) for row in RECORDED for one in sorted(meets(row) | ALWAYS, key=lambda r: r.name)]


def test_the_rules_of_each_observation_are_the_ones_written_by_hand() -> None:
    observed = [row for row in RECORDED if row.mode is Mode.OBSERVATION]
    assert {row.action: {one.name.lower() for one in meets(row)} for row in observed} == by_hand()


@pytest.mark.parametrize(
    "row", [row for row in TRANSITIONS.values() if row.rules], ids=lambda row: row.action
)
def test_the_source_of_every_rule_names_what_it_refuses(row: Row) -> None:
    assert all(gives(rule) for rule in row.rules)


@pytest.mark.parametrize(("action", "refusal"), PAIRS)
def test_what_was_recorded_says_stop_what_was_broken_and_what_to_do(action: str, refusal: Refusal) -> None:
    words = told("D0123456789AB", [Refused(refusal)])
    before, _, after = words.partition(" STOP. ")
    assert before == "Recorded, with deviation D0123456789AB."
    assert "Not done" not in after
    assert "othing was recorded" not in after
    broken, _, to_do = after.partition(". ")
    assert broken[0].isupper()
    assert to_do.endswith(".")


def test_there_are_words_for_nothing_else() -> None:
    assert set(WORDS) == {refusal for _, refusal in PAIRS}


def test_every_rule_that_was_broken_is_told_with_what_it_saw() -> None:
    broken = [Refused(Refusal.JOINT_DIFFERS, "it is for L4-L5:left"), Refused(Refusal.USE_BY_PASSED)]
    assert told("D1", broken) == (
        "Recorded, with deviation D1. STOP. It was not for this joint. Compare every syringe that is left with "
        "its joint; tell the investigator. (it is for L4-L5:left) Its use-by had passed. Give nothing more of "
        "it; tell the investigator."
    )
