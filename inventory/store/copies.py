"""The whole database as lines, taken from either engine as of one instant, and back into an empty one.

A line is JSON: an object for each table (its name and columns), and after it an array for each row. Bytes are an
object of their base64, so a value comes back as what it was. The same lines fill either engine.

Rules this module keeps:
- Which tables there are is asked of the database, so none can be forgotten; a migration's own bookkeeping is left
  out, because the database that is filled has been migrated itself.
- Nothing is put in anybody's place: what is filled must be empty, and an insert that meets a row fails.
- Tokens are not put back: one that was revoked after the backup would count again.
- No more than some rows are held in memory.
"""

from __future__ import annotations

import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import orjson
from piccolo.apps.migrations.commands.base import BaseMigrationManager

from inventory.domain.items import Item, Kind, Log, Shelf
from inventory.store.migrate import APP, migrate_file, migrate_postgresql
from inventory.store.verify_rows import looked_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from inventory.store.settings import Settings
    from inventory.store.verify.report import Rows

_COLUMNS: Final = {
    "sqlite": "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' "
    "ORDER BY t.name, c.cid",
    "postgresql": "SELECT c.relname::text, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
    "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped "
    "ORDER BY c.relname, a.attnum",
}
_RAN: Final = "SELECT name FROM migration WHERE app_name = 'inventory'"
_STUDY: Final = "SELECT code, state, facts FROM item WHERE kind = 'study'"
_SIZES: Final = "SELECT open_size, vault_size FROM head"

_NOT_PUT_BACK: Final = "token"


class UnreadableError(Exception):
    """A table holds what the product never writes: a copy of it would be another; the words say which table."""

    def __init__(self, table: str, what: str) -> None:
        super().__init__(
            f"The table {table} holds {what}: the database's file was damaged or written to by others."
        )


Tables = dict[str, list[str]]
"""The columns of each table."""


class NotEmptyError(Exception):
    """The database that was to be filled is not empty; the words say in what."""


def tables_in(rows: Rows, engine: str) -> Tables:
    """Our tables, as the database has them."""
    classes = BaseMigrationManager().get_app_config(APP).table_classes
    ours = {table._meta.tablename for table in classes}  # noqa: SLF001  (Piccolo has no other place for it)
    found: Tables = {}
    for table, column in rows(_COLUMNS[engine]):
        if table in ours:
            found.setdefault(table, []).append(column)
    return found


def schema(rows: Rows, tables: Tables) -> str:
    """The last migration that the database has run, empty for one without a table."""
    return max((str(name) for (name,) in rows(_RAN)), default="") if tables else ""


def study(rows: Rows) -> Item | None:
    """The study as it says of itself there: what it sealed and signed with then.

    Raises:
        UnreadableError: its facts cannot be read.
    """
    found = next(iter(rows(_STUDY)), None)
    if found is None:
        return None
    try:
        facts = {**orjson.loads(found[2])}
    except (ValueError, TypeError):
        raise UnreadableError("item", "facts of the study that are none") from None
    return Item(Kind.STUDY, found[0], found[1], Shelf.OPEN, facts=facts)


def sizes(rows: Rows) -> dict[Log, int]:
    """How many entries of each log the head counts; none where there is no head."""
    return dict(zip(Log, next(iter(rows(_SIZES)), (0, 0)), strict=True))


def lines(rows: Rows, tables: Tables) -> Iterator[bytes]:
    """Every table with all its rows.

    Raises:
        UnreadableError: a text is no UTF-8; a file of lines could not hold it as it is.
    """
    for table, columns in tables.items():
        yield orjson.dumps({"table": table, "columns": columns}) + b"\n"
        for row in rows(f"SELECT {_listed(columns)} FROM {table}"):  # noqa: S608  (names of our own)
            try:
                line = orjson.dumps(list(row), default=_as_object)
            except orjson.JSONEncodeError:
                raise UnreadableError(table, "a text that is no UTF-8") from None
            yield line + b"\n"


def filled_up(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same with blanks behind them, which nobody reads, so that their length is a multiple of that size.

    An encrypted copy whose length followed its rows would count the vault.
    """
    length = 0
    for part in parts:
        length += len(part)
        yield part
    yield b" " * (-length % size)


def _as_object(value: bytes) -> dict[str, str]:
    return {"base64": b64encode(value).decode()}


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


Filling = tuple[str, list[str], "Iterator[tuple[Any, ...]]"]


def tables_of(parts: Iterable[bytes]) -> Iterator[Filling]:
    """Each table to be filled with its columns and its rows, which are read while they are asked for."""
    for (table, columns), group in groupby(_rows(_split(parts)), itemgetter(0)):
        if table != _NOT_PUT_BACK:
            yield table, list(columns), (row for _, row in group if row is not None)


def _rows(each: Iterable[bytes]) -> Iterator[tuple[tuple[str, tuple[str, ...]], tuple[Any, ...] | None]]:
    current: tuple[str, tuple[str, ...]] = ("", ())
    for line in each:
        told = orjson.loads(line)
        if isinstance(told, dict):
            current = told["table"], tuple(told["columns"])
            yield current, None
        else:
            yield current, tuple(b64decode(one["base64"]) if type(one) is dict else one for one in told)


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of parts that begin and end anywhere; what stands behind the last line's end is none."""
    rest: list[bytes] = []
    for part in parts:
        *whole, last = part.split(b"\n")
        for line in whole:
            yield b"".join([*rest, line])
            rest = []
        rest.append(last)


def refuse_other_than_empty(rows: Rows, last: str) -> None:
    """The tables of PostgreSQL are those of the migration `last`, and none of them has a row.

    Raises:
        NotEmptyError: they are not.
    """
    tables = tables_in(rows, "postgresql")
    if (full := next((one for one in tables if _has_rows(rows, one)), None)) is not None:
        raise NotEmptyError(f"its table {full} has rows")
    if (found := schema(rows, tables)) != last:
        raise NotEmptyError(f"its tables are those of {found}, and those of {last} are needed")


def _has_rows(rows: Rows, table: str) -> bool:
    return any(rows(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608  (a name of our own)


async def fill_file(path: Path, last: str, parts: Iterable[bytes]) -> None:
    """Make a new file at `path` of the schema of the migration `last`, fill it, and bring it up to date.

    Raises:
        sqlite3.Error: a row does not fit; the file is to be thrown away.
    """
    await migrate_file(path, last)
    with closing(_of_one_file(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for table, columns, rows in tables_of(parts):
            marks = ", ".join("?" * len(columns))
            insert = f"INSERT INTO {table} ({_listed(columns)}) VALUES ({marks})"  # noqa: S608  (of a file of ours)
            connection.executemany(insert, rows)
        connection.execute("COMMIT")
    await migrate_file(path)
    _of_one_file(path).close()


def _of_one_file(path: Path) -> sqlite3.Connection:
    """A connection without a WAL: the file alone is the database, until it is opened for work."""
    connection = sqlite3.connect(path, isolation_level=None)
    mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    if mode != "delete":
        connection.close()
        raise sqlite3.OperationalError(f"the journal stays in mode {mode}")
    return connection


async def fill_postgresql(
    settings: Settings, last: str, parts: Iterable[bytes], look: Callable[[Rows], None]
) -> None:
    """Fill an empty database likewise, and look at it before anything is committed: what raises leaves it empty.

    Raises:
        NotEmptyError: it is not empty.
        MigrationRefused, PowerfulRole: as `migrate` does.
    """

    async def fill(connection: Any) -> None:
        await connection.execute("LOCK TABLE head")
        await looked_at(connection, lambda rows: refuse_other_than_empty(rows, last))
        for table, columns, rows in tables_of(parts):
            await connection.copy_records_to_table(table, records=rows, columns=columns)

    async def then(connection: Any) -> None:
        await looked_at(connection, look)

    await migrate_postgresql(settings, last, fill, then)
