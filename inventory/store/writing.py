"""The rows that a batch leaves behind: state and claims as its last act left them, everything else appended.

Rules this module keeps:
- Each row of state is written once, as it is after the batch; what it was in between is in the entries.
- Claims (a position, a participant's slot, having been given) are rows of tables whose keys nothing may
  share; those let go are deleted before those taken are inserted, so that swaps do not trip uniqueness.
- What comes into being is inserted, never put in another's place: a code that is taken fails the act.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from inventory.domain.items import Log, Shelf
from inventory.store import claims, rows, tiles
from inventory.store.script import Delete, Insert, Script, Table, Write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.store.keys import VaultKey
    from inventory.store.logs import Logs
    from inventory.store.memory import Memory
    from inventory.store.state import State

HEAD = Table(
    "head",
    (
        ("study", "text"), ("open_size", "bigint"), ("open_edge", "bytea"), ("vault_size", "bigint"),
        ("vault_edge", "bytea"), ("recorded_at", "text"),
    ),
    key="study",
)  # fmt: skip
_ITEM = (
    ("code", "text"), ("kind", "text"), ("state", "text"), ("parent", "text"), ("place", "text"),
    ("due", "text"), ("facts", "text"), ("entry", "bigint"),
)  # fmt: skip
_SEAL = ("key_id", "text"), ("nonce", "bytea"), ("ciphertext", "bytea")
_SEALED_ITEM = (
    ("key", "bytea"), ("kind", "text"), *_SEAL,
)  # fmt: skip
CREATED = {
    Shelf.OPEN: Table("item", _ITEM),
    Shelf.VAULT: Table("vault_item", (*_ITEM, *_SEAL)),
    Shelf.SEALED: Table("sealed_item", _SEALED_ITEM),
}


def write(
    study: str, logs: Logs, memory: Memory, state: State, key: VaultKey, now: str, more: Iterable[Insert]
) -> Script[None]:
    """Write all that a batch has come to, and `more`; nothing where it has come to nothing."""
    taken, let_go = _claims(state, key)
    inserts = [*logs.inserts(), *memory.inserts(), *_items(state, key), *taken, *more]
    inserts.append((yield from tiles.completed(logs)))
    if logs.grew:
        inserts.append(_head(study, logs, now))
    filled = [insert for insert in inserts if insert.rows]
    if filled:
        yield Write(let_go, filled)


def _head(study: str, logs: Logs, now: str) -> Insert:
    edges = logs.edges[Log.OPEN], logs.edges[Log.VAULT]
    return Insert(HEAD, [(study, edges[0].size, edges[0].encode(), edges[1].size, edges[1].encode(), now)])


def _items(state: State, key: VaultKey) -> Iterable[Insert]:
    filled: dict[Table, list[tuple[object, ...]]] = {}
    for known, item in state.changed.items():
        before = state.loaded.get(known)
        table = _changed(item.shelf, rows.same(before, item)) if before else CREATED[item.shelf]
        sealed = item.shelf is Shelf.SEALED
        row = rows.seal(item, key) if sealed else rows.to_row(item, state.entry_of[known], key)
        filled.setdefault(table, []).append(row)
    return [Insert(table, found) for table, found in filled.items()]


@cache
def _changed(shelf: Shelf, same: frozenset[str]) -> Table:
    return replace(CREATED[shelf], key="key" if shelf is Shelf.SEALED else "code", same=same)


def _claims(state: State, key: VaultKey) -> tuple[list[Insert], list[Delete]]:
    """The claims that are taken and those that are let go, over the whole batch."""
    pairs = [(state.loaded.get(known), item) for known, item in state.changed.items()]
    taken, let_go = claims.difference(pairs)
    if not taken and not let_go:
        return [], []
    entry_of = {claims.claim_of(item): state.entry_of[item.key] for _, item in pairs}
    inserts = {name: Insert(table, []) for name, table in claims.TABLES.items()}
    deletes = {name: Delete(name, table.columns[0][0], []) for name, table in claims.TABLES.items()}
    for claim in taken:
        inserts[claim.held[0]].rows.append(claims.row_of(claim, key, entry_of[claim]))
    for claim in let_go:
        deletes[claim.held[0]].values.append(claims.key_of(claim.held, key))
    return list(inserts.values()), [delete for delete in deletes.values() if delete.values]
