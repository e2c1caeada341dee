"""Which numbers are ours, and is this one written rightly?

| first | kind        | then                                   | length | shown         |
|-------|-------------|----------------------------------------|--------|---------------|
| K     | kit         | 7 random, check                        | 9      | K7Q4-9XHC-E   |
| V     | vial        | 7 random, check                        | 9      | V…            |
| B     | box         | 7 random, check                        | 9      | B…            |
| C     | participant | 7 random, check (a card, not the code) | 9      | C…            |
| P     | position    | 7 random, check (tank, rack, shelf)    | 9      | P…            |
| Y     | syringe     | the kit's 7, ordinal, check            | 10     | Y7Q4-9XHC-3E  |
| P     | position    | the box's 7, row, column, check        | 11     | P7Q4-9XHC-34E |

Rules kept here:
- A random part says nothing: it is drawn, never counted, so it carries no order, time or contents. A syringe
  shows its kit and a position its box, and nothing else.
- The 23 characters hold neither of a pair that people confuse: 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V.
- The check character is a pure system of ISO/IEC 7064 with modulus 23 and radix 5: the weighted sum of the
  whole number is 1. Since 23 is prime and 5 generates its units, every single substitution and every
  exchange of any two characters is found, at every length used here.
- A number that reads badly is refused with what is wrong; no character is ever put right by us.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, reduce
from typing import ClassVar

from inventory.domain.identifiers import IdentifierError, visible

ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
MODULUS, RADIX = len(ALPHABET), 5
RANDOM_LENGTH = 7
LARGEST_ORDINAL = len(ALPHABET)

# V and B stand outside the alphabet and only ever first, so they may share the values of two characters
# that are no first letter: what counts is that the six first letters differ among themselves.
_VALUE = {character: value for value, character in enumerate(ALPHABET)} | {"V": 0, "B": 1}


class Kind(StrEnum):
    """What a number of ours names."""

    KIT = "kit"
    VIAL = "vial"
    BOX = "box"
    PARTICIPANT = "participant"
    POSITION = "position"
    SYRINGE = "syringe"


_LETTER = {Kind.KIT: "K", Kind.VIAL: "V", Kind.BOX: "B", Kind.PARTICIPANT: "C", Kind.POSITION: "P"}
_SHAPE = {(letter, 9): kind for kind, letter in _LETTER.items()}
_SHAPE |= {("Y", 10): Kind.SYRINGE, ("P", 11): Kind.POSITION}


class NumberError(IdentifierError):
    """A text that is no number of ours."""

    code: ClassVar[str] = "scan_not_ours"


class NotOursError(NumberError):
    """Neither the first letter nor the length is one of ours."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{visible(text)} is not a number of this study: first letter or length do not fit.")


class CharacterError(NumberError):
    """A character stands in the number that ours never hold."""

    code: ClassVar[str] = "scan_check_character"

    def __init__(self, text: str, place: int) -> None:
        super().__init__(
            f"Our numbers never hold the character {visible(text[place])}, and {visible(text)} has it in "
            f"place {place + 1}. Scan the label again."
        )


class CheckCharacterError(NumberError):
    """The check character does not fit the rest."""

    code: ClassVar[str] = "scan_check_character"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"The check character of {visible(text)} does not fit: one is wrong or two are exchanged. "
            "Scan the label again."
        )


class LetterCaseError(NumberError):
    """Capital and small letters are mixed."""

    code: ClassVar[str] = "scan_letter_case"

    def __init__(self, text: str) -> None:
        super().__init__(f"{visible(text)} mixes capital and small letters. Turn Caps Lock off, scan again.")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of ours: `of` is the kit of a syringe or the box of a position, `at` its ordinals from 1."""

    kind: Kind
    code: str
    of: str | None = None
    at: tuple[int, ...] = ()


def draw(kind: Kind, below: Callable[[int], int] = secrets.randbelow) -> str:
    """A new random number of this kind; `below(n)` gives an integer in 0..n-1. Uniqueness is the caller's.

    Raises KeyError for syringes, which are derived from their kit.
    """
    body = "".join(ALPHABET[below(MODULUS)] for _ in range(RANDOM_LENGTH))
    return _with_check(_LETTER[kind] + body)


def syringe_code(kit: str, ordinal: int) -> str:
    """The code of the kit's syringe number `ordinal`, 1 to 23. Raises NumberError, IndexError."""
    return _with_check("Y" + _body(kit, Kind.KIT) + _ordinal(ordinal))


def position_code(box: str, row: int, column: int) -> str:
    """The code of a position in a box; row and column count from 1 to 23. Raises NumberError, IndexError."""
    return _with_check("P" + _body(box, Kind.BOX) + _ordinal(row) + _ordinal(column))


@lru_cache(maxsize=8192)
def parse(text: str) -> Number:
    """The number that `text` writes; groups by hyphens or spaces and all-small letters are allowed.

    Raises NotOursError, LetterCaseError, CharacterError or CheckCharacterError.
    """
    code = _compact(text)
    kind = _SHAPE.get((code[:1], len(code)))
    if kind is None:
        raise NotOursError(text)
    if not (text.isupper() or text.islower()):
        raise LetterCaseError(text)
    for place, character in enumerate(code[1:], start=1):
        if character not in ALPHABET:
            raise CharacterError(code, place)
    if _remainder(code) != 1:
        raise CheckCharacterError(code)
    return _number(kind, code)


def resembles(text: str) -> bool:
    """Whether `text` has the shape of a number of ours, at most one character off: then it must be right."""
    code = _compact(text)
    foreign = sum(character not in ALPHABET for character in code[1:])
    return (code[:1], len(code)) in _SHAPE and foreign <= 1


def grouped(code: str) -> str:
    """The number in groups of four for people: `K7Q49XHCE` → `K7Q4-9XHC-E`."""
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def _compact(text: str) -> str:
    """Without groups and in capitals; empty beyond ASCII, where `upper` would make letters up."""
    return "" if not text.isascii() else text.replace("-", "").replace(" ", "").upper()


def _body(code: str, kind: Kind) -> str:
    number = parse(code)
    if number.kind is not kind:
        raise NotOursError(code)
    return number.code[1 : 1 + RANDOM_LENGTH]


def _ordinal(ordinal: int) -> str:
    if not 1 <= ordinal <= LARGEST_ORDINAL:
        raise IndexError(f"An ordinal is 1 to {LARGEST_ORDINAL}, and this is {ordinal}.")
    return ALPHABET[ordinal - 1]


def _number(kind: Kind, code: str) -> Number:
    derived = code[1 + RANDOM_LENGTH : -1]
    if not derived:
        return Number(kind, code)
    letter = "K" if kind is Kind.SYRINGE else "B"
    return Number(
        kind,
        code,
        of=_with_check(letter + code[1 : 1 + RANDOM_LENGTH]),
        at=tuple(_VALUE[c] + 1 for c in derived),
    )


def _remainder(code: str) -> int:
    return reduce(lambda total, character: (total * RADIX + _VALUE[character]) % MODULUS, code, 0)


def _with_check(code: str) -> str:
    return code + ALPHABET[(1 - RADIX * _remainder(code)) % MODULUS]
