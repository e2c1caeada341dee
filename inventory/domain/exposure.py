"""Who can still be guessed, and how well, from what was told and the scheme of the blocks?

Rules this module keeps:
- An observer is what was told to them: nothing here looks at an arm that is not among it. The calendar takes
  arms too, and tells each of them only after its own participant was looked at.
- `certain` means that no list which the scheme allows says otherwise; it is never a rounded chance.

Of a study whose participants are told their arms in turn, in full blocks of size b with known boundaries and
two equal arms, the share 1/(b/2 + 1) is certain before their own turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from inventory.domain.blocks import chances

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from inventory.domain.blocks import Ratio, Scheme

    Told = Mapping[str, str]


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


@dataclass(frozen=True, slots=True)
class Summary:
    """Of how many participants how many are certain, and which share the best guesses would get right."""

    people: int
    certain: int
    guessed: Fraction


def summary(exposures: Collection[Exposure]) -> Summary:
    """What several exposures come to; of nobody, nothing is guessed."""
    certain = sum(exposure.certain for exposure in exposures)
    right = sum((exposure.chance for exposure in exposures), Fraction(0))
    return Summary(len(exposures), certain, right / (len(exposures) or 1))


def posterior(strata: Iterable[Stratum], ratio: Ratio, told: Told) -> tuple[Exposure, ...]:
    """What an observer who was told these arms can say of everybody else, in the order of the lists.

    `ratio` gives each arm's share of a block, `told` each known participant's arm.

    Raises:
        SchemeError: the scheme cannot be that of the list (see `blocks.chances`).
    """
    return tuple(one for stratum in strata for one in _of_stratum(stratum, ratio, told, set(stratum.places)))


def calendar(
    strata: Sequence[Stratum], ratio: Ratio, told: Told, ahead: Mapping[str, str]
) -> tuple[Exposure, ...]:
    """What can be said of each participant just before their own arm is told.

    `ahead` are the participants still to be told, in the order of their disclosure, with their arms; each is
    looked at with everybody before them told.

    Raises:
        SchemeError: as `posterior`.
        KeyError: somebody ahead stands on no list.
    """
    stratum_of = {who: stratum for stratum in strata for who in stratum.places}
    known = dict(told)
    found: list[Exposure] = []
    for who, arm in ahead.items():
        found += _of_stratum(stratum_of[who], ratio, known, {who})
        known[who] = arm
    return tuple(found)


def _of_stratum(
    stratum: Stratum, ratio: Ratio, told: Told, asked: Collection[str | None]
) -> Iterator[Exposure]:
    cells = [told.get(who) if who is not None else None for who in stratum.places]
    wanted = {
        place: who
        for place, who in enumerate(stratum.places)
        if who is not None and who in asked and who not in told
    }
    of_place = chances(stratum.scheme, cells, ratio, wanted)
    for place, who in wanted.items():
        yield Exposure(who, of_place[place])
