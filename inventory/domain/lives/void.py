"""Voiding: putting right what was recorded wrongly, with both shown (21 CFR 11.10(e)).

A void names the entry, gives a reason, is done by the entry's performer or by quality assurance with a second
person, and takes the items back to how they were before it. The latest entry on an item is voided first, so
nothing is built on air. What a voided entry brought into being becomes `voided` and may begin again, with the
same code. The deviation that the entry opened stays open, and so does an alert: they are assessed, not taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from inventory.domain.entries import Change, changes_of, stands, undo
from inventory.domain.evidence import Reasoned
from inventory.domain.items import SHELF_OF, Kind, Log, Shelf
from inventory.domain.lives.row import Mode, Row
from inventory.domain.lives.shape import brought, field, two_people
from inventory.domain.lives.states import IN_USE, LIVE
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Q, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case


class Voided(Reasoned):
    """The entry to be voided, by its log and index."""

    log: Log
    index: int = Field(strict=True, ge=0)


_STAYS = frozenset({Kind.DEVIATION, Kind.ALERT, Kind.SUPPLY, Kind.STUDY})
"""What an entry changed besides, and its void leaves: the word of stock is told anew by the next order."""


def _entries(case: Case) -> list[Mapping[str, Json]]:
    """The entry named and, where it is half of a pair, its other half; none that the person may not know."""
    log = Log(brought(case, "log"))
    if log is Log.VAULT and case.item.shelf is Shelf.OPEN and not case.unblinded():
        return []
    named = case.view.entry(log, field(case, "index", int))
    if named is None:
        return []
    pair = named.get("pair")
    other = case.view.entry(Log.OPEN, pair) if isinstance(pair, int) else None
    return [named] if other is None else [named, other]


def _changes(case: Case) -> list[tuple[Item | None, Change]]:
    """Each change that the void takes back, the last first, with the item as it is now.

    All of them are asked for at once, whatever the first one leads to: they are then loaded together.
    """
    stated = [
        (Kind(str(change["kind"])), change)
        for entry in _entries(case)
        for change in reversed(changes_of(entry))
    ]
    return [(case.get(kind, str(change["code"])), change) for kind, change in stated if kind not in _STAYS]


def _entry_stands(case: Case) -> Refused | None:
    """The entry exists, concerns this item, and is neither void nor a void."""
    entries = _entries(case)
    if not entries or not all(_concerns(case, entry) for entry in entries):
        return Refused(Refusal.VOIDED_ENTRY)
    if entries[0].get("paired"):
        return Refused(Refusal.VOIDED_ENTRY, "its other half stands in the vault: void it there")
    if any(entry.get("voids") is not None or entry.get("voided_by") is not None for entry in entries):
        return Refused(Refusal.VOIDED_ENTRY, "a void is not voided, nor anything twice: record the act again")
    return None


def _concerns(case: Case, entry: Mapping[str, Json]) -> bool:
    kind = str(entry.get("action", "")).split("-", 1)[0]
    return entry.get("item") == case.item.code and kind == case.row.kind.value


def _nothing_later(case: Case) -> Refused | None:
    """Everything the entry changed still is as it left it, and nothing that came later rests on it."""
    for item, change in _changes(case):
        begun = change.get("was") is None and change["kind"] in {Kind.BOX.value, Kind.PLACE.value}
        if item is None or not stands(item, change) or (begun and case.view.within(item.code)):
            return _later(case, Kind(str(change["kind"])), str(change["code"]))
    return _replaced_since(case) or _finished_since(case) or _sealed_since(case)


def _replaced_since(case: Case) -> Refused | None:
    """A kit would be live again although another was assigned in its place."""
    for item, change in _changes(case):
        if item is None or item.kind is not Kind.KIT or item.state in LIVE:
            continue
        if item.text("replaced_by") and undo(item, change).state in LIVE:
            return Refused(Refusal.LATER_ACTS_STAND, item.text("replaced_by"))
    return None


def _sealed_since(case: Case) -> Refused | None:
    """What a prepared kit is committed to would change under the commitment."""
    for item, change in _changes(case):
        if item is None or item.kind is not Kind.CONTENTS or item.state != "prepared":
            continue
        if undo(item, change).state == "prepared":
            return Refused(Refusal.LATER_ACTS_STAND)
    return None


def _later(case: Case, kind: Kind, code: str) -> Refused:
    """That later acts stand on the thing with that code, which is named only where it ties nothing."""
    # A vial's entry changed what a kit holds, and a kit's entry vials: naming one to the other would open a link.
    alike = SHELF_OF[kind] is SHELF_OF[case.item.kind]
    return Refused(Refusal.LATER_ACTS_STAND, code if alike else "")


def _finished_since(case: Case) -> Refused | None:
    """A syringe would lose the outcome on which a later entry finished its kit."""
    changed = [item for item, _ in _changes(case) if item is not None]
    kits = {item.code for item in changed if item.kind is Kind.KIT}
    for parent in {item.parent for item in changed if item.kind is Kind.SYRINGE} - kits:
        kit = case.get(Kind.KIT, parent)
        if kit is not None and kit.state not in IN_USE:
            return Refused(Refusal.LATER_ACTS_STAND, kit.code)
    return None


def _own_or_qa(case: Case) -> Refused | None:
    """The entry is the person's own, or the person is quality assurance."""
    mine = all(entry.get("by") == case.act.by for entry in _entries(case))
    return None if mine or Q.value in case.person.texts("roles") else Refused(Refusal.NOT_YOUR_ENTRY)


def _undo(case: Case) -> Iterable[Item]:
    for item, change in _changes(case):
        if item is not None:
            yield undo(item, change)


def void_row(kind: Kind, states: Iterable[str], by: Iterable[Role]) -> Row:
    """The row that voids an entry of that kind of item, whatever state it is in."""
    return Row(
        action=f"{kind}-void",
        kind=kind,
        mode=Mode.PERMISSION,
        moves={state: (state,) for state in states},
        by=frozenset({*by, Q}),
        evidence=Voided,
        says="An earlier entry was voided; both are shown.",
        rules=(_entry_stands, _nothing_later, _own_or_qa, two_people),
        effect=_undo,
        decision=True,
        restores=True,
    )
