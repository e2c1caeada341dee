"""Which codes that others gave may we take over? Vial serials, boxes, participant codes and the paths of places."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from inventory.domain.identifiers import IdentifierError, visible
from inventory.domain.identifiers.numbers import Kind, parse, resembles

ENDINGS: Final = frozenset(
    {
        "history", "history.csv", "history.pdf", "put-away", "readings", "readings.csv", "report.pdf", "scan",
        "sheet", "tree.csv",
    }
)  # fmt: skip
"""What stands behind a code in an address; the routes' own words, so no code ends in one."""
NO_ADDRESS: Final = (
    "no address can name it: between strokes must stand more than dots, behind the last no word such as history, "
    "and nowhere one of ? # % \\"
)


def has_address(text: str) -> bool:
    """Whether an address can name that code: what a browser would shorten, cut off or read otherwise, none can."""
    first, *others = text.split("/")
    steps_stand = all(step.strip(".") for step in (first, *others))
    return steps_stand and not re.search(r"[?#%\\]", text) and not (others and others[-1] in ENDINGS)


class SerialError(IdentifierError):
    """A serial that a scan could not tell from a number of ours, or that no GS1 symbol can hold."""

    code: ClassVar[str] = "vial_serial"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"The serial {visible(text)} cannot be used: {reason}.")


class ParticipantCodeError(IdentifierError):
    """A participant code that may identify a person. The sentence never repeats the text."""

    code: ClassVar[str] = "participant_code"

    def __init__(self, reason: str) -> None:
        super().__init__(f"This participant code cannot be used: {reason}. Use the study's own code.")


class PlacePathError(IdentifierError):
    """A place's path with an empty step, or one that is written otherwise. The sentence never repeats the text."""

    code: ClassVar[str] = "place_path"

    def __init__(self) -> None:
        super().__init__(
            "must be the steps from site to box, such as JAX/CRYO/T1/R2: letters, digits and . _ - between strokes."
        )


class BoxCodeError(IdentifierError):
    """A box's code that a scan could not tell from another number of ours, or that is written otherwise."""

    code: ClassVar[str] = "box_code"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"The box code {visible(text)} cannot be used: {reason}.")


def box_code(text: str) -> str:
    """`text` as the code of a box: one of ours as it is scanned, or another that no scan takes for one of ours.

    Raises BoxCodeError or the errors of `parse`.
    """
    if resembles(text):
        number = parse(text)
        if number.kind is not Kind.BOX:
            raise BoxCodeError(text, f"it reads as a {number.kind} number of this study")
        if number.code != text:
            raise BoxCodeError(text, f"it is scanned as {number.code}")
    elif not re.fullmatch(r"[A-Z0-9][A-Z0-9._-]{0,19}", text):
        raise BoxCodeError(
            text, "it needs 1 to 20 capital letters, digits and . _ -, the first a letter or digit"
        )
    return text


_STEP = r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}"


def place_path(text: str) -> str:
    """`text` if it is the path of a place or box: up to five steps, none of them empty.

    Raises PlacePathError.
    """
    if not re.fullmatch(rf"{_STEP}(/{_STEP}){{0,4}}", text):
        raise PlacePathError
    return text


def vial_serial(text: str) -> str:
    """`text` as the serial of a vial: one of ours, or a manufacturer's that no scan takes for one of ours.

    Raises SerialError or the errors of `parse`.
    """
    if resembles(text):
        number = parse(text)
        if number.kind is not Kind.VIAL:
            raise SerialError(text, f"it reads as a {number.kind} number of this study")
        return number.code
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,19}", text):
        raise SerialError(text, "it needs 1 to 20 letters, digits and . _ / -, the first a letter or digit")
    if not has_address(text):
        raise SerialError(text, NO_ADDRESS)
    return text


def participant_code(text: str) -> str:
    """`text` if it is fit as a participant's code in the study: capital letters, digits, . _ / and hyphen.

    Refused is what may identify a person: names, dates of birth, social security and medical record numbers.
    Raises ParticipantCodeError.
    """
    for pattern, reason in _REFUSED_PARTICIPANT_CODES:
        if re.search(pattern, text, re.ASCII):
            raise ParticipantCodeError(reason)
    if resembles(text):
        raise ParticipantCodeError("it has the shape of a kit, vial, box or position number")
    return text


_REFUSED_PARTICIPANT_CODES = (
    (
        r"\A(?![A-Z0-9][A-Z0-9._/-]{1,19}\Z)",
        "it needs 2 to 20 capital letters, digits and . _ / -",
    ),
    (r"\A\D*\Z", "without a digit it reads like a name"),
    (r"[A-Z]{4,}.*[^A-Z][A-Z]{4,}", "two words read like a first and a last name"),
    (r"(?<!\d)\d{3}[._/-]?\d{2}[._/-]?\d{4}(?!\d)", "it looks like a social security number"),
    (r"(?<!\d)(19|20)\d\d[._/-]\d{1,2}[._/-]\d{1,2}(?!\d)", "it looks like a date of birth"),
    (r"(?<!\d)\d{1,2}[._/-]\d{1,2}[._/-](19|20)\d\d(?!\d)", "it looks like a date of birth"),
    (r"MRN|SSN|DOB|NHS", "it names a record number or a birth date"),
    (r"\d{7}", "seven digits in a row look like a medical record number"),
)
