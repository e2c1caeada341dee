"""Verifying a whole study: entries written through the writer, then every step of `cellcustody verify`.

The floor is what any verifier has to do at least: read each leaf, hash it, and decode its JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from inventory.domain.custody import Act
from inventory.services.acts import evidence_of
from inventory.services.site import open_site
from inventory.services.verification import verified
from inventory.store import keys
from inventory.store.batch import Request
from inventory.store.settings import Settings
from tests.bench.study import COORDINATOR, Study, made, settings_for
from tests.bench.table import Figure

LEAST = 20_000.0
ROUNDS = 3
GROUP = 320


class NotVerifiedError(Exception):
    """What the writer wrote does not hold."""


def figures(folder: Path, entries: int) -> Iterator[Figure]:
    """Entries verified a second, in a study of about so many."""
    study = made(settings_for(folder))
    started = time.perf_counter()
    asyncio.run(_written(study, entries))
    writing = time.perf_counter() - started
    rounds = [(_floor(study.settings), _verified(study.settings)) for _ in range(ROUNDS)]
    yield Figure(
        f"verify of {entries:,} entries",
        median(value for _, (value, _) in rounds),
        "/s",
        floor=median(floor for floor, _ in rounds),
        ratio=median(value / floor for floor, (value, _) in rounds),
        least=LEAST,
        note=f"{median(cpu for _, (_, cpu) in rounds):,.0f} a CPU second; "
        f"written at {entries / writing:,.0f}/s in groups of {GROUP}",
    )


async def _written(study: Study, entries: int) -> None:
    site = await open_site(study.settings)
    requests = _requests(study, datetime.now(UTC))
    try:
        for _ in range(entries // GROUP):
            outcomes = await site.ledger.submit(list(itertools.islice(requests, GROUP)))
            if any(outcome.status != 201 for outcome in outcomes):
                raise NotVerifiedError(f"{outcomes[0].answer}")
    finally:
        await site.close()


def _requests(study: Study, now: datetime) -> Iterator[Request]:
    """Kits ordered and taken back, in turn and without end."""
    number = itertools.count()
    while True:
        for action in ("kit-order", "kit-cancel-order"):
            for kit in study.kits:
                evidence = {"joints": kit.joints} if action == "kit-order" else {"reason": "delayed"}
                act = Act(action, kit.code, COORDINATOR, now, evidence_of(action, evidence))
                key = f"bench {next(number)}"
                yield Request(act, key, hashlib.sha256(key.encode()).digest())


def _verified(settings: Settings) -> tuple[float, float]:
    """Entries verified a second, and a second of processor time."""
    held = keys.load(settings.keys)
    started, used = time.perf_counter(), time.process_time()
    report = verified(settings, held)
    elapsed, used = time.perf_counter() - started, time.process_time() - used
    if not report.holds:
        raise NotVerifiedError(report.findings[0].sentence)
    size = sum(report.sizes.values())
    return size / elapsed, size / used


def _floor(settings: Settings) -> float:
    count, started = 0, time.perf_counter()
    with closing(sqlite3.connect(str(settings.sqlite_path))) as connection:
        for (leaf,) in connection.execute('SELECT leaf FROM open_entry ORDER BY "index"'):
            hashlib.sha256(b"\x00" + leaf).digest()
            json.loads(leaf)
            count += 1
    return count / (time.perf_counter() - started)
