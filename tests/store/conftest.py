"""A furnished study for each test of the store, checked from nothing when the test is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests import furniture
from tests.replayed import assert_sound
from tests.sites import Cast, opened_cast

if TYPE_CHECKING:
    from tests.conftest import Database


@pytest_asyncio.fixture
async def cast(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Cast]:
    """People of every role in an empty study; afterwards the record is sound and the state is its replay."""
    stock = furniture.furnished if "lab" in request.fixturenames else None
    async with opened_cast(database, stock=stock) as opened:
        yield opened
        await assert_sound(opened)


@pytest_asyncio.fixture
async def lab(cast: Cast) -> Cast:
    """The same with storage, lots, a list and kits."""
    return cast
