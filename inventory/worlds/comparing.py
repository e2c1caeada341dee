"""Two worlds side by side: what somebody saw in one of them and not, or not so, in the other.

Rules this module keeps:
- Everything is compared in the order in which it was seen: one sight more, less or earlier is a difference.
- Lengths are compared before and after compression, of what was really sent, masks or not.
- Whoever is entitled to know some participants' arms is compared among worlds in which those arms are equal.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from inventory.worlds.masks import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from inventory.worlds.asking import Answer
    from inventory.worlds.tables import Arms

AROUND = 40
"""How many bytes a difference shows before and after the first one that differs."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One thing that a blinded person saw.

    Attributes:
        moment: when in the script.
        who: who saw it; `log` for whoever reads the service's own log.
        what: what they asked for.
        answer: what came back.
        knows: the participants, by ordinal, whose arm this person may know.
    """

    moment: str
    who: str
    what: str
    answer: Answer
    knows: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """The sight by its name."""
        return f"[{self.moment}] {self.who}: {self.what}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A leak: where it shows, in what, and how it looks in the first world and in this one."""

    world: int
    where: str
    what: str
    first: str
    here: str

    def __str__(self) -> str:
        return f"world {self.world} {self.where}: {self.what}\n    first {self.first}\n    here  {self.here}"


class DifferenceSeen(Exception):  # noqa: N818  (what was to happen: nothing went wrong)
    """The first difference, where telling a world is to end there."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


def refuse_difference(expected: Sight | None, seen: Sight | None) -> None:
    """Compare one sight with the one that was to be seen; None is nothing.

    Raises:
        DifferenceSeen: they differ.
    """
    first = next(_between(0, [expected] if expected else [], [seen] if seen else []), None)
    if first is not None:
        raise DifferenceSeen(first)


@dataclass
class Comparing:
    """What was seen first, for each group of worlds that must look alike, and what differed from it since."""

    first: dict[tuple[tuple[int, ...], Arms], list[Sight]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    compared: int = 0

    def add(self, world: int, arms: Arms, sights: Sequence[Sight]) -> list[Difference]:
        """Compare a world with the first one that it must look like; what differs."""
        found: list[Difference] = []
        for knows in sorted({sight.knows for sight in sights}):
            known = tuple(arms[ordinal] for ordinal in knows)
            mine = [sight for sight in sights if sight.knows == knows]
            before = self.first.setdefault((knows, known), mine)
            if before is not mine:
                self.compared += len(mine)
                found += _between(world, before, mine)
        self.differences += found
        return found


def _between(world: int, first: Sequence[Sight], here: Sequence[Sight]) -> Iterator[Difference]:
    for one, two in zip_longest(first, here):
        if one is None or two is None or one.where != two.where:
            # Behind the first sight that has no counterpart nothing stands side by side any more.
            nothing = "nothing"
            yield Difference(
                world,
                (one or two).where,
                "order of what was seen",
                one.where if one else nothing,
                two.where if two else nothing,
            )
            return
        yield from _of_sight(world, one, two)


def _of_sight(world: int, one: Sight, two: Sight) -> Iterator[Difference]:
    if one.answer == two.answer:
        return
    for what, before, after in _parts(one.answer, two.answer):
        if before != after:
            yield Difference(world, one.where, what, *_excerpts(before, after))


def _parts(one: Answer, two: Answer) -> Iterator[tuple[str, bytes, bytes]]:
    shown = masked(one), masked(two)
    for what, part in _PARTS.items():
        yield what, part(shown[0]), part(shown[1])


_PARTS: dict[str, Callable[[Answer], bytes]] = {
    "status": lambda answer: str(answer.status).encode(),
    "body": lambda answer: answer.body,
    "headers": lambda answer: b"\n".join(b": ".join(header) for header in answer.headers),
    "pieces": lambda answer: str([len(piece) for piece in answer.pieces]).encode(),
    "length": lambda answer: str(len(answer.body)).encode(),
    "length when compressed": lambda answer: str(len(zlib.compress(answer.body))).encode(),
}
"""What of an answer is compared, and told apart where it differs."""


def _excerpts(one: bytes, two: bytes) -> tuple[str, str]:
    place = next((n for n, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), None)
    start = max(0, (min(len(one), len(two)) if place is None else place) - AROUND)
    return repr(one[start : start + 2 * AROUND]), repr(two[start : start + 2 * AROUND])
