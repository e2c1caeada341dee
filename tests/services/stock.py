"""Lots and boxes that a test brings in itself, with what is wrong with them."""

from __future__ import annotations

from typing import Any

from tests.furniture import RACK, box, box_code, manifest, position, serials
from tests.services.ward import Ward

FIRST_FREE = 30
"""The number of a position of the furnished box that is free, as are all after it."""


def certificate(ward: Ward, product: str, **verdicts: str) -> dict[str, Any]:
    """A certificate on which every release test passes but those named, with _ for - in their names."""
    given = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    results = [
        {"test": test, "result": "R", "verdict": given.get(test, "pass")}
        for test in ward.site.profile.release_tests_for(product)
    ]
    return {"issued_on": "2026-11-01", "results": results}


async def stocked(
    ward: Ward, lot: str, product: str = "BM-MSC", *, vials: int = 3, first: int = FIRST_FREE,
    expires_on: str = "2027-12-31", volume_ul: int = 4500, **verdicts: str,
) -> list[str]:  # fmt: skip
    """A lot in quarantine, its vials stored and its tests entered; their serials."""
    mine = serials(lot, vials)
    seal = {"seal": "SEAL-1", "logger_id": "LOGGER"}
    told = {**manifest(product, mine), "expires_on": expires_on}
    told["vials"] = [{**vial, "volume_ul": volume_ul} for vial in told["vials"]]
    await ward.does("tina", "lot-register", lot, **told)
    await ward.does(
        "tina", "shipment-advise", f"S-{lot}", sender="Maker", receiver="Site", carrier="Carrier",
        shipper_id="DRY-1", expected_from="2026-11-20", expected_to="2026-11-23", vials=mine, **seal,
    )  # fmt: skip
    arrived = {"warmest_millicelsius": -160_000, "condition": "intact", **seal}
    await ward.does("tina", "shipment-receive", f"S-{lot}", **arrived)
    for place, serial in enumerate(mine, start=first):
        await ward.does("tina", "vial-receive", serial, shipment=f"S-{lot}")
        await ward.does("tina", "vial-store", serial, position=position(place))
    await ward.does("quinn", "lot-record-results", lot, **certificate(ward, product, **verdicts))
    return mine


async def conditional(ward: Ward, lot: str, follow_up_by: str = "2026-12-05") -> list[str]:
    """A lot of cells released while its sterility test is pending, the first to be taken; its vials."""
    mine = await stocked(ward, lot, expires_on="2027-06-30", sterility="pending")
    await ward.does("quinn", "lot-release-conditionally", lot, follow_up_by=follow_up_by)
    return mine


async def other_box(ward: Ward, place: str = RACK, seed: int = 30) -> str:
    """A second, empty box, in the rack unless another place is named; with another seed another one."""
    code = box_code(seed)
    await box(ward.cast, code, place)
    return code
