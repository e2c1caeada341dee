"""PostgreSQL behind Piccolo, with transactions that cannot leak.

Rules kept here:

- Every connection, pooled or not, reads back what durability asks for before its first use.
- A connection goes back whatever BEGIN, COMMIT or ROLLBACK do, and never inside a transaction. Where a
  rollback cannot be sent (another statement is under way, the line is dead) the connection is cut, which
  makes the server roll back.
- The first failure is the one that is raised: a rollback that fails after it does not hide it.
- Nothing is opened before the first query.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NoReturn

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from inventory.store.engines.durability import POSTGRESQL, refuse_weaker
from inventory.store.engines.gathered import Gathered
from inventory.store.engines.refused import BatchRefused

POOL_MIN: Final = 2
POOL_MAX: Final = 10
_CLOSE_SECONDS: Final = 5.0
LINE_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What asyncpg raises on a line that was cut, the last but one where it was cut in the midst of an answer."""
_READ_BACK: Final = "SELECT name, current_setting(name) AS setting FROM unnest($1::text[]) AS name"


async def refuse_weak_connection(connection: Any) -> None:
    """Read back what this connection would commit with.

    Raises:
        DurabilityRefused: a setting is weaker than an acknowledged entry needs.
    """
    rows = await connection.fetch(_READ_BACK, list(POSTGRESQL))
    refuse_weaker({row["name"]: row["setting"] for row in rows}, POSTGRESQL)


async def _close(connection: Any) -> None:
    """Close a connection of our own, in bounded time, without hiding what happened on it."""
    with suppress(*LINE_ERRORS, TimeoutError):
        await connection.close(timeout=_CLOSE_SECONDS)


async def _no_reset(_: Any) -> None:
    """Skip asyncpg's RESET ALL on release, a round trip: no session state is ever set.

    asyncpg itself still rolls back a transaction left open, before it calls this.
    """


class _SafeTransaction(PostgresTransaction):
    """A transaction that gives its connection back whatever BEGIN, COMMIT or ROLLBACK do."""

    engine: CustodyPostgres

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = await self.get_connection()  # type: ignore[no-untyped-call]  # untyped in Piccolo
        try:
            self.transaction = self.connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call]  # likewise
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: object, exception: object, traceback: object) -> bool:
        if self._parent is not None:
            return False
        try:
            self.engine.current_transaction.reset(self.context)
            if exception is not None:
                await self._undo()
            elif not self._committed and not self._rolled_back:
                await self.commit()  # type: ignore[no-untyped-call]  # likewise
        finally:
            await self._give_back()
        return False

    async def _undo(self) -> None:
        if not self._rolled_back and not self._committed:
            with suppress(*LINE_ERRORS):  # who is still inside is cut when given back
                await self.rollback()  # type: ignore[no-untyped-call]  # likewise

    async def _give_back(self) -> None:
        if self.engine.pool is None:
            await _close(self.connection)
            return
        with suppress(*LINE_ERRORS):  # the pool has cut the connection already; what was committed stays so
            await self.engine.pool.release(self.connection)


class CustodyPostgres(PostgresEngine):
    """Piccolo's PostgreSQL engine over a pool that `start` opens."""

    def __init__(self, url: str) -> None:
        super().__init__(config={"dsn": url})
        self._asked: dict[str, Gathered[Any, list[tuple[Any, ...]]]] = {}

    async def start(self) -> None:
        """Open the pool, so that a server that could lose entries is refused now.

        Raises:
            DurabilityRefused: a setting is weaker than an acknowledged entry needs.
            OSError: the server cannot be reached.
        """
        if self.pool is None:
            self._asked = {}  # whoever asked through the last pool asked in another event loop
            await self.start_connection_pool(
                init=refuse_weak_connection, reset=_no_reset, min_size=POOL_MIN, max_size=POOL_MAX
            )

    async def close(self) -> None:
        """Close the pool. Queries after it open a connection each, until `start` is called again."""
        if self.pool is not None:
            await self.close_connection_pool()

    async def check_version(self) -> None:
        """Do nothing: Piccolo would connect here, while its configuration is being imported."""

    async def get_new_connection(self) -> Any:
        """Return a connection outside the pool, its durability read back.

        Raises:
            DurabilityRefused: a setting is weaker than an acknowledged entry needs.
        """
        connection = await super().get_new_connection()
        try:
            await refuse_weak_connection(connection)
        except BaseException:
            await _close(connection)
            raise
        return connection

    async def _run_in_new_connection(self, query: str, args: Sequence[Any] | None = None) -> Any:
        connection = await self.get_new_connection()
        try:
            return await connection.fetch(query, *(args or ()))
        finally:
            await _close(connection)

    async def look_up(self, question: str, key: Any) -> list[tuple[Any, ...]]:
        """Return the rows that lie under a key; `column {key}` in the question compares, rows begin with it.

        Who asks the same of other keys meanwhile is answered by the same statement.
        """
        if question not in self._asked:
            self._asked[question] = Gathered(
                partial(self._look_up_all, question.replace("{key}", "= ANY($1)"))
            )
        return await self._asked[question].of(key) or []

    async def _look_up_all(self, sql: str, keys: list[Any]) -> dict[Any, list[tuple[Any, ...]]]:
        run = self._run_in_pool if self.pool else self._run_in_new_connection
        found: dict[Any, list[tuple[Any, ...]]] = {}
        for row in await run(sql, [keys]):
            found.setdefault(row[0], []).append(tuple(row.values()))
        return found

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:
        """Return a transaction; nested in another it is that other one, or refused."""
        return _SafeTransaction(engine=self, allow_nested=allow_nested)

    async def batch(self, *_: object, **__: object) -> NoReturn:
        """Refuse: Piccolo's batch leaks its connection when its first statement fails."""
        raise BatchRefused
