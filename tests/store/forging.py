"""Writing whatever one likes into the tables, past every trigger, on either engine."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from typing import Any

import asyncpg

from tests.conftest import Database


async def forge(database: Database, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Run these statements, with `?` for each argument; each has to change something."""
    if database.kind == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as opened, opened:
            for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                opened.execute(f"DROP TRIGGER {name}")
            for sql, args in statements:
                assert opened.execute(sql, args).rowcount > 0, sql
        return
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute("SET session_replication_role = replica")
    for sql, args in statements:
        marks = itertools.count(1)
        numbered = "".join(f"${next(marks)}" if each == "?" else each for each in sql)
        assert int((await connection.execute(numbered, *args)).split()[-1]) > 0, sql
    await connection.close()
