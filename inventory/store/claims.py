"""What an item holds that nothing else may hold: a position, a participant's slot, having been given.

Rules this module keeps:
- A claim is a row of a table whose key nothing may share: the database itself refuses a second one.
- That refusal would be a defect, so claims are looked at before anything is written, whatever act would take
  them, voids included; who is refused hears a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inventory.domain.items import Item, Kind
from inventory.domain.lives.states import LIVE
from inventory.domain.refusals import Refusal
from inventory.store.script import Table, Values

if TYPE_CHECKING:
    from collections.abc import Collection

    from inventory.store.keys import VaultKey

TABLES = {
    "occupancy": Table("occupancy", (("position", "text"), ("vial", "text"))),
    "assignment": Table("assignment", (("slot", "bytea"), ("kit", "bytea"))),
    "administration": Table(
        "administration", (("syringe", "bytea"), ("entry_log", "text"), ("entry", "bigint"))
    ),
}
REFUSED_AS = {
    "occupancy": Refusal.POSITION_TAKEN,
    "assignment": Refusal.SLOT_TAKEN,
    "administration": Refusal.ALREADY_GIVEN,
}

Held = tuple[str, tuple[str, ...]]
"""What is claimed: the table, and the words that its key is made of."""


class Claim(NamedTuple):
    """One item's claim to what is held."""

    held: Held
    holder: str


def claim_of(item: Item | None) -> Claim | None:
    """What the item holds as it stands, if anything."""
    if item is None:
        return None
    if item.kind is Kind.VIAL and item.place:
        return Claim(("occupancy", (item.place,)), item.code)
    if item.kind is Kind.KIT and item.state in LIVE and item.parent:
        return Claim(("assignment", (item.parent, str(item.number("period")))), item.code)
    if item.kind is Kind.SYRINGE and item.text("outcome") == "given" and item.state != "voided":
        return Claim(("administration", (item.code,)), item.log.value)
    return None


def difference(pairs: Collection[tuple[Item | None, Item]]) -> tuple[set[Claim], set[Claim]]:
    """The claims that are taken and those that are let go where items become other ones."""
    was = {claim for before, _ in pairs if (claim := claim_of(before))}
    now = {claim for _, after in pairs if (claim := claim_of(after))}
    return now - was, was - now


def key_of(held: Held, key: VaultKey) -> str | bytes:
    """The key under which a claim is stored; what would tell of an arm or a participant is a keyed hash."""
    table, words = held
    match table:
        case "occupancy":
            return words[0]
        case "assignment":
            return key.find("slot", *words)
        case _:
            return key.find("given", *words)


def row_of(claim: Claim, key: VaultKey, entry: int) -> Values:
    """The claim's row; `entry` is the index of the entry that made it so."""
    stored = key_of(claim.held, key)
    match claim.held[0]:
        case "occupancy":
            return stored, claim.holder
        case "assignment":
            return stored, key.find("kit", claim.holder)
        case _:
            return stored, claim.holder, entry
