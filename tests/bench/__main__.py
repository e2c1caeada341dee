"""`make bench`: every figure beside what this machine does in the same minutes, in one table.

A run writes to folders of its own and removes them. It is no test: on a shared or slow machine a time says
little, a ratio more, and the processor time of a request most.

    make bench                       everything, in a few minutes
    make bench ARGS="--quick"        small numbers, to see that it runs
    make bench ARGS="--only writes"  the parts whose names begin so
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inventory.store.migrate import migrate
from tests.bench import floors, labels, reads, scans, verification, writes
from tests.bench.filling import filled
from tests.bench.service import Service, served
from tests.bench.study import Study, made, settings_for
from tests.bench.table import Figure, rendered
from tests.postgres import PostgresServer, find_binaries

SQLITE_SHARE, POSTGRESQL_SHARE = 0.35, 0.15
"""The least shares of the floor for scan writes at 16 clients."""
MEMORY_MB = 250.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much a run measures."""

    entries: int
    verified: int
    seconds: float
    labels: int


FULL = Size(entries=1_000_000, verified=100_000, seconds=2.0, labels=200)
QUICK = Size(entries=20_000, verified=3_200, seconds=0.5, labels=10)


def _parts(size: Size) -> dict[str, Callable[[Path], Iterator[Figure]]]:
    return {
        "writes-sqlite": partial(_writes_on_sqlite, size),
        "writes-postgresql": partial(_writes_on_postgresql, size),
        "reads-sqlite": partial(_reads_on_sqlite, size),
        "reads-postgresql": partial(_reads_on_postgresql, size),
        "scans": partial(_scans, size),
        "labels": lambda _: labels.figures(size.labels),
        "verify": lambda folder: verification.figures(folder, size.verified),
    }


def _writes_on_sqlite(size: Size, folder: Path) -> Iterator[Figure]:
    study = made(settings_for(folder))
    floor = partial(floors.sqlite_commits, folder, size.seconds / 2)
    with served(study.settings) as service:
        yield from writes.figures("SQLite", study, service, lambda _: floor(), SQLITE_SHARE, size.seconds)
        yield from _memory("SQLite, after the writes", service)


def _writes_on_postgresql(size: Size, folder: Path) -> Iterator[Figure]:
    with _postgresql() as server:
        study, empty = _study_on(server, folder), server.blank()

        def floor(clients: int) -> float:
            return floors.postgresql_commits(empty.owner_url, clients, size.seconds / 2)

        with served(study.settings) as service:
            yield from writes.figures("PostgreSQL", study, service, floor, POSTGRESQL_SHARE, size.seconds)
            yield from _memory("PostgreSQL, after the writes", service)


def _reads_on_sqlite(size: Size, folder: Path) -> Iterator[Figure]:
    yield from _reads("SQLite", made(settings_for(folder)), size)


def _reads_on_postgresql(size: Size, folder: Path) -> Iterator[Figure]:
    with _postgresql() as server:
        yield from _reads("PostgreSQL", _study_on(server, folder), size)


def _scans(size: Size, folder: Path) -> Iterator[Figure]:
    study = made(settings_for(folder))
    with served(study.settings) as service:
        yield from scans.figures(study, service, size.labels)


def _reads(engine: str, study: Study, size: Size) -> Iterator[Figure]:
    kits = filled(study, size.entries)
    with served(study.settings) as service:
        yield from reads.figures(f"{engine}, {size.entries:,} stored", study, service, kits, size.seconds)
        yield from _memory(f"{engine}, {size.entries:,} stored", service)


def _memory(when: str, service: Service) -> Iterator[Figure]:
    peak = service.peak_megabytes()
    if peak is not None:
        yield Figure(f"{when}: most memory held", peak, "MB", most=MEMORY_MB)


@contextmanager
def _postgresql() -> Iterator[PostgresServer]:
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("There is no PostgreSQL here: set CELLCUSTODY_TEST_PG_BIN, or leave its parts out.")
    server = PostgresServer(binaries)
    server.start(_migrated)
    try:
        yield server
    finally:
        server.stop()


async def _migrated(url: str, owner_url: str) -> None:
    await migrate(settings_for(Path("unused"), url, owner_url))


def _study_on(server: PostgresServer, folder: Path) -> Study:
    clone = server.lend()
    return made(settings_for(folder, clone.url, clone.owner_url))


def _run(name: str, part: Callable[[Path], Iterator[Figure]]) -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="cellcustody-bench-"))
    started = time.monotonic()
    try:
        return list(part(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    """Measure what was asked for, and print the table."""
    parser = argparse.ArgumentParser(prog="make bench", description="The benchmarks, as ratios.")
    parser.add_argument("--entries", type=int, help="how many entries are stored while codes are looked up")
    parser.add_argument("--quick", action="store_true", help="small numbers, to see that it runs")
    parser.add_argument("--only", default="", metavar="NAME", help=f"of {', '.join(_parts(QUICK))}")
    told = parser.parse_args()
    base = QUICK if told.quick else FULL
    size = Size(told.entries or base.entries, base.verified, base.seconds, base.labels)
    chosen = {name: part for name, part in _parts(size).items() if name.startswith(told.only)}
    if not chosen:
        parser.error(f"no part is called {told.only}")
    print(rendered(figure for name, part in chosen.items() for figure in _run(name, part)))


if __name__ == "__main__":
    main()
