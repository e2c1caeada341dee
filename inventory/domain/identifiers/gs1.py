"""What does a GS1 element string say, and may we trust it?

biip's dictionary tells each application identifier (AI) and its pattern; the checks here are stricter than
biip's own parser, which passes over check digits, a lost separator, repeats and associations.

Rules kept here (GS1 General Specifications 3 and 7.8, GS1 Barcode Syntax Dictionary):
- A message counts as GS1 only when the scanner says so (`]d2`, `]C1`, …) or when a separator is in it.
  Without either, a scanner that drops the separator would turn batch and serial into one batch, unseen.
- An item symbol is GTIN and serial (01 and 21); a shipper is 00, a position 414 with 254, a participant 8018.
- Of every other valid message we say what it holds, and that it is not ours.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from inventory.domain.identifiers import GS
from inventory.domain.identifiers.gs1_keys import check_fits
from inventory.domain.identifiers.gs1_refusals import (
    CalendarError,
    CheckDigitError,
    ElementFormatError,
    EmptyMessageError,
    ForeignMessageError,
    HiddenSerialError,
    MissingElementError,
    RepeatedElementError,
    UnknownElementError,
    UnmarkedError,
)

CARRIERS = frozenset({"]C1", "]d2", "]d8", "]Q3", "]e0", "]J1"})
"""The symbology identifiers that announce a GS1 message (ISO/IEC 15424; `]d8` is rectangular Data Matrix)."""

ALLOWED = frozenset({"00", "01", "10", "11", "17", "21", "414", "254", "7240", "8018"})
# Looked up before biip's search, which tries some 500 identifiers in turn; identifiers are prefix-free.
_OURS = {ai: GS1ApplicationIdentifier.extract(ai) for ai in ALLOWED}
_WITHOUT_SEPARATOR = ("00", "01", "11", "17", "414")
_NEEDS = {"10": "01", "11": "01", "17": "01", "21": "01", "7240": "01", "254": "414"}
_LEADS = ("00", "414", "8018")
_CHECKED = frozenset({"00", "01", "02", "03", "402", "8017", "8018", *map(str, range(410, 418))})
_DATES = frozenset({"11", "12", "13", "15", "16", "17"})


@dataclass(frozen=True, slots=True)
class ElementString:
    """The elements of one GS1 message in the order read: (application identifier, value)."""

    elements: tuple[tuple[str, str], ...]

    def get(self, ai: str) -> str | None:
        """The value of this application identifier, None when it is not in the message."""
        return next((value for found, value in self.elements if found == ai), None)

    def readable(self) -> str:
        """The message as printed beside a symbol: `(01)…(21)…`."""
        return "".join(f"({ai}){value}" for ai, value in self.elements)


def read(text: str) -> ElementString:
    """The elements of any well-formed GS1 message, of ours or not.

    Raises UnmarkedError, EmptyMessageError, UnknownElementError, ElementFormatError, CheckDigitError,
    CalendarError, RepeatedElementError.
    """
    rest, elements = _message(text), []
    while rest:
        ai, value, rest = _first(rest)
        elements.append((ai, value))
    string = ElementString(tuple(elements))
    if len({ai for ai, _ in elements}) != len(elements):
        raise RepeatedElementError(string)
    return string


def parse(text: str) -> ElementString:
    """The elements of a message that one of our labels may hold.

    Raises the errors of `read`, MissingElementError, HiddenSerialError, ForeignMessageError.
    """
    string = read(text)
    present = {ai for ai, _ in string.elements}
    if not present <= ALLOWED:
        raise ForeignMessageError(string)
    for ai in present & _NEEDS.keys():
        if _NEEDS[ai] not in present:
            raise MissingElementError(string, ai, _NEEDS[ai])
    if "21" not in present and string.elements[0][0] not in _LEADS:
        hidden = any("21" in value for ai, value in string.elements if ai not in _WITHOUT_SEPARATOR)
        raise HiddenSerialError(string) if hidden else ForeignMessageError(string)
    return string


def build(elements: Iterable[tuple[str, str]]) -> str:
    """The message as a symbol holds it after its leading FNC1: fixed lengths first, GS between the others.

    Raises what `parse` raises: a message that we would refuse is never printed.
    """
    given = list(elements)
    fixed = "".join(ai + value for ai, value in given if ai in _WITHOUT_SEPARATOR)
    message = fixed + GS.join(ai + value for ai, value in given if ai not in _WITHOUT_SEPARATOR)
    if sorted(parse("]d2" + message).elements) != sorted(given):
        raise ElementFormatError(given[0][0], message)
    return message


def date_text(day: dt.date) -> str:
    """The day as elements 11 and 17 hold it: `yymmdd`."""
    return f"{day:%y%m%d}"


def _message(text: str) -> str:
    announced = text[:3] in CARRIERS
    if not announced and GS not in text:
        raise UnmarkedError(text)
    message = (text[3:] if announced else text).removeprefix(GS)
    if not message:
        raise EmptyMessageError
    return message


def _first(rest: str) -> tuple[str, str, str]:
    """The first element, (AI, value), and what follows its separator."""
    found = _identifier(rest)
    text = rest.partition(GS)[0]
    pattern = found.pattern if found.separator_required else found.pattern.removesuffix("$")
    match = re.match(pattern, text, re.ASCII)
    if match is None:
        raise ElementFormatError(found.ai, text[len(found.ai) :])
    value = match[0][len(found.ai) :]
    _verify(found.ai, value)
    return found.ai, value, rest[match.end() :].removeprefix(GS)


def _identifier(rest: str) -> GS1ApplicationIdentifier:
    ours = _OURS.get(rest[:2]) or _OURS.get(rest[:3]) or _OURS.get(rest[:4])
    if ours is not None:
        return ours
    try:
        return GS1ApplicationIdentifier.extract(rest)
    except ParseError as error:
        raise UnknownElementError(rest) from error


def _verify(ai: str, value: str) -> None:
    if ai in _CHECKED and not check_fits(value):
        raise CheckDigitError(ai, value)
    if ai in _DATES and not _is_day(value):
        raise CalendarError(ai, value)


def _is_day(value: str) -> bool:
    """Whether `yymmdd` is a day; day 00 is the month's last. All years meant by yy until 2099 leap alike."""
    year, month, day = 2000 + int(value[:2]), int(value[2:4]), int(value[4:])
    return 1 <= month <= 12 and day <= calendar.monthrange(year, month)[1]
