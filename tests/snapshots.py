"""A study as it stood once, to begin many tests from: its key files, everybody's token, and its data.

Furnishing a study takes a hundred acts; putting a snapshot into an empty database takes a file's bytes, or a COPY
for each table. Whatever is put there verifies as it did.
"""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from tests.conftest import Database

OF_THE_SCHEMA = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A closed study. `data` is a file's bytes, or the rows of each table."""

    keys: dict[str, bytes]
    tokens: dict[str, str]
    data: dict[str, bytes]

    async def put_into(self, database: Database) -> None:
        """Fill an empty database with what was kept."""
        database.settings.keys.mkdir(mode=0o700)
        for name, content in self.keys.items():
            path = database.settings.keys / name
            path.touch(mode=0o600)
            path.write_bytes(content)
        if database.kind == "sqlite":
            _file_of(database).write_bytes(self.data["file"])
            return
        connection = await asyncpg.connect(database.superuser_url)
        await connection.execute("SET session_replication_role = replica")
        for table, rows in self.data.items():
            await connection.copy_to_table(table, source=io.BytesIO(rows), format="binary")
        await connection.close()


async def taken(database: Database, tokens: dict[str, str]) -> Snapshot:
    """Keep the study in that database, which nobody has open."""
    if database.kind == "sqlite":
        data = {"file": _file_of(database).read_bytes()}
    else:
        data = await _rows(database.superuser_url)
    keys = {path.name: path.read_bytes() for path in database.settings.keys.iterdir()}
    return Snapshot(keys, dict(tokens), data)


async def _rows(url: str) -> dict[str, bytes]:
    connection = await asyncpg.connect(url)
    found = {}
    for (table,) in await connection.fetch(OF_THE_SCHEMA):
        with closing(io.BytesIO()) as rows:
            if await connection.copy_from_table(table, output=rows, format="binary") != "COPY 0":
                found[table] = rows.getvalue()
    await connection.close()
    return found


def _file_of(database: Database) -> Path:
    path = database.settings.sqlite_path
    assert path is not None
    return path
