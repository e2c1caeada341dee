"""In what condition the database is: reachable or not, how far its head is, what its role could do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

import asyncpg

from inventory.store.engines import CustodyPostgres
from inventory.store.engines.postgres import LINE_ERRORS
from inventory.store.grants import refuse_powerful_role
from inventory.store.tables import HeadRow

if TYPE_CHECKING:
    from inventory.store.engines import Engine

UNREACHABLE: Final = (sqlite3.Error, *LINE_ERRORS, TimeoutError)
"""How a database says that it cannot be worked with now."""


class DatabaseMovedError(Exception):
    """The database is not where it was opened: what were written now would be gone with the service's end."""

    def __init__(self) -> None:
        super().__init__(
            "The database's file was moved or removed while it was served: nothing was recorded. Stop the service, put "
            "the file back with those beside it, and start the service again."
        )


class DiskFullError(Exception):
    """There is no room for what was allowed."""

    def __init__(self) -> None:
        super().__init__(
            "The disk that holds the database is full: nothing was recorded. Have room made on it."
        )


def disk_is_full(failure: Exception) -> bool:
    """Whether the database failed because there was no room to write."""
    if isinstance(failure, asyncpg.DiskFullError):
        return True
    return getattr(failure, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


async def recorded_at() -> str | None:
    """When the last entry was recorded; None where there is no study."""
    row = await HeadRow.select(HeadRow.recorded_at).first()
    return str(row["recorded_at"]) if row else None


async def refuse_powerful(engine: Engine) -> None:
    """Refuse an engine whose role could rewrite what it is meant to append to; a file has no roles.

    Raises:
        PowerfulRole: with the power.
    """
    if isinstance(engine, CustodyPostgres):
        connection = await engine.get_new_connection()
        try:
            await refuse_powerful_role(connection)
        finally:
            await connection.close()
