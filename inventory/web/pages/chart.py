"""A temperature chart as the page draws it: every number that the SVG needs, worked out here.

Rules this module keeps:
- Allowed and alarming temperatures are bands, an excursion a shaded span with its code, a gap in the readings a gap
  in the line; nothing is told by colour alone, and the table beside it says the same.
- Nothing is styled inline: the picture has shapes with classes and attributes (CSP level 3).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.services.readings import Limits, unbroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from inventory.domain.manifests import Reading
    from inventory.store.records import ItemRecord

WIDTH, HEIGHT = 960, 360
LEFT, RIGHT, TOP, BOTTOM = 72, 12, 34, 40
MARGIN: Final = 8_000
"""Millidegrees that are drawn beyond the coldest and the warmest."""
TICKS: Final = (5_000, 10_000, 20_000, 50_000)
HOURS: Final = (1, 2, 3, 6, 12, 24, 48, 96, 168)
AT_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with what is written on it."""

    x: float
    y: float
    width: float
    height: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture: lines without gaps, bands, gaps, spans, axes and the heights of both limits."""

    lines: tuple[str, ...]
    allowed: Box
    alarm: Box
    limit_y: float
    alarm_y: float
    gaps: tuple[Box, ...]
    spans: tuple[Box, ...]
    times: tuple[Tick, ...]
    degrees: tuple[Tick, ...]
    plot: Box


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime
    low: int
    high: int

    def x(self, at: datetime) -> float:
        share = (at - self.start) / max(self.end - self.start, timedelta(seconds=1))
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(1.0, max(0.0, share)), 1)

    def y(self, millidegrees: int) -> float:
        share = (millidegrees - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(1.0, max(0.0, share)), 1)


def chart_of(
    readings: Sequence[Reading], excursions: Sequence[ItemRecord], limits: Limits, zone: str
) -> Chart | None:
    """The chart of these readings with these excursions; None without any reading."""
    if not readings:
        return None
    values = [reading.millidegrees for reading in readings]
    low, high = min(*values, limits.allowed) - MARGIN, max(*values, limits.alarm) + MARGIN
    scale = _Scale(readings[0].at, readings[-1].at, low, high)
    runs = unbroken(readings)
    limit_y, alarm_y = scale.y(limits.allowed), scale.y(limits.alarm)
    wide = WIDTH - LEFT - RIGHT
    return Chart(
        lines=tuple(
            " ".join(f"{scale.x(each.at)},{scale.y(each.millidegrees)}" for each in run) for run in runs
        ),
        allowed=Box(LEFT, limit_y, wide, round(HEIGHT - BOTTOM - limit_y, 1)),
        alarm=Box(LEFT, TOP, wide, round(alarm_y - TOP, 1)),
        limit_y=limit_y,
        alarm_y=alarm_y,
        gaps=tuple(_gaps(scale, runs)),
        spans=tuple(_spans(scale, excursions)),
        times=tuple(_times(scale, zone)),
        degrees=tuple(_degrees(scale)),
        plot=Box(LEFT, TOP, wide, HEIGHT - TOP - BOTTOM),
    )


def _gaps(scale: _Scale, runs: Sequence[Sequence[Reading]]) -> Iterator[Box]:
    for before, after in itertools.pairwise(runs):
        yield _between(scale, before[-1].at, after[0].at, "no reading")


def _spans(scale: _Scale, excursions: Sequence[ItemRecord]) -> Iterator[Box]:
    for each in excursions:
        start = clocks.parse_instant(str(each.facts["started_at"]))
        end = clocks.parse_instant(str(each.facts["ended_at"]))
        if end >= scale.start and start <= scale.end:
            yield _between(scale, start, end, each.code)


def _between(scale: _Scale, start: datetime, end: datetime, label: str) -> Box:
    left, right = scale.x(start), scale.x(end)
    return Box(left, TOP, round(max(2.0, right - left), 1), HEIGHT - TOP - BOTTOM, label)


def _times(scale: _Scale, zone: str) -> Iterator[Tick]:
    hours = (scale.end - scale.start) / timedelta(hours=1)
    step = next((each for each in HOURS if hours / each <= AT_MOST), HOURS[-1])
    at = scale.start.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0)
    while at <= scale.end:
        if at >= scale.start and at.hour % min(step, 24) == 0:
            yield Tick(scale.x(at), at.strftime("%m-%d %H:%M"))
        at += timedelta(hours=1)


def _degrees(scale: _Scale) -> Iterator[Tick]:
    step = next((each for each in TICKS if (scale.high - scale.low) / each <= AT_MOST), TICKS[-1])
    value = -(-scale.low // step) * step
    while value <= scale.high:
        yield Tick(scale.y(value), f"{value // 1000} °C".replace("-", "−"))
        value += step
