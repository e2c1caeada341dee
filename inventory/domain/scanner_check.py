"""Does a scanner bring what it reads? The symbols of the test sheet, and what is said of how they were read.

Rules this module keeps:
- A symbol was read right where its identifier (ISO/IEC 15424), its letters in their case, its signs and its separator
  came as they are printed; each other way to come has its word.
- The separator counts however the scanner sends it, as the readers of scans take it (`identifiers.scan`).
- A prefix keeps a scan from whatever has the focus; a scanner told by its speed alone can press a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from inventory.domain.identifiers.scan import GS_WRITTEN

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPARATOR: Final = "␝"
"""How GS is written down here: a control character is no text."""


class Capture(StrEnum):
    """How a page tells that scanner from a person who types."""

    PREFIX = "prefix"
    SPEED = "speed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TestSymbol:
    """One symbol of the sheet: its identifier, what it holds, and what reading it proves."""

    __test__ = False
    name: str
    title: str
    identifier: str
    text: str
    proves: str

    @property
    def expected(self) -> str:
        """What a scanner that is set up right sends between prefix and Enter."""
        return self.identifier + self.text


TEST_SHEET: Final = (
    TestSymbol("digits", "Code 128", "]C0", "CC-0123456789", "digits: a French keyboard turns them into signs"),
    TestSymbol("letters", "Code 128", "]C0", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "letters: other keyboards swap some"),
    TestSymbol("case", "Code 128", "]C0", "abcABCxyzXYZ", "small and capital letters: Caps Lock turns them round"),
    TestSymbol("signs", "Code 128", "]C0", "A-./:_*#=&+% Z", "signs of codes, and a space, which presses buttons"),
    TestSymbol("gs1-128", "GS1-128", "]C1", "10TEST-1␝21CC1", "the separator of a linear symbol"),
    TestSymbol("data-matrix", "Data Matrix", "]d1", "CC-DM-0123", "the symbol on vials"),
    TestSymbol("gs1-data-matrix", "GS1 Data Matrix", "]d2", "10TEST-2␝21CC2", "the symbol on kits and syringes"),
    TestSymbol("qr", "QR", "]Q1", "CC-QR-0123", "the symbol of other makers' labels"),
    TestSymbol("gs1-qr", "GS1 QR", "]Q3", "10TEST-3␝21CC3", "the same with a separator"),
)  # fmt: skip


class Read(Protocol):
    """How one symbol was read: both texts are empty where nothing came."""

    @property
    def symbol(self) -> str:
        """The symbol's name."""

    @property
    def identifier(self) -> str:
        """The identifier that came, without its `]`; `none` where none came."""

    @property
    def read(self) -> str:
        """What came after it, the separator as it was sent or as `␝`."""

    @property
    def capture(self) -> str:
        """`prefix` or `speed`."""


def finding(symbol: TestSymbol, read: str) -> str:
    """What is wrong with that reading, in one word; empty where nothing is."""
    came = read
    for form in GS_WRITTEN:
        came = came.replace(form, SEPARATOR)
    if came == symbol.expected:
        return ""
    wrong = {
        "": "not_read",
        symbol.text: "no_identifier",
        symbol.expected.replace(SEPARATOR, ""): "separator_lost",
        symbol.expected.swapcase(): "case_changed",
        symbol.expected.upper(): "case_changed",
        symbol.expected.lower(): "case_changed",
    }
    other = came.startswith("]") and came[3:] == symbol.text
    return wrong.get(came, "other_identifier" if other else "differs")


def _came(reading: Read) -> str:
    return ("" if reading.identifier == "none" else f"]{reading.identifier}") + reading.read


def judged(readings: Sequence[Read]) -> tuple[Capture, list[str]]:
    """Which capture works with that scanner, and what is wrong as `symbol: finding` (the last reading counts)."""
    last = {each.symbol: each for each in readings}
    wrong = {
        symbol.name: finding(symbol, _came(last[symbol.name]) if symbol.name in last else "")
        for symbol in TEST_SHEET
    }
    found = [f"{name}: {what}" for name, what in wrong.items() if what]
    if found:
        return Capture.NONE, found
    prefixed = all(each.capture == Capture.PREFIX for each in last.values())
    return Capture.PREFIX if prefixed else Capture.SPEED, []
