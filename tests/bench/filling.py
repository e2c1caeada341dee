"""A study of many entries, filled in by direct SQL: fill only, no history that was ever decided or verified.

The rows are plausible: the leaf of a real order again and again, with its code and index put in place, fifty
entries a kit, spread over the whole log as real ones are. Left out is what reading a code never touches:
tiles, right edges, idempotency, the head. Such a database is read and thrown away; `verify` refuses it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from typing import Any

import asyncpg

from inventory.domain.identifiers import numbers
from inventory.store.settings import Settings
from tests.bench.study import Study

EACH = 50
"""Entries of one kit."""

_PIECE = 20_000
_TABLES = ("open_entry", "open_subject", "item")
_REAL_LEAF = 'SELECT "index", leaf, recorded_at FROM open_entry ORDER BY "index" DESC LIMIT 1'
_REAL_ITEM = "SELECT code, kind, state, parent, place, due, facts, entry FROM item WHERE code = '{}'"

Row = tuple[Any, ...]


def filled(study: Study, entries: int) -> list[str]:
    """Fill a study up by so many entries; the codes of the kits that they concern, in no order."""
    kits = _codes(entries // EACH)
    if study.settings.sqlite_path is not None:
        _fill_sqlite(study.settings, kits)
    else:
        asyncio.run(_fill_postgresql(study.settings, kits))
    return kits


def _codes(count: int) -> list[str]:
    drawn = random.Random(50)
    found: dict[str, None] = {}
    while len(found) < count:
        found[numbers.draw(numbers.Kind.KIT, drawn.randrange)] = None
    return list(found)


def _entries(kits: list[str], real: Row) -> Iterator[Row]:
    last, leaf, recorded_at = real
    parts = bytes(leaf).split(b'"item":"', 1)
    old = parts[1][: parts[1].index(b'"')]
    first, number = last + 1, str(last).encode()
    for index, kit in zip(itertools.count(first), itertools.chain.from_iterable([kits] * EACH), strict=False):
        new = bytes(leaf).replace(b'"%b"' % old, b'"%b"' % kit.encode())
        new = new.replace(b'"index":%b,' % number, b'"index":%d,' % index)
        yield index, new, sha256(b"\x00" + new).digest(), recorded_at


def _subjects(kits: list[str], real: Row) -> Iterator[Row]:
    for place, kit in sorted(enumerate(kits), key=lambda each: each[1]):
        yield from ((kit, real[0] + 1 + place + turn * len(kits)) for turn in range(EACH))


def _items(kits: list[str], item: Row) -> Iterator[Row]:
    yield from ((kit, *item[1:]) for kit in kits)


def _pieces(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while piece := list(itertools.islice(rows, _PIECE)):
        yield piece


def _rows(kits: list[str], real: Row, item: Row) -> dict[str, Iterator[Row]]:
    return dict(zip(_TABLES, (_entries(kits, real), _subjects(kits, real), _items(kits, item)), strict=True))


def _code_in(leaf: bytes) -> str:
    return bytes(leaf).partition(b'"item":"')[2].partition(b'"')[0].decode()


def _fill_sqlite(settings: Settings, kits: list[str]) -> None:
    with closing(sqlite3.connect(str(settings.sqlite_path), isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")  # fill only: nothing to lose, and half the bytes
        real = connection.execute(_REAL_LEAF).fetchone()
        item = connection.execute(_REAL_ITEM.format(_code_in(real[1]))).fetchone()
        connection.execute("BEGIN")
        for table, rows in _rows(kits, real, item).items():
            marks = ",".join("?" * {"open_entry": 4, "open_subject": 2, "item": 8}[table])
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


async def _fill_postgresql(settings: Settings, kits: list[str]) -> None:
    connection = await asyncpg.connect(settings.database_url)
    try:
        real = tuple(await connection.fetchrow(_REAL_LEAF))
        item = tuple(await connection.fetchrow(_REAL_ITEM.format(_code_in(real[1]))))
        for table, rows in _rows(kits, real, item).items():
            for piece in _pieces(rows):
                await connection.copy_records_to_table(table, records=piece)
    finally:
        await connection.close()
    await _analyze(settings)


async def _analyze(settings: Settings) -> None:
    """What autovacuum does within a minute; only the owner of a table may."""
    owner = await asyncpg.connect(settings.database_owner_url)
    try:
        for table in _TABLES:
            await owner.execute(f"VACUUM ANALYZE {table}")
    finally:
        await owner.close()
