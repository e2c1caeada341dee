"""What is still on its way in the demonstration: a small lot that was announced and waits to be taken in.

Its vials' numbers are drawn from a source of their own, so that those of the files stay as they are.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from inventory.demo.made_up import MAKER, Lot
from inventory.domain.identifiers.numbers import Kind, draw

COMING = Lot("DMSO-2503", "DMSO", 8, "SH-2604", date(2026, 11, 5))
LOGGER = "LG-3112"


def serials() -> list[str]:
    """The vials' numbers, the same every time."""
    source = random.Random(2604)  # noqa: S311  (made-up data that must come out the same each time)
    return [draw(Kind.VIAL, source.randrange) for _ in range(COMING.vials)]


def lot() -> dict[str, Any]:
    """What registering the lot asks for."""
    return {
        "product": COMING.product, "manufacturer": MAKER,
        "cryo_medium": "Plasma-Lyte A with 5 % human serum albumin", "dmso_basis_points": 1000,
        "filled_on": COMING.filled_on.isoformat(), "expires_on": "2027-01-31",
        "vials": [{"serial": serial, "volume_ul": 4500} for serial in serials()],
    }  # fmt: skip


def shipment() -> dict[str, Any]:
    """What announcing the shipment asks for."""
    return {
        "sender": MAKER, "receiver": "Jacksonville cell laboratory", "carrier": "Cryo courier",
        "shipper_id": "DS-0051", "seal": "SEAL-88402", "logger_id": LOGGER,
        "expected_from": "2026-11-22", "expected_to": "2026-11-24", "vials": serials(),
    }  # fmt: skip
