"""Stock of a box or a whole rack: what was counted last, what did not fit, and what became of it since.

Rules this module keeps:
- A count is the act `box-count`: cell by cell what was seen. What it found is told by its entry, and what became of
  that by the vials as they are now; nothing is remembered beside the record.
- A difference is resolved when the vial is recorded where it was seen, or as missing; nothing resolves itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from inventory.domain.items import Kind
from inventory.domain.lives.codes import LAB
from inventory.domain.lives.storage import cell_of
from inventory.services.lists import everything

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord, ItemRecord

COUNT = "box-count"


class Found(StrEnum):
    """In which way what was seen does not fit what is recorded, in words."""

    MISSING = "not seen"
    MISPLACED = "seen in another cell"
    ELSEWHERE = "recorded elsewhere"
    LOST = "was reported missing"
    GONE = "recorded as gone"
    UNKNOWN = "unknown"


GLYPHS = {
    Found.MISSING: "○", Found.MISPLACED: "⇄", Found.ELSEWHERE: "⇥", Found.LOST: "◆", Found.GONE: "✕",
    Found.UNKNOWN: "?",
}  # fmt: skip
PUTS = {"stored": "vial-move", "received": "vial-store", "missing": "vial-find", "picked": "vial-return"}
"""By the vial's state, the act that records it in the cell in which it was seen."""


RESOLVES = frozenset({*PUTS.values(), "vial-lose"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One vial that a count found otherwise than recorded.

    Attributes:
        seen_in: the position in which it was seen; empty for one that was not seen.
        vial: as it is now; None where nobody knows it.
        action: the act that would set the record right, empty where this page has none.
        resolved: whether that was done since.
        undo: the entry by which that was done, as (log, index); None where nothing was.
    """

    code: str
    found: Found
    seen_in: str
    vial: ItemRecord | None
    action: str
    resolved: bool
    undo: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """The last count of a box, as its entry tells it; it stands until it is voided or another follows."""

    entry: EntryRecord
    matched: int
    differences: tuple[Difference, ...]

    @property
    def open(self) -> int:
        """How many differences wait."""
        return sum(not one.resolved for one in self.differences)


async def last_count(reader: Reader, box: ItemRecord) -> Count | None:
    """The last count of that box that stands; None where it was never counted."""
    entries = await reader.history(box.code) or []
    voided = {(void["log"], void["index"]) for each in entries if (void := _of(each).get("voids"))}
    counts = [
        each for each in entries if each.leaf.get("action") == COUNT and (each.log, each.index) not in voided
    ]
    if not counts:
        return None
    entry = counts[-1]
    now = next(change["now"]["facts"] for change in _of(entry)["changes"] if change["code"] == box.code)
    seen = {one["vial"]: one["position"] for one in _of(entry)["evidence"].get("seen", ())}
    codes = [*now.get("missing", ()), *now.get("unexpected", ()), *now.get("misplaced", ())]
    told = [await _difference(reader, box.code, str(code), seen.get(code, "")) for code in codes]
    found = [replace(one, undo=await _undo(reader, one, entry)) if one.resolved else one for one in told]
    return Count(entry, int(now.get("matched", 0)), tuple(found))


def _of(entry: EntryRecord) -> dict[str, Any]:
    return dict(entry.leaf)


async def _difference(reader: Reader, box: str, code: str, seen_in: str) -> Difference:
    known = await reader.item(code)
    vial = known if known is not None and known.kind is Kind.VIAL else None
    if vial is None:
        reported = await reader.sees(stray_code(box, code))
        return Difference(code, Found.UNKNOWN, seen_in, None, "deviation-report-lab", resolved=reported)
    if not seen_in:
        gone = vial.state != "stored" or _box(vial) != box
        return Difference(code, Found.MISSING, "", vial, "vial-lose", resolved=gone)
    action = PUTS.get(vial.state, "")
    resolved = vial.place == seen_in
    return Difference(code, how_found(vial, box, seen_in), seen_in, vial, action, resolved=resolved)


async def _undo(reader: Reader, one: Difference, count: EntryRecord) -> tuple[str, int] | None:
    """The latest entry of the vial since the count, where it is the one that resolved the difference."""
    entries = await reader.history(one.code) or [] if one.vial else []
    if not entries or entries[-1].recorded_at < count.recorded_at:
        return None
    return (entries[-1].log, entries[-1].index) if entries[-1].leaf["action"] in RESOLVES else None


def stray_code(box: str, code: str) -> str:
    """The code of the deviation that says that something unknown was seen in the box."""
    return f"{LAB}{box}-{code}"[:64]


def how_found(vial: ItemRecord, box: str, seen_in: str) -> Found:
    """In which way a vial that was seen there does not fit its record."""
    if vial.state == "missing":
        return Found.LOST
    if vial.place is None and vial.state not in PUTS:
        return Found.GONE
    return Found.MISPLACED if _box(vial) == box or vial.place == seen_in else Found.ELSEWHERE


def _box(vial: ItemRecord) -> str:
    cell = cell_of(vial.place or "")
    return cell[0] if cell else ""


@dataclass(frozen=True, slots=True)
class Stock:
    """A box with its last count."""

    box: ItemRecord
    vials: int
    count: Count | None


async def stock_of(reader: Reader, place: str = "") -> list[Stock]:
    """Every box at or below that place (all where it is empty), by where it stands."""
    under = f"{place}/" if place else ""
    lying: dict[str, int] = {}
    for (box, _), count in (await reader.stock()).items():
        lying[box] = lying.get(box, 0) + count
    return [
        Stock(
            box, lying.get(box.code, 0), await last_count(reader, box) if "counted_at" in box.facts else None
        )
        for box in sorted(
            _standing(await everything(reader, Kind.BOX), under), key=lambda box: box.place or ""
        )
    ]


def _standing(boxes: list[ItemRecord], under: str) -> Iterator[ItemRecord]:
    return (box for box in boxes if box.state != "retired" and f"{box.place}/".startswith(under))
