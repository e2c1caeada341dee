"""What labels are printed on: the presets of `stocks.toml`, read once.

Rules kept here: a stock says on what it was measured, or that it was not; sizes are millimetres of one label on
its liner; a round label beside the first (a cap dot) is part of the same stock and of the same bitmap.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

PRESETS = Path(__file__).parent / "stocks.toml"


@dataclass(frozen=True, slots=True)
class Dot:
    """A round label: its centre from the left and upper edges of the whole, and its diameter."""

    across: float
    down: float
    diameter: float


@dataclass(frozen=True, slots=True)
class Stock:
    """One label on its liner, or one sheet, in millimetres.

    `feed` is how the printer finds the next one, `gap` the bare liner between two; `measured` on which roll and
    when the sizes were measured, or that they were not.
    """

    name: str
    title: str
    width: float
    height: float
    corner: float
    feed: Literal["gap", "mark", "sheet"]
    gap: float
    measured: str
    dot: Dot | None = None


@lru_cache(maxsize=1)
def stocks() -> dict[str, Stock]:
    """The presets that ship, by name."""
    tables = tomllib.loads(PRESETS.read_text(encoding="utf-8"))
    return {name: stock(name, table) for name, table in tables.items()}


def stock(name: str, table: dict[str, Any]) -> Stock:
    """The stock that a table describes.

    Raises:
        TypeError, KeyError: a value is missing or unknown.
        ValueError: a size is none, or nothing is said about measuring.
    """
    told = dict(table)
    dot = told.pop("dot", None)
    made = Stock(name=name, dot=Dot(**dot) if dot else None, **told)
    if min(made.width, made.height) <= 0 or min(made.corner, made.gap) < 0:
        raise ValueError(f"the stock {name} has a size that cannot be")
    if made.feed not in {"gap", "mark", "sheet"} or not made.measured.strip():
        raise ValueError(f"the stock {name} does not say how it feeds or on what it was measured")
    return made
