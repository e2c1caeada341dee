"""What loggers measured where a thing was: runs of readings out of the files whose digests its record holds.

Rules this module keeps:
- A file counts for a thing only while the thing lay, by the record, where the file was measured: in the place itself,
  or in one below it. A vial lies where its box does.
- A run has no gap (`services/readings.py`); between two runs nothing is known.
- Only files that this person's own records name are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inventory.domain import clocks
from inventory.domain.entries import changes_of
from inventory.domain.items import Kind
from inventory.domain.lives.storage import cell_of
from inventory.services.readings import readings_in, unbroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord, ItemRecord


@dataclass(frozen=True, slots=True)
class Measured:
    """From when to when a logger's file, named by its digest, has readings without a gap."""

    start: datetime
    end: datetime
    file: str


Stay = tuple["datetime", "datetime", str]
"""From when to when the record has a thing in a place."""


async def measured(
    reader: Reader, record: ItemRecord, entries: Sequence[EntryRecord], now: datetime
) -> list[Measured]:
    """The runs of the files that were measured where this thing was, by when they began."""
    if record.kind is Kind.SHIPMENT:
        return sorted(await _runs(str(record.facts.get("readings", ""))), key=lambda run: run.start)
    if record.kind not in {Kind.VIAL, Kind.BOX, Kind.PLACE}:
        return []
    stays = await _standing(reader, record, entries, now)
    runs = {place: await _runs_of(reader, place) for _, _, below in stays for place in _upwards(below)}
    found = {
        clipped
        for stay in stays
        for place in _upwards(stay[2])
        for run in runs[place]
        for clipped in _within(run, stay)
    }
    return sorted(found, key=lambda run: run.start)


async def _standing(
    reader: Reader, record: ItemRecord, entries: Sequence[EntryRecord], now: datetime
) -> list[Stay]:
    """Where it was among the places: of a vial, where its boxes stood while it lay in them."""
    stays = list(_stays(record, entries, now))
    if record.kind is not Kind.VIAL:
        return stays
    return [
        (max(since, began), min(until, ended), place)
        for since, until, position in stays
        if (cell := cell_of(position)) is not None
        for began, ended, place in await _of_box(reader, cell[0], now)
        if began <= until and ended >= since
    ]


async def _runs(file: str) -> list[Measured]:
    return [Measured(run[0].at, run[-1].at, file) for run in unbroken(await readings_in(file))]


async def _runs_of(reader: Reader, place: str) -> list[list[Measured]]:
    """The runs of each file that was taken in for that place."""
    record = await reader.item(place)
    files: Any = record.facts.get("readings") if record is not None and record.kind is Kind.PLACE else None
    return [await _runs(str(file)) for file in files or ()]


def _upwards(place: str) -> Iterator[str]:
    """The place, and every place that it is in."""
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(len(parts), 0, -1))


async def _of_box(reader: Reader, code: str, now: datetime) -> list[Stay]:
    box, entries = await reader.item(code), await reader.history(code)
    return list(_stays(box, entries, now)) if box is not None and entries else []


def _within(runs: Sequence[Measured], stay: Stay) -> Iterator[Measured]:
    since, until, _ = stay
    for run in runs:
        if run.end >= since and run.start <= until:
            yield Measured(max(run.start, since), min(run.end, until), run.file)


def _stays(record: ItemRecord, entries: Sequence[EntryRecord], now: datetime) -> Iterator[Stay]:
    if record.kind is Kind.PLACE:
        yield clocks.parse_instant(entries[0].recorded_at), now, record.code
        return
    since, place = now, ""
    for entry in entries:
        mine: Any = [each.get("now") or {} for each in changes_of(entry.leaf) if each["code"] == record.code]
        told = [after["place"] for after in mine if "place" in after]
        if told and (told[-1] or "") != place:
            at = clocks.parse_instant(entry.recorded_at)
            if place:
                yield since, at, place
            since, place = at, told[-1] or ""
    if place:
        yield since, now, place
