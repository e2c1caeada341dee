"""Look-ups through HTTP while a million entries are stored: one scan, one history, at one client.

The floor is a round trip to the same service that looks nothing up. A time is compared with it, not with
another day's.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from statistics import median

from tests.bench.filling import EACH
from tests.bench.load import Ask, Measured, load
from tests.bench.service import Service
from tests.bench.study import COORDINATOR, Study
from tests.bench.table import Figure

LOOKUP_MS, HISTORY_MS = 3.0, 10.0
ROUNDS = 3
ASKED = 200


def figures(engine: str, study: Study, service: Service, kits: list[str], seconds: float) -> Iterator[Figure]:
    """The p50 of a scan's look-up and of a history of fifty entries."""
    token = study.tokens[COORDINATOR]
    asked = random.Random(7).sample(kits, min(ASKED, len(kits)))
    alive = [Ask("GET", "/livez", token)]
    lookups = [Ask("POST", "/api/v1/scan", token, json.dumps({"data": kit})) for kit in asked]
    histories = [Ask("GET", f"/api/v1/items/{kit}/history", token) for kit in asked]
    for name, asks, most in (
        ("scan looked up", lookups, LOOKUP_MS),
        (f"history of {EACH} entries", histories, HISTORY_MS),
    ):
        load(service, [asks], 200, 0)  # one whole turn: what is asked later has been asked before
        rounds = [
            (load(service, [alive], 200, seconds / 4), load(service, [asks], 200, seconds))
            for _ in range(ROUNDS)
        ]
        yield _figure(f"{engine}: {name}", rounds, most)


def _figure(name: str, rounds: list[tuple[Measured, Measured]], most: float) -> Figure:
    p99, cpu = (median(getattr(seen, which) for _, seen in rounds) for which in ("p99", "cpu"))
    return Figure(
        name,
        median(seen.p50 for _, seen in rounds),
        "ms",
        floor=median(floor.p50 for floor, _ in rounds),
        ratio=median(seen.p50 / floor.p50 for floor, seen in rounds),
        most=most,
        note=f"p99 {p99:.1f} ms, CPU {cpu:.2f} ms",
    )
