"""Bringing the database to the schema that this code was written for.

Rules kept here:

- One caller at a time, whichever process it runs in; the others wait and find nothing left to do.
- All of it or nothing: tables, triggers, grants and Piccolo's own bookkeeping are one transaction.
- On PostgreSQL the owner migrates, and the role that serves gets its rights here and nowhere else.
- A database that newer code has migrated is left alone.

The lock on SQLite is a flock on a file beside the database; on PostgreSQL a session advisory lock, because
there is no table to lock before the first migration, and because either of them ends with its holder: a
migration that was killed leaves nothing to clear away. Only migrating uses it; the record itself never does.
"""

from __future__ import annotations

import asyncio
import fcntl
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.querystring import QueryString

from inventory.store.engines import Engine, bound_to, build_engine
from inventory.store.grants import grant_to, serving_role
from inventory.store.settings import SQLITE_SCHEME, Settings

APP: Final = "inventory"
ALL: Final = "all"
LOCK_SUFFIX: Final = ".migrating"
_ADVISORY_KEY: Final = 0x43656C6C  # "Cell"; any number, the same in every release
_RETRY_SECONDS: Final = 0.02
_HAS_BOOKKEEPING: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'",
    "postgres": "SELECT 1 WHERE to_regclass('migration') IS NOT NULL",
}


class MigrationRefused(RuntimeError):  # noqa: N818 - named for what happened, as every refusal is
    """A database that was not migrated; the message is a sentence."""


class OwnerMissing(MigrationRefused):
    """PostgreSQL without the owner's URL."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL is migrated by the role that owns the tables, and none is set: nothing was changed. "
            "Set CELLCUSTODY_DATABASE_OWNER_URL."
        )


class DatabaseNewer(MigrationRefused):
    """A database that newer code has migrated."""

    def __init__(self, unknown: str) -> None:
        super().__init__(
            f"The database has the migration {unknown}, which this version does not know: "
            "nothing was changed. Use the version that made it, or a newer one."
        )


async def migrate(settings: Settings) -> int:
    """Run what is pending, alone, and return how many migrations that were.

    The engine that was bound stays bound; the one used here is closed.

    Raises:
        MigrationRefused: no owner is set, or the database is newer.
        PowerfulRole: the role that would serve is superuser or may act as the owner.
        DurabilityRefused: the database could lose what it acknowledges.
    """
    path = settings.sqlite_path
    return await (migrate_postgresql(settings) if path is None else migrate_file(path))


async def migrate_file(path: Path, last: str = ALL) -> int:
    """Migrate the embedded database in that file, up to the `last` migration; see `migrate`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    async with _file_lock(path.with_name(path.name + LOCK_SUFFIX)):
        return await _forwards(f"{SQLITE_SCHEME}{path}", last, _nothing_else)


Work: TypeAlias = Callable[[Any], Awaitable[None]]
"""What is done over an asyncpg connection, in the transaction it is in."""


async def _nothing_else(_: Any) -> None:
    """Migrate and do nothing beside it."""


async def migrate_postgresql(
    settings: Settings, last: str = ALL, between: Work = _nothing_else, after: Work = _nothing_else
) -> int:
    """Migrate up to the `last` migration, do what is to be done there, run the rest, do what comes after.

    All of it is one transaction. Raises as `migrate` does, and whatever is done in it raises.
    """
    if settings.database_owner_url is None:
        raise OwnerMissing
    async with _advisory_lock(settings.database_owner_url) as owner:
        role = await _serving_role(settings.database_url, owner)

        async def all_of_it(connection: Any) -> None:
            await between(connection)
            await _run(ALL)
            await grant_to(role, connection)
            await after(connection)

        return await _forwards(settings.database_owner_url, last, all_of_it)


async def pending(engine: Engine) -> int:
    """Return how many known migrations have not run in the database of `engine`; reads, never creates.

    Raises:
        DatabaseNewer: the database has migrations that this code does not know.
    """
    ran = await _ran(engine)
    if ran - known():
        raise DatabaseNewer(max(ran - known()))
    return len(known() - ran)


@cache
def known() -> frozenset[str]:
    """Return the ids of the migrations that this code brings."""
    manager = BaseMigrationManager()
    folder = manager.get_app_config(APP).resolved_migrations_folder_path
    return frozenset(manager.get_migration_modules(folder))


async def _ran(engine: Engine) -> frozenset[str]:
    """Return the ids of the migrations that the database says have run."""
    if not await engine.run_querystring(QueryString(_HAS_BOOKKEEPING[engine.engine_type])):
        return frozenset()
    rows = await engine.run_querystring(QueryString("SELECT name FROM migration WHERE app_name = {}", APP))
    return frozenset(row["name"] for row in rows)


async def _forwards(url: str, last: str, then: Work) -> int:
    """Run Piccolo's forwards over `url` and what is to follow; return how many migrations were pending."""
    engine = build_engine(url)
    try:
        count = await pending(engine)
        with bound_to(engine):
            async with engine.transaction() as transaction:
                await _run(last)
                await then(transaction.connection)
    finally:
        await engine.close()
    return count


async def _run(last: str) -> None:
    """Run what is pending up to the `last` migration, in the transaction of the engine that is bound."""
    with redirect_stdout(io.StringIO()):  # Piccolo reports by printing; the caller has the number
        await run_forwards(APP, last)


async def _serving_role(url: str, owner: Any) -> str:
    """Return the name of the role that serves, refused where it is too powerful to serve."""
    connection = await asyncpg.connect(url)
    try:
        return await serving_role(connection, await owner.fetchval("SELECT current_user::text"))
    finally:
        await connection.close()


@asynccontextmanager
async def _file_lock(path: Path) -> AsyncIterator[None]:
    """Hold the lock on a side file; waits without blocking the event loop."""
    with path.open("w") as side_file:
        while not _locked(side_file.fileno()):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(_RETRY_SECONDS)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@asynccontextmanager
async def _advisory_lock(url: str) -> AsyncIterator[Any]:
    """Hold the owner's lock, which ends with the connection that is yielded."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _ADVISORY_KEY)
        yield connection
    finally:
        await connection.close()
