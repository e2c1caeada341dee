"""What comes from outside: what a manifest says, what a shipment was to bring, what a logger saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.domain.items import Kind
from inventory.services.epcis.names import PREFIX
from inventory.services.epcis.steps import OBSERVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.services.epcis.scene import Scene
    from inventory.services.printed import Leaf

SHIPPED: Final = {
    "shipment-advise": ("shipping", "in_transit"),
    "shipment-refuse": ("void_shipping", "returned"),
}
"""What a shipment's vials that are not here go through, which no entry of their own tells."""
SENSED: Final = frozenset({"shipment-receive", "excursion-open"})


def arrived(leaf: Leaf, scene: Scene) -> Iterator[dict[str, Any]]:
    """The events of a shipment's or a logger's entry; none of any other."""
    if leaf["action"] in SHIPPED:
        yield from _shipped(leaf, scene, *SHIPPED[leaf["action"]])
    if leaf["action"] in SENSED:
        yield _sensed(leaf, scene)


def made(leaf: Leaf) -> dict[str, Any]:
    """What the manifest says of every vial of the lot (CBV 2.0 §9.2)."""
    told = leaf["evidence"]
    return {
        "cbvmda:lotNumber": leaf["item"],
        "cbvmda:itemExpirationDate": told["expires_on"],
        f"{PREFIX}:product": told["product"],
        f"{PREFIX}:filledOn": told["filled_on"],
    }


def _shipped(leaf: Leaf, scene: Scene, step: str, disposition: str) -> Iterator[dict[str, Any]]:
    """What the shipment was to bring and is not here, seen where it was sent from, or where it was refused."""
    told, names = scene.item(Kind.SHIPMENT, leaf["item"]), scene.names
    vials = [scene.item(Kind.VIAL, code) for code in told.texts("vials")]
    if not (coming := [vial for vial in vials if vial.state == "expected"]):
        return
    sender, receiver = (names.urn("party", told.text(name)) for name in ("sender", "receiver"))
    yield {
        "type": "ObjectEvent",
        "epcList": scene.uris(coming),
        "action": OBSERVE,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": sender if step == "shipping" else names.location("lab")},
        "bizTransactionList": [{"type": "desadv", "bizTransaction": names.urn("shipment", leaf["item"])}],
        "sourceList": [{"type": "possessing_party", "source": sender}],
        "destinationList": [{"type": "possessing_party", "destination": receiver}],
    }


def _sensed(leaf: Leaf, scene: Scene) -> dict[str, Any]:
    """The warmest that a logger saw: of a shipment, or of a place while it was too warm."""
    told, names = leaf["evidence"], scene.names
    metadata = {"deviceID": names.urn("device", str(told.get("logger") or told.get("logger_id")))}
    warmest = int(told["warmest_millicelsius"]) / 1000
    report: dict[str, Any] = {"type": "Temperature", "maxValue": warmest, "uom": "CEL"}
    where = names.location("lab")
    if leaf["action"] == "excursion-open":
        metadata |= {"startTime": told["started_at"], "endTime": told["ended_at"]}
        report["exception"] = "ALARM_CONDITION"
        where = names.urn("place", str(told["place"]))
    return {
        "type": "ObjectEvent",
        "epcList": [],
        "action": OBSERVE,
        "bizStep": "sensor_reporting",
        "readPoint": {"id": where},
        "bizLocation": {"id": where},
        "sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [report]}],
    }
