"""A connection that breaks at a chosen statement, before it is run or after, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inventory.store.drivers import SqliteDriver
from tests.sites import Cast


class BrokenHereError(OSError):
    """The line, the disk or the process gave way at this statement."""


class Breaking:
    """Stands between a driver and its connection; breaks where it is told to, and notes where.

    `breaks_at` is the number of the statement within its transaction, from 0 for BEGIN, or the statement.
    """

    def __init__(self, connection: Any, breaks_at: int | str, *, after: bool, times: int) -> None:
        self._connection = connection
        self._breaks_at = breaks_at
        self._after = after
        self._left = times
        self._count = 0
        self.broken: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def _breaks(self, sql: str) -> bool:
        self._count = 0 if sql.startswith("BEGIN") else self._count + 1
        return sql != "ROLLBACK" and self._breaks_at in {self._count, sql} and self._left > 0

    def _break(self, sql: str) -> None:
        self._left -= 1
        self.broken.append(sql)
        raise BrokenHereError


class BreakingSqlite(Breaking):
    def _run(self, name: str, sql: str, args: Any) -> Any:
        breaks = self._breaks(sql)
        if breaks and not self._after:
            self._break(sql)
        result = getattr(self._connection, name)(sql, *args)
        if breaks:
            self._break(sql)
        return result

    def execute(self, sql: str, *args: Any) -> Any:
        return self._run("execute", sql, args)

    def executemany(self, sql: str, *args: Any) -> Any:
        return self._run("executemany", sql, args)


class BreakingPostgres(Breaking):
    async def _run(self, name: str, sql: str, args: Any) -> Any:
        breaks = self._breaks(sql)
        if breaks and not self._after:
            self._break(sql)
        result = await getattr(self._connection, name)(sql, *args)
        if breaks:
            self._break(sql)
        return result

    async def execute(self, sql: str, *args: Any) -> Any:
        return await self._run("execute", sql, args)

    async def fetch(self, sql: str, *args: Any) -> Any:
        return await self._run("fetch", sql, args)


@contextmanager
def breaking(cast: Cast, at: int | str, *, after: bool = False, times: int = 1_000_000) -> Iterator[Breaking]:
    """For the length of the block, the writer's connection breaks at that statement, so many times."""
    driver = cast.site.ledger._driver
    kind = BreakingSqlite if isinstance(driver, SqliteDriver) else BreakingPostgres
    whole = driver._connection
    driver._connection = kind(whole, at, after=after, times=times)
    try:
        yield driver._connection
    finally:
        driver._connection = whole
