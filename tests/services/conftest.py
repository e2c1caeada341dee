"""A working ward for each test, copied from one that was furnished once on its engine.

Whatever a test did, at its end the record has to hold (replay = state), the claims have to be those of the
items, and a blinded auditor must not have been able to read a word that only the laboratory knows.
"""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from inventory.services import people
from inventory.services.site import open_site
from inventory.services.verification import verified
from tests.conftest import Database
from tests.domain.lab import PEOPLE
from tests.furniture import furnished
from tests.services.ward import PASSWORD, SIGNERS, Regulars, Ward
from tests.sites import Hands, Line, opened_cast

THREE_YEARS = 24 * 365 * 3
OF_THE_SCHEMA = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A furnished study: its key files, everybody's token, and its data (a file's bytes, or rows by table)."""

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


async def _taken(database: Database) -> Snapshot:
    """Furnish a study in that database, and keep it."""
    async with opened_cast(database) as cast:
        await furnished(cast)
        for name in SIGNERS:
            await people.set_password(cast.site, name, PASSWORD)
        for name in itertools.chain.from_iterable(PEOPLE.values()):
            cast.tokens[name] = await people.new_token(cast.site, name, THREE_YEARS)
    if database.kind == "sqlite":
        data = {"file": _file_of(database).read_bytes()}
    else:
        data = await _rows(database.superuser_url)
    keys = {path.name: path.read_bytes() for path in database.settings.keys.iterdir()}
    return Snapshot(keys, cast.tokens, data)


async def _rows(url: str) -> dict[str, bytes]:
    connection = await asyncpg.connect(url)
    found = {}
    for (table,) in await connection.fetch(OF_THE_SCHEMA):
        with closing(io.BytesIO()) as rows:
            await connection.copy_from_table(table, output=rows, format="binary")
            found[table] = rows.getvalue()
    await connection.close()
    return found


def _file_of(database: Database) -> Path:
    path = database.settings.sqlite_path
    assert path is not None
    return path


@pytest.fixture(scope="session")
def snapshots() -> dict[str, Snapshot]:
    """The furnished studies, by engine, each made when the first test asks for it."""
    return {}


@pytest_asyncio.fixture
async def ward(database: Database, snapshots: dict[str, Snapshot]) -> AsyncIterator[Ward]:
    """A study with people of every role, a released lot of each product, a list of eight rows, 20 kits."""
    if database.kind in snapshots:
        await snapshots[database.kind].put_into(database)
    else:
        snapshots[database.kind] = await _taken(database)
    hands = Hands()
    site = await open_site(database.settings, clock=hands)
    line, tokens = Line(database.url), dict(snapshots[database.kind].tokens)
    cast = Regulars(site, database, hands, line, tokens=tokens, keys=itertools.count(1_000_000))
    ward = Ward(cast)
    try:
        yield ward
        report = await asyncio.to_thread(verified, site.settings, site.keys)
        assert report.holds, report.findings
        await ward.check_claims()
        await ward.check_the_blind()
        if (
            database.kind == "sqlite"
        ):  # what is told to others is told from the leaves, which are no engine's own
            await ward.check_the_exports()
    finally:
        await line.close()
        await site.close()
