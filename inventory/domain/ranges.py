"""Numbers written as ranges, such as `0-3 5 9-12`: how it is kept which entries somebody has seen.

Rules this module keeps:
- A set of numbers has one spelling: ascending, what touches joined, one blank between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Range = tuple[int, int]


def read(text: str) -> list[Range]:
    """The ranges that a text of this form says, each from its first to its last number."""
    return [_one(part) for part in text.split()]


def _one(part: str) -> Range:
    first, _, last = part.partition("-")
    return int(first), int(last or first)


def written(ranges: Iterable[Range]) -> str:
    """These ranges in their one spelling."""
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return " ".join(f"{first}-{last}" if last > first else str(first) for first, last in joined)


def joined(text: str, numbers: Iterable[int]) -> str:
    """The text with these numbers added."""
    return written([*read(text), *((number, number) for number in numbers)])


def parted(text: str, numbers: Iterable[int]) -> str:
    """The text without these numbers."""
    kept = read(text)
    for number in sorted(set(numbers)):
        kept = [part for each in kept for part in _without(each, number)]
    return written(kept)


def _without(one: Range, number: int) -> list[Range]:
    first, last = one
    if not first <= number <= last:
        return [one]
    return [part for part in ((first, number - 1), (number + 1, last)) if part[0] <= part[1]]


def holds(text: str, number: int) -> bool:
    """Whether that number is among them."""
    return any(first <= number <= last for first, last in read(text))


def count(text: str) -> int:
    """How many numbers they are."""
    return sum(last - first + 1 for first, last in read(text))
