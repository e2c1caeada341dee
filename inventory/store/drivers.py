"""Who runs a script: one connection to one engine, one transaction a script.

Rules this module keeps:
- A script's result is returned after COMMIT and never before; whatever fails is rolled back and raised.
- The lock comes first, in a statement of its own: on SQLite `BEGIN IMMEDIATE`; on PostgreSQL the head row,
  read committed, so that every later statement sees what was committed under the lock before it. A lock that
  were joined with the read of the state would bring old state with the new head.
- A COMMIT that PostgreSQL warns of is none that was acknowledged: where the wait for a synchronous standby is
  cancelled, it says COMMIT all the same.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

import asyncpg

from inventory.store.condition import DatabaseMovedError
from inventory.store.dialects import (
    at_once_for_postgresql,
    delete_for_postgresql,
    delete_for_sqlite,
    fetch_for_postgresql,
    fetch_for_sqlite,
    insert_for_sqlite,
    inserts_for_postgresql,
    reseal_for_postgresql,
    reseal_for_sqlite,
)
from inventory.store.engines import open_sqlite
from inventory.store.engines.durability import BUSY_TIMEOUT_MS
from inventory.store.engines.postgres import LINE_ERRORS, refuse_weak_connection
from inventory.store.script import AtOnce, Fetch, Reseal, Write

if TYPE_CHECKING:
    from inventory.store.script import Row, Script, Step

T = TypeVar("T")


PARTS_AT_MOST: Final = 32
"""So many statements are one: a longer text than asyncpg keeps (15 KB) would be planned anew each time."""


class CommitWarnedError(asyncpg.InterfaceError):  # type: ignore[misc]  # untyped in asyncpg
    """The server warned of what it committed: it may be there, and may be lost with the server."""


class Driver(Protocol):
    """One connection that runs scripts, one after another."""

    async def open(self) -> None:
        """Connect, and read durability back.

        Raises:
            DurabilityRefused: a setting is weaker than an acknowledged entry needs.
        """

    def ask_for_lock(self) -> None:
        """Ask for the lock under which the next script runs, so that it is there once its acts are gathered."""

    async def run(self, script: Script[T], *, aside: bool = False) -> T:
        """Run a script in one transaction and return its result after COMMIT.

        One that works long is worked out `aside`, in a thread, so that others are answered meanwhile.

        Raises:
            DatabaseMovedError: the database is not where it was opened.
        """

    def stands(self) -> bool:
        """Whether the database is where it was opened."""

    async def close(self) -> None:
        """Disconnect."""


class SqliteDriver:
    """One connection to one file; what waits for the disk or for another process waits in a thread.

    The batch itself runs on the event loop: two threads that take turns at Python's lock, statement by
    statement, spend more time waiting for each other than working. A batch that works long is the exception.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor
        self._connection: sqlite3.Connection

    async def open(self) -> None:
        """See `Driver.open`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._connection = open_sqlite(self._path, in_turns=True)
        self._connection.execute(_DO_NOT_WAIT)
        self._opened = _file_at(self._path)

    def ask_for_lock(self) -> None:
        """See `Driver.ask_for_lock`; here it is had at once, so it is taken when it is needed."""

    async def run(self, script: Script[T], *, aside: bool = False) -> T:
        """See `Driver.run`."""
        connection = self._connection
        try:
            await self._begin()
            if aside:
                loop = asyncio.get_running_loop()
                result = await loop.run_in_executor(self._thread, _driven_on_sqlite, connection, script)
            else:
                result = _driven_on_sqlite(connection, script)
            if not self.stands():
                raise DatabaseMovedError
            await self._in_thread("COMMIT")
        except BaseException:
            if connection.in_transaction:
                await self._in_thread("ROLLBACK")
            raise
        return result

    def stands(self) -> bool:
        """See `Driver.stands`."""
        return _file_at(self._path) == self._opened

    async def close(self) -> None:
        """See `Driver.close`."""
        self._thread.shutdown()
        self._connection.close()

    async def _begin(self) -> None:
        """Take the write lock at once, or in the thread wait for the process that has it."""
        try:
            self._connection.execute(_BEGIN_ON_SQLITE)
        except sqlite3.OperationalError as busy:
            if busy.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            self._connection.execute(_WAIT)
            try:
                await self._in_thread(_BEGIN_ON_SQLITE)
            finally:
                self._connection.execute(_DO_NOT_WAIT)

    async def _in_thread(self, statement: str) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.execute, statement)


def _file_at(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (asked of every batch, and a Path is dearer than the answer)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


_BEGIN_ON_SQLITE = "BEGIN IMMEDIATE"
_WAIT, _DO_NOT_WAIT = f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}", "PRAGMA busy_timeout = 0"


def _driven_on_sqlite(connection: sqlite3.Connection, script: Script[T]) -> T:
    try:
        step = next(script)
        while True:
            step = script.send(_step_on_sqlite(connection, step))
    except StopIteration as done:
        result: T = done.value
        return result


def _step_on_sqlite(connection: sqlite3.Connection, step: Step) -> list[Row]:
    if isinstance(step, Fetch):
        return connection.execute(*fetch_for_sqlite(step.sql, step.args)).fetchall()
    if isinstance(step, AtOnce):
        return [_step_on_sqlite(connection, fetch) for fetch in step.fetches]
    if isinstance(step, Reseal):
        connection.executemany(reseal_for_sqlite(step), step.rows)
        return []
    for delete in step.deletes:
        connection.executemany(delete_for_sqlite(delete), [(value,) for value in delete.values])
    for insert in step.inserts:
        connection.executemany(insert_for_sqlite(insert.table), insert.rows)
    return []


class PostgresDriver:
    """One connection to one server, opened again where it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Any = None
        self._lock: asyncio.Task[str] | None = None
        self._warned: str | None = None

    async def open(self) -> None:
        """See `Driver.open`."""
        connection = await asyncpg.connect(self._url)
        try:
            await refuse_weak_connection(connection)
        except BaseException:
            await connection.close()
            raise
        connection.add_log_listener(self._notice)
        self._connection = connection

    def _notice(self, _: Any, message: Any) -> None:
        """Keep a warning; asyncpg tells it before it returns from the statement that it came with."""
        if message.severity_en == "WARNING":
            self._warned = message.message

    def ask_for_lock(self) -> None:
        """See `Driver.ask_for_lock`."""
        if not self._connection.is_closed():
            self._lock = asyncio.create_task(self._connection.execute(_BEGIN), name="lock")

    async def run(self, script: Script[T], *, aside: bool = False) -> T:
        """See `Driver.run`."""
        lock, self._lock = self._lock, None
        if lock is None and self._connection.is_closed():
            await self.open()
        connection = self._connection
        try:
            await (lock or connection.execute(_BEGIN))
            result = await _driven_on_postgresql(connection, script, aside=aside)
            self._warned = None
            await connection.execute("COMMIT")
            if self._warned:
                raise CommitWarnedError(self._warned)
        except BaseException:
            await _undo(connection)
            raise
        return result

    def stands(self) -> bool:
        """See `Driver.stands`; a server has no other file at its address."""
        return True

    async def close(self) -> None:
        """See `Driver.close`."""
        await self._connection.close()


_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT FROM head FOR UPDATE"


async def _undo(connection: Any) -> None:
    """Roll back; a connection that cannot is cut, which makes the server roll back and us connect anew."""
    try:
        await connection.execute("ROLLBACK")
    except LINE_ERRORS:
        connection.terminate()


async def _driven_on_postgresql(connection: Any, script: Script[T], *, aside: bool) -> T:
    rows: list[Row] | None = None
    while True:
        step = await asyncio.to_thread(_next_step, script, rows) if aside else _next_step(script, rows)
        if isinstance(step, _Done):
            return step.result
        rows = await _step_on_postgresql(connection, step)


class _Done(Generic[T]):
    """The result of a script: what ended a generator cannot be raised out of a thread."""

    __slots__ = ("result",)

    def __init__(self, result: T) -> None:
        self.result = result


def _next_step(script: Script[T], rows: list[Row] | None) -> Step | _Done[T]:
    try:
        return next(script) if rows is None else script.send(rows)
    except StopIteration as done:
        return _Done(done.value)


async def _step_on_postgresql(connection: Any, step: Step) -> list[Row]:
    if isinstance(step, Write):
        for delete in step.deletes:
            await connection.execute(delete_for_postgresql(delete), delete.values)
        statement, arrays = inserts_for_postgresql(step.inserts)
        await connection.execute(statement, *arrays)
        return []
    if isinstance(step, Reseal):
        await connection.executemany(reseal_for_postgresql(step), step.rows)
        return []
    if isinstance(step, AtOnce):
        return await _at_once_on_postgresql(connection, step.fetches)
    rows: list[Row] = await connection.fetch(fetch_for_postgresql(step.sql), *step.args)
    return rows


async def _at_once_on_postgresql(connection: Any, fetches: tuple[Fetch, ...]) -> list[Row]:
    if len(fetches) == 1:
        return [await _step_on_postgresql(connection, fetches[0])]
    if len(fetches) > PARTS_AT_MOST:
        first = await _at_once_on_postgresql(connection, fetches[:PARTS_AT_MOST])
        return first + await _at_once_on_postgresql(connection, fetches[PARTS_AT_MOST:])
    statement = at_once_for_postgresql(tuple([fetch.sql for fetch in fetches]))
    args = [arg for fetch in fetches for arg in fetch.args]
    found: list[Any] = [[] for _ in fetches]
    for number, row in await connection.fetch(statement, *args):
        found[number].append(row)
    return found
