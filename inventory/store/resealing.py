"""Sealing anew: every sealed row is opened and sealed with the key in force, so many at a time.

Rules this module keeps:
- Each step is a transaction of its own under the head's lock: it can end anywhere and begin again, and the
  server may write beside it.
- Each step asks for the key in force itself: another rotation may have begun since the step before, and what it
  puts aside must seal nothing.
- Only key name, nonce and ciphertext change; of an entry's leaf the hash stays, of everything else its key.
- A table that holds sealed bytes stands in `SEALED`; a test looks for others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from inventory.domain.lives.sealing import SEALED_WITH
from inventory.store import factors, memory, rows, sealing
from inventory.store.script import Fetch, Reseal, Script

if TYPE_CHECKING:
    from inventory.store.keys import VaultKey

AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table of sealed rows: its name, the columns of its key with their types, and what a row is bound to."""

    table: str
    key: tuple[tuple[str, str], ...]
    bound_to: Callable[..., bytes]

    @property
    def names(self) -> str:
        """The columns of the key, as a statement lists them."""
        return ", ".join(f'"{name}"' for name, _ in self.key)


SEALED: Final = (
    Sealed("sealed_leaf", (("leaf_hash", "bytea"),), bytes),
    Sealed("sealed_item", (("key", "bytea"),), bytes),
    Sealed("vault_item", (("code", "text"),), rows.sealed_at),
    Sealed("idempotency", (("person", "text"), ("key", "text")), memory.answer_at),
    Sealed("refusal", (("person", "text"), ("seq", "bigint")), memory.refusal_at),
    Sealed("second_factor", (("person", "text"),), factors.bound_to),
)


@dataclass(frozen=True, slots=True)
class Sealing:
    """What seals, as of one instant: the key in force, those before it, and how many rows each key seals."""

    in_force: str
    former: tuple[str, ...]
    rows: dict[str, int]


def standing(key: VaultKey) -> Script[Sealing]:
    """What seals at present. No row is sealed later with a former key that seals none now."""
    facts, rows = (yield from _facts()), dict[str, int]()
    for table in SEALED:
        sealed = f"{table.table} WHERE key_id IS NOT NULL"
        found = yield Fetch(f"SELECT key_id, count(*) FROM {sealed} GROUP BY key_id")  # noqa: S608  (names of our own)
        for name, count in found:
            rows[name] = rows.get(name, 0) + count
    return Sealing(sealing.named_in(facts, key), tuple(facts.get(SEALED_WITH, ())), rows)


def _facts() -> Script[dict[str, Any]]:
    """What is known of the study."""
    found = yield Fetch("SELECT facts FROM item WHERE kind = 'study'")
    facts: dict[str, Any] = orjson.loads(found[0][0]) if found else {}
    return facts


def step(table: Sealed, key: VaultKey, after: tuple[Any, ...]) -> Script[tuple[Any, ...] | None]:
    """Seal the next rows after that key anew; the key of the last one, None where none was left.

    Raises:
        cryptography.exceptions.InvalidTag: a row opens with no key that is held.
        SealMissingError: the key in force is not held.
    """
    key.seal_with(sealing.named_in((yield from _facts()), key))
    found = yield _next_rows(table, key.identity, after)
    if not found:
        return None
    width = len(table.key)
    anew = []
    for row in found:
        own = tuple(row[:width])
        bound = table.bound_to(*own)
        plain = key.unseal(bytes(row[width]), bytes(row[width + 1]), bound)
        anew.append((key.identity, *key.seal(plain, bound), *own))
    yield Reseal(table.table, table.key, anew)
    return tuple(found[-1][:width])


def _next_rows(table: Sealed, in_force: str, after: tuple[Any, ...]) -> Fetch:
    marks = ", ".join("?" * len(table.key))
    beyond = f"AND ({table.names}) > ({marks}) " if after else ""
    sql = (
        f"SELECT {table.names}, nonce, ciphertext FROM {table.table} WHERE key_id <> ? {beyond}"  # noqa: S608  (names of our own)
        f"ORDER BY {table.names} LIMIT {AT_ONCE}"
    )
    return Fetch(sql, (in_force, *after))
