"""A seeded study, or one that has people and nothing else, in a home of its own for each test."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from inventory.cli import main
from inventory.demo import play
from inventory.demo.cast import ADMINISTRATORS, CAST, PASSWORD
from inventory.demo.hands import Hands, ToldClock
from inventory.services import people
from inventory.services.opening import Administrator, initialise
from inventory.store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from inventory.services.site import Site

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

    def codes(self, kind: str, state: str, table: str = "item") -> list[str]:
        """What the stored state knows of that kind and state, beside every command."""
        with closing(sqlite3.connect(self.database)) as database:
            asked = f"SELECT code FROM {table} WHERE kind = ? AND state = ? ORDER BY code"
            return [row[0] for row in database.execute(asked, (kind, state))]


async def _tokens(home: Home, site: Site) -> None:
    (home.folder / "tokens").mkdir(exist_ok=True)
    for person in (*CAST, *ADMINISTRATORS):
        token = await people.new_token(site, person.code, A_YEAR)
        (home.folder / "tokens" / person.code).write_text(f"{token}\n")


async def _seed(home: Home) -> None:
    """The demonstration's past, six hours ago at its latest, and a token for everybody now."""
    site, clock = await play.seeded(home.settings, datetime.now(UTC) - timedelta(hours=6), lambda _: None)
    try:
        clock.reach(datetime.now(UTC))
        await _tokens(home, site)
    finally:
        await site.close()


async def staff(home: Home) -> None:
    """A study that has people and nothing else."""
    administrators = [Administrator(each.code, each.name, PASSWORD) for each in ADMINISTRATORS]
    site = await initialise(home.settings, administrators)
    hands = Hands(site, ToldClock(datetime.now(UTC)))
    span = {"from_day": "2020-01-01", "to_day": "2090-01-01", "document": "LOG-1"}
    try:
        for person in CAST:
            added = {"name": person.name, "roles": [person.role.value]}
            await hands.do("ada", "person-add", person.code, second="abel", **added)
            await hands.do("ada", "person-delegate", person.code, **span)
            await hands.do("ada", "person-train", person.code, **span)
        await _tokens(home, site)
    finally:
        await site.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def served(home: Home, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`cellcustody serve` in a process of its own, from when it answers until it has ended."""
    port = free_port()
    main_of = "from inventory.cli import main; main()"
    command = [sys.executable, "-c", main_of, "serve", "--port", str(port), *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env={**os.environ, **home.environment}, text=True, **pipes) as process:
        try:
            assert _answer(f"http://127.0.0.1:{port}/readyz", process) == 200
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.terminate()
            process.wait(30)


def _answer(url: str, process: subprocess.Popen[str]) -> int:
    until = time.monotonic() + 40
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.1)
    return 0


@pytest.fixture(scope="session")
def seeded_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demonstration's trial, seeded once for all processes of this run; copy it before you change it."""
    mine = tmp_path_factory.mktemp("seeded")
    among_processes = "PYTEST_XDIST_TESTRUNUID" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if among_processes else mine
    with (shared / "seeding.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "trial").exists():
            asyncio.run(_seed(Home(mine / "begun")))
            (mine / "begun").rename(shared / "trial")
    return Home(Path(shutil.copytree(shared / "trial", mine / "home")))


@pytest.fixture(scope="session")
def staffed_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A study with people and nothing else; copy it before you change it."""
    home = Home(tmp_path_factory.mktemp("staffed") / "home")
    asyncio.run(staff(home))
    return home


@pytest.fixture
def staffed(staffed_home: Home, tmp_path: Path) -> Home:
    """A copy of the staffed study, this test's own."""
    shutil.copytree(staffed_home.folder, tmp_path / "staffed")
    return Home(tmp_path / "staffed")


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


def said(result: Result) -> str:
    """Everything a command said, for the message of a failing assertion."""
    return f"exit {result.exit_code}: {result.stdout}{result.stderr}{result.exception!r}"
