"""How long did code breaks take, from the call to the answer: every one, and the drills by which it is practised."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.services.lists import everything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


@dataclass(frozen=True, slots=True)
class Answered:
    """One code break: when it was asked for and answered, by whom, and whether that was soon enough."""

    code: str
    participant: str
    drill: bool
    way: str
    answered_by: str
    asked_at: str
    answered_at: str
    seconds: int
    in_time: bool


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """All code breaks by the time of their answer, and of the drills how many, the median and the longest."""

    limit_seconds: int
    drills: int
    drills_in_time: int
    median_seconds: int | None
    longest_seconds: int | None
    answered: tuple[Answered, ...]


async def response_times(reader: Reader) -> ResponseTimes:
    """The times of every code break."""
    limit = reader.profile.code_break.answer_within_minutes * 60
    records = await everything(reader, Kind.UNBLINDING)
    found = sorted((_answered(one, limit) for one in records), key=lambda one: (one.answered_at, one.code))
    return summed(limit, found)


def summed(limit: int, answered: Sequence[Answered]) -> ResponseTimes:
    """What these come to."""
    drills = [one for one in answered if one.drill]
    times = [one.seconds for one in drills]
    return ResponseTimes(
        limit_seconds=limit,
        drills=len(drills),
        drills_in_time=sum(one.in_time for one in drills),
        median_seconds=int(median(times)) if times else None,
        longest_seconds=max(times, default=None),
        answered=tuple(answered),
    )


def _answered(record: ItemRecord, limit: int) -> Answered:
    facts, seconds = record.facts, int(str(record.facts["seconds"]))
    return Answered(
        code=record.code,
        participant=record.parent or "",
        drill=facts.get("drill") is True,
        way=str(facts["way"]),
        answered_by=str(facts["answered_by"]),
        asked_at=str(facts["asked_at"]),
        answered_at=str(facts["answered_at"]),
        seconds=seconds,
        in_time=seconds <= limit,
    )
