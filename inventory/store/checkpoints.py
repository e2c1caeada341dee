"""Signed checkpoints that are kept for good: of each day's end, each export, each print, each change of keys.

Rules this module keeps:
- The same size and reason are kept once: a second print under one head adds nothing.
- A day ends where the site's clock on the wall says so (`site.time_zone` of the profile). The first act that is
  recorded on another day keeps, in its own transaction, both heads as they stood before it; no scheduler does.
- A checkpoint that somebody unblinded caused is for unblinded readers alone: when the laboratory printed or
  exported may depend on what a kit holds. A day's end is for all: the sizes at which days ended do not depend
  on which log's act came first, because every such size is kept once the open log goes on.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.domain.items import Log
from inventory.store.engines import engine_in_use
from inventory.store.script import Fetch, Insert, Table
from inventory.store.tables import CheckpointRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from inventory.domain.merkle import Edge
    from inventory.store.logs import Logs
    from inventory.store.requests import Head
    from inventory.store.script import Script
    from inventory.store.signing import Signing

    Sign = Callable[[Log, Edge], str]

CHECKPOINT: Final = Table(
    "checkpoint",
    (("log", "text"), ("size", "bigint"), ("reason", "text"), ("note", "text"), ("made_at", "text")),
)
_KEPT: Final = (
    "SELECT log FROM checkpoint "
    "WHERE reason = ? AND (log = 'open' AND size = ? OR log = 'vault' AND size = ?)"
)


class Occasion(StrEnum):
    """Why a checkpoint is kept."""

    DAY = "day"
    EXPORT = "export"
    PRINT = "print"
    KEY = "key"


def reason(occasion: Occasion, *, unblinded: bool) -> str:
    """The reason as it is stored: on what occasion, and whether somebody unblinded caused it."""
    return f"unblinded {occasion}" if unblinded else occasion.value


FOR_ALL: Final = tuple(reason(occasion, unblinded=False) for occasion in Occasion)
"""The reasons that everybody who reads the log may be shown."""


async def keep(log: Log, size: int, why: str, note: str, now: str) -> None:
    """Keep a signed note of a log at that size; the same size and reason are kept once.

    Who meets a row that is there already asks first, in the same transaction: on SQLite the table refuses any
    conflict, and its transactions follow each other. On PostgreSQL two may ask at once, and the second does nothing.
    """
    taken = (CheckpointRow.log == log.value) & (CheckpointRow.size == size) & (CheckpointRow.reason == why)
    async with engine_in_use().transaction():
        if not await CheckpointRow.exists().where(taken):
            row = CheckpointRow(log=log.value, size=size, reason=why, note=note, made_at=now)
            await CheckpointRow.insert(row).on_conflict(action="DO NOTHING")


async def below(log: Log, size: int, *, unblinded: bool) -> dict[int, str]:
    """The kept notes of a log over fewer than `size` entries, one for each size; for the blinded those for all."""
    asked = CheckpointRow.select(CheckpointRow.size, CheckpointRow.note).where(
        CheckpointRow.log == log.value, CheckpointRow.size < size
    )
    if not unblinded:
        asked = asked.where(CheckpointRow.reason.is_in(list(FOR_ALL)))
    return {int(row["size"]): str(row["note"]) for row in await asked.order_by(CheckpointRow.size)}


async def handovers(log: Log) -> dict[int, str]:
    """The notes of a log that two keys signed, one of which took the place of the other, by size."""
    asked = CheckpointRow.select(CheckpointRow.size, CheckpointRow.note).where(
        CheckpointRow.log == log.value, CheckpointRow.reason == reason(Occasion.KEY, unblinded=False)
    )
    return {int(row["size"]): str(row["note"]) for row in await asked}


def of_the_day_that_ended(head: Head, now: str, zone: str, sign: Sign) -> Script[Insert]:
    """Both heads as they stand, where what is written now is the first of another day at the site."""
    if not head.open.size or _day(head.recorded_at, zone) == _day(now, zone):
        return Insert(CHECKPOINT, [])
    why = reason(Occasion.DAY, unblinded=False)
    # A log that has not grown since the last day's end has that end's checkpoint already.
    found = yield Fetch(_KEPT, (why, head.open.size, head.vault.size))
    known = {str(row[0]) for row in found}
    grown = [log for log in Log if head.edge(log).size and log.value not in known]
    notes = [(log.value, head.edge(log).size, why, sign(log, head.edge(log)), now) for log in grown]
    return Insert(CHECKPOINT, list(notes))


def of_handovers(logs: Logs, signing: Signing, now: str) -> Insert:
    """What was recorded up to a change of keys, signed by the key that goes and by the one that comes."""
    why = reason(Occasion.KEY, unblinded=False)
    notes = [
        (log.value, edge.size, why, signing.handed_over(log, edge, keys), now)
        for log, edge, keys in logs.handovers
    ]
    return Insert(CHECKPOINT, list(notes))


def _day(instant: str, zone: str) -> date:
    return clocks.parse_instant(instant).astimezone(ZoneInfo(zone)).date()
