"""In which order to take vials out of storage, so that each lid, rack and box is opened once.

What lies together is taken together: tank by tank, rack by rack, box by box, then cell by cell. No order needs fewer
openings, since each place that holds a vial of the list has to be opened once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.lives.storage import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Stop:
    """One vial to take: the place in which its box stands, the box, the cell, and its number on the way from 1."""

    number: int
    vial: str
    position: str
    place: str
    box: str
    row: int
    column: int

    @property
    def cell(self) -> str:
        """The cell as people call it: C4."""
        return f"{chr(ord('A') + self.row - 1)}{self.column}"


@dataclass(frozen=True, slots=True)
class Route:
    """The stops in their order."""

    stops: tuple[Stop, ...]

    @property
    def lids(self) -> int:
        """How many tanks are opened."""
        return len({stop.place.rpartition("/")[0] for stop in self.stops})

    @property
    def racks(self) -> int:
        """How many racks are pulled."""
        return len({stop.place for stop in self.stops})

    @property
    def boxes(self) -> int:
        """How many boxes are opened."""
        return len({stop.box for stop in self.stops})


def route(lines: Iterable[tuple[str, str]], places: Mapping[str, str]) -> Route:
    """The way to these vials, each with its position; `places` says in which place each box stands.

    What lies in no known position comes last, by its code: it is found by looking for it.
    """
    found = [(vial, position, cell_of(position) or ("", 0, 0)) for vial, position in lines]
    found.sort(key=lambda one: (one[2][0] == "", places.get(one[2][0], "").split("/"), one[2], one[0]))
    return Route(
        tuple(
            Stop(number, vial, position, places.get(cell[0], ""), *cell)
            for number, (vial, position, cell) in enumerate(found, start=1)
        )
    )
