"""The few things that may differ between two worlds, each with its reason. Everything else is compared raw.

A mask never hides a length: what it covers has one length in all worlds, or the difference shows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.worlds.asking import Answer, Header


@dataclass(frozen=True, slots=True)
class Mask:
    """A header of which not everything is compared: what of it is, and why the rest may differ."""

    header: bytes
    compared: Callable[[bytes], bytes]
    reason: str


MASKS: Final = (
    Mask(
        b"date",
        lambda value: b"." * len(value),
        "The server's own clock, not the study's: it says when the answer was sent, and two worlds are told "
        "one after the other. Only answers that went over a socket carry it.",
    ),
    Mask(
        b"allow",
        lambda value: b", ".join(sorted(value.split(b", "))),
        "The framework writes a set of methods in whatever order the set has in this process; which methods "
        "there are is compared.",
    ),
)


def masked(answer: Answer) -> Answer:
    """The answer with nothing in its masked headers but what is compared."""
    return replace(answer, headers=tuple(_masked(header) for header in answer.headers))


def _masked(header: Header) -> Header:
    name, value = header
    for mask in MASKS:
        if mask.header == name.lower():
            return name, mask.compared(value)
    return header
