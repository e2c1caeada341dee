"""What every test may ask for: a migrated database on each engine, and a plain word where a part is missing.

- `database` is an empty, migrated database with its settings; a test that asks for it runs on both engines.
- `new_database` makes more of them in the same test, on the same engine.
- `engine` is that database's engine, started and bound; `unmigrated` a database without a table.
- `hard` is true for `make hard`, and `figure(text)` puts a figure into the summary at the end.
- `not_run(part)` skips a test for want of a real part; with CI=true it fails instead. What was not run is
  listed by name at the end.
"""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
import pytest_asyncio

from inventory.store.engines import Engine, bound_to, build_engine
from inventory.store.migrate import migrate
from inventory.store.settings import Environment, Settings
from tests.postgres import Clone, PostgresServer, find_binaries

NOT_RUN = "not run: "
FIGURES = pytest.StashKey[list[str]]()


IN_MEMORY, ROOM = Path("/dev/shm"), 8 << 30
"""Where thousands of databases are made and thrown away without a disk, and how much has to be free there."""


def pytest_configure() -> None:
    """Work in memory where there is much of it; the processes of a run in parallel inherit this."""
    if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None


def pytest_collection_finish() -> None:
    """Look for garbage as often as the service does: nine thousand tests stay until the end, and are not looked at."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(
        20_000, 10, 10
    )  # as in inventory/app.py, whose import would make each process of a test wait


def not_run(part: str) -> NoReturn:
    """Skip this test because a real part is missing, or fail where everything has to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{part} is missing, and with CI=true every test has to run", pytrace=False)
    pytest.skip(f"{NOT_RUN}{part} is missing")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the figures of `make hard`, and by name what was not run for want of a real part."""
    for figure in terminalreporter.config.stash.get(FIGURES, []):
        terminalreporter.line(figure)
    skipped = terminalreporter.stats.get("skipped", [])
    missed = [(r.nodeid, r.longrepr[2].partition(NOT_RUN)[2]) for r in skipped if NOT_RUN in r.longrepr[2]]
    if missed:
        terminalreporter.section(f"{len(missed)} not run")
        for nodeid, why in missed:
            terminalreporter.line(f"{nodeid}: {why}")


@dataclass(frozen=True, slots=True)
class Database:
    """One study's database.

    `url` is the plain role's, `owner_url` the owner's (on SQLite both are the file's), `superuser_url` for
    what only the keeper of a server could do.
    """

    kind: str
    url: str
    owner_url: str
    superuser_url: str
    settings: Settings


def settings_of(home: Path, url: str, owner_url: str | None = None) -> Settings:
    return Settings(
        environment=Environment.TEST,
        home=home,
        keys=home / "keys",
        database_url=url,
        database_owner_url=owner_url,
        test_seed="a seed for tests",
    )


async def migrated(url: str, owner_url: str) -> None:
    """Make the tables of a PostgreSQL database."""
    await migrate(settings_of(Path("unused"), url, owner_url))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL, started when the first test asks for it."""
    binaries = find_binaries()
    if binaries is None:
        not_run("PostgreSQL")
    server = PostgresServer(binaries)
    server.start(migrated)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "study.sqlite"
    asyncio.run(migrate(settings_of(path.parent, f"sqlite:///{path}")))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """A function that makes an empty, migrated database on the engine of this test."""
    homes = (tmp_path / f"study{number}" for number in range(100))
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield lambda: _copy(template, next(homes))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    lent: list[Clone] = []
    yield lambda: _lend(server, lent, next(homes))
    for clone in lent:
        server.take_back(clone)


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Database:
    """An empty, migrated database; the test runs once on each engine."""
    return new_database()


@pytest_asyncio.fixture
async def engine(database: Database) -> AsyncIterator[Engine]:
    """The engine of `database`, as the plain role; every Piccolo table reads and writes it."""
    engine = build_engine(database.url)
    await engine.start()
    with bound_to(engine):
        yield engine
    await engine.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without a single table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'study.sqlite'}"
        yield Database("sqlite", url, url, url, settings_of(tmp_path, url))
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    clone = server.blank()
    yield described(clone, tmp_path)
    server.drop(clone)


def _copy(template: Path, home: Path) -> Database:
    home.mkdir()
    url = f"sqlite:///{shutil.copy(template, home / 'study.sqlite')}"
    return Database("sqlite", url, url, url, settings_of(home, url))


def _lend(server: PostgresServer, lent: list[Clone], home: Path) -> Database:
    home.mkdir()
    clone = server.lend()
    lent.append(clone)
    return described(clone, home)


def described(clone: Clone, home: Path) -> Database:
    """A database of a server, with settings of its own."""
    settings = settings_of(home, clone.url, clone.owner_url)
    return Database("postgresql", clone.url, clone.owner_url, clone.superuser_url, settings)


@pytest.fixture
def hard() -> bool:
    """Whether this is `make hard`: the same tests, many times as long."""
    return os.environ.get("CELLCUSTODY_FULL") == "1"


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """A function that puts a figure into the summary at the end."""
    return lambda text: request.config.stash.setdefault(FIGURES, []).append(f"{request.node.name}: {text}")
