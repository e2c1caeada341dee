"""What loggers measured where a thing was: runs of readings out of the files whose digests its record holds.

Rules this module keeps:
- A file counts for a thing only while the thing lay, by the record, where the file was measured.
- A run has no gap (`services/readings.py`); between two runs nothing is known.
- Only files that this person's own records name are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inventory.domain import clocks
from inventory.domain.entries import changes_of
from inventory.domain.items import Kind
from inventory.services.lists import everything
from inventory.services.readings import readings_of, unbroken

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
        return sorted(await _runs(record), key=lambda run: run.start)
    if record.kind not in {Kind.VIAL, Kind.BOX, Kind.PLACE}:
        return []
    stays = list(_stays(record, entries, now))
    found = {
        clipped
        for excursion in await everything(reader, Kind.EXCURSION)
        for stay in stays
        if _concerns(excursion, record, stay)
        for clipped in _within(await _runs(excursion), stay)
    }
    return sorted(found, key=lambda run: run.start)


async def _runs(holder: ItemRecord) -> list[Measured]:
    file = holder.facts.get("readings")
    if not isinstance(file, str):
        return []
    return [Measured(run[0].at, run[-1].at, file) for run in unbroken(await readings_of(holder))]


def _within(runs: Sequence[Measured], stay: Stay) -> Iterator[Measured]:
    since, until, _ = stay
    for run in runs:
        if run.end >= since and run.start <= until:
            yield Measured(max(run.start, since), min(run.end, until), run.file)


def _concerns(excursion: ItemRecord, record: ItemRecord, stay: Stay) -> bool:
    """Whether the excursion's file was measured where the thing was during that stay."""
    since, until, place = stay
    if record.kind is not Kind.VIAL:
        return f"{place}/".startswith(f"{excursion.parent}/")
    vials: Any = excursion.facts.get("vials") or ()
    began, ended = (str(excursion.facts.get(name)) for name in ("started_at", "ended_at"))
    return (
        record.code in vials
        and began <= clocks.format_instant(until)
        and ended >= clocks.format_instant(since)
    )


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
