"""The table that a run of the benchmarks ends with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

HEADINGS = ("figure", "value", "floor", "ratio", "target", "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, and what it is to reach.

    Attributes:
        name: what was measured.
        value: how much, in `unit`.
        floor: what the machine alone did in the same minutes, in the same unit.
        ratio: the value as a share of the floor.
        least, most: what the value is to reach, or to stay within.
        least_ratio: what the ratio is to reach.
        note: what else was seen.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    ratio: float | None = None
    least: float | None = None
    most: float | None = None
    least_ratio: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target was reached; None where there is none."""
        if self.least_ratio is not None:
            return self.ratio is not None and self.ratio >= self.least_ratio
        if self.least is not None:
            return self.value >= self.least
        return None if self.most is None else self.value <= self.most

    def row(self) -> tuple[str, ...]:
        """Its cells, in the order of the headings."""
        verdict = {True: "met", False: "NOT MET", None: ""}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        floor = "" if self.floor is None else _amount(self.floor, self.unit)
        return (
            self.name,
            _amount(self.value, self.unit),
            floor,
            ratio,
            self._target(),
            _joined(verdict, self.note),
        )

    def _target(self) -> str:
        if self.least_ratio is not None:
            return f">= {self.least_ratio:.2f}"
        if self.least is not None:
            return f">= {_amount(self.least, self.unit)}"
        return "" if self.most is None else f"<= {_amount(self.most, self.unit)}"


def _amount(value: float, unit: str) -> str:
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
    return f"{shown}{unit}" if unit == "/s" else f"{shown} {unit}"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def rendered(figures: Iterable[Figure]) -> str:
    """The table as text: names to the left, numbers to the right."""
    rows = [HEADINGS, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
