"""Where `verify` reads: plain SQL over one connection of its own, as of one instant, with nothing written.

The connections are made here without the engines that the product writes through, so that a fault of theirs
cannot show the verifier another database than the one on the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

if TYPE_CHECKING:
    from inventory.store.verify import Rows

AT_ONCE: Final = 2_000


@contextmanager
def sqlite_rows(path: Path) -> Iterator[Rows]:
    """Read the SQLite file at `path`, opened read-only, in one transaction.

    Raises sqlite3.OperationalError when there is no such file.
    """
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        yield connection.execute


@contextmanager
def postgresql_rows(url: str) -> Iterator[Rows]:
    """Read the PostgreSQL database at `url` in one read-only transaction of one snapshot.

    It runs an event loop of its own, so it cannot be used inside one. Raises as asyncpg.connect does.
    """
    with asyncio.Runner() as runner:
        connection = runner.run(_connected(url))
        try:
            yield lambda sql: _fetched(runner, connection, sql)
        finally:
            runner.run(connection.close())


async def _connected(url: str) -> Any:
    connection = await asyncpg.connect(url)
    await connection.transaction(isolation="repeatable_read", readonly=True).start()
    return connection


def _fetched(runner: asyncio.Runner, connection: Any, sql: str) -> Iterable[Sequence[Any]]:
    async def opened() -> Any:
        return await connection.cursor(sql)

    cursor = runner.run(opened())
    while rows := runner.run(cursor.fetch(AT_ONCE)):
        yield from rows
