"""What became of a label at a printer, and what was wrong with the printer.

Rules kept here: a label came out, or did not, or may have; nothing else is ever told of it. Whatever was begun and
not seen to its end may have come out. A fault owns its sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

from PIL import Image


class Came(StrEnum):
    """Whether a label came out of the printer."""

    PRINTED = "printed"
    NOT = "not_printed"
    DOUBT = "in_doubt"


class Fault(Enum):
    """What was wrong: (name, sentence)."""

    UNREACHABLE = ("unreachable", "The printer cannot be reached. Check that it is on and on the network.")
    PAPER_OUT = ("paper_out", "The printer is out of labels. Load a roll.")
    RIBBON_OUT = ("ribbon_out", "The printer is out of ribbon. Load one.")
    HEAD_OPEN = ("head_open", "The printer's head or cover is open. Close it.")
    PAUSED = ("paused", "The printer is paused. Press its pause key.")
    TEMPERATURE = ("temperature", "The print head is too hot or too cold. Wait.")
    BUFFER_FULL = ("buffer_full", "The printer's buffer is full. Wait, or turn it off and on.")
    BUSY = ("busy", "The printer is busy with something else. Wait.")
    JAM = ("jam", "The labels are jammed. Clear them.")
    SILENT = (
        "silent",
        "The printer takes the connection and does not answer: no labels, no ribbon, or its head is open.",
    )
    HUNG_UP = ("hung_up", "The printer hung up in the middle of a label.")
    REFUSED = ("refused", "The printer does not take this kind of document.")
    STOPPED = ("stopped", "The printer has stopped. Look at its panel.")

    @property
    def code(self) -> str:
        """Its name in lower case."""
        return self.value[0]

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return self.value[1]


PASSING = frozenset({Fault.BUSY, Fault.BUFFER_FULL, Fault.TEMPERATURE})
"""Faults that go away by themselves."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one label; `told` are the printer's own words, where it had any."""

    came: Came
    fault: Fault | None = None
    told: str = ""


class Printer(Protocol):
    """A way to a printer."""

    def trouble(self) -> Fault | None:
        """What keeps it from printing now; None where nothing does."""

    def print(self, image: Image.Image, dpi: int, name: str) -> Outcome:
        """Print the bitmap, and wait until it came out; `name` is for the printer's own list of jobs."""


class PrinterAddressWrong(Exception):  # noqa: N818 - named for what happened, as every refusal here
    """The address names no printer that can be spoken to."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"'{address}' is no printer's address. Write raw://HOST, ipp://HOST/PATH or file://FOLDER."
        )
