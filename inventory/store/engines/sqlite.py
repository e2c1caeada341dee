"""SQLite behind Piccolo, with connections that stay open and transactions that cannot leak.

Rules kept here:

- Every connection is opened by `open_sqlite`, which sets what durability asks for and reads it back.
- A connection is lent to one user at a time and is never handed on inside a transaction: whatever ended the
  loan (commit, failure, cancellation), an open transaction is rolled back first. The connection's thread
  works its queue in order, so a rollback queued by a cancelled task precedes the next user's first statement.
- A loan that has ended is dead: a task that outlives its transaction gets `LoanOver`, never a connection
  that is another's by then.
- A question is put in the event loop itself, to a connection that only reads; one that turns out long is given up
  there and put again in a thread. Everything else has a thread.
- Writers of one event loop wait for each other in order; other loops and processes wait by busy_timeout.
- A thread that waits for work does not hold the process: a command that forgot to close the engine ends.
- Nothing is opened before the first query.
"""

from __future__ import annotations

import asyncio
import sqlite3
from asyncio import AbstractEventLoop
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from weakref import WeakKeyDictionary

from piccolo.engine.sqlite import Atomic, SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory

from inventory.store.engines.durability import BUSY_TIMEOUT_MS, SQLITE, refuse_weaker
from inventory.store.engines.refused import BatchRefused, LoanOver

T = TypeVar("T")
READERS: Final = 8
STRIDE: Final = 1_000
"""After so many steps of SQLite's machine a question is looked at; a row found by its key takes about thirty."""
STRIDES: Final = 50
"""A question that takes more of them, some milliseconds, is put in a thread instead of the event loop."""
ROWS: Final = 500
"""And so is one with as many rows: making them takes as long."""
_SET: Final = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def open_sqlite(path: str | Path, *, in_turns: bool = False) -> sqlite3.Connection:
    """Return a connection in autocommit mode whose durability has been set and read back.

    The connection belongs to the calling thread, or `in_turns` to whichever thread's turn it is. Rows are
    tuples; Piccolo's declared types are converted.

    Raises:
        DurabilityRefused: the database did not take a setting (one in memory never takes WAL).
        sqlite3.OperationalError: the file cannot be opened.
    """
    connection = sqlite3.connect(
        path,
        timeout=BUSY_TIMEOUT_MS / 1000,
        isolation_level=None,
        detect_types=sqlite3.PARSE_DECLTYPES,
        check_same_thread=not in_turns,
    )
    try:
        for setting in _SET:
            connection.execute(f"PRAGMA {setting}")
        refuse_weaker({name: _pragma(connection, name) for name in SQLITE}, SQLITE)
    except BaseException:
        connection.close()
        raise
    return connection


def _pragma(connection: sqlite3.Connection, name: str) -> str:
    return str(connection.execute(f"PRAGMA {name}").fetchone()[0])


class Connection:
    """One SQLite connection and the thread that alone uses it, statement after statement."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")
        self._sqlite: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open the connection in its thread; raises as `open_sqlite` does, and leaves nothing open then."""
        try:
            await self._run(self._open)
        except BaseException:
            self.end()
            raise

    async def execute(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        """Run one statement and return all its rows."""
        return await self._run(partial(self._execute, sql, args))

    async def rollback(self) -> None:
        """Roll back the transaction that is open, if one is, when all that was queued before is done."""
        await self._run(self._rollback)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction was open after the last statement that was answered."""
        return self._sqlite is not None and self._sqlite.in_transaction

    def end(self) -> Future[None]:
        """Close the connection and end its thread when all that was queued before is done."""
        closed = self._thread.submit(self._close)
        self._thread.shutdown(wait=False)
        return closed

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        self._sqlite = open_sqlite(self._path)
        self._sqlite.row_factory = dict_factory

    def _execute(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]]:
        assert self._sqlite is not None, "opened before it is lent"  # noqa: S101 - for the type checker
        return self._sqlite.execute(sql, args).fetchall()

    def _rollback(self) -> None:
        if self._sqlite is not None:
            self._sqlite.rollback()

    def _close(self) -> None:
        if self._sqlite is not None:
            self._sqlite.close()
            self._sqlite = None


class Loan:
    """One connection in the hands of one user; what Piccolo's transaction calls its connection."""

    __slots__ = ("_connection", "_engine", "_turn", "_unanswered")

    def __init__(self, engine: CustodySQLite, connection: Connection, turn: _Turn) -> None:
        self._engine = engine
        self._connection: Connection | None = connection
        self._turn = turn
        self._unanswered = False

    async def execute(self, sql: str, args: list[Any] | None = None) -> list[dict[str, Any]]:
        """Run one statement and return all its rows.

        Raises:
            LoanOver: the connection was given back already.
            sqlite3.Error: the statement failed.
        """
        if self._connection is None:
            raise LoanOver
        self._unanswered = True  # and stays so when the statement fails or this task is cancelled meanwhile
        rows = await self._connection.execute(sql, args or [])
        self._unanswered = False
        return rows

    async def close(self) -> None:
        """Give the connection back, rolled back where a transaction is open; a second call does nothing."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            if self._unanswered or connection.in_transaction:
                await connection.rollback()
        except sqlite3.Error:
            self._engine.discard(connection)
            raise
        finally:
            self._engine.take_back(connection)
            self._turn.release()


class _SafeTransaction(SQLiteTransaction):
    """A transaction that ends its loan whatever BEGIN, COMMIT or ROLLBACK do."""

    engine: CustodySQLite
    connection: Loan

    async def __aenter__(self) -> SQLiteTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.engine.lend(writes=self.transaction_type is not TransactionType.deferred)
        try:
            await self.begin()  # type: ignore[no-untyped-call]  # Piccolo leaves it untyped
        except BaseException:
            await self.connection.close()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: object, exception: object, traceback: object) -> bool:
        if self._parent is not None:
            return False
        try:
            self.engine.current_transaction.reset(self.context)
            if exception is None and not self._committed and not self._rolled_back:
                await self.commit()  # type: ignore[no-untyped-call]  # likewise
        finally:
            await self.connection.close()  # which rolls back what is still open
        return False


_Turn = asyncio.Lock | asyncio.Semaphore


class _AtHand:
    """A connection for questions that are put in the event loop itself; it is in no transaction."""

    def __init__(self, path: str) -> None:
        self._sqlite = open_sqlite(path)
        self._strides = 0

    def look_up(self, sql: str, args: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Return all rows, however many."""
        return self._sqlite.execute(sql, args).fetchall()

    def ask(self, sql: str, args: Sequence[Any]) -> list[dict[str, Any]] | None:
        """Return all rows, or None where that takes long."""
        cursor = self._sqlite.cursor()
        cursor.row_factory = dict_factory
        self._strides = 0
        self._sqlite.set_progress_handler(self._is_long, STRIDE)
        try:
            rows = cursor.execute(sql, args).fetchmany(ROWS)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            self._sqlite.set_progress_handler(None, 0)
            cursor.close()
        return rows if len(rows) < ROWS else None

    def close(self) -> None:
        self._sqlite.close()

    def _is_long(self) -> bool:
        self._strides += 1
        return self._strides > STRIDES


class _Turns:
    """Whose turn it is in one event loop; asyncio's locks belong to the loop they were first awaited in."""

    def __init__(self, path: str) -> None:
        self.writer = asyncio.Lock()
        self.readers = asyncio.Semaphore(READERS)
        self._path = path
        self._at_hand: _AtHand | None = None

    @property
    def at_hand(self) -> _AtHand:
        """The loop's own connection, opened when it is first asked."""
        self._at_hand = self._at_hand or _AtHand(self._path)
        return self._at_hand

    def close(self) -> None:
        """Close that connection, if there is one; the next question opens another."""
        if self._at_hand is not None:
            self._at_hand.close()
            self._at_hand = None


class CustodySQLite(SQLiteEngine):
    """Piccolo's SQLite engine over a few lasting connections."""

    def __init__(self, path: str | Path) -> None:
        self._idle: list[Connection] = []
        self._open: list[Connection] = []
        self._turns: WeakKeyDictionary[AbstractEventLoop, _Turns] = WeakKeyDictionary()
        self._last: tuple[AbstractEventLoop, _Turns] | None = None
        super().__init__(path=str(path))

    async def start(self) -> None:
        """Open a first connection, so that a database that could lose entries is refused now.

        Raises:
            DurabilityRefused: the database did not take a setting.
        """
        loan = await self.lend(writes=False)
        await loan.close()

    async def close(self) -> None:
        """Close every connection and end its thread. The next query opens a new one."""
        self._turn().close()
        self._last = None
        connections, self._open, self._idle = self._open, [], []
        for connection in connections:
            await asyncio.wrap_future(connection.end())

    async def look_up(self, question: str, key: Any) -> list[tuple[Any, ...]]:
        """Return the rows that lie under a key; `column {key}` in the question compares, rows begin with it.

        It is put in the event loop itself: that takes a few microseconds, and handing it to a thread fifty.
        A reader waits for no writer here. It sees what is committed, whatever transaction this task is in.
        """
        sql, args = question.replace("{key}", "= ?"), [key] * question.count("{key}")
        return self._turn().at_hand.look_up(sql, args)

    async def lend(self, *, writes: bool) -> Loan:
        """Return a connection for one user; who writes waits until the loop's last writer gave back."""
        turns = self._turn()
        turn: _Turn = turns.writer if writes else turns.readers
        await turn.acquire()
        try:
            connection = self._kept() or await self._connect()
        except BaseException:
            turn.release()
            raise
        return Loan(self, connection, turn)

    def _turn(self) -> _Turns:
        loop = asyncio.get_running_loop()
        last = self._last  # looking up a weak key takes as long as a row
        if last is None or last[0] is not loop:
            self._last = last = loop, self._turns.setdefault(loop, _Turns(self.path))
        return last[1]

    def _kept(self) -> Connection | None:
        with suppress(IndexError):  # another thread's loop may have taken the last one
            return self._idle.pop()
        return None

    def take_back(self, connection: Connection) -> None:
        """Keep a connection for its next user, unless it was closed meanwhile."""
        if connection in self._open:
            self._idle.append(connection)

    def discard(self, connection: Connection) -> None:
        """Close a connection that could not be rolled back."""
        if connection in self._open:
            self._open.remove(connection)
            connection.end()

    async def _connect(self) -> Connection:
        connection = Connection(self.path)
        await connection.open()
        self._open.append(connection)
        return connection

    async def _run_in_new_connection(
        self, query: str, args: list[Any] | None = None, *_: object, **__: object
    ) -> list[dict[str, Any]]:
        asks = query.lstrip()[:6].upper().startswith("SELECT")
        if asks:
            await asyncio.sleep(0)  # a page that asks often lets others in between, as it would with a thread
            rows = self._turn().at_hand.ask(query, args or ())
            if rows is not None:
                return rows
        loan = await self.lend(writes=not asks)
        try:
            return await loan.execute(query, args)
        finally:
            await loan.close()

    async def _run_in_existing_connection(
        self, connection: Loan, query: str, args: list[Any] | None = None, *_: object, **__: object
    ) -> list[dict[str, Any]]:
        return await connection.execute(query, args)

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> SQLiteTransaction:
        """Return a transaction; it takes the write lock at once unless asked to be deferred.

        A deferred transaction that comes to write after another has written fails for good, whatever the
        busy timeout (SQLITE_BUSY_SNAPSHOT); taking the lock first waits instead.
        """
        return _SafeTransaction(engine=self, transaction_type=transaction_type, allow_nested=allow_nested)

    def atomic(self, transaction_type: TransactionType = TransactionType.immediate) -> Atomic:
        """Return Piccolo's list of queries to run in one transaction."""
        return Atomic(engine=self, transaction_type=transaction_type)

    async def batch(self, *_: object, **__: object) -> NoReturn:
        """Refuse: Piccolo's batch leaks its connection when its first statement fails."""
        raise BatchRefused
