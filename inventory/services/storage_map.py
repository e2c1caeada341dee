"""Where everything lies: how full each box is, and one box cell by cell with what may be said of each.

Rules this module keeps:
- What a cell is, is a word and a shape; colour may be added and is never needed.
- A vial that is out keeps its cell marked, so that it is put back where it was, or seen to be gone.
- Cells are named as people name them (row letter, column number) and counted from 1, row by row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind
from inventory.domain.lives import disposition
from inventory.domain.lives.states import RELEASED
from inventory.domain.lives.storage import cell_of
from inventory.services.lists import everything

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


class Mark(StrEnum):
    """What a cell is, in one word."""

    FREE = "free"
    STORED = "stored"
    SOON = "expires soon"
    HELD = "on hold"
    EXPIRED = "expired"
    OUT = "out"


GLYPHS: Final = {
    Mark.FREE: "○", Mark.STORED: "●", Mark.SOON: "▲", Mark.HELD: "■", Mark.EXPIRED: "✕", Mark.OUT: "◐",
}  # fmt: skip
NEXT, FOUND = "◎", "◆"
"""The next free cell, and the one that is looked for."""

OUT_OF_STORAGE: Final = ("picked", "thawing", "thawed")
"""States of a vial that was taken out of its cell and is not gone."""


@dataclass(frozen=True, slots=True)
class Band:
    """How long until expiry: at least so many days, its shape and its words; `level` grows with the heat."""

    days: int
    glyph: str
    title: str
    level: int


BANDS: Final = (
    Band(365, "●", "more than a year", 0),
    Band(90, "◔", "within a year", 1),
    Band(30, "▲", "within 90 days", 2),
    Band(0, "◆", "within 30 days", 3),
    Band(-100_000, "✕", "expired", 4),
)
"""From cool to hot; the first that fits is the band."""
SOON_DAYS: Final = 90
"""From so many days before its expiry on, a cell is marked for it."""


def band_of(days: int) -> Band:
    """The band of what expires in so many days."""
    return next(band for band in BANDS if days >= band.days)


def days_until(expires_on: str, today: str) -> int:
    """Days from one day to another; a vial may be used on the day on which it expires."""
    return (date.fromisoformat(expires_on[:10]) - date.fromisoformat(today)).days


@dataclass(frozen=True, slots=True)
class Cell:
    """One position of a box, with the vial that lies in it or was taken out of it."""

    position: str
    row: int
    column: int
    number: int
    mark: Mark
    vial: str = ""
    lot: str = ""
    expires_on: str = ""
    days: int | None = None

    @property
    def name(self) -> str:
        """As people call it: C4."""
        return f"{chr(ord('A') + self.row - 1)}{self.column}"

    @property
    def glyph(self) -> str:
        """Its shape."""
        return GLYPHS[self.mark]

    @property
    def band(self) -> Band | None:
        """The heat of its expiry; None where nothing lies that expires."""
        return None if self.days is None or self.mark is Mark.OUT else band_of(self.days)

    @property
    def says(self) -> str:
        """All of it in words."""
        told = [self.name, self.mark.value]
        told += (
            [numbers.grouped(self.vial) if numbers.resembles(self.vial) else self.vial] if self.vial else []
        )
        told += [f"lot {self.lot}"] if self.lot else []
        told += [f"expires {self.expires_on}", f"{self.days} days left"] if self.expires_on else []
        return ", ".join(told)


NEVER: Final = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Aging:
    """The cells of one lot in a box: they expire together."""

    expires_on: str
    lot: str
    cells: tuple[Cell, ...]

    @property
    def days(self) -> int:
        """Days left."""
        return self.cells[0].days or 0

    @property
    def band(self) -> Band:
        """The heat of it."""
        return band_of(self.days)


@dataclass(frozen=True, slots=True)
class BoxMap:
    """A box, cell by cell."""

    box: ItemRecord
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell in the order of counting."""
        return tuple(cell for row in self.rows for cell in row)

    @property
    def lying(self) -> tuple[Cell, ...]:
        """The cells in which a vial lies."""
        return tuple(cell for cell in self.cells if cell.mark not in {Mark.FREE, Mark.OUT})

    @property
    def next_free(self) -> Cell | None:
        """The first free cell; None where there is none, or the box is not in use."""
        free = (cell for cell in self.cells if cell.mark is Mark.FREE)
        return next(free, None) if self.box.state == "in_use" else None

    @property
    def heat(self) -> list[Aging]:
        """What lies here by how soon it expires, the hottest first, then by lot."""
        found: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.lying:
            found.setdefault((cell.expires_on or NEVER, cell.lot), []).append(cell)
        return [Aging(until, lot, tuple(cells)) for (until, lot), cells in sorted(found.items())]

    def at(self, position: str) -> Cell | None:
        """The cell with that position's code."""
        return next((cell for cell in self.cells if cell.position == position), None)


async def box_map(reader: Reader, box: ItemRecord, today: str) -> BoxMap:
    """That box as it is on that day."""
    here = await reader.lying_in(box.code)
    out = [vial for vial in await reader.vials_in(*OUT_OF_STORAGE) if _from(vial, box.code)]
    lots = {code: await reader.item(code) for code in {vial.parent or "" for vial in (*here, *out)}}
    known = {str(vial.facts["position"]): _cell(vial, None, today) for vial in out}
    known |= {vial.place or "": _cell(vial, lots[vial.parent or ""], today) for vial in here}
    rows, columns = (int(str(box.facts[name])) for name in ("rows", "columns"))
    return BoxMap(
        box,
        tuple(
            tuple(_placed(box.code, row, column, columns, known) for column in range(1, columns + 1))
            for row in range(1, rows + 1)
        ),
    )


def _from(vial: ItemRecord, box: str) -> bool:
    cell = cell_of(str(vial.facts.get("position", "")))
    return cell is not None and cell[0] == box


Known = tuple[Mark, str, str, str, int | None]


def _cell(vial: ItemRecord, lot: ItemRecord | None, today: str) -> Known:
    """What is said of a vial's cell; without its lot, that it is out."""
    if lot is None:
        return Mark.OUT, vial.code, vial.parent or "", "", None
    days = days_until(lot.due, today) if lot.due else None
    return _mark(vial, lot, days), vial.code, lot.code, lot.due or "", days


def _mark(vial: ItemRecord, lot: ItemRecord, days: int | None) -> Mark:
    if days is not None and days < 0:
        return Mark.EXPIRED
    if not disposition.usable(vial.facts) or lot.state not in RELEASED:
        return Mark.HELD
    return Mark.SOON if days is not None and days < SOON_DAYS else Mark.STORED


def _placed(box: str, row: int, column: int, columns: int, known: Mapping[str, Known]) -> Cell:
    position, number = numbers.position_code(box, row, column), (row - 1) * columns + column
    mark, vial, lot, expires_on, days = known.get(position, (Mark.FREE, "", "", "", None))
    return Cell(position, row, column, number, mark, vial, lot, expires_on, days)


@dataclass(frozen=True, slots=True)
class Fill:
    """How full a box is: of how many cells so many are taken, and by how soon the vials expire."""

    box: ItemRecord
    taken: int
    size: int
    bands: tuple[tuple[Band, int], ...]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A place with the boxes that stand in it directly; `depth` is how far below the first one it is."""

    place: ItemRecord
    depth: int
    boxes: tuple[Fill, ...]


async def shelves(reader: Reader, below: str, today: str) -> list[Shelf]:
    """Every place at or below that one (all where it is empty), in the order of paths, with how full it is."""
    places = [one for one in await everything(reader, Kind.PLACE) if f"{one.code}/".startswith(_under(below))]
    boxes = [one for one in await everything(reader, Kind.BOX) if one.state != "retired"]
    stock = await reader.stock()
    due = {lot.code: lot.due for lot in await everything(reader, Kind.LOT)}
    first = below.count("/")
    return [
        Shelf(
            place,
            place.code.count("/") - first,
            tuple(_fill(box, stock, due, today) for box in boxes if box.place == place.code),
        )
        for place in sorted(places, key=lambda one: one.code.split("/"))
    ]


def _under(below: str) -> str:
    return f"{below}/" if below else ""


def _fill(
    box: ItemRecord, stock: Counter[tuple[str, str]], due: Mapping[str, str | None], today: str
) -> Fill:
    mine = {lot: count for (code, lot), count in stock.items() if code == box.code}
    bands: Counter[Band] = Counter()
    for lot, count in mine.items():
        bands[band_of(days_until(due.get(lot) or NEVER, today))] += count
    size = int(str(box.facts["rows"])) * int(str(box.facts["columns"]))
    return Fill(box, sum(mine.values()), size, tuple((band, bands[band]) for band in reversed(BANDS)))


def steps_to(place: str) -> list[tuple[str, str]]:
    """The way to a place, step by step: its name and the code of each step."""
    names = place.split("/") if place else []
    return [(name, "/".join(names[: depth + 1])) for depth, name in enumerate(names)]
