"""The engine that this process keeps its study in.

Rules kept here:

- One process has one database: Piccolo's tables find the engine that was last bound.
- Binding reads no settings and opens nothing; a process that bound none gets the environment's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from piccolo.table import TABLE_REGISTRY

from inventory.store.engines.durability import DurabilityRefused
from inventory.store.engines.postgres import CustodyPostgres
from inventory.store.engines.sqlite import CustodySQLite, open_sqlite
from inventory.store.settings import SQLITE_SCHEME, Settings

__all__ = [
    "CustodyPostgres",
    "CustodySQLite",
    "DurabilityRefused",
    "Engine",
    "bind",
    "bound_to",
    "build_engine",
    "engine_in_use",
    "open_sqlite",
]

Engine: TypeAlias = CustodySQLite | CustodyPostgres

_in_use: list[Engine] = []


def build_engine(url: str) -> Engine:
    """Return an engine for a URL that the settings accepted; nothing is opened yet."""
    if url.startswith(SQLITE_SCHEME):
        return CustodySQLite(url.removeprefix(SQLITE_SCHEME))
    return CustodyPostgres(url)


def bind(engine: Engine) -> None:
    """Make `engine` the one that every Piccolo table of this process reads and writes."""
    _in_use[:] = [engine]
    _tell_tables(engine)


@contextmanager
def bound_to(engine: Engine) -> Iterator[None]:
    """Bind `engine` for the length of a block, and then whatever was bound before it, if anything."""
    before = list(_in_use)
    bind(engine)
    try:
        yield
    finally:
        _in_use[:] = before
        _tell_tables(before[0] if before else None)


def _tell_tables(engine: Engine | None) -> None:
    """Hand every Piccolo table its engine; None lets a table ask for one when it is next used."""
    for table in TABLE_REGISTRY:
        table._meta._db = engine  # noqa: SLF001 - Piccolo has no other place for it


def engine_in_use() -> Engine:
    """Return the engine last bound, or bind the one that the environment asks for.

    Raises:
        SettingRefused: none was bound and the environment's settings cannot be used.
    """
    if not _in_use:
        bind(build_engine(Settings.from_environment(os.environ).database_url))
    return _in_use[0]
