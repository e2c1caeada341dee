"""What a logger measured: runs, gaps and stretches, worked out by hand from a few readings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inventory.domain.manifests import Reading, read_temperatures
from inventory.services.readings import Limits, stretches, unbroken, usual_step

LIMITS = Limits(allowed=-150_000, alarm=-135_000)
START = datetime(2026, 11, 19, tzinfo=UTC)


def readings(*told: tuple[int, str]) -> tuple[Reading, ...]:
    """Readings at these minutes, of these degrees."""
    rows = [f"{(START + timedelta(minutes=minute)).isoformat()},{degrees}" for minute, degrees in told]
    return read_temperatures("\n".join(["timestamp,celsius", *rows, ""]).encode())


CASES = """
    minutes              what
    0 10 20 30           0-30
    0 10 30 40           0-40
    0 10 20 41 51        0-20 41-51
    0 10 20 60 70 200    0-20 60-70 200-200
    5                    5-5
"""


@pytest.mark.parametrize("line", CASES.strip().splitlines()[1:], ids=str.strip)
def test_longer_than_two_usual_steps_without_a_reading_is_a_gap(line: str) -> None:
    minutes, expected = line[4:25].split(), line[25:].split()
    runs = unbroken(readings(*((int(minute), "-180") for minute in minutes)))
    found = [(run[0].at - START, run[-1].at - START) for run in runs]
    assert [f"{first.seconds // 60}-{last.seconds // 60}" for first, last in found] == expected


def test_the_usual_step_is_not_moved_by_one_long_gap() -> None:
    told = readings((0, "-180"), (10, "-180"), (20, "-180"), (500, "-180"))
    assert usual_step(told) == timedelta(minutes=10)


def test_a_stretch_ends_where_the_limit_is_crossed_and_the_limit_itself_is_allowed() -> None:
    told = readings(
        (0, "-180"), (10, "-150"), (20, "-149.9"), (30, "-120"), (40, "-151"), (90, "-152"), (100, "-153")
    )
    found = [(each.kind, each.readings, each.coldest, each.warmest) for each in stretches(told, LIMITS)]
    assert found == [
        ("allowed", 2, -180_000, -150_000),
        ("too_warm", 2, -149_900, -120_000),
        ("allowed", 1, -151_000, -151_000),
        ("gap", 0, None, None),
        ("allowed", 2, -153_000, -152_000),
    ]
