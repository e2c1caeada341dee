"""Items as rows and rows as items: the one place that knows both shapes, and which claims an item holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from inventory.domain.items import SHELF_OF, Item, Kind, Shelf
from inventory.domain.lives.states import LIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.store.keys import VaultKey
    from inventory.store.script import Row

COLUMNS = "code, kind, state, parent, place, due, facts"
TABLE_OF = {Shelf.OPEN: "item", Shelf.VAULT: "vault_item"}


class Claim(NamedTuple):
    """What an item holds that nothing else may hold: a row of a table with uniqueness of its own."""

    table: str
    key: str | bytes
    holder: str | bytes


def from_row(row: Row) -> Item:
    """The item in a row of `item` or `vault_item`: its shelf, then its columns in the order of `COLUMNS`."""
    shelf, code, kind, state, parent, place, due, facts = row
    return Item(Kind(kind), code, state, Shelf(shelf), parent, place, due, orjson.loads(facts))


def to_row(item: Item, entry: int) -> tuple[object, ...]:
    """The row of an open or vault item after that entry."""
    facts = orjson.dumps(item.facts, option=orjson.OPT_SORT_KEYS).decode()
    return item.code, item.kind.value, item.state, item.parent, item.place, item.due, facts, entry


def sealed_key(key: VaultKey, kind: Kind, code: str) -> bytes:
    """The keyed hash under which a sealed item is found."""
    return key.find("item", kind.value, code)


def seal(item: Item, key: VaultKey) -> tuple[object, ...]:
    """The row of a sealed item."""
    found = sealed_key(key, item.kind, item.code)
    plain = orjson.dumps([item.code, item.state, item.parent, item.place, item.due, dict(item.facts)])
    nonce, ciphertext = key.seal(plain, found)
    return found, item.kind.value, key.identity, nonce, ciphertext


def unseal(row: Row, key: VaultKey) -> Item:
    """The item in a row of `sealed_item`: key, kind, key id, nonce, ciphertext."""
    found, kind, _, nonce, ciphertext = row
    code, state, parent, place, due, facts = orjson.loads(
        key.unseal(bytes(nonce), bytes(ciphertext), bytes(found))
    )
    return Item(Kind(kind), code, state, Shelf.SEALED, parent, place, due, facts)


def claims(item: Item | None, key: VaultKey) -> Iterable[Claim]:
    """What the item holds as it stands: a position, a participant's slot, having been given."""
    if item is None:
        return
    if item.kind is Kind.VIAL and item.place:
        yield Claim("occupancy", item.place, item.code)
    elif item.kind is Kind.KIT and item.state in LIVE and item.parent:
        slot = key.find("slot", item.parent, str(item.number("period")))
        yield Claim("assignment", slot, key.find("kit", item.code))
    elif item.kind is Kind.SYRINGE and item.text("outcome") == "given" and item.state != "voided":
        yield Claim("administration", key.find("given", item.code), item.log.value)


def shelves_of(kind: Kind) -> tuple[Shelf, ...]:
    """Where an item of that kind may be remembered: in the vault too, for what a disclosed period has."""
    return _SHELVES_OF[kind]


_BOTH = frozenset({Kind.KIT, Kind.SYRINGE, Kind.DEVIATION})
_SHELVES_OF = {
    kind: (Shelf.OPEN, Shelf.VAULT) if kind in _BOTH else (home,) for kind, home in SHELF_OF.items()
}
