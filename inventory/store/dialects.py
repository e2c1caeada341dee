"""How each engine says what a script reads and writes."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inventory.store.script import Delete, Insert, Reseal, Table, Values


@lru_cache(maxsize=512)
def fetch_for_postgresql(sql: str) -> str:
    """The statement as asyncpg wants it: `$1`, `= ANY($2)`, `unnest($3::text[])`."""
    return _numbered(sql)


def _numbered(sql: str) -> str:
    count = itertools.count(1)
    text = sql.replace("{any}", "= ANY(?)").replace("{each}", "unnest(?::text[]) AS given(value)")
    return re.sub(r"\?", lambda _: f"${next(count)}", text)


@lru_cache(maxsize=512)
def at_once_for_postgresql(statements: tuple[str, ...]) -> str:
    """One statement for several: each row says first which of them it is of, and then is a row of it."""
    parts = (
        f"SELECT {number}, ROW(part{number}.*) FROM ({sql}) AS part{number}"  # noqa: S608  (statements of our own)
        for number, sql in enumerate(statements)
    )
    return _numbered(" UNION ALL ".join(parts))


def inserts_for_postgresql(inserts: list[Insert]) -> tuple[str, list[list[Any]]]:
    """One statement that writes all rows of all tables, and its arguments: one array a column."""
    rows: dict[Table, list[Values]] = {}
    for insert in inserts:
        rows.setdefault(_whole(insert.table), []).extend(insert.rows)
    arrays = [list(column) for found in rows.values() for column in zip(*found, strict=True)]
    return _inserts_for_postgresql(tuple(rows)), arrays


@lru_cache(maxsize=64)
def _whole(table: Table) -> Table:
    """The table with every column written: fewer statements to prepare, and no index is touched for it."""
    return replace(table, same=frozenset())


@lru_cache(maxsize=512)
def _inserts_for_postgresql(tables: tuple[Table, ...]) -> str:
    count = itertools.count(1)
    statements = []
    for table in tables:
        arrays = ", ".join(f"${next(count)}::{kind}[]" for _, kind in table.columns)
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608  (names of our own)
        statements.append(f"{_into(table)} {rows} {_or_replace(table)}")
    named = [f"w{number} AS ({statement})" for number, statement in enumerate(statements[:-1])]
    return (f"WITH {', '.join(named)} " if named else "") + statements[-1]


def delete_for_postgresql(delete: Delete) -> str:
    """The statement that takes an array of values."""
    return f"DELETE FROM {delete.table} WHERE {delete.column} = ANY($1)"  # noqa: S608  (names of our own)


def fetch_for_sqlite(sql: str, args: Values) -> tuple[str, Values]:
    """Statement and arguments as SQLite wants them: each list becomes marks, and its members arguments."""
    if "{" not in sql:
        return sql, args
    lists = [_padded(arg) for arg in args if isinstance(arg, list)]
    flat: list[Any] = []
    remaining = iter(lists)
    for arg in args:
        flat += next(remaining) if isinstance(arg, list) else [arg]
    return _fetch_for_sqlite(sql, tuple(map(len, lists))), tuple(flat)


def _padded(values: list[Any]) -> list[Any]:
    """The list made as long as the next power of two by its last member: few lengths, so few statements."""
    missing = (1 << max(0, len(values) - 1).bit_length()) - len(values)
    return values + values[-1:] * missing


@lru_cache(maxsize=512)
def _fetch_for_sqlite(sql: str, lengths: tuple[int, ...]) -> str:
    remaining = iter(lengths)

    def marks(found: re.Match[str]) -> str:
        count = next(remaining)
        if found[0] == "{any}":
            return f"IN ({','.join('?' * count)})"
        values = ",".join(["(?)"] * count)
        return f"(SELECT column1 AS value FROM (VALUES {values})) AS given"  # noqa: S608  (marks alone)

    return re.sub(r"\{any\}|\{each\}", marks, sql)


@lru_cache(maxsize=64)
def insert_for_sqlite(table: Table) -> str:
    """The statement that writes one row."""
    return f"{_into(table)} VALUES ({','.join('?' * len(table.columns))}) {_or_replace(table, table.same)}"


def delete_for_sqlite(delete: Delete) -> str:
    """The statement that deletes by one value."""
    return f"DELETE FROM {delete.table} WHERE {delete.column} = ?"  # noqa: S608  (names of our own)


def reseal_for_sqlite(reseal: Reseal) -> str:
    """The statement that seals one row anew."""
    where = " AND ".join(f'"{name}" = ?' for name, _ in reseal.key)
    return f"UPDATE {reseal.table} SET key_id = ?, nonce = ?, ciphertext = ? WHERE {where}"  # noqa: S608  (names of our own)


def reseal_for_postgresql(reseal: Reseal) -> str:
    """The same, as asyncpg wants it."""
    where = " AND ".join(
        f'"{name}" = ${place}::{kind}' for place, (name, kind) in enumerate(reseal.key, start=4)
    )
    return f"UPDATE {reseal.table} SET key_id = $1, nonce = $2, ciphertext = $3 WHERE {where}"  # noqa: S608  (as above)


def _into(table: Table) -> str:
    names = ", ".join(f'"{name}"' for name, _ in table.columns)
    return f"INSERT INTO {table.name} ({names})"


def _or_replace(table: Table, same: frozenset[str] = frozenset()) -> str:
    if table.key is None:
        return ""
    others = [name for name, _ in table.columns if name != table.key and name not in same]
    rest = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    return f"ON CONFLICT ({table.key}) DO UPDATE SET {rest}"
