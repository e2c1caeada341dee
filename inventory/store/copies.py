"""One consistent copy of the embedded database, taken while others write; and how far a copy goes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from inventory.domain.items import Log

if TYPE_CHECKING:
    from pathlib import Path


def copied(path: Path) -> bytes:
    """The database file as it stands, by SQLite's online backup, in memory.

    Raises sqlite3.Error when it cannot be read.
    """
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(":memory:")) as copy:
        source.backup(copy)
        return copy.serialize()


def sizes(path: Path) -> dict[Log, int]:
    """How many entries of each log the head of a database file counts; none where it has no head."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT open_size, vault_size FROM head").fetchone()
    except sqlite3.DatabaseError:
        row = None
    return dict(zip(Log, row or (0, 0), strict=True))
