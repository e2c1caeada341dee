"""Scan writes through HTTP: sign-in looked up, gate, decision, entry, commit, answer with receipts.

Two scans, each with sixteen things that sixteen clients scan to and fro: a coordinator orders a kit and takes
the order back (open log), a technician moves a vial between two positions (vault: sealed leaf, and a claim on
the position). Floor and service take turns in short rounds; a ratio is of one round, the figure the median.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median

from tests.bench.load import NUMBER, Ask, Measured, load, median_of
from tests.bench.service import Service
from tests.bench.study import COORDINATOR, TECHNICIAN, Study
from tests.bench.table import Figure

ROUNDS = 5


def figures(
    engine: str, study: Study, service: Service, floor: Callable[[int], float], least: float, seconds: float
) -> Iterator[Figure]:
    """Scan writes at 1 and 16 clients against the floor; at 16 the ratio is to be at least `least`."""
    for name, clients in (("kit ordered", _orders(study)), ("vial moved", _moves(study))):
        load(service, clients, 201, seconds / 4)  # until caches are filled and code is warm
        for count in (1, len(clients)):
            rounds = [(floor(count), load(service, clients[:count], 201, seconds)) for _ in range(ROUNDS)]
            named = f"{engine}: {name}, {count} client{'s' if count > 1 else ''}"
            yield _figure(named, rounds, least if count > 1 else None)


def _figure(name: str, rounds: list[tuple[float, Measured]], least: float | None) -> Figure:
    return Figure(
        name,
        median(measured.per_second for _, measured in rounds),
        "/s",
        floor=median(floor for floor, _ in rounds),
        ratio=median(measured.per_second / floor for floor, measured in rounds),
        least_ratio=least,
        note=median_of([measured for _, measured in rounds]).note,
    )


def _orders(study: Study) -> list[list[Ask]]:
    token = study.tokens[COORDINATOR]
    return [
        [
            _act(token, "kit-order", kit.code, {"joints": kit.joints}),
            _act(token, "kit-cancel-order", kit.code, {"reason": "delayed"}),
        ]
        for kit in study.kits
    ]


def _moves(study: Study) -> list[list[Ask]]:
    token = study.tokens[TECHNICIAN]
    return [
        [_act(token, "vial-move", vial.code, {"position": position}) for position in (vial.free, vial.lies)]
        for vial in study.vials
    ]


def _act(token: str, action: str, code: str, evidence: dict[str, object]) -> Ask:
    body = {"code": code, "occurred_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "evidence": evidence}
    return Ask("POST", f"/api/v1/custody/{action}", token, json.dumps(body), key=NUMBER)
