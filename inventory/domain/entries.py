"""An entry of a log: its leaf, and the changes it states, applied, named and undone.

Rules this module keeps:
- A leaf states each change whole: what the item was and what it is now, field by field, so that an entry can
  be read, replayed and voided without any other.
- `was` null means the item did not exist. A fact that is null was, or now is, absent.
- Applying the leaves of both logs from nothing gives exactly the stored state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from inventory.domain.items import Item, Json, Kind, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.domain.items import Key

VERSION = 1
OWN = ("state", "parent", "place", "due")
Change = dict[str, Json]


class ReplayError(Exception):
    """A leaf's changes do not follow from what came before it."""


def change(before: Item | None, after: Item) -> Change:
    """The change from `before` to `after`, with every field that differs, was and now."""
    was: dict[str, Json] = {}
    now: dict[str, Json] = {}
    for name in OWN:
        old, new = getattr(before, name, None), getattr(after, name)
        if old != new:
            was[name], now[name] = old, new
    old_facts = before.facts if before else {}
    # A loop, not a generator: every act asks this of everything that it changes.
    names = [name for name, fact in after.facts.items() if old_facts.get(name) != fact]
    names += [name for name in old_facts if name not in after.facts]
    if names:
        names.sort()
        was["facts"] = {name: old_facts.get(name) for name in names}
        now["facts"] = {name: after.facts.get(name) for name in names}
    stated: Change = {
        "kind": after.kind.value,
        "code": after.code,
        "was": was if before else None,
        "now": now,
    }
    if before is None:
        stated["shelf"] = after.shelf.value
    elif before.shelf is not after.shelf:
        raise ReplayError(f"{after.kind} {after.code} cannot change its shelf")
    return stated


def changes_of(leaf: Mapping[str, Json]) -> list[Change]:
    """The changes a leaf states."""
    stated = leaf.get("changes", [])
    return [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []


def codes_of(leaf: Mapping[str, Json]) -> frozenset[str]:
    """The codes of what a leaf concerns and of what it changes."""
    return frozenset({str(leaf["item"]), *(str(stated["code"]) for stated in changes_of(leaf))})


def fields_of(stated: Change) -> frozenset[str]:
    """The fields that a change touches, by name; a fact as `facts.` with its name."""
    now = dict(_fields(stated.get("now")))
    facts = [f"facts.{fact}" for fact, _ in _fields(now.pop("facts", None))]
    return frozenset({*now, *facts})


def apply(item: Item | None, stated: Change) -> Item:
    """The item after that change.

    Raises:
        ReplayError: the item is not what the change says it was.
    """
    things = {} if item is None else {(item.kind.value, item.code): _thing(item)}
    return _item(_followed(things, stated))


def undo(item: Item, stated: Change) -> Item:
    """The item as it was before that change; what the change brought into being becomes `voided`."""
    if stated.get("was") is None:
        return replace(item, state="voided", place=None)
    thing = _thing(item)
    _become(thing, stated["was"])
    return _item(thing)


def replay(*logs: Iterable[Mapping[str, Json]]) -> dict[Key, Item]:
    """The state that these logs give, from nothing. No item has changes in two logs, so their order is free.

    Raises:
        ReplayError: with the log and index of the first leaf that does not follow.
    """
    things: dict[Name, _Thing] = {}
    for leaves in logs:
        for leaf in leaves:
            for stated in changes_of(leaf):
                try:
                    _followed(things, stated)
                except ReplayError as broken:
                    raise ReplayError(
                        f"entry {leaf.get('index')} of the {leaf.get('log')} log: {broken}"
                    ) from None
    return {(thing.kind, thing.code): _item(thing) for thing in things.values()}


Name = tuple[str, str]
"""A key in the words of a leaf; it finds what the key finds."""


@dataclass(slots=True)
class _Thing:
    """An item that changes in place: a log has many more changes than items, and a new item each is slow.

    A fact that became absent stays as null until the item is made.
    """

    kind: Kind
    code: str
    shelf: Shelf
    own: dict[str, Json]
    facts: dict[str, Json]


def _thing(item: Item) -> _Thing:
    own: dict[str, Json] = {name: getattr(item, name) for name in OWN}
    return _Thing(item.kind, item.code, item.shelf, own, dict(item.facts))


def _item(thing: _Thing) -> Item:
    state, parent, place, due = (None if value is None else str(value) for value in thing.own.values())
    facts = {name: value for name, value in thing.facts.items() if value is not None}
    return Item(thing.kind, thing.code, state or "", thing.shelf, parent, place, due, facts)


def _followed(things: dict[Name, _Thing], stated: Change) -> _Thing:
    """Apply a change to the thing it names, which is put among `things` where the change begins it."""
    kind, code = name = str(stated["kind"]), str(stated["code"])
    thing, was = things.get(name), stated.get("was")
    if was is None:
        if thing is not None:
            raise ReplayError(f"{kind} {code} exists already")
        thing = _Thing(Kind(kind), code, Shelf(str(stated["shelf"])), dict.fromkeys(OWN), {})
        things[name] = thing
    elif thing is None:
        raise ReplayError(f"{kind} {code} does not exist")
    elif not _is(thing, was):
        raise ReplayError(f"{kind} {code} was not as stated")
    _become(thing, stated.get("now"))
    return thing


def _is(thing: _Thing, part: Json) -> bool:
    # Loops, not generators: replaying a whole log asks this of every change.
    own, facts = thing.own, thing.facts
    for name, value in _fields(part):
        if name == "facts":
            for fact, told in _fields(value):
                if facts.get(fact) != told:
                    return False
        elif name in own and own[name] != value:
            return False
    return True


def _become(thing: _Thing, part: Json) -> None:
    own, facts = thing.own, thing.facts
    for name, value in _fields(part):
        if name == "facts":
            facts.update(_fields(value))
        elif name in own:
            own[name] = value


def _fields(part: Json) -> Iterable[tuple[str, Json]]:
    return part.items() if isinstance(part, dict) else ()
