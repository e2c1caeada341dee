"""Items as rows and rows as items: the one place that knows both shapes.

Rules this module keeps:
- A kit, syringe, deviation, alert, print job, label, visit or query in the vault is stored under its code with
  everything else sealed: that a participant has a kit of a disclosed period, a kit a deviation of the laboratory or a
  label, or an alert a recipient, tells the arm. It is found by keyed hashes: of its parent, and of where it lies or, a
  syringe, of whom it was given to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from inventory.domain.entries import OWN
from inventory.domain.items import SHELF_OF, Item, Kind, Shelf

if TYPE_CHECKING:
    from inventory.store.keys import VaultKey
    from inventory.store.script import Row

_PLAIN = "code, kind, state, parent, place, due, facts"
COLUMNS = {
    Shelf.OPEN: f"{_PLAIN}, NULL AS nonce, NULL AS ciphertext",
    Shelf.VAULT: f"{_PLAIN}, nonce, ciphertext",
}
"""What a row is read by, on each shelf that has rows of this form."""
_KIND = {kind.value: kind for kind in Kind}  # looking a name up here costs a tenth of asking the enumeration
_SHELF = {shelf.value: shelf for shelf in Shelf}
TABLE_OF = {Shelf.OPEN: "item", Shelf.VAULT: "vault_item"}
SEALED = "sealed"
"""The state that a row shows of an item that is sealed; no life has a state of this name."""


def from_row(row: Row, key: VaultKey) -> Item:
    """The item in a row of `item` or `vault_item`: its shelf, then its columns in the order of `COLUMNS`."""
    shelf, code, kind, state, parent, place, due, facts, nonce, ciphertext = row
    if ciphertext is None:
        return Item(_KIND[kind], code, state, _SHELF[shelf], parent, place, due, orjson.loads(facts))
    plain = orjson.loads(key.unseal(bytes(nonce), bytes(ciphertext), sealed_at(code)))
    return Item(_KIND[kind], code, plain[0], _SHELF[shelf], *plain[1:])


def to_row(item: Item, entry: int, key: VaultKey) -> tuple[object, ...]:
    """The row of an open or vault item after that entry."""
    kind = item.kind.value
    if _is_sealed(item):
        plain = orjson.dumps([item.state, item.parent, item.place, item.due, dict(item.facts)])
        found_by = under(item.parent, key), _there(item, key)
        sealed = key.identity, *key.seal(plain, sealed_at(item.code))
        return item.code, kind, SEALED, *found_by, None, "{}", entry, *sealed
    facts = orjson.dumps(item.facts, option=orjson.OPT_SORT_KEYS).decode()
    row = item.code, kind, item.state, item.parent, item.place, item.due, facts, entry
    return row if item.shelf is Shelf.OPEN else (*row, None, None, None)


def same(before: Item, after: Item) -> frozenset[str]:
    """The columns in which the rows of an item are the same before and after."""
    if after.shelf is Shelf.SEALED or _is_sealed(after):
        return frozenset()
    return frozenset({"kind", *(name for name in OWN if getattr(before, name) == getattr(after, name))})


def _is_sealed(item: Item) -> bool:
    return item.shelf is Shelf.VAULT and item.kind in _SEALED_IN_VAULT


def sealed_at(code: str) -> bytes:
    """What the sealed words of the vault's row of that code are bound to."""
    return f"vault_item\x00{code}".encode()


def under(parent: str | None, key: VaultKey) -> str | None:
    """What stands for the parent in the row of an item that is sealed."""
    return key.find("parent", parent).hex() if parent else None


def given_to(participant: str, key: VaultKey) -> str | None:
    """What stands in the row of a sealed syringe for whom it was given to."""
    return key.find("given to", participant).hex() if participant else None


def lying(kind: str, place: str, key: VaultKey) -> str:
    """What stands in the row of a sealed item for the place in which it lies."""
    return key.find("lying", kind, place).hex()


def _there(item: Item, key: VaultKey) -> str | None:
    if item.kind in _SEALED_LIE:
        return lying(item.kind.value, item.place, key) if item.place else None
    return given_to(item.text("given_to"), key)


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


_BOTH = frozenset(
    {
        Kind.KIT, Kind.SYRINGE, Kind.DEVIATION, Kind.TEMPLATE, Kind.ROLL, Kind.JOB, Kind.LABEL, Kind.VISIT,
        Kind.QUERY,
    }
)  # fmt: skip
_SEALED_IN_VAULT = frozenset(
    {Kind.KIT, Kind.SYRINGE, Kind.DEVIATION, Kind.ALERT, Kind.JOB, Kind.LABEL, Kind.VISIT, Kind.QUERY}
)
_SEALED_LIE = frozenset({Kind.JOB, Kind.LABEL})
_SHELVES_OF = {
    kind: (Shelf.OPEN, Shelf.VAULT) if kind in _BOTH else (home,) for kind, home in SHELF_OF.items()
}
