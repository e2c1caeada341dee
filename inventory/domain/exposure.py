"""Who can still be guessed, and how well, from the arms that were told and the scheme of the blocks?

Rules this module keeps:
- A chance is exact: a fraction over all lists that the scheme allows and that agree with what was told, each
  weighted by how likely the scheme makes it. `certain` means that no such list says otherwise.
- An observer is what was told to them: nothing here looks at an arm that is not in `told`. The calendar takes
  arms too, and tells each of them only after its own participant was looked at.
- Within one block the places not told are exchangeable, so each holds an arm with the share of that arm in
  what is left of the block. Only where the blocks begin may be unknown.

The terms are ICH E9 §2.3.2: permuted blocks, their length, and two or more lengths chosen at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, lcm, prod
from typing import TYPE_CHECKING, NamedTuple

from inventory.domain.exposure_refusals import ContradictionError, ListTooShortError, NotWholeBlocksError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Ratio = Mapping[str, int]
    Told = Mapping[str, str]
    Cells = Sequence[str | None]
    Chances = dict[str, Fraction]


@dataclass(frozen=True, slots=True)
class KnownBlocks:
    """Blocks whose sizes are known, in the order of the list."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MixedBlocks:
    """Blocks of hidden boundaries, each of one of these sizes, all equally likely.

    `length` is how many rows the list has, where the observer knows that too: there a block ends. Without it
    the list goes on beyond the last participant.
    """

    sizes: tuple[int, ...]
    length: int | None = None


Scheme = KnownBlocks | MixedBlocks


@dataclass(frozen=True, slots=True)
class Stratum:
    """The list of one stratum: its scheme, and who stands at each place; None where nobody does."""

    scheme: Scheme
    places: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an observer can say of one participant: the chance of each arm, in the order of the ratio."""

    participant: str
    chances: Mapping[str, Fraction]

    @property
    def guess(self) -> str:
        """The likeliest arm; of several the first."""
        return max(self.chances, key=self.chances.__getitem__)

    @property
    def chance(self) -> Fraction:
        """The probability that the best guess is right."""
        return self.chances[self.guess]

    @property
    def certain(self) -> bool:
        """Whether only one arm is possible."""
        return self.chance == 1


def posterior(strata: Iterable[Stratum], ratio: Ratio, told: Told) -> tuple[Exposure, ...]:
    """What an observer who was told these arms can say of everybody else, in the order of the lists.

    `ratio` gives each arm's share of a block, `told` each known participant's arm.

    Raises:
        NotWholeBlocksError: a size does not hold the arms in the ratio.
        ListTooShortError: the known blocks have fewer places than the list.
        ContradictionError: no list of that scheme has the arms that were told.
    """
    return tuple(exposure for stratum in strata for exposure in _of_stratum(stratum, ratio, told))


def calendar(
    strata: Iterable[Stratum], ratio: Ratio, told: Told, ahead: Mapping[str, str]
) -> tuple[Exposure, ...]:
    """What can be said of each participant just before their own arm is told.

    `ahead` are the participants still to be told, in the order of their disclosure, with their arms; each is
    looked at with everybody before them told.

    Raises:
        as `posterior`.
    """
    stratum_of = {who: stratum for stratum in strata for who in stratum.places if who is not None}
    known, found = dict(told), []
    for who, arm in ahead.items():
        exposures = _of_stratum(stratum_of[who], ratio, known)
        found.append(next(exposure for exposure in exposures if exposure.participant == who))
        known[who] = arm
    return tuple(found)


def _of_stratum(stratum: Stratum, ratio: Ratio, told: Told) -> Iterator[Exposure]:
    cells = [told.get(who) if who is not None else None for who in stratum.places]
    _must_fit(stratum, ratio, cells)
    if isinstance(stratum.scheme, KnownBlocks):
        chances = _in_known(stratum.scheme, cells, ratio)
    else:
        chances = _in_mixed(stratum.scheme, cells, ratio)
    for place, who in enumerate(stratum.places):
        if who is not None and who not in told:
            yield Exposure(who, chances[place])


def _must_fit(stratum: Stratum, ratio: Ratio, cells: Cells) -> None:
    parts = sum(ratio.values())
    for size in stratum.scheme.sizes:
        if size < 1 or size % parts:
            raise NotWholeBlocksError(size, parts)
    room = sum(stratum.scheme.sizes) if isinstance(stratum.scheme, KnownBlocks) else stratum.scheme.length
    if room is not None and room < len(cells):
        raise ListTooShortError(room, len(cells))
    if not {cell for cell in cells if cell is not None} <= set(ratio):
        raise ContradictionError


def _left(cells: Cells, size: int, ratio: Ratio) -> tuple[int, ...]:
    """How many of each arm a block has left besides these cells; negative where there are too many."""
    share = size // sum(ratio.values())
    return tuple(share * part - cells.count(arm) for arm, part in ratio.items())


# Known boundaries: every block by itself
def _in_known(scheme: KnownBlocks, cells: Cells, ratio: Ratio) -> list[Chances]:
    found: list[Chances] = []
    for size in scheme.sizes:
        mine = cells[len(found) : len(found) + size]
        left = _left(mine, size, ratio)
        if min(left) < 0:
            raise ContradictionError
        free = sum(left) or 1  # a full block has no place to ask about
        found += [{arm: Fraction(n, free) for arm, n in zip(ratio, left, strict=True)}] * len(mine)
    return found


# Hidden boundaries: all ways to cut the list into blocks, summed from both ends
class _Block(NamedTuple):
    """A block that may stand from `start` up to `end`: what it has left, and its weight."""

    start: int
    end: int
    left: tuple[int, ...]
    weight: int


def _in_mixed(scheme: MixedBlocks, cells: Cells, ratio: Ratio) -> list[Chances]:
    reach = scheme.length or len(cells) + max(scheme.sizes) - 1
    unit = lcm(*(_arrangements(_left((), size, ratio)) for size in scheme.sizes)) * len(scheme.sizes)
    last = scheme.length or len(cells)
    blocks = list(_possible(scheme, [*cells, *[None] * (reach - len(cells))], ratio, last, unit))
    before, after = _from_the_front(blocks, reach), _from_the_back(blocks, reach, last, unit)
    if not after[0]:
        raise ContradictionError
    common = lcm(*range(1, max(scheme.sizes) + 1))
    tally = [[0] * len(ratio) for _ in range(reach)]
    for block in blocks:
        mass = before[block.start] * block.weight * after[block.end] * common // (sum(block.left) or 1)
        for place in range(block.start, block.end) if mass else ():
            tally[place] = [so_far + mass * n for so_far, n in zip(tally[place], block.left, strict=True)]
    whole = after[0] * common
    return [
        {arm: Fraction(n, whole) for arm, n in zip(ratio, counts, strict=True)}
        for counts in tally[: len(cells)]
    ]


def _possible(scheme: MixedBlocks, cells: Cells, ratio: Ratio, last: int, unit: int) -> Iterator[_Block]:
    """Every block that agrees with the cells, by its start.

    A weight is how likely the scheme makes the block's known cells, times `unit` to the power of its size:
    over that common denominator all sums are whole numbers, which are exact and much faster than fractions.
    """
    for start in range(last):
        for size in scheme.sizes:
            end = start + size
            left = _left(cells[start:end], size, ratio)
            if end <= len(cells) and min(left) >= 0:
                all_of_it = _arrangements(_left((), size, ratio)) * len(scheme.sizes)
                yield _Block(start, end, left, unit**size * _arrangements(left) // all_of_it)


@lru_cache(maxsize=4096)
def _arrangements(left: tuple[int, ...]) -> int:
    """In how many orders so many of each arm can stand (the multinomial coefficient)."""
    below = [sum(left[:place]) for place in range(len(left))]
    return prod(comb(low + n, n) for low, n in zip(below, left, strict=True))


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
