"""Items as rows and rows as items: the one place that knows both shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from inventory.domain.items import SHELF_OF, Item, Kind, Shelf

if TYPE_CHECKING:
    from inventory.store.keys import VaultKey
    from inventory.store.script import Row

COLUMNS = "code, kind, state, parent, place, due, facts"
_KIND = {kind.value: kind for kind in Kind}  # looking a name up here costs a tenth of asking the enumeration
_SHELF = {shelf.value: shelf for shelf in Shelf}
TABLE_OF = {Shelf.OPEN: "item", Shelf.VAULT: "vault_item"}


def from_row(row: Row) -> Item:
    """The item in a row of `item` or `vault_item`: its shelf, then its columns in the order of `COLUMNS`."""
    shelf, code, kind, state, parent, place, due, facts = row
    return Item(_KIND[kind], code, state, _SHELF[shelf], parent, place, due, orjson.loads(facts))


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
    return Item(_KIND[kind], code, state, Shelf.SEALED, parent, place, due, facts)


def shelves_of(kind: Kind) -> tuple[Shelf, ...]:
    """Where an item of that kind may be remembered: in the vault too, for what a disclosed period has."""
    return _SHELVES_OF[kind]


_BOTH = frozenset({Kind.KIT, Kind.SYRINGE, Kind.DEVIATION})
_SHELVES_OF = {
    kind: (Shelf.OPEN, Shelf.VAULT) if kind in _BOTH else (home,) for kind, home in SHELF_OF.items()
}
