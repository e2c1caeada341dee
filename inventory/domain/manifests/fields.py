"""What may stand in a cell: each kind of cell is a type that reads its text, or says in a sentence why not.

Rules kept here:
- decimals become integers in the smallest unit by their digits; no binary fraction is ever between;
- a day is `YYYY-MM-DD` of this century, an instant has an offset;
- text that a spreadsheet would run as a formula is refused, because the records are exported to spreadsheets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator

from inventory.domain import clocks, texts
from inventory.domain.identifiers import IdentifierError, outside

DECIMAL = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,7})(?:\.(?P<fraction>[0-9]{1,9}))?")


def matching(pattern: str, sentence: str) -> Callable[[str], str]:
    """A reader of text that matches the whole pattern; other text is refused with the sentence."""
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(sentence)
        return text

    return read


def decimal(places: int, least: int, most: int) -> Callable[[str], int]:
    """A reader of decimals with at most `places` digits after the point, as integers of 10**-places.

    `least` and `most` are in that smallest unit. Zeros beyond `places` say nothing and are allowed.
    """

    def read(text: str) -> int:
        match = DECIMAL.fullmatch(text)
        if match is None:
            raise ValueError("must be a number such as 10 or 4.5, with a point and no unit.")
        fraction = (match["fraction"] or "").rstrip("0")
        if len(fraction) > places:
            raise ValueError(f"must have at most {places} digits after the point.")
        amount = int(match["sign"] + match["whole"] + fraction.ljust(places, "0"))
        if not least <= amount <= most:
            raise ValueError(f"must lie from {_shown(least, places)} to {_shown(most, places)}.")
        return amount

    return read


def _shown(amount: int, places: int) -> str:
    digits = str(abs(amount)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    return ("-" if amount < 0 else "") + whole + (f".{fraction}" if fraction else "")


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers in a range."""
    return decimal(0, least, most)


def optional(read: Callable[[str], object]) -> Callable[[str], object | None]:
    """A reader that takes an empty cell for None."""
    return lambda text: read(text) if text else None


def day(text: str) -> date:
    """`YYYY-MM-DD` in the years 2000 to 2099."""
    try:
        if re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("must be a day of this century, written as 2026-11-22.")


def instant(text: str) -> datetime:
    """An RFC 3339 time with offset, in UTC."""
    try:
        return clocks.parse_instant(text)
    except clocks.NotAnInstantError as error:
        raise ValueError("must be a time with an offset, such as 2026-11-22T10:02:37-05:00.") from error


def vial_serial(text: str) -> str:
    """One of our vial numbers, check character right, or a manufacturer's serial."""
    try:
        return outside.vial_serial(text)
    except IdentifierError as error:
        raise ValueError(
            "must be a vial number of ours with its right check character, or a serial of 1 to 20 letters, "
            "digits and . _ / - that resembles none."
        ) from error


def participant_code(text: str) -> str:
    """A code of the study that tells nothing about the person."""
    try:
        return outside.participant_code(text)
    except outside.ParticipantCodeError as error:
        # That sentence gives the reason and never the text; the file's own sentence must not be less clear.
        raise ValueError(f"is refused. {error}") from error


def code(text: str) -> str:
    """A code of capital letters, digits and . / - that an address can name."""
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9./-]{0,19}", text):
        raise ValueError("must be 1 to 20 capital letters, digits and . / -, without spaces.")
    if not outside.has_address(text):
        raise ValueError(f"cannot be used: {outside.NO_ADDRESS}.")
    return text


_TEXT = matching(
    r"[^\s=+@-][^\n]{0,119}", "must be text of 1 to 120 characters that does not begin with = + - or @."
)


def words(text: str) -> str:
    """Words of people, in the one form in which they are kept, so that files and the study's profile compare."""
    return _TEXT(texts.composed(text))


Code = Annotated[str, BeforeValidator(code)]
Text = Annotated[str, BeforeValidator(words)]
OptionalCode = Annotated[str | None, BeforeValidator(optional(code))]
Day = Annotated[date, BeforeValidator(day)]
OptionalDay = Annotated[date | None, BeforeValidator(optional(day))]
OptionalText = Annotated[str | None, BeforeValidator(optional(words))]
Instant = Annotated[datetime, BeforeValidator(instant)]
VialSerial = Annotated[str, BeforeValidator(vial_serial)]
MILLIDEGREES = decimal(3, -273_150, 200_000)
Millidegrees = Annotated[int, BeforeValidator(MILLIDEGREES)]
OptionalMillidegrees = Annotated[int | None, BeforeValidator(optional(MILLIDEGREES))]
