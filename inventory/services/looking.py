"""The record looked through: which entries, and which refusals, fit what somebody looks for.

Rules this module keeps:
- Everything comes from the person's own reader. An entry of the vault that ties a kit to its vials is closed
  here (`openings`), whoever looks: looking through the record opens nothing.
- Entries come the newest first, out of all logs that the person may read, as they were recorded.
- Days are the site's, and both ends of a span belong to it.
- A code that is unknown to the person has no entries, like one that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

import orjson

from inventory.domain import clocks
from inventory.domain.entries import changes_of
from inventory.domain.items import Log
from inventory.domain.lives import openings
from inventory.services.acts import MalformedError
from inventory.store.gate import PAGE_AT_MOST
from inventory.store.records import EntryRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from inventory.store.gate import Reader
    from inventory.store.records import RefusalRecord

LOOKED_AT: Final = 5000
"""So many entries are looked through for a page of those that fit; then the page says where it stopped."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty is not asked. Days are `YYYY-MM-DD`, both of them included.

    `refusals` asks for what was refused as well, `deviations` for entries alone that opened one.
    """

    by: str = ""
    action: str = ""
    kind: str = ""
    item: str = ""
    from_day: str = ""
    to_day: str = ""
    deviations: bool = False
    refusals: bool = False

    def said(self) -> str:
        """The same in words, for a page that says by which filter it was made."""
        told = [(each.name.replace("_", " "), getattr(self, each.name)) for each in fields(self)]
        return ", ".join(name if value is True else f"{name} {value}" for name, value in told if value)


@dataclass(frozen=True, slots=True)
class Span:
    """The instants between which something was recorded, as text; an empty one has no end there."""

    after: str
    until: str

    def holds(self, instant: str) -> bool:
        """Whether that instant lies within."""
        return self.after <= instant and (not self.until or instant <= self.until)


def span_of(wanted: Wanted, zone: str) -> Span:
    """The instants of the days asked for.

    Raises:
        MalformedError: one of them is no day.
    """
    return Span(_instant(wanted.from_day, zone, "from"), _instant(wanted.to_day, zone, "to"))


def _instant(day: str, zone: str, name: str) -> str:
    if not day:
        return ""
    try:
        at = clocks.day_start(day, zone) if name == "from" else clocks.expiry_end(day, zone)
    except (ValueError, OverflowError):
        raise MalformedError([(name, "It is a day, such as 2026-11-22.")]) from None
    return clocks.format_instant(at)


@dataclass(slots=True)
class Found:
    """Entries that fit, the newest first; `before` says for each log where to look on, none at the end.

    `oldest` is when the oldest entry was recorded that was looked at.
    """

    entries: list[EntryRecord] = field(default_factory=list)
    before: dict[str, int] = field(default_factory=dict)
    oldest: str = ""


async def newest(
    reader: Reader, wanted: Wanted, before: Mapping[str, int], count: int, most: int = LOOKED_AT
) -> Found:
    """The next older entries that fit, at most so many, out of at most `most` that are looked at.

    Raises:
        MalformedError: a day that is none.
    """
    span, looked = span_of(wanted, reader.profile.site.time_zone), 0
    sizes = {log.value: edge.size for log in reader.logs if (edge := await reader.edge(log))}
    found = Found(before={**sizes, **before})
    async for entry in _all(reader, wanted, found.before.copy()):
        if len(found.entries) == count or looked == most:
            break
        looked += 1
        found.before[entry.log] = entry.index
        found.oldest = entry.recorded_at
        if entry.recorded_at < span.after:
            found.before = {}
            return found
        if fits(entry.leaf, wanted, span):
            found.entries.append(entry)
    else:
        found.before = {}
    return found


async def _all(reader: Reader, wanted: Wanted, before: Mapping[str, int]) -> AsyncIterator[EntryRecord]:
    """Entries in the order in which they are shown: those of one item, or those of the logs."""
    if wanted.item:
        found = await _history(reader, wanted.item)
        for entry in reversed(found):
            if entry.index < before.get(entry.log, entry.index + 1):
                yield entry
        return
    going = {log: _backwards(reader, log, before.get(log.value, 0)) for log in reader.logs}
    heads = {log: await anext(one, None) for log, one in going.items()}
    while left := {log: head for log, head in heads.items() if head is not None}:
        log = max(left, key=lambda each: (left[each].recorded_at, each, left[each].index))
        yield left[log]
        heads[log] = await anext(going[log], None)


async def _history(reader: Reader, item: str) -> list[EntryRecord]:
    for code in dict.fromkeys((item, item.replace("-", "").replace(" ", "").upper())):
        if found := await reader.history(code):
            return found
    return []


async def _backwards(reader: Reader, log: Log, before: int) -> AsyncIterator[EntryRecord]:
    while before > 0:
        start = max(0, before - PAGE_AT_MOST)
        leaves = await reader.leaves(log, start, before)
        for data in reversed(leaves or ()):
            yield _closed(log, orjson.loads(data))
        before = start if leaves else 0


def _closed(log: Log, leaf: dict[str, Any]) -> EntryRecord:
    tied = log is Log.VAULT and openings.ties(leaf)
    return EntryRecord.of(openings.closed(leaf) if tied else leaf)


def fits(leaf: Mapping[str, Any], wanted: Wanted, span: Span) -> bool:
    """Whether an entry is looked for; which item it concerns was asked before."""
    return (
        wanted.by in {"", leaf["by"], leaf["with"]}
        and wanted.action in {"", leaf["action"]}
        and (not wanted.kind or wanted.kind in {_kind(leaf), *(each["kind"] for each in changes_of(leaf))})
        and (bool(leaf["deviation"]) or not wanted.deviations)
        and span.holds(leaf["recorded_at"])
    )


def _kind(leaf: Mapping[str, Any]) -> str:
    return str(leaf["action"]).partition("-")[0]


async def refused(reader: Reader, wanted: Wanted, span: Span) -> list[RefusalRecord]:
    """The refusals that fit, the newest first, of those that this person may read; none where none are wanted."""
    if not wanted.refusals or wanted.deviations:
        return []
    code = wanted.item.replace("-", "").upper()
    return [
        each
        for each in await reader.refusals()
        if wanted.by in {"", each.by}
        and wanted.action in {"", each.action}
        and wanted.kind in {"", each.action.partition("-")[0]}
        and (not code or each.code.replace("-", "").upper() == code)
        and span.holds(each.recorded_at)
    ]


async def refused_beside(reader: Reader, wanted: Wanted, found: Found, until: str) -> list[RefusalRecord]:
    """The refusals that fit, of the time that a page covers: before that instant, and not before its oldest entry."""
    span, oldest = span_of(wanted, reader.profile.site.time_zone), found.oldest if found.before else ""
    refusals = await refused(reader, wanted, span)
    return [
        each for each in refusals if oldest <= each.recorded_at and (not until or each.recorded_at < until)
    ]


async def corrected(reader: Reader, entries: Iterable[EntryRecord]) -> dict[tuple[str, int], int]:
    """By log and index, the entry that made each of these void, where one did."""
    found: dict[tuple[str, int], int] = {}
    for item in {str(entry.leaf["item"]) for entry in entries}:
        for entry in await reader.history(item) or ():
            void: Any = entry.leaf.get("voids")
            if void:
                found[str(void["log"]), int(void["index"])] = entry.index
    return found
