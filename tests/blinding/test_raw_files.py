"""Whoever holds the database's files or a dump of them, and no key, finds neither an arm nor a link.

A world is told with its real seals and commitments; then everything is read that lies on the disk: SQLite's
file, its write-ahead log and shared memory; PostgreSQL's files of the database and its write-ahead log; and the
dump that each engine's own tool writes. `lying_open` says what must not stand there, and docs/blinding.md what
such a reader can still do.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest_asyncio

from inventory.store.keys import Keys
from inventory.worlds import script, setting
from inventory.worlds.running import settings_in
from inventory.worlds.world import World, opened
from tests.blinding.lying_open import Secrets, secrets_of
from tests.conftest import Database, not_run
from tests.postgres import find_binaries

ARMS = ("B", "A", "B", "A", "A", "B", "A", "B", "A", "B")


@dataclass(frozen=True)
class Told:
    """A world told to its end and still open, its database, and what must not be found there."""

    world: World
    database: Database
    secrets: Secrets
    since: float

    def files(self) -> list[Path]:
        """Every file in which the engine keeps this world."""
        return files_of(self.database, self.since)

    def found(self) -> tuple[list[str], list[str]]:
        """What the files give away, and what the dump does."""
        files, kind = (path.read_bytes() for path in self.files()), self.database.kind
        found = [each for content in files for each in self.secrets.in_file(kind, content)]
        return found, list(self.secrets.in_dump(dump_of(self.database)))


@pytest_asyncio.fixture
async def told(new_database: Callable[[], Database], keys: Keys):
    lent, begun = new_database(), time.time()
    owner = lent.owner_url if lent.kind == "postgresql" else None
    settings = settings_in(lent.settings.home, lent.url, None, owner)
    async with opened(settings, keys, ARMS, commits=lambda real: real) as world:
        await setting.furnish(world)
        await script.tell(world)
        yield Told(world, lent, await secrets_of(world), begun)


def files_of(database: Database, since: float = 0) -> list[Path]:
    """Every file in which the engine keeps this database, and which was written since then."""
    if database.kind == "sqlite":
        path = Path(database.url.removeprefix("sqlite:///"))
        return [path, *(path.with_name(f"{path.name}-{end}") for end in ("wal", "shm"))]
    data, oid = asyncio.run(_where(database.superuser_url))
    folders = (data / "base" / str(oid), data / "pg_wal")
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.stat().st_mtime >= since]


async def _where(superuser_url: str) -> tuple[Path, int]:
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute("ANALYZE")  # what the planner keeps of the columns lies there too
        await connection.execute("CHECKPOINT")
        data = await connection.fetchval("SHOW data_directory")
        oid = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
        return Path(data), oid
    finally:
        await connection.close()


def dump_of(database: Database) -> Iterator[bytes]:
    """The lines of the dump that the engine's own tool writes."""
    if database.kind == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection:
            yield from (line.encode() for line in connection.iterdump())
        return
    packaged = (find_binaries() or Path()) / "pg_dump"
    tool = packaged if packaged.is_file() else shutil.which("pg_dump")
    if tool is None:
        not_run("pg_dump")
    dumped = subprocess.run([tool, "--dbname", database.superuser_url], check=True, capture_output=True)
    yield from dumped.stdout.splitlines()


PLANTED = {
    "a deviation of the laboratory, beside its kit": (
        "LAB-9", "deviation", "{kit}", '{"reason":"below_limit"}', "LAB-9",
    ),
    "a kit of a disclosed period, beside its participant": (
        "{later}", "deviation", "W-002", "{}", "b'W-002' beside b'{later}'",
    ),
    "the kit that a vial was picked for": ("V-9", "vial", "BM-MSC-1", '{"kit":"{kit}"}', "V-9"),
    "an arm beside its participant": ("W-003", "arm", "", '{"state":"A"}', "b'W-003' beside b'\"A\"'"),
    "an arm alone": ("X-9", "arm", "", '{"arm":"1"}', """sealed: b'"arm":'"""),
}  # fmt: skip
"""Code, kind, parent and facts of a row of the vault that would tell, and by what its finding is known."""


async def test_files_and_dumps_hold_neither_an_arm_nor_a_link_and_a_planted_one_is_seen(told: Told) -> None:
    assert await asyncio.to_thread(told.found) == ([], [])
    await asyncio.to_thread(what_lies_open_is_seen, told)
    rows = {what: told.secrets.spelled(row) for what, row in PLANTED.items()}
    await asyncio.to_thread(planted, told.database, rows.values())
    files, dump = await asyncio.to_thread(told.found)
    for what, (*_, sign) in rows.items():
        for found in (files, dump):
            assert [each for each in found if sign in each], what


def what_lies_open_is_seen(told: Told) -> None:
    """The same look finds what may stand there, so it would find what may not."""
    content = b"".join(path.read_bytes() for path in told.files())
    dump = b"".join(dump_of(told.database))
    for words in (told.secrets.participants, told.secrets.disclosed, {b"BM-MSC-1", b"D-0107", b"LAB-4"}):
        assert words
        assert [word for word in words if word not in content or word not in dump] == []


def planted(database: Database, rows: Iterable[list[str]]) -> None:
    """Put those rows into the vault, past every part of the service."""
    done = []
    for code, kind, parent, facts, _ in rows:
        told = f"('{code}', '{kind}', 'open', '{parent}', '{facts}', 0)"
        done.append(f"DELETE FROM vault_item WHERE code = '{code}'")
        done.append(f"INSERT INTO vault_item (code, kind, state, parent, facts, entry) VALUES {told}")
    if database.kind == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as connection, connection:
            for statement in done:
                connection.execute(statement)
        return
    asyncio.run(_executed(database.superuser_url, done))


async def _executed(url: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


NEIGHBOURS = b"\tvial\x13consumed\x15VXDWKRFXC\x00\x00\x08\x00\x0e\x00 @\tkit\x0fsealed\x15K4HXYWWDF"
ONE_ROW = b"\tvial\x13consumed\x15VXDWKRFXC\x15K4HXYWWDF"


def test_two_rows_of_an_index_are_two_and_the_texts_of_one_row_are_one() -> None:
    words = frozenset({b"K4HXYWWDF"}), frozenset({b"VXDWKRFXC"})
    secrets = Secrets(*words, frozenset(), frozenset(), frozenset())
    assert list(secrets.in_file("postgresql", NEIGHBOURS + b"\x00" * 16)) == []
    assert len(list(secrets.in_file("postgresql", ONE_ROW + b"\x00" * 16))) == 1
