"""Is this donation identification number right?

The check character is ISO/IEC 7064 Mod 37-2 over the 13 characters of the number (ICCBBA ST-001 v6.2.2, 7.5
and Appendix A). It finds every wrong character and every exchange of two neighbours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Self

from inventory.domain.identifiers import visible
from inventory.domain.identifiers.isbt128_structures import BY_IDENTIFIER, DIN, SHAPES, Isbt128Error, fit

_MOD37 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_FIRST_TYPE_3, _LAST_TYPE_3 = 60, 96


class AlphabetError(Isbt128Error):
    """A check character is defined over digits and capital letters only."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{visible(text) or 'Nothing'} has no check character: only 0-9 and A-Z have one.")


class FlagError(Isbt128Error):
    """Flags 60 to 96 repeat the check value of the number, and these do not."""

    def __init__(self, number: str, flags: str) -> None:
        super().__init__(f"The flags {flags} do not fit the donation number {number}: it was misread.")


class CheckCharacterError(Isbt128Error):
    """The keyed check character does not fit the donation number."""

    code: ClassVar[str] = "scan_check_character"

    def __init__(self, keyed: str) -> None:
        super().__init__(
            f"{visible(keyed)} is no donation number with check character: 13 characters and the boxed one."
        )


@dataclass(frozen=True, slots=True)
class Din:
    """A donation identification number (DS001): facility 5, year 2, sequence 6, flags 2 characters."""

    facility: str
    year: str
    sequence: str
    flags: str = "00"

    @classmethod
    def parse(cls, content: str) -> Self:
        """The DIN of 13 characters, or 15 with flags. Flags 60..96 must repeat the check value (Type 3).

        Raises ContentError, FlagError.
        """
        padded = content if len(content) == 15 else content + "00"
        fit(SHAPES[0], padded)
        din = cls(padded[:5], padded[5:7], padded[7:13], padded[13:])
        if _FIRST_TYPE_3 <= int(din.flags) <= _LAST_TYPE_3 and int(din.flags) - 60 != check_value(din.number):
            raise FlagError(din.number, din.flags)
        return din

    @classmethod
    def keyed(cls, text: str) -> Self:
        """The DIN that a person typed: 13 characters and the boxed check character, spaces and hyphens free.

        Raises CheckCharacterError: ST-001 asks for the check character at every keyboard entry.
        """
        compact = re.sub("[ -]", "", text)
        if not re.fullmatch(DIN + "[0-9A-Z*]", compact) or check_character(compact[:13]) != compact[13]:
            raise CheckCharacterError(text)
        return cls.parse(compact[:13])

    @property
    def number(self) -> str:
        """The 13 characters that identify the donation; flags are no part of it."""
        return self.facility + self.year + self.sequence


def check_value(text: str) -> int:
    """The ISO/IEC 7064 Mod 37-2 check value 0..36 of a text over 0-9 A-Z. Raises AlphabetError."""
    if not re.fullmatch("[0-9A-Z]+", text):
        raise AlphabetError(text)
    total = reduce(lambda p, c: (p + _MOD37.index(c)) * 2 % 37, text, 0)
    return (38 - total) % 37


def check_character(din: str) -> str:
    """The keyboard check character K of a DIN's 13 characters (ST-001 Appendix A)."""
    return _MOD37[check_value(din)]


def mpho_identifier(facility: str, description: str, din: str, division: str) -> str:
    """The MPHO Unique Identifier of 29 characters: processing facility, product, DIN, division of six.

    Raises ContentError.
    """
    fit(BY_IDENTIFIER["=/"], facility + "000000" + description)
    fit(BY_IDENTIFIER["=,"], division)
    return facility + description + Din.parse(din).number + division
