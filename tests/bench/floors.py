"""The floors: how many single rows this machine can commit, in the same minute and on the same disk.

A row holds as many bytes as a leaf does. Nothing is decided, hashed or answered: no service that waits for
each row's commit can be faster with one connection.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import asyncpg

ROW = bytes(600)
_TABLE = "CREATE TABLE IF NOT EXISTS floor (number BIGINT PRIMARY KEY, leaf {} NOT NULL)"


def sqlite_commits(folder: Path, seconds: float) -> float:
    """Rows a second, one INSERT a commit, WAL with synchronous=FULL, in a file in that folder."""
    path = folder / "floor.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(_TABLE.format("BLOB"))
        first = connection.execute("SELECT count(*) FROM floor").fetchone()[0]
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            connection.execute("INSERT INTO floor VALUES (?, ?)", (first + count, ROW))
            count += 1
        return count / (time.perf_counter() - started)


def postgresql_commits(url: str, connections: int, seconds: float) -> float:
    """Rows a second, one INSERT a commit, over so many connections at once."""
    return asyncio.run(_postgresql_commits(url, connections, seconds))


async def _postgresql_commits(url: str, connections: int, seconds: float) -> float:
    opened = [await asyncpg.connect(url) for _ in range(connections)]
    try:
        await opened[0].execute(_TABLE.format("BYTEA"))
        await opened[0].execute("TRUNCATE floor")
        started = time.perf_counter()
        until = started + seconds
        counts = await asyncio.gather(
            *(_insert(each, number, connections, until) for number, each in enumerate(opened))
        )
        return sum(counts) / (time.perf_counter() - started)
    finally:
        for each in opened:
            await each.close()


async def _insert(connection: asyncpg.Connection, number: int, step: int, until: float) -> int:
    count = 0
    while time.perf_counter() < until:
        await connection.execute("INSERT INTO floor VALUES ($1, $2)", number + count * step, ROW)
        count += 1
    return count
