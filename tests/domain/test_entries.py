"""A leaf's changes say exactly what changed: applied, undone, written, read back and replayed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.domain.canonical import LARGEST_INTEGER, encode
from inventory.domain.entries import OWN as OWN_FIELDS
from inventory.domain.entries import ReplayError, apply, change, codes_of, fields_of, replay, undo
from inventory.domain.items import Item, Kind, Log, Shelf
from inventory.domain.lives import TRANSITIONS
from tests.domain import walks

NAMED = ["device", "joints", "results", "period", "reason"]
NAMES = st.sampled_from(NAMED)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(NAMES, SCALARS, max_size=2)
OWN = st.none() | st.sampled_from(["A", "B", "C"])


def items(kind: Kind = Kind.KIT, code: str = "K1") -> st.SearchStrategy[Item]:
    return st.builds(
        Item, st.just(kind), st.just(code), st.sampled_from(["planned", "assigned", "ordered"]),
        st.just(Shelf.OPEN), OWN, OWN, OWN, st.dictionaries(NAMES, VALUES, max_size=4),
    )  # fmt: skip


def written(stated: dict[str, Any]) -> dict[str, Any]:
    """The change as it is read back from a leaf's bytes."""
    read: dict[str, Any] = orjson.loads(encode(stated))
    return read


@given(st.none() | items(), items())
def test_a_change_applied_gives_what_it_was_made_from(before: Item | None, after: Item) -> None:
    assert apply(before, change(before, after)) == after


@given(items(), items())
def test_a_change_undone_gives_what_was_before(before: Item, after: Item) -> None:
    assert undo(after, change(before, after)) == before


@given(items())
def test_what_a_change_brought_into_being_becomes_voided(after: Item) -> None:
    assert undo(after, change(None, after)) == replace(after, state="voided", place=None)


@given(st.none() | items(), items())
def test_a_change_reads_back_from_its_bytes_as_itself(before: Item | None, after: Item) -> None:
    stated = change(before, after)
    assert written(stated) == stated
    assert apply(before, written(stated)) == after


@given(items(), items(), items())
def test_a_change_is_refused_by_an_item_that_was_not_as_stated(
    before: Item, after: Item, other: Item
) -> None:
    stated = change(before, after)
    if fields_of(change(before, other)).isdisjoint(fields_of(stated)):
        return
    with pytest.raises(ReplayError, match="was not as stated"):
        apply(other, stated)


@given(items(), items())
def test_a_change_names_every_field_that_it_touched_and_none_that_stayed(before: Item, after: Item) -> None:
    own = {name for name in OWN_FIELDS if getattr(before, name) != getattr(after, name)}
    facts = {name for name in NAMED if before.facts.get(name) != after.facts.get(name)}
    assert fields_of(written(change(before, after))) == own | {f"facts.{name}" for name in facts}


def test_a_leaf_names_what_it_concerns_and_what_it_changed() -> None:
    item = Item(Kind.KIT, "K1", "planned", Shelf.OPEN)
    assert codes_of({"item": "P-001", "changes": [change(None, item)]}) == {"P-001", "K1"}


def test_what_exists_is_not_begun_again_and_what_does_not_is_not_changed() -> None:
    item = Item(Kind.KIT, "K1", "planned", Shelf.OPEN)
    with pytest.raises(ReplayError, match="kit K1 exists already"):
        apply(item, change(None, item))
    with pytest.raises(ReplayError, match="kit K1 does not exist"):
        apply(None, change(item, item.moved("assigned")))


def test_nothing_leaves_its_shelf() -> None:
    item = Item(Kind.KIT, "K1", "planned", Shelf.OPEN)
    with pytest.raises(ReplayError, match="cannot change its shelf"):
        change(item, replace(item, shelf=Shelf.VAULT))


def test_a_broken_leaf_is_named_by_its_log_and_index() -> None:
    item = Item(Kind.KIT, "K1", "planned", Shelf.OPEN)
    leaf: dict[str, Any] = {"log": "open", "index": 7, "changes": [change(item, item.moved("assigned"))]}
    with pytest.raises(ReplayError, match="entry 7 of the open log: kit K1 does not exist"):
        replay([leaf])


def test_a_leaf_without_changes_changes_nothing() -> None:
    assert replay([{"log": "open", "index": 0}, {"changes": None}, {"changes": ["no change"]}]) == {}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_replaying_a_random_life_gives_the_state_it_led_to(data: st.DataObject) -> None:
    lab = walks.study()
    states = st.sampled_from(["assigned", *walks.STEPS])
    for number in (1, 2):
        kit = walks.kit_at(lab, data.draw(states), f"P-00{number}")
        if data.draw(st.booleans()):
            lab.do("kit-not-give", kit, reason="delayed")
    for _ in range(data.draw(st.integers(0, 8))):
        log = data.draw(st.sampled_from(Log))
        leaf = data.draw(st.sampled_from(lab.view.leaves[log][-25:]))
        entry = {"log": log.value, "index": leaf["index"], "reason": "recorded_wrongly"}
        void = f"{leaf['action'].split('-')[0]}-void"
        if void in TRANSITIONS:
            lab.do(void, leaf["item"], by="quinn", **entry)
    logs = [[orjson.loads(encode(leaf)) for leaf in leaves] for leaves in lab.view.leaves.values()]
    assert replay(*logs) == lab.view.items
    assert replay(*reversed(logs)) == lab.view.items
