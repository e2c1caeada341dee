"""A study behind the web, made once for a file of tests on each engine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from inventory.store.settings import Environment, Settings
from tests.web.house import House, open_house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.postgres import PostgresServer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def study_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """The settings of an empty, migrated database on the engine of this test."""
    home = tmp_path_factory.mktemp("study")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield _settings(home, f"sqlite:///{shutil.copy(template, home / 'study.sqlite')}", None)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    clone = server.lend()
    yield _settings(home, clone.url, clone.owner_url)
    server.take_back(clone)


def _settings(home: Path, url: str, owner_url: str | None) -> Settings:
    return Settings(
        environment=Environment.TEST,
        home=home,
        keys=home / "keys",
        database_url=url,
        database_owner_url=owner_url,
        test_seed="a seed for tests",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(study_settings: Settings) -> AsyncIterator[House]:
    """The study of `house.py`, open; the tests of one file share it."""
    house = await open_house(study_settings)
    yield house
    await house.close()
