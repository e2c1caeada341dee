"""An entry of a log: its leaf, and the changes it states, applied, compared and undone.

Rules this module keeps:
- A leaf states each change whole: what the item was and what it is now, field by field, so that an entry can
  be read, replayed and voided without any other.
- `was` null means the item did not exist. A fact that is null was, or now is, absent.
- Applying the leaves of both logs from nothing gives exactly the stored state.
"""

from __future__ import annotations

from dataclasses import replace
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
    names = sorted(
        name for name in {*old_facts, *after.facts} if old_facts.get(name) != after.facts.get(name)
    )
    if names:
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


def _part(stated: Change, name: str) -> dict[str, Json]:
    value = stated.get(name)
    return value if isinstance(value, dict) else {}


def _facts(part: Mapping[str, Json]) -> dict[str, Json]:
    value = part.get("facts")
    return value if isinstance(value, dict) else {}


def stands(item: Item, stated: Change) -> bool:
    """Whether the item still is what that change made it, in every field the change touched."""
    return _is(item, _part(stated, "now"))


def _is(item: Item, part: Mapping[str, Json]) -> bool:
    # Loops, not generators: replaying a whole log asks this of every change.
    for name in OWN:
        if name in part and getattr(item, name) != part[name]:
            return False
    present = item.facts
    for name, value in _facts(part).items():  # noqa: SIM110  (as above)
        if present.get(name) != value:
            return False
    return True


def _with(item: Item, part: Mapping[str, Json]) -> Item:
    facts, told = item.facts, _facts(part)
    if told:
        facts = {name: value for name, value in {**facts, **told}.items() if value is not None}
    return Item(
        item.kind,
        item.code,
        _own(part, "state", item.state) or "",
        item.shelf,
        _own(part, "parent", item.parent),
        _own(part, "place", item.place),
        _own(part, "due", item.due),
        facts,
    )


def _own(part: Mapping[str, Json], name: str, present: str | None) -> str | None:
    value = part.get(name, present)
    return None if value is None else str(value)


def apply(item: Item | None, stated: Change) -> Item:
    """The item after that change.

    Raises:
        ReplayError: the item is not what the change says it was.
    """
    return _applied(_key(stated), item, stated)


def _key(stated: Change) -> Key:
    return Kind(str(stated["kind"])), str(stated["code"])


def _applied(key: Key, item: Item | None, stated: Change) -> Item:
    kind, code = key
    if stated.get("was") is None:
        if item is not None:
            raise ReplayError(f"{kind} {code} exists already")
        return _with(Item(kind, code, "", Shelf(str(stated["shelf"]))), _part(stated, "now"))
    if item is None:
        raise ReplayError(f"{kind} {code} does not exist")
    if not _is(item, _part(stated, "was")):
        raise ReplayError(f"{kind} {code} was not as stated")
    return _with(item, _part(stated, "now"))


def undo(item: Item, stated: Change) -> Item:
    """The item as it was before that change; what the change brought into being becomes `voided`."""
    if stated.get("was") is None:
        return replace(item, state="voided", place=None)
    return _with(item, _part(stated, "was"))


def replay(*logs: Iterable[Mapping[str, Json]]) -> dict[Key, Item]:
    """The state that these logs give, from nothing. No item has changes in two logs, so their order is free.

    Raises:
        ReplayError: with the log and index of the first leaf that does not follow.
    """
    state: dict[Key, Item] = {}
    for leaves in logs:
        for leaf in leaves:
            for stated in changes_of(leaf):
                key = _key(stated)
                try:
                    state[key] = _applied(key, state.get(key), stated)
                except ReplayError as broken:
                    raise ReplayError(
                        f"entry {leaf.get('index')} of the {leaf.get('log')} log: {broken}"
                    ) from None
    return state
