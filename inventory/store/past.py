"""A recorded entry, read again: its leaf, and whether a later entry voids it."""

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
    'SELECT e.leaf FROM open_subject o JOIN open_entry e ON e."index" = o."index" '
    'WHERE o.subject = ? AND o."index" > ?'
)
_SEALED = (
    "SELECT s.leaf_hash, s.nonce, s.ciphertext FROM vault_entry e "
    "JOIN sealed_leaf s ON s.leaf_hash = e.leaf_hash"
)
_VAULT = f'{_SEALED} WHERE e."index" = ?'
_VAULT_LATER = (
    f'{_SEALED} JOIN vault_subject o ON o."index" = e."index" WHERE o.subject = ? AND o."index" > ?'
)

Leaf = dict[str, "Json"]


def read_entry(log: Log, index: int, key: VaultKey) -> Script[Leaf | None]:
    """The leaf of that entry, with `voided_by` where a later one of its item voids it; None for no entry."""
    found = yield Fetch(_OPEN if log is Log.OPEN else _VAULT, (index,))
    if not found:
        return None
    leaf = _leaf(log, found[0], key)
    code = str(leaf["item"])
    if log is Log.OPEN:
        later = yield Fetch(_OPEN_LATER, (code, index))
    else:
        later = yield Fetch(_VAULT_LATER, (key.find("subject", code), index))
    for row in later:
        after = _leaf(log, row, key)
        if after.get("voids") == {"log": log.value, "index": index}:
            leaf["voided_by"] = after["index"]
    return leaf


def _leaf(log: Log, row: Row, key: VaultKey) -> Leaf:
    if log is Log.OPEN:
        opened: Leaf = orjson.loads(bytes(row[0]))
        return opened
    leaf_hash, nonce, ciphertext = map(bytes, row)
    sealed: Leaf = orjson.loads(key.unseal(nonce, ciphertext, leaf_hash))
    return sealed
