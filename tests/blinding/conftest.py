"""What the tests of blinding share: keys, one world told to its end, and how long the suite is to be.

With CELLCUSTODY_FULL=1, as under `make blind`, everything runs in its full form.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from inventory.store.keys import Keys
from inventory.store.settings import Settings
from inventory.worlds.running import Worlds, on_sqlite, settings_in, shared_keys
from tests.conftest import Database

FULL = os.environ.get("CELLCUSTODY_FULL") == "1"
LONG = pytest.mark.skipif(not FULL, reason="takes a minute: make blind tells it")


@pytest.fixture(scope="session")
def keys() -> Iterator[Keys]:
    """What every world is signed and sealed with."""
    with shared_keys(None) as shared:
        yield shared


@contextmanager
def in_database(new_database: Callable[[], Database], profile: str | None = None) -> Iterator[Settings]:
    """The settings of a world in a new database of the test's engine."""
    lent = new_database()
    owner = lent.owner_url if lent.kind == "postgresql" else None
    yield settings_in(lent.settings.home, lent.url, profile, owner)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def told(keys: Keys) -> Worlds:
    """One world told to its end, on SQLite, where all glance and the administrator looks at everything."""
    worlds = Worlds(None, lambda: on_sqlite(None), keys, watching=("abel",))
    await worlds.tell(worlds.tables(1)[0])
    return worlds
