"""Whether everything adds up: what was received is stored, used, destroyed or missing, lot by lot and kit by kit.

Rules this module keeps:
- A vial is counted once, by the state in which it is; what is tied to a kit is not opened for it.
- A kit is balanced syringe by syringe, to the microlitre: a sum would hide two that were swapped.
- What does not add up, or is missing, comes first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from inventory.domain.items import Kind
from inventory.domain.lives.returning import beyond
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.states import OVER
from inventory.services.accountability import ALONE
from inventory.services.balances import of_kit, of_syringe
from inventory.services.lists import everything
from inventory.services.sheets import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

COLUMN_OF: Final = {
    **{state: category for state, category in ALONE.items() if state != "expected"},
    "received": "stored", "stored": "stored", "consumed": "used",
}  # fmt: skip
"""In which column a received vial is counted, by its state alone.

Where accountability looks further, at its lot, its judgement and the kit that it went into, this does not: what
is compared with the shelf is where the vial lies, and no kit is opened for it.
"""


@dataclass(frozen=True, slots=True)
class LotLine:
    """A lot: vials received, and what became of them; `difference` is what none of the columns explains.

    `not_arrived` stand on the manifest and were not received; `lost` are the codes of those that are missing.
    """

    lot: str
    state: str
    received: int
    stored: int
    in_process: int
    used: int
    sampled: int
    shipped_out: int
    awaiting_destruction: int
    destroyed: int
    missing: int
    difference: int
    not_arrived: int
    lost: tuple[str, ...]

    @property
    def off(self) -> bool:
        """Whether something of it does not add up."""
        return bool(self.missing or self.difference)


@dataclass(frozen=True, slots=True)
class KitLine:
    """A kit whose syringes were filled: their volumes, and the greatest difference of one, in microlitres.

    `off`: a difference beyond the tolerance has no reason yet. `waits`: it has not come back or is not balanced.
    """

    kit: str
    participant: str
    state: str
    syringes: int
    filled_ul: int
    given_ul: int
    remainder_ul: int
    spilled_ul: int
    worst_ul: int | None
    off: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A box whose last count found something: what was missing, unexpected, or elsewhere."""

    box: str
    place: str
    counted_at: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misplaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All of it, differences first."""

    lots: tuple[LotLine, ...]
    kits: tuple[KitLine, ...]
    boxes: tuple[BoxLine, ...]


async def reconciliation_of(reader: Reader) -> Reconciliation:
    """What this person may see, added up."""
    vials, boxes = await everything(reader, Kind.VIAL), await everything(reader, Kind.BOX)
    lots = [
        lot_line(lot, [vial for vial in vials if vial.parent == lot.code])
        for lot in await everything(reader, Kind.LOT)
    ]
    syringes = await _syringes(reader)
    kits = [
        kit_line(kit, syringes[kit.code], reader.profile.limits.volume_tolerance_microlitres)
        for kit in await everything(reader, Kind.KIT)
        if kit.code in syringes
    ]
    return Reconciliation(
        tuple(sorted(lots, key=lambda line: (not line.off, line.lot))),
        tuple(sorted(kits, key=lambda line: (not line.off, not line.waits, line.kit))),
        tuple(line for line in map(box_line, boxes) if line.missing or line.unexpected or line.misplaced),
    )


async def _syringes(reader: Reader) -> dict[str, list[ItemRecord]]:
    found: dict[str, list[ItemRecord]] = {}
    for syringe in await everything(reader, Kind.SYRINGE):
        found.setdefault(syringe.parent or "", []).append(syringe)
    return found


def lot_line(lot: ItemRecord, vials: Iterable[ItemRecord]) -> LotLine:
    """What became of a lot's vials."""
    mine = [vial for vial in vials if vial.state != VOIDED]
    received = [vial for vial in mine if _arrived(vial)]
    counts = Counter(COLUMN_OF[vial.state] for vial in received if vial.state in COLUMN_OF)
    columns = {name: counts[name] for name in dict.fromkeys(COLUMN_OF.values())}
    return LotLine(
        lot=lot.code,
        state=lot.state,
        received=len(received),
        difference=len(received) - sum(columns.values()),
        not_arrived=len(mine) - len(received),
        lost=tuple(vial.code for vial in mine if vial.state == "missing"),
        **columns,
    )


def _arrived(vial: ItemRecord) -> bool:
    """Whether it was here: scanned out of its shipper, or found after it had been missing there."""
    here = {"received_at", "found_at"} & vial.facts.keys()
    return bool(here) or vial.state not in {"expected", "missing"}


def kit_line(kit: ItemRecord, syringes: Sequence[ItemRecord], tolerance_ul: int) -> KitLine:
    """What became of a kit's volumes."""
    sums = of_kit(syringes)
    off = any(_off(each, tolerance_ul) and "difference_reason" not in each.facts for each in syringes)
    waits = kit.state in {*OVER, "returned"}
    return KitLine(kit.code, kit.parent or "", kit.state, off=off, waits=waits, **sums)


def _off(syringe: ItemRecord, tolerance_ul: int) -> bool:
    off_ul = of_syringe(syringe)["off_ul"]
    return off_ul is not None and beyond(off_ul, tolerance_ul)


def box_line(box: ItemRecord) -> BoxLine:
    """What the last count of a box found."""
    at = box.facts.get("counted_at")
    told = [_texts(box.facts.get(name)) for name in ("missing", "unexpected", "misplaced")]
    return BoxLine(
        box.code, str(box.facts.get("name", "")), str(at[0]) if isinstance(at, list) else "", *told
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def lots_csv(lines: Iterable[LotLine]) -> bytes:
    """The lots as a table."""
    return sheet([name for name in LotLine.__slots__ if name != "lost"], map(asdict, lines))


def kits_csv(lines: Iterable[KitLine]) -> bytes:
    """The kits as a table."""
    return sheet(KitLine.__slots__, map(asdict, lines))
