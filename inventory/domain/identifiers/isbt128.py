"""What does an ISBT 128 message say?

After ICCBBA ST-001 v6.2.2 and ST-017 v1.0.0; `isbt128_structures` has the table of structures. The code
tables of ICCBBA are licensed and are not copied.

Rules kept here:
- A message is one structure, two concatenated ones, or a compound `=+aabbb…` whose count is right.
- Identifiers decide what a text is; nothing is told from its length alone.
- Letters keep their case: it has meaning in division codes.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Self

from inventory.domain.identifiers import visible
from inventory.domain.identifiers.isbt128_din import Din
from inventory.domain.identifiers.isbt128_structures import (
    BY_IDENTIFIER,
    SHAPES,
    Isbt128Error,
    fit,
    told_length,
)

_DAYS, _MOMENTS = {"004", "006", "008"}, {"005", "007", "009"}


class UnknownStructureError(Isbt128Error):
    """The text does not go on with an identifier whose length is known."""

    def __init__(self, rest: str) -> None:
        super().__init__(f"No ISBT 128 structure known here begins with {visible(rest[:3]) or 'nothing'}.")


class CompositionError(Isbt128Error):
    """The structures are each well formed but do not make one message."""

    def __init__(self, structures: tuple[Structure, ...], reason: str) -> None:
        read = " ".join(f"{s.identifier}{visible(s.content)}" for s in structures)
        super().__init__(f"This is not one ISBT 128 message: {reason} ({read}).")


class CalendarError(Isbt128Error):
    """No calendar has this day or no clock this time."""

    def __init__(self, content: str) -> None:
        super().__init__(f"{visible(content)} is not a day of the calendar, written cyyjjj or cyyjjjhhmm.")


@dataclass(frozen=True, slots=True)
class Structure:
    """One structure as read: number `001`, identifier `=`, content without identifier."""

    number: str
    identifier: str
    content: str


@dataclass(frozen=True, slots=True)
class ProductCode:
    """A product code (DS003): product description code, collection type (None for tissue), division."""

    description: str
    collection_type: str | None
    division: str

    @classmethod
    def parse(cls, content: str) -> Self:
        """The product code of 8 characters; tissue (T…) has a division of three. Raises ContentError."""
        fit(BY_IDENTIFIER["=<"], content)
        if content.startswith("T"):
            return cls(content[:5], None, content[5:])
        return cls(content[:5], content[5], content[6:])


def tokenize(text: str) -> tuple[Structure, ...]:
    """The structures of one message, in order; a compound's `=+` comes first.

    Raises UnknownStructureError, ContentError, CompositionError.
    """
    structures: list[Structure] = []
    rest = text
    while rest or not structures:
        structure = _first(rest)
        structures.append(structure)
        rest = rest[len(structure.identifier) + len(structure.content) :]
    return _composed(tuple(structures))


def meaning(structure: Structure) -> Din | ProductCode | dt.date | dt.datetime | str:
    """What the content says: a DIN, a product code, a day, a local moment (23:59: no time given), or text.

    Raises FlagError, CalendarError.
    """
    if structure.number == "001":
        return Din.parse(structure.content)
    if structure.number == "003":
        return ProductCode.parse(structure.content)
    if structure.number in _DAYS:
        return day(structure.content)
    if structure.number in _MOMENTS:
        return moment(structure.content)
    return structure.content


def day(content: str) -> dt.date:
    """The day of `cyyjjj`: last three digits of the year (998 is 1998, 017 is 2017), ordinal day."""
    if not re.fullmatch("[0-9]{6}", content):
        raise CalendarError(content)
    year = int(content[:3]) + (1000 if content[0] == "9" else 2000)
    found = dt.date(year, 1, 1) + dt.timedelta(days=int(content[3:]) - 1)
    if found.year != year:
        raise CalendarError(content)
    return found


def moment(content: str) -> dt.datetime:
    """The local moment of `cyyjjjhhmm`, without a zone: the standard gives none."""
    hour, minute = content[6:8], content[8:]
    if not re.fullmatch("([01][0-9]|2[0-3])[0-5][0-9]", hour + minute):
        raise CalendarError(content)
    return dt.datetime.combine(day(content[:6]), dt.time(int(hour), int(minute)))


def _first(rest: str) -> Structure:
    shape = BY_IDENTIFIER.get(rest[:3]) or BY_IDENTIFIER.get(rest[:2])
    if shape is None and re.match("=[A-NP-Z1-9]", rest):
        shape = SHAPES[0]
    if shape is None:
        raise UnknownStructureError(rest)
    start = len(shape.identifier)
    content = rest[start : start + (shape.length or told_length(rest))]
    fit(shape, content)
    return Structure(shape.number, shape.identifier, content)


def _composed(structures: tuple[Structure, ...]) -> tuple[Structure, ...]:
    numbers = [structure.number for structure in structures]
    if len(set(numbers)) != len(numbers):
        raise CompositionError(structures, "a structure stands in it twice")
    if "023" not in numbers and len(numbers) > 2:
        raise CompositionError(structures, "more than two structures need a compound")
    if "023" in numbers[1:]:
        raise CompositionError(structures, "a compound begins in its middle")
    if numbers[0] == "023" and int(structures[0].content[:2]) != len(numbers) - 1:
        raise CompositionError(
            structures, f"it announces {structures[0].content[:2]} structures and holds {len(numbers) - 1}"
        )
    if numbers == ["023"]:
        raise CompositionError(structures, "the compound is empty")
    return structures
