"""A seeded study in a home of its own for each test, its people's tokens, and the command line to act on it."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from inventory.cli import main
from inventory.demo import play
from inventory.demo.cast import ADMINISTRATORS, CAST
from inventory.services import people
from inventory.store.settings import Settings

if TYPE_CHECKING:
    from click.testing import Result

A_YEAR = 24 * 365


@dataclass(frozen=True)
class Home:
    """A folder with a study: `run` is the command line there, as the person named by `by`."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {"CELLCUSTODY_HOME": str(self.folder), "CELLCUSTODY_ENV": "test", **self.more}

    @property
    def settings(self) -> Settings:
        return Settings.from_environment(self.environment)

    @property
    def database(self) -> Path:
        return self.folder / "cellcustody.sqlite"

    def token(self, person: str) -> str:
        return str(self.folder / "tokens" / person)

    def run(self, *arguments: object, by: str = "", typed: str | None = None) -> Result:
        told = [str(each) for each in arguments]
        if by:
            told += ["--token-file", self.token(by)]
        env = {name: None for name in os.environ if name.startswith("CELLCUSTODY_")} | self.environment
        return CliRunner().invoke(main, told, env=env, input=typed)


async def _seed(home: Home) -> None:
    now = datetime.now(UTC) - timedelta(hours=6)
    site, clock = await play.seeded(home.settings, now, lambda _: None)
    try:
        clock.reach(datetime.now(UTC) - timedelta(seconds=1))
        for person in (*CAST, *ADMINISTRATORS):
            (home.folder / "tokens" / person.code).write_text(
                await people.new_token(site, person.code, A_YEAR) + "\n"
            )
    finally:
        await site.close()


@pytest.fixture(scope="session")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demonstration's trial, seeded once; copy it before you change it."""
    home = Home(tmp_path_factory.mktemp("seeded") / "home")
    (home.folder / "tokens").mkdir(parents=True)
    asyncio.run(_seed(home))
    return home


@pytest.fixture
def home(seeded_home: Home, tmp_path: Path) -> Home:
    """A copy of the seeded study, this test's own."""
    shutil.copytree(seeded_home.folder, tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture
def empty_home(tmp_path: Path) -> Home:
    """A home with nothing in it yet."""
    (tmp_path / "tokens").mkdir()
    return Home(tmp_path)


EXITS = "0 all is well, 1 a finding, 2 asked wrongly, 3 not now"


def said(result: Result) -> str:
    """Everything a command said, for the message of a failing assertion."""
    return f"exit {result.exit_code}: {result.stdout}{result.stderr}{result.exception!r}"
