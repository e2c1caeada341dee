"""The tree of a look-back: from a donor, a lot or a vial to kits, syringes and participants, and who was told.

Rules this module keeps:
- It is built from the links that the reader may open, and from nothing else; what they do not tie to a kit is
  told by its state alone.
- The same lines stand in the table for a spreadsheet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.domain.lives.lookback import Link, recipients
from inventory.services.lists import everything
from inventory.services.sheets import sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


@dataclass(frozen=True, slots=True)
class KitBranch:
    """A kit of a vial, for whom it is, and its syringes."""

    kit: str
    participant: str
    period: int
    syringes: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class VialBranch:
    """A vial that went into syringes."""

    vial: str
    kits: tuple[KitBranch, ...]


@dataclass(frozen=True, slots=True)
class LotBranch:
    """A lot with its vials: those that went into syringes one by one, the others by state."""

    lot: str
    donor: str
    used: tuple[VialBranch, ...]
    others: dict[str, int]


@dataclass(frozen=True, slots=True)
class Tree:
    """A look-back: the lots, who received any of it, and the alerts that are about it."""

    lots: tuple[LotBranch, ...]
    recipients: tuple[str, ...]
    alerts: tuple[ItemRecord, ...]


async def tree_of(reader: Reader, root: ItemRecord, links: Sequence[Link]) -> Tree:
    """The tree of these links under that root."""
    vials = await everything(reader, Kind.VIAL)
    lots = dict.fromkeys(_lots(root, links, await everything(reader, Kind.LOT)))
    alerts = [each for each in await everything(reader, Kind.ALERT) if each.parent in {root.code, *lots}]
    return Tree(
        tuple(_lot(lot, donor, links, vials) for lot, donor in _named(lots, links, root).items()),
        tuple(recipients(links)),
        tuple(alerts),
    )


def _lots(root: ItemRecord, links: Sequence[Link], lots: Sequence[ItemRecord]) -> list[str]:
    own = {
        Kind.LOT: [root.code],
        Kind.VIAL: [root.parent or ""],
        Kind.DONOR: [lot.code for lot in lots if lot.parent == root.code],
    }.get(root.kind, [])
    return [*own, *(link.lot or "" for link in links)]


def _named(lots: dict[str, None], links: Sequence[Link], root: ItemRecord) -> dict[str, str]:
    donors = {link.lot: link.donor or "" for link in links}
    mine = root.code if root.kind is Kind.DONOR else root.parent or "" if root.kind is Kind.LOT else ""
    return {lot: donors.get(lot) or mine for lot in lots if lot}


def _lot(code: str, donor: str, links: Sequence[Link], vials: Sequence[ItemRecord]) -> LotBranch:
    mine = [link for link in links if link.lot == code]
    used = {
        vial: [link for link in mine if link.vial == vial]
        for vial in dict.fromkeys(link.vial for link in mine)
    }
    others = Counter(vial.state for vial in vials if vial.parent == code and vial.code not in used)
    return LotBranch(code, donor, tuple(_vial(vial, found) for vial, found in used.items()), dict(others))


def _vial(code: str, links: Sequence[Link]) -> VialBranch:
    kits = dict.fromkeys((link.kit, link.participant, link.period) for link in links)
    return VialBranch(
        code, tuple(KitBranch(*kit, tuple(link for link in links if link.kit == kit[0])) for kit in kits)
    )


def as_csv(links: Sequence[Link]) -> bytes:
    """The same, a line for each syringe."""
    return sheet(Link.__slots__, map(asdict, links))
