"""A shipment against its manifest, in three buckets: expected and scanned, expected and missing, not expected.

Rules this module keeps:
- What was scanned and what was not is told by the vials themselves; nothing is counted beside the record.
- What was in the shipper and is not on the manifest is a deviation of the laboratory that names the shipment, under
  a code that ends in what was scanned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inventory.domain.items import Kind
from inventory.domain.lives.codes import LAB
from inventory.services.lists import everything

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

WRONG: Final = "wrong_item"
"""The reason under which a deviation says that something was not expected."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A shipment as far as it was taken in.

    Attributes:
        vials: every vial of the manifest, in its order.
        strays: what was found in the shipper that is on no line of the manifest, with its deviation.
    """

    shipment: ItemRecord
    vials: tuple[ItemRecord, ...]
    strays: tuple[tuple[str, ItemRecord], ...]

    @property
    def here(self) -> tuple[ItemRecord, ...]:
        """Expected and scanned."""
        return tuple(vial for vial in self.vials if vial.state not in {"expected", "missing"})

    @property
    def awaited(self) -> tuple[ItemRecord, ...]:
        """Expected, and not scanned yet."""
        return tuple(vial for vial in self.vials if vial.state == "expected")

    @property
    def missing(self) -> tuple[ItemRecord, ...]:
        """Expected, and reported as missing."""
        return tuple(vial for vial in self.vials if vial.state == "missing")

    @property
    def to_put_away(self) -> tuple[ItemRecord, ...]:
        """Scanned, and in no position yet."""
        return tuple(vial for vial in self.vials if vial.state == "received")

    def stray_code(self, scanned: str) -> str:
        """The code of the deviation that says that this was in the shipper."""
        return f"{LAB}{self.shipment.code}-{scanned}"[:64]


async def receipt_of(reader: Reader, shipment: ItemRecord) -> Receipt:
    """That shipment as this person may see it."""
    listed = shipment.facts.get("vials")
    found = [await reader.item(str(code)) for code in (listed if isinstance(listed, list) else [])]
    before = f"{LAB}{shipment.code}-"
    return Receipt(
        shipment,
        tuple(vial for vial in found if vial is not None),
        tuple(
            (each.code.removeprefix(before), each)
            for each in await everything(reader, Kind.DEVIATION)
            if each.parent == shipment.code and each.code.startswith(before)
        ),
    )


async def shipments_in_hand(reader: Reader) -> list[ItemRecord]:
    """The shipments that are awaited or being taken in."""
    found = await everything(reader, Kind.SHIPMENT)
    return [one for one in found if one.state in {"expected", "received"}]
