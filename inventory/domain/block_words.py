"""A block scheme as people write it: `4*10`, `4,4,6`, or `random:2,4,6` with `/40` for a list of forty rows.

The vault keeps the list without its blocks, so whoever measures exposure says which scheme an observer knows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from inventory.domain.blocks import KnownBlocks, MixedBlocks, SchemeError

if TYPE_CHECKING:
    from inventory.domain.blocks import Scheme

LARGEST: Final = 1000
"""Rows of a list, and so blocks; more than any trial of one site has."""

_KNOWN = re.compile(r"[0-9]{1,3}(\*[0-9]{1,3})?(,[0-9]{1,3}(\*[0-9]{1,3})?){0,99}")
_MIXED = re.compile(r"random:([0-9]{1,3}(?:,[0-9]{1,3}){0,9})(?:/([0-9]{1,4}))?")


class NotASchemeError(SchemeError):
    """The text is none."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:40]!r} is no block scheme. Write 4*10 for ten blocks of four, 4,4,6 for these three, or "
            "random:2,4,6/40 for hidden blocks of these sizes in a list of forty rows."
        )


def scheme_of(text: str) -> Scheme:
    """The scheme that the text names.

    Raises:
        NotASchemeError: it names none, or one of more rows than any list has.
    """
    mixed = _MIXED.fullmatch(text)
    if mixed is not None:
        length = int(mixed[2]) if mixed[2] else None
        sizes = tuple(dict.fromkeys(map(int, mixed[1].split(","))))
        return MixedBlocks(_within(text, sizes, length or 0), length)
    if not _KNOWN.fullmatch(text):
        raise NotASchemeError(text)
    parts = (part.partition("*") for part in text.split(","))
    sizes = tuple(int(size) for size, _, count in parts for _ in range(int(count or 1)))
    return KnownBlocks(_within(text, sizes, sum(sizes)))


def _within(text: str, sizes: tuple[int, ...], rows: int) -> tuple[int, ...]:
    if not sizes or min(sizes) < 1 or rows > LARGEST:
        raise NotASchemeError(text)
    return sizes


def schemes_of(texts: list[str], strata: tuple[str, ...]) -> dict[str, Scheme]:
    """The scheme of each stratum, from `SCHEME` for all of them or `STRATUM=SCHEME`; the last word counts.

    Raises:
        NotASchemeError: a text names none, or an unknown stratum.
        SchemeError: a stratum is left without one.
    """
    found: dict[str, Scheme] = {}
    for text in texts:
        stratum, equals, words = text.rpartition("=")
        if equals and stratum not in strata:
            raise NotASchemeError(text)
        found |= dict.fromkeys([stratum] if equals else strata, scheme_of(words))
    lacking = [stratum for stratum in strata if stratum not in found]
    if lacking:
        raise SchemeError(f"The block scheme of {', '.join(lacking)} is missing.")
    return found
