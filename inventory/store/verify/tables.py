"""Step 0: whether each table that is asked for is there, and can be read to its end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, Final

import asyncpg

from inventory.store.verify.report import Finding, Rows

TABLES: Final = "0 tables"
_NAMED: Final = re.compile(r"(?:FROM|JOIN) (\w+)")
_NOT_NOW_ON_SQLITE: Final = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_NOTADB,
)
"""Locked, away, without the right, or no database at all (https://www.sqlite.org/rescode.html); the lower byte of a
code."""
_NOT_NOW_ON_POSTGRESQL: Final = re.compile(r"08|28|40|42501|53|55|57")
"""The line is lost, a right is missing, the server is short of something, another holds a lock, or it was stopped
(PostgreSQL manual, appendix A)."""
_AFTER_DAMAGE: Final = "25P02"
"""A statement in a transaction that the server has given up."""


def readable(rows: Rows, found: dict[str, Finding]) -> Rows:
    """The same rows; where a table is missing or damaged it ends there, and that is added to what was `found`.

    Raises what it means that the database cannot be read now: it is away, it is locked, a right is missing. All else
    counts as damage: a view in a table's place fails however whoever made it likes.
    """

    def read(sql: str) -> Iterator[Sequence[Any]]:
        try:
            yield from rows(sql)
        except (sqlite3.Error, asyncpg.PostgresError) as failure:
            if (why := _why(failure)) is None:
                raise
            named = " or ".join(_NAMED.findall(sql))
            found.setdefault(named, Finding(TABLES, None, None, f"The table {named} {why}."))

    return read


def _why(failure: Exception) -> str | None:
    """What is wrong with a table that was read when this happened; None where it is none of the table's faults."""
    if isinstance(failure, asyncpg.PostgresError):
        state = failure.sqlstate or ""
        if state == _AFTER_DAMAGE:
            return "was not read: the server gives up where another table is damaged"
        missing, not_now = state.startswith("42"), _NOT_NOW_ON_POSTGRESQL.match(state) is not None
    else:
        code = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        missing, not_now = code == sqlite3.SQLITE_ERROR, code in _NOT_NOW_ON_SQLITE
    if not_now:
        return None
    return (
        "is missing, or not as this version makes it"
        if missing
        else "is damaged and cannot be read to its end"
    )
