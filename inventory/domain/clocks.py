"""Time, without a clock: reading and writing instants, and how long a limit runs.

Rules kept here:
- an instant is a datetime with a zone; one without is refused, never guessed;
- every act has two times, the claimed one (occurred) and the recorded one; a limit runs from the earlier time
  of its start to the later time of the act, so that a wrong clock shortens it and never stretches it;
- at the limit is still within it; past begins one microsecond later.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

Instant: TypeAlias = datetime
"""A datetime that knows its offset from UTC."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


class NotAnInstantError(ValueError):
    """A text or a datetime that does not say one instant."""

    def __init__(self) -> None:
        super().__init__(
            "A time is written as 2026-11-22T10:02:37Z: date, T, time of day with at most six digits "
            "after the second, and Z or an offset such as -05:00."
        )


def parse_instant(text: str) -> Instant:
    """The instant, in UTC, that an RFC 3339 text says (section 5.6; no leap seconds, at most microseconds).

    Raises:
        NotAnInstantError: any other text, or a date that no calendar has.
    """
    if not RFC3339.fullmatch(text):
        raise NotAnInstantError
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotAnInstantError from error


def format_instant(instant: Instant) -> str:
    """The RFC 3339 text in UTC with microseconds, always 27 characters: `2026-11-22T10:02:37.000000Z`.

    Raises:
        NotAnInstantError: the datetime has no zone.
    """
    utc = instant if instant.tzinfo is UTC else in_utc(instant)
    return utc.isoformat(timespec="microseconds")[:26] + "Z"


def in_utc(instant: Instant) -> Instant:
    """The same instant, in UTC.

    Raises:
        NotAnInstantError: the datetime has no zone.
    """
    if instant.utcoffset() is None:
        raise NotAnInstantError
    return instant.astimezone(UTC)


def elapsed_for_limit(
    start_occurred: Instant, start_recorded: Instant, act_occurred: Instant, act_recorded: Instant
) -> timedelta:
    """How much of a limit an act has used: from the earlier time of its start to its own later time."""
    return max(act_occurred, act_recorded) - min(start_occurred, start_recorded)


def use_by(thaw_occurred: Instant, thaw_recorded: Instant, minutes: int, step: int) -> Instant:
    """The use-by after a thaw, in UTC: `minutes` after the earlier time, rounded down to the step.

    `step` is in minutes and divides an hour; multiples count from the full hour in UTC.
    """
    limit = in_utc(min(thaw_occurred, thaw_recorded)) + timedelta(minutes=minutes)
    return limit - (limit - EPOCH) % timedelta(minutes=step)


def past(limit: Instant, occurred: Instant, recorded: Instant) -> bool:
    """Whether an act with these two times lies past the limit: the later of the two decides."""
    return max(occurred, recorded) > limit


def latest(now: Instant, skew_seconds: int) -> Instant:
    """The latest time that may be told of what happened: a clock may be ahead of ours by so many seconds."""
    return now + timedelta(seconds=skew_seconds)


@lru_cache(maxsize=16)
def local_day(instant: Instant, time_zone: str) -> str:
    """The day, as YYYY-MM-DD, that the clock on the wall shows at that instant in that IANA time zone."""
    return instant.astimezone(ZoneInfo(time_zone)).date().isoformat()


def local_time(instant: Instant, time_zone: str, *, seconds: bool = False) -> str:
    """The instant as people of that IANA time zone read it: `2026-11-22 11:44 +03:30`, with its offset from UTC."""
    here = instant.astimezone(ZoneInfo(time_zone))
    spec = "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    offset = here.strftime("%z")
    return f"{here.strftime(spec)} {offset[:3]}:{offset[3:5]}"


def day_start(day: str, time_zone: str) -> Instant:
    """The first instant, in UTC, of that local day (`YYYY-MM-DD`) in that IANA time zone.

    Raises:
        ValueError: the text is not a day.
        ZoneInfoNotFoundError: the host knows no such zone.
    """
    # Where the change of clocks skips midnight, fold=0 reads it with the offset before the change, and that
    # is the very instant at which the day begins.
    return datetime.combine(date.fromisoformat(day), time(), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def expiry_end(day: str, time_zone: str) -> Instant:
    """The last microsecond, in UTC, of that local day: what expires on a date may be used on that date.

    The day ends where the next one begins in the zone, so it has 23 or 25 hours when the clocks change.
    Raises as `day_start` does.
    """
    following = date.fromisoformat(day) + timedelta(days=1)
    return day_start(following.isoformat(), time_zone) - timedelta(microseconds=1)


A_DAY = len("2026-11-22")


def is_day(when: str) -> bool:
    """Whether a text that is a day or an instant is a day."""
    return len(when) == A_DAY


def first_instant(when: str, time_zone: str) -> Instant:
    """The first instant, in UTC, that a local day or an RFC 3339 instant means."""
    return day_start(when, time_zone) if is_day(when) else parse_instant(when)


def last_instant(when: str, time_zone: str) -> Instant:
    """The last instant, in UTC, that it means."""
    return expiry_end(when, time_zone) if is_day(when) else parse_instant(when)
