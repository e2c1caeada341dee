"""What a label says: texts by slot and payloads by symbol, before any millimetre is known.

Rules kept here: a value that may not be printed is refused when the content is made; sentences of law are the
template's and nobody passes them in. What each label says stands in a module of its own: blinded ones, vials and
lots, places, sheets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from labels.payloads import Payload
from labels.refusals import ContentInvalid

NO_BREAK = "\N{NO-BREAK SPACE}"


class Environment(StrEnum):
    """The word on a label that is not for use on people."""

    DEMO = "DEMO"
    TEST = "TEST"


class LabelContent(ABC):
    """One label's values.

    `kind` names the templates that are drawn for it; `optional` the texts and symbols for which a template need
    have no slot. A name such as `code.3` is the third of a repeated slot.
    """

    __slots__ = ()
    kind: ClassVar[str]
    optional: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def texts(self) -> Mapping[str, str]:
        """Slot name → the text printed there; an empty text leaves its slot blank."""

    @abstractmethod
    def payloads(self) -> Mapping[str, Payload]:
        """Symbol name → what it holds."""


def minute_text(instant: datetime) -> str:
    """`2026-11-22 12:31 UTC-05:00`: date, 24 h clock and offset, rounded down to the minute."""
    offset = instant.isoformat(timespec="minutes")[16:]
    return f"{instant:%Y-%m-%d %H:%M} UTC{offset}"


def environment_text(environment: Environment | None) -> dict[str, str]:
    """The environment's word, or nothing in production."""
    return {"environment": environment.value if environment else ""}


def require_text(field: str, value: str) -> None:
    """Refuse an empty text and one with blanks at its ends, which nobody can see on paper."""
    if not value or value != value.strip():
        raise ContentInvalid(field, "it is empty or has blanks at its ends")


def require_offset(field: str, instant: datetime) -> None:
    """Refuse a time that does not say of where it is."""
    if instant.utcoffset() is None:
        raise ContentInvalid(field, "a time without an offset from UTC means another hour elsewhere")
