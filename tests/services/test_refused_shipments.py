"""A shipment that is refused when some of it is here already: nothing of it is used, and what is not here goes back."""

from __future__ import annotations

from inventory.domain.items import Kind
from tests.furniture import manifest, position, serials
from tests.services.bench import held_for
from tests.services.stock import stocked
from tests.services.ward import Ward

LOT, SHIPMENT = "CELLS-2", "S-CELLS-2"
REFUSED = {"reason": "seal_differs"}


async def _released(ward: Ward, vials: int = 3) -> list[str]:
    """The vials of a released lot that is taken first, all of one shipment."""
    mine = await stocked(ward, LOT, vials=vials, expires_on="2026-12-24")
    await ward.does("quinn", "lot-release", LOT)
    return mine


async def test_what_was_received_from_a_refused_shipment_is_in_quarantine(ward: Ward) -> None:
    mine = await _released(ward)
    kit = await ward.kit_at("called_for")
    picked, *others = mine
    await ward.does("tina", "vial-pick", picked, kit=kit, position=(await ward.vial(picked)).place)
    await ward.does("quinn", "vial-reject", others[-1], reason="leaking")
    await ward.does("quinn", "shipment-refuse", SHIPMENT, **REFUSED)
    assert (await ward.item(Kind.SHIPMENT, SHIPMENT)).text("reason") == "seal_differs"
    found = [await ward.vial(vial) for vial in mine]
    assert [(one.text("disposition"), one.text("quarantined_by")) for one in found] == [
        ("quarantined", "shipment"), ("quarantined", "shipment"), ("rejected", ""),
    ]  # fmt: skip
    told = await ward.refused("tina", "vial-thaw", picked, device="BATH", celsius_milli=37_000)
    assert told == ["vial_quarantined"]
    await ward.does("tina", "vial-return", picked, position=position(40))
    assert await ward.pick_list(kit) == ["BM-MSC-1-1"]
    await ward.does("quinn", "vial-clear", picked, reason="assessment_complete")
    assert await ward.pick_list(kit) == [picked]


async def test_kits_wait_together_for_a_refused_shipment_and_whoever_received_of_it_is_named(
    ward: Ward,
) -> None:
    mine = await _released(ward)
    given, other = await ward.kit_at("administered"), await ward.kit_at("at_pharmacy", "P-002")
    assert (await held_for(ward, given), await held_for(ward, other)) == (mine[:1], ["DMSO-1-1"])
    await ward.does("quinn", "shipment-refuse", SHIPMENT, **REFUSED)
    told = await ward.refused("paula", "kit-dispense", other, participant="P-002")
    assert told == ["not_available"]
    (alert,) = await (await ward.reader("dora")).page(Kind.ALERT, limit=5)
    assert (alert.parent, alert.facts["about"], alert.facts["cause"], alert.facts["recipients"]) == (
        SHIPMENT, "shipment", "shipment-refuse", ["P-001"],
    )  # fmt: skip


async def test_what_is_not_received_of_a_refused_shipment_is_sent_back(ward: Ward) -> None:
    first, second = mine = serials(LOT, 2)
    seal = {"seal": "SEAL-1", "logger_id": "LOGGER"}
    await ward.does("tina", "lot-register", LOT, **manifest("BM-MSC", mine))
    await ward.does(
        "tina", "shipment-advise", SHIPMENT, sender="Maker", receiver="Site", carrier="Carrier", shipper_id="DRY-1",
        expected_from="2026-11-20", expected_to="2026-11-23", vials=mine, **seal,
    )  # fmt: skip
    arrived = {"warmest_millicelsius": -160_000, "condition": "intact", **seal}
    await ward.does("tina", "shipment-receive", SHIPMENT, **arrived)
    await ward.does("quinn", "shipment-refuse", SHIPMENT, **REFUSED)
    assert await ward.refused("tina", "vial-receive", first, shipment=SHIPMENT) == ["shipment_not_received"]
    await ward.does("tina", "vial-ship-out", first, consignee="Maker", shipper="DRY-1")
    assert (await ward.vial(first)).state == "shipped_out"
    late = {"late": {"sheet": "SHEET-1", "reason": "system_down"}}
    happened = ward.site.now()
    ward.wait(minutes=10)
    broke = await ward.breaks("tina", "vial-receive", second, shipment=SHIPMENT, at=happened, **late)
    assert broke.codes == ["shipment_not_received"]
    assert (await ward.vial(second)).text("disposition") == "quarantined"
