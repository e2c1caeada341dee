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
_DAMAGED_ON_SQLITE: Final = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT)
"""No such table or column, and a malformed page (https://www.sqlite.org/rescode.html); the lower byte of a code."""
_DAMAGED_ON_POSTGRESQL: Final = re.compile(r"42(?!501)|58P01|XX")
"""No such table or column, a file that is gone, a malformed page (PostgreSQL manual, appendix A); not a right that is
missing."""
_AFTER_DAMAGE: Final = "25P02"
"""A statement in a transaction that the server has given up."""


def readable(rows: Rows, found: dict[str, Finding]) -> Rows:
    """The same rows; where a table is missing or damaged it ends there, and that is added to what was `found`.

    Raises what it means that the database cannot be read now: it is away, it is locked, a right is missing.
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
        missing, counts = state.startswith("42"), _DAMAGED_ON_POSTGRESQL.match(state) is not None
    else:
        code = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        missing, counts = code == sqlite3.SQLITE_ERROR, code in _DAMAGED_ON_SQLITE
    if not counts:
        return None
    return (
        "is missing, or not as this version makes it"
        if missing
        else "is damaged and cannot be read to its end"
    )
