"""A Code 128 as the bars that a page or a sheet of paper draws."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final

from labels.payloads import Payload, Symbology
from labels.symbols import code_128_modules

QUIET: Final = 10
"""Modules of white on each side (ISO/IEC 15417, 4.5)."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A symbol in modules: how wide with its quiet zones, and each dark bar as (from, width)."""

    text: str
    modules: int
    bars: tuple[tuple[int, int], ...]


def code_128(text: str) -> Bars:
    """The bars of that text (ISO/IEC 15417).

    Raises:
        SymbolNotEncodable: a character that Code 128 cannot hold.
    """
    modules = code_128_modules(Payload(Symbology.CODE_128, text))
    bars, at = [], QUIET
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark == "1":
            bars.append((at, width))
        at += width
    return Bars(text, at + QUIET, tuple(bars))
