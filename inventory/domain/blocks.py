"""Permuted blocks: which arm can stand at a place of a list, and how likely, given some of the others?

Rules this module keeps:
- A chance is exact: a fraction over all lists that the scheme allows and that agree with the known places,
  each weighted by how likely the scheme makes it.
- Within one block the unknown places are exchangeable: each holds an arm with the share of that arm in what
  is left of the block. So only where the blocks begin has to be summed over, and only if it is hidden.

The terms are ICH E9 §2.3.2: blocks, their length, and two or more lengths chosen at random for each block.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import comb, lcm, prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Ratio = Mapping[str, int]
    Cells = Sequence[str | None]
    Counts = tuple[int, ...]
    Chances = dict[str, Fraction]


class SchemeError(Exception):
    """The block scheme cannot be that of the list."""


class NotWholeBlocksError(SchemeError):
    """A block of that size cannot hold the arms in the study's ratio."""

    def __init__(self, size: int, parts: int) -> None:
        super().__init__(
            f"A block of {size} does not hold the arms in their ratio: give a multiple of {parts}."
        )


class ListTooShortError(SchemeError):
    """The scheme has fewer places than the list."""

    def __init__(self, room: int, places: int) -> None:
        super().__init__(f"The blocks have {room} places and the list has {places}: name every block.")


class ContradictionError(SchemeError):
    """No list of that scheme has the arms that are known."""

    def __init__(self) -> None:
        super().__init__("The arms that were told fit no list of these blocks: another scheme was used.")


@dataclass(frozen=True, slots=True)
class KnownBlocks:
    """Blocks whose sizes are known, in the order of the list."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MixedBlocks:
    """Blocks of hidden boundaries, each of one of these sizes, all equally likely.

    `length` is how many rows the list has, where that is known too: a block ends there. Without it the list
    goes on beyond the last place that is looked at.
    """

    sizes: tuple[int, ...]
    length: int | None = None


Scheme = KnownBlocks | MixedBlocks


def chances(scheme: Scheme, cells: Cells, ratio: Ratio, asked: Iterable[int]) -> dict[int, Chances]:
    """Each arm's chance at those of the places asked for that are unknown, by place from 0.

    `cells` are the arms known at each place of the list, None where it is unknown; `ratio` is each arm's
    share of a block.

    Raises:
        NotWholeBlocksError: a size does not hold the arms in the ratio.
        ListTooShortError: the scheme has fewer places than `cells`.
        ContradictionError: no list of that scheme has these cells.
    """
    parts = sum(ratio.values())
    for size in scheme.sizes:
        if size < 1 or size % parts:
            raise NotWholeBlocksError(size, parts)
    room = sum(scheme.sizes) if isinstance(scheme, KnownBlocks) else scheme.length
    if room is not None and room < len(cells):
        raise ListTooShortError(room, len(cells))
    if not {cell for cell in cells if cell is not None} <= set(ratio):
        raise ContradictionError
    unknown = {place for place in asked if cells[place] is None}
    if isinstance(scheme, KnownBlocks):
        return _in_known(scheme, cells, ratio, unknown)
    return _in_mixed(scheme, cells, ratio, unknown)


def _left(cells: Cells, size: int, ratio: Ratio) -> Counts:
    """How many of each arm a block has left besides these cells; negative where there are too many."""
    share = size // sum(ratio.values())
    return tuple([share * part - cells.count(arm) for arm, part in ratio.items()])


# Known boundaries: every block by itself
def _in_known(scheme: KnownBlocks, cells: Cells, ratio: Ratio, asked: set[int]) -> dict[int, Chances]:
    found: dict[int, Chances] = {}
    start = 0
    for size in scheme.sizes:
        left = _left(cells[start : start + size], size, ratio)
        if min(left) < 0:
            raise ContradictionError
        for place in asked & set(range(start, start + size)):
            found[place] = _shares(ratio, left, sum(left))
        start += size
    return found


def _shares(ratio: Ratio, counts: Iterable[int], whole: int) -> Chances:
    return {arm: Fraction(count, whole) for arm, count in zip(ratio, counts, strict=True)}


# Hidden boundaries: all ways to cut the list into blocks, summed from both ends
class _Block(NamedTuple):
    """A block that may stand from `start` up to `end`: what it has left, and its weight."""

    start: int
    end: int
    left: Counts
    weight: int


def _in_mixed(scheme: MixedBlocks, cells: Cells, ratio: Ratio, asked: set[int]) -> dict[int, Chances]:
    last = scheme.length or len(cells)
    reach = scheme.length or len(cells) + max(scheme.sizes) - 1
    unit = lcm(*(arrangements(_left((), size, ratio)) for size in scheme.sizes)) * len(scheme.sizes)
    blocks = list(_possible(scheme, [*cells, *[None] * (reach - len(cells))], ratio, last, unit))
    before, after = _from_the_front(blocks, reach), _from_the_back(blocks, reach, last, unit)
    if not after[0]:
        raise ContradictionError
    found: dict[int, Chances] = {}
    for place in asked:
        around = [block for block in blocks if block.start <= place < block.end]
        masses = [before[block.start] * block.weight * after[block.end] for block in around]
        found[place] = _weighted(ratio, [block.left for block in around], masses, after[0])
    return found


def _weighted(ratio: Ratio, lefts: list[Counts], masses: list[int], whole: int) -> Chances:
    """The chances at a place that is in one of several blocks, each with that part of the whole."""
    frees = [sum(left) for left in lefts]
    common = lcm(*frees)
    parts = [mass * common // free for mass, free in zip(masses, frees, strict=True)]
    counts = [sum(p * n for p, n in zip(parts, of_arm, strict=True)) for of_arm in zip(*lefts, strict=True)]
    return _shares(ratio, counts, whole * common)


def _possible(scheme: MixedBlocks, cells: Cells, ratio: Ratio, last: int, unit: int) -> Iterator[_Block]:
    """Every block that agrees with the cells, by its start.

    A weight is how likely the scheme makes the block's known cells, times `unit` to the power of its size:
    over that common denominator all sums are whole numbers, which are exact and much faster than fractions.
    """
    of_each = {
        size: unit**size // (arrangements(_left((), size, ratio)) * len(scheme.sizes))
        for size in scheme.sizes
    }
    for start in range(last):
        for size, weight in of_each.items():
            left = _left(cells[start : start + size], size, ratio)
            if start + size <= len(cells) and min(left) >= 0:
                yield _Block(start, start + size, left, weight * arrangements(left))


def arrangements(left: Counts) -> int:
    """In how many orders so many of each arm can stand (the multinomial coefficient)."""
    return prod([comb(sum(left[: place + 1]), count) for place, count in enumerate(left)])


def _from_the_front(blocks: list[_Block], reach: int) -> list[int]:
    """The weight of all ways to fill the list up to each place with whole blocks."""
    ways = [1, *[0] * reach]
    for block in blocks:
        ways[block.end] += ways[block.start] * block.weight
    return ways


def _from_the_back(blocks: list[_Block], reach: int, last: int, unit: int) -> list[int]:
    """The weight of all ways to fill the list from each place on; from `last` on a list may end."""
    ways = [unit ** (reach - place) if place >= last else 0 for place in range(reach + 1)]
    for block in reversed(blocks):
        ways[block.start] += block.weight * ways[block.end]
    return ways
