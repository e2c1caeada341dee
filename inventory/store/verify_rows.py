"""Where `verify` and a backup read: plain SQL over one connection of its own, as of one instant, nothing written.

The connections are made here without the engines that the product writes through, so that a fault of theirs
cannot show the verifier another database than the one on the disk. Whatever a table holds, no more of it is
held in memory than some rows.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import asyncpg

if TYPE_CHECKING:
    from inventory.store.settings import Settings
    from inventory.store.verify.report import Rows

T = TypeVar("T")
AT_ONCE: Final = 2_000
BYTES_AT_ONCE: Final = 1 << 20
"""Of long rows fewer are fetched at once: a table of files has ten megabytes a row."""


@contextmanager
def rows_of(settings: Settings) -> Iterator[Rows]:
    """Read the database that the settings name, as of now.

    Raises as `sqlite_rows` and `postgresql_rows` do.
    """
    path = settings.sqlite_path
    with sqlite_rows(path) if path is not None else postgresql_rows(settings.database_url) as rows:
        yield rows


@contextmanager
def sqlite_rows(path: Path) -> Iterator[Rows]:
    """Read the SQLite file at `path`, opened read-only, in one transaction.

    A byte of a text that is no UTF-8 is read as a lone surrogate: nothing stored is lost, and nothing stored raises.
    Raises sqlite3.OperationalError when there is no such file.
    """
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        connection.text_factory = lambda text: text.decode(errors="surrogateescape")
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
            yield lambda sql: _fetched(runner.run, connection, sql)
        finally:
            runner.run(connection.close())


async def looked_at(connection: Any, look: Callable[[Rows], T]) -> T:
    """What a look at the database over this asyncpg connection finds, in the transaction that it is in.

    It looks in a savepoint and goes back to it: a cursor that were left open would hold its table.
    """
    loop = asyncio.get_running_loop()

    def waited_for(asked: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(asked, loop).result()

    savepoint = connection.transaction()
    await savepoint.start()
    try:
        return await asyncio.to_thread(look, lambda sql: _fetched(waited_for, connection, sql))
    finally:
        await savepoint.rollback()


async def _connected(url: str) -> Any:
    connection = await asyncpg.connect(url)
    await connection.transaction(isolation="repeatable_read", readonly=True).start()
    return connection


def _fetched(
    run: Callable[[Coroutine[Any, Any, Any]], Any], connection: Any, sql: str
) -> Iterable[Sequence[Any]]:
    async def opened() -> Any:
        # A savepoint: after a table that is missing, others are still read.
        async with connection.transaction():
            return await connection.cursor(sql)

    cursor, count = run(opened()), 1
    while rows := run(cursor.fetch(count)):
        yield from rows
        count = next_count(rows)


def next_count(rows: Sequence[Sequence[Any]]) -> int:
    """How many rows to fetch after these, for them to be about as long as is held at once."""
    size = sum(len(value) for row in rows for value in row if type(value) is bytes or type(value) is str)
    return max(1, min(AT_ONCE, BYTES_AT_ONCE * len(rows) // (size or 1)))
