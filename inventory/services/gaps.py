"""What a thing's history does not say: stretches without a holder, without a reading, without a word.

Rules this module keeps:
- A gap lies between two entries of the history as its reader may see it, or after the last one; it is told in
  words, with how long it was, and never filled in.
- A reading is an entry that states a temperature, or a line of a logger's file whose digest the record holds
  (`services/measured.py`); between two of either nothing is known.
- Instants are those of recording, which nobody chooses; a file's are its logger's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.domain.items import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from inventory.services.measured import Measured
    from inventory.store.records import EntryRecord, ItemRecord

HELD_BY_NOBODY: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.VIAL: {
        "received": "in no position, and with nobody by name",
        "missing": "nobody knew where it was",
        "expected": "on its way, with the carrier",
    },
    Kind.KIT: {
        "offered_to_pharmacy": "handed over and not yet accepted: still with who handed it over",
        "offered_to_bedside": "handed over and not yet accepted: still with who handed it over",
    },
    Kind.BOX: {"spilled": "its vials in no position"},
    Kind.SHIPMENT: {"expected": "on its way, with the carrier"},
}
"""By kind, the states in which a thing is in no place and no hand that the record names, or only just."""

IN_HAND: Final = frozenset(
    {
        "picked", "thawing", "thawed", "prepared", "offered_to_pharmacy", "at_pharmacy", "dispensed",
        "offered_to_bedside", "at_bedside", "confirmed",
    }
)  # fmt: skip
"""States in which minutes count: an hour without a word is long."""
OVER: Final = frozenset(
    {
        "destroyed", "consumed", "shipped_out", "withdrawn", "cancelled", "retired", "closed", "voided", "rejected",
        "recalled",
    }
)  # fmt: skip
"""States after which nothing more is to be expected."""
COLD: Final = frozenset({Kind.VIAL, Kind.BOX, Kind.PLACE, Kind.SHIPMENT})
"""Kinds whose temperature matters."""

LONG_IN_HAND: Final = timedelta(hours=1)
LONG: Final = timedelta(days=30)
LONG_UNREAD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that the record leaves open: after which entry (log and index), since when, and what it is."""

    after: tuple[str, int]
    since: str
    until: str
    what: str
    text: str


def gaps(
    record: ItemRecord,
    entries: Sequence[EntryRecord],
    now: datetime,
    zone: str,
    measured: Sequence[Measured] = (),
) -> list[Gap]:
    """Every gap of the history of this thing, in order; `measured` are the runs of its loggers' files."""
    if not entries:
        return []
    unread = _unread(record, entries, now, zone, measured)
    found = [*_silences(record, entries, now), *_unheld(record, entries, now), *unread]
    return sorted(found, key=lambda gap: (gap.since, gap.what))


def _steps(
    record: ItemRecord, entries: Sequence[EntryRecord], now: datetime
) -> Iterator[tuple[EntryRecord, str, datetime, datetime, bool]]:
    """Each entry: the thing's state after it, when it was recorded, when the next one was, and if it is the last."""
    state = "new"
    for place, entry in enumerate(entries):
        state = _state_after(entry, record.code) or state
        last = place + 1 == len(entries)
        until = now if last else clocks.parse_instant(entries[place + 1].recorded_at)
        yield entry, state, clocks.parse_instant(entry.recorded_at), until, last


def _state_after(entry: EntryRecord, code: str) -> str:
    changes: Any = entry.leaf.get("changes", ())
    mine = [each.get("now") or {} for each in changes if each.get("code") == code]
    return str(mine[-1].get("state") or "") if mine else ""


def _silences(record: ItemRecord, entries: Sequence[EntryRecord], now: datetime) -> Iterator[Gap]:
    for entry, state, since, until, last in _steps(record, entries, now):
        most = LONG_IN_HAND if state in IN_HAND else LONG
        if until - since > most and not (last and state in OVER):
            words = f"Nothing was recorded for {spoken(until - since)}{' until now' if last else ''}"
            yield _gap(entry, since, until, "silence", f"{words}, while it was {state.replace('_', ' ')}.")


def _unheld(record: ItemRecord, entries: Sequence[EntryRecord], now: datetime) -> Iterator[Gap]:
    known = HELD_BY_NOBODY.get(record.kind, {})
    for entry, state, since, until, last in _joined(record, entries, now):
        if state in known and until > since:
            words = f"For {spoken(until - since)}{' until now' if last else ''}: {known[state]}."
            yield _gap(entry, since, until, "holder", words)


def _joined(
    record: ItemRecord, entries: Sequence[EntryRecord], now: datetime
) -> Iterator[tuple[EntryRecord, str, datetime, datetime, bool]]:
    """The same steps, those that leave the state as it was joined with the one before."""
    kept: tuple[EntryRecord, str, datetime, datetime, bool] | None = None
    for step in _steps(record, entries, now):
        if kept and step[1] == kept[1]:
            kept = (*kept[:3], *step[3:])
            continue
        if kept:
            yield kept
        kept = step
    if kept:
        yield kept


def _unread(
    record: ItemRecord, entries: Sequence[EntryRecord], now: datetime, zone: str, measured: Sequence[Measured]
) -> Iterator[Gap]:
    if record.kind not in COLD:
        return
    over = record.state in OVER or record.state in {"thawed", "thawing"}
    first, *_, last = [clocks.parse_instant(entry.recorded_at) for entry in (*entries, entries[-1])]
    end = last if over else now
    stated = [clocks.parse_instant(entry.recorded_at) for entry in entries[1:] if _is_reading(entry)]
    known = [(first, first, ""), *((at, at, "") for at in stated), (end, end, "")]
    known += [(max(run.start, first), run.end, run.file) for run in measured if run.end > first]
    for since, until, file in _between(known):
        if until - since > LONG_UNREAD or file:
            words = f"No reading between {_local(since, zone)} and {'now' if until == now else _local(until, zone)}"
            where = ": the logger's file has none" if file else ""
            yield _gap(
                _before(entries, since), since, until, "reading", f"{words} ({spoken(until - since)}){where}."
            )


def _between(known: Sequence[tuple[datetime, datetime, str]]) -> Iterator[tuple[datetime, datetime, str]]:
    """The stretches between these; with the file, where one has readings before and after."""
    reached, before = min(known)[0], ""
    for start, end, file in sorted(known):
        if start > reached:
            yield reached, start, file if file == before else ""
        if end >= reached:
            reached, before = end, file


def _before(entries: Sequence[EntryRecord], at: datetime) -> EntryRecord:
    """The last entry that was recorded by then."""
    return next(one for one in reversed(entries) if clocks.parse_instant(one.recorded_at) <= at)


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _is_reading(entry: EntryRecord) -> bool:
    """Whether it states a temperature; what it states out of a file the file itself says, with its time."""
    evidence: Any = entry.leaf.get("evidence") or {}
    states = any(name.endswith(("celsius", "celsius_milli")) for name in evidence)
    return states and not evidence.get("readings")


def _gap(entry: EntryRecord, since: datetime, until: datetime, what: str, text: str) -> Gap:
    return Gap(
        (entry.log, entry.index), clocks.format_instant(since), clocks.format_instant(until), what, text
    )


def spoken(span: timedelta) -> str:
    """A span in words, by its two largest units: `37 d 4 h`, `2 h 41 min`, `3 min 12 s`."""
    seconds = int(span.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds % 86_400 // 3600, seconds % 3600 // 60
    told = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds % 60, "s"))
    first = next((place for place, (count, _) in enumerate(told) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in told[first : first + 2] if count) or "0 s"
