"""Recorded entries, read again: one by its index, and those after it about the same things."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from inventory.domain.items import Log
from inventory.store.script import Fetch, Row, Script

if TYPE_CHECKING:
    from inventory.domain.items import Json
    from inventory.store.keys import VaultKey

_OPEN = 'SELECT leaf FROM open_entry WHERE "index" = ?'
_OPEN_LATER = (
    'SELECT leaf FROM open_entry WHERE "index" IN '
    '(SELECT "index" FROM open_subject WHERE "index" > ? AND subject {any}) ORDER BY "index"'
)
_SEALED = (
    "SELECT s.leaf_hash, s.nonce, s.ciphertext FROM vault_entry e "
    "JOIN sealed_leaf s ON s.leaf_hash = e.leaf_hash"
)
_VAULT = f'{_SEALED} WHERE e."index" = ?'
_VAULT_LATER = (
    f'{_SEALED} WHERE e."index" IN '  # noqa: S608  (names of our own)
    '(SELECT "index" FROM vault_subject WHERE "index" > ? AND subject {any}) ORDER BY e."index"'
)
"""Each entry once, however many of the things it is about: one of a whole tank is as long as they are many."""

Leaf = dict[str, "Json"]


def read_entry(log: Log, index: int, key: VaultKey) -> Script[Leaf | None]:
    """The leaf of that entry; None for no entry."""
    found = yield Fetch(_OPEN if log is Log.OPEN else _VAULT, (index,))
    return _leaf(log, found[0], key) if found else None


def read_later(log: Log, index: int, codes: list[str], key: VaultKey) -> Script[list[Leaf]]:
    """The leaves after that entry that are found under one of these codes, in their order."""
    if log is Log.OPEN:
        found = yield Fetch(_OPEN_LATER, (index, codes))
    else:
        found = yield Fetch(_VAULT_LATER, (index, [key.find("subject", code) for code in codes]))
    return [_leaf(log, row, key) for row in found]


def _leaf(log: Log, row: Row, key: VaultKey) -> Leaf:
    if log is Log.OPEN:
        opened: Leaf = orjson.loads(bytes(row[0]))
        return opened
    leaf_hash, nonce, ciphertext = map(bytes, row)
    sealed: Leaf = orjson.loads(key.unseal(nonce, ciphertext, leaf_hash))
    return sealed
