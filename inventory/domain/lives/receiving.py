"""How a vial is received from its shipment, and whether it arrived well enough to be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from inventory.domain.evidence import Code, Evidence
from inventory.domain.items import Item, Kind
from inventory.domain.lives import disposition
from inventory.domain.lives.shape import brought
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class Received(Evidence):
    """A vial taken out of its shipper and scanned against the manifest."""

    shipment: Code
    condition: Literal["intact", "damaged"] = "intact"


def on_manifest(case: Case) -> Refused | None:
    """The vial is on that shipment's manifest."""
    shipment = case.get(Kind.SHIPMENT, brought(case, "shipment"))
    listed = shipment is not None and case.item.code in shipment.texts("vials")
    return None if listed else Refused(Refusal.NOT_ON_MANIFEST)


def shipment_received(case: Case) -> Refused | None:
    """The shipment was received."""
    shipment = case.get(Kind.SHIPMENT, brought(case, "shipment"))
    return None if shipment and shipment.state == "received" else Refused(Refusal.SHIPMENT_NOT_RECEIVED)


def _arrived_well(case: Case) -> bool:
    """Whether vial and shipper came intact, no warmer than the product's alarm, in a shipment that was not refused."""
    shipment = case.get(Kind.SHIPMENT, brought(case, "shipment"))
    of = case.get(Kind.LOT, case.item.parent)
    product = case.profile.product(of.text("product")) if of else None
    if (
        shipment is None
        or product is None
        or shipment.state == "refused"
        or "damaged" in {brought(case, "condition"), shipment.text("condition")}
    ):
        return False
    return shipment.number("warmest_millicelsius") <= product.storage_alarm_millidegrees


def receive(case: Case) -> Iterable[Item]:
    """The vial is here; in quarantine unless it arrived well."""
    vial = case.moved(received_at=case.times(), shipment=brought(case, "shipment"))
    yield vial if _arrived_well(case) else disposition.quarantined(vial, "receipt")


RULES = (on_manifest, shipment_received)
