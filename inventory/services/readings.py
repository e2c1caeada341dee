"""What a logger measured where an excursion was: the file's readings, its stretches and the gaps between them.

Rules this module keeps:
- The readings are those of the very file whose digest the excursion's entry holds.
- Where a logger said nothing for longer than twice its usual step there is a gap: nothing is drawn through it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.domain.manifests import Reading, read_temperatures
from inventory.store import attachments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

A_GAP = 2
"""So many usual steps without a reading are a gap."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Millidegrees: what is allowed is at most `allowed`; from `alarm` on somebody is called."""

    allowed: int
    alarm: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Readings without a gap on one side of the limit, or (`kind` gap) the time without any.

    `coldest` and `warmest` are millidegrees; None in a gap.
    """

    kind: str
    start: datetime
    end: datetime
    readings: int
    coldest: int | None
    warmest: int | None


async def readings_of(excursion: ItemRecord) -> tuple[Reading, ...]:
    """The readings of the excursion's file, oldest first; none where the file is not kept."""
    return await readings_in(str(excursion.facts.get("readings", "")))


async def readings_in(file: str) -> tuple[Reading, ...]:
    """The readings of the file of that digest, oldest first; none where it is not kept, or there is no digest."""
    content = await attachments.content_of(file) if file else None
    return read_temperatures(content) if content else ()


def limits_of(reader: Reader) -> Limits:
    """The limits that the strictest product of the study sets."""
    products = reader.profile.products
    return Limits(
        allowed=min(one.storage_limit_millidegrees for one in products),
        alarm=min(int(one.storage_alarm_millidegrees) for one in products),
    )


async def of_place(reader: Reader, place: str) -> list[ItemRecord]:
    """Every excursion of that place that this person may see, by when it began."""
    found: list[ItemRecord] = []
    while page := await reader.page(Kind.EXCURSION, found[-1].code if found else "", 500):
        found += page
    return sorted(
        (one for one in found if one.parent == place), key=lambda one: str(one.facts.get("started_at"))
    )


def unbroken(readings: Sequence[Reading]) -> list[tuple[Reading, ...]]:
    """The readings in runs without a gap."""
    step = usual_step(readings)
    runs: list[list[Reading]] = []
    for reading in readings:
        if runs and reading.at - runs[-1][-1].at <= A_GAP * step:
            runs[-1].append(reading)
        else:
            runs.append([reading])
    return [tuple(run) for run in runs]


def usual_step(readings: Sequence[Reading]) -> timedelta:
    """The time that usually lies between two readings."""
    steps = [(after.at - before.at).total_seconds() for before, after in itertools.pairwise(readings)]
    return timedelta(seconds=median(steps)) if steps else timedelta()


def stretches(readings: Sequence[Reading], limits: Limits) -> Iterator[Stretch]:
    """The whole file as a table: allowed, too warm, and gaps, in the order of time."""
    before: datetime | None = None
    for run in unbroken(readings):
        if before is not None:
            yield Stretch("gap", before, run[0].at, 0, None, None)
        yield from _split(run, limits)
        before = run[-1].at


def _split(run: Sequence[Reading], limits: Limits) -> Iterator[Stretch]:
    part: list[Reading] = []
    for reading in run:
        if part and _kind(part[-1], limits) != _kind(reading, limits):
            yield _stretch(part, limits)
            part = []
        part.append(reading)
    yield _stretch(part, limits)


def _kind(reading: Reading, limits: Limits) -> str:
    return "too_warm" if reading.millidegrees > limits.allowed else "allowed"


def _stretch(part: Sequence[Reading], limits: Limits) -> Stretch:
    values = [reading.millidegrees for reading in part]
    return Stretch(_kind(part[0], limits), part[0].at, part[-1].at, len(part), min(values), max(values))
