from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inventory.domain import clocks
from inventory.domain.clocks import (
    NotAnInstantError,
    day_start,
    elapsed_for_limit,
    expiry_end,
    format_instant,
    local_time,
    parse_instant,
    past,
    use_by,
)

READABLE = """
2026-11-22T10:02:37Z              2026-11-22T10:02:37.000000Z
2026-11-22t10:02:37z              2026-11-22T10:02:37.000000Z
2026-11-22T10:02:37.5Z            2026-11-22T10:02:37.500000Z
2026-11-22T10:02:37.123456Z       2026-11-22T10:02:37.123456Z
2026-11-22T05:02:37-05:00         2026-11-22T10:02:37.000000Z
2026-11-22T15:32:37+05:30         2026-11-22T10:02:37.000000Z
2026-11-22T23:30:00-00:30         2026-11-23T00:00:00.000000Z
2024-02-29T00:00:00+00:00         2024-02-29T00:00:00.000000Z
"""

UNREADABLE = """
2026-11-22
2026-11-22T10:02:37
2026-11-22 10:02:37Z
2026-11-22T10:02Z
20261122T100237Z
2026-W47-7T10:02:37Z
2026-02-29T10:02:37Z
2026-11-22T24:00:00Z
2026-11-22T23:59:60Z
2026-11-22T10:02:37.Z
2026-11-22T10:02:37.1234567Z
2026-11-22T10:02:37+24:00
2026-11-22T10:02:37+0500
0001-01-01T00:00:00+05:00
９026-11-22T10:02:37Z
2026-11-22T10:02:37Zjunk
now
"""


@pytest.mark.parametrize("line", READABLE.strip().splitlines())
def test_an_rfc_3339_time_is_kept_in_utc_with_microseconds(line: str) -> None:
    text, kept = line.split()
    assert format_instant(parse_instant(text)) == kept


@pytest.mark.parametrize("text", [*UNREADABLE.strip().splitlines(), "", "2026-11-22T10:02:37Z\n"])
def test_any_other_text_is_refused_as_no_instant(text: str) -> None:
    with pytest.raises(NotAnInstantError, match="2026-11-22T10:02:37Z"):
        parse_instant(text)


def test_a_time_without_a_zone_is_refused_and_never_guessed() -> None:
    with pytest.raises(NotAnInstantError):
        format_instant(datetime.fromisoformat("2026-11-22T10:02:37"))


def test_early_years_are_written_with_four_digits() -> None:
    assert format_instant(datetime(7, 1, 1, tzinfo=UTC)) == "0007-01-01T00:00:00.000000Z"


# start occurred, start recorded, act occurred, act recorded, minutes used
ELAPSED = """
10:00 10:00 10:30 10:30 30   both clocks agree
10:00 10:05 10:30 10:30 30   recorded late: the thaw itself counts
10:05 10:00 10:30 10:30 30   claimed later than recorded: the record counts
10:00 10:00 10:30 10:40 40   the act was recorded late: the record counts
10:00 10:00 10:40 10:30 40   the act claims to lie ahead: the claim counts
10:05 10:00 10:20 10:40 40   the longest reading of the four
10:30 10:30 10:00 10:00 -30  an act before its start has used nothing
"""


@pytest.mark.parametrize("line", ELAPSED.strip().splitlines())
def test_a_limit_runs_from_the_earlier_start_to_the_later_act(line: str) -> None:
    *times, minutes, _ = line.split(maxsplit=5)
    assert elapsed_for_limit(*map(at, times)) == timedelta(minutes=int(minutes))


# thaw occurred, thaw recorded, minutes, step, use-by
USE_BY = """
10:00:00 10:00:00 240 15 14:00:00  on the step already
10:07:00 10:07:00 240 15 14:00:00  down, never to the nearest
10:14:59 10:14:59 240 15 14:00:00  to the last second before the step
10:15:00 10:20:00 240 15 14:15:00  the earlier time counts: occurred
10:20:00 10:15:00 240 15 14:15:00  the earlier time counts: recorded
10:07:30 10:08:00 120 1  12:07:00  by whole minutes
10:59:00 10:59:00 90  60 12:00:00  by whole hours
"""


@pytest.mark.parametrize("line", USE_BY.strip().splitlines())
def test_the_use_by_is_rounded_down_to_the_step(line: str) -> None:
    occurred, recorded, minutes, step, expected, _ = line.split(maxsplit=5)
    assert use_by(at(occurred), at(recorded), int(minutes), int(step)) == at(expected)


def test_the_use_by_crosses_midnight() -> None:
    thaw = parse_instant("2026-11-22T22:10:00Z")
    assert format_instant(use_by(thaw, thaw, 240, 15)) == "2026-11-23T02:00:00.000000Z"


def test_the_use_by_of_a_thaw_in_local_time_is_in_utc() -> None:
    thaw = datetime.fromisoformat("2026-11-01T01:50:00-04:00")
    assert format_instant(use_by(thaw, thaw, 60, 15)) == "2026-11-01T06:45:00.000000Z"


@pytest.mark.parametrize(
    ("occurred", "recorded", "is_past"),
    [
        ("14:00:00", "14:00:00", False),
        ("14:00:00.000001", "13:59:00", True),
        ("13:59:00", "14:00:00.000001", True),
        ("13:59:00", "13:59:59.999999", False),
    ],
)
def test_at_the_limit_is_within_it_and_the_later_time_decides(
    occurred: str, recorded: str, is_past: bool
) -> None:
    assert past(at("14:00:00"), at(occurred), at(recorded)) is is_past


# day, zone, the last microsecond of that day in UTC
EXPIRY = """
2026-11-22 UTC                 2026-11-22T23:59:59.999999Z
2026-07-04 America/New_York    2026-07-05T03:59:59.999999Z  summer time
2026-12-31 America/New_York    2027-01-01T04:59:59.999999Z  winter time
2026-03-08 America/New_York    2026-03-09T03:59:59.999999Z  the day of 23 hours
2026-11-01 America/New_York    2026-11-02T04:59:59.999999Z  the day of 25 hours
2026-03-29 Europe/Dublin       2026-03-29T22:59:59.999999Z  summer time begins
2026-10-25 Europe/Dublin       2026-10-25T23:59:59.999999Z  summer time ends
2024-09-07 America/Santiago    2024-09-08T03:59:59.999999Z  the next day begins at 1 o'clock
2024-04-06 America/Santiago    2024-04-07T03:59:59.999999Z  the hour before midnight comes twice
2026-02-28 Asia/Kolkata        2026-02-28T18:29:59.999999Z  half an hour
"""


@pytest.mark.parametrize("line", EXPIRY.strip().splitlines())
def test_an_expiry_date_means_the_end_of_that_local_day(line: str) -> None:
    day, zone, end = line.split()[:3]
    assert format_instant(expiry_end(day, zone)) == end


# instant, zone, what the clock on the wall shows there
WALLS = """
2026-11-22T08:14:07Z  Asia/Tehran       2026-11-22 11:44:07 +03:30
2026-11-23T02:00:59Z  America/New_York  2026-11-22 21:00:59 -05:00  the day before
2026-11-01T05:30:00Z  America/New_York  2026-11-01 01:30:00 -04:00  the hour that comes twice
2026-11-01T06:30:00Z  America/New_York  2026-11-01 01:30:00 -05:00  and its second time
2026-11-22T08:14:07Z  UTC               2026-11-22 08:14:07 +00:00
"""


@pytest.mark.parametrize("line", WALLS.strip().splitlines())
def test_an_instant_is_written_as_the_clock_on_the_wall_shows_it(line: str) -> None:
    instant, zone, day, time, offset = line.split()[:5]
    assert local_time(parse_instant(instant), zone, seconds=True) == f"{day} {time} {offset}"
    assert local_time(parse_instant(instant), zone) == f"{day} {time[:5]} {offset}"


def test_a_day_ends_one_microsecond_before_the_next_begins() -> None:
    end = expiry_end("2026-03-08", "America/New_York")
    assert end + timedelta(microseconds=1) == day_start("2026-03-09", "America/New_York")
    assert end - day_start("2026-03-08", "America/New_York") < timedelta(hours=23)


def at(time_of_day: str) -> clocks.Instant:
    """That time on the day of the examples."""
    return datetime.fromisoformat(f"2026-11-22T{time_of_day}+00:00")
