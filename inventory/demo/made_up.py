"""What the demonstration pretends: five lots, three of cells, with donors, shipments and certificates.

The first lot of cells passes every test, the second waits for sterility, the third fails viability, and one
donor is ineligible and has no lot. Donation numbers use the facility A9999, which ICCBBA keeps for examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

SITE, ROOM = "JAX", "JAX/CRYO"
MAKER = "Florida Cell Manufacturing (demonstration)"
EASTERN = "-05:00"


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of the demonstration; `donor` and `din` are empty where the product has no cells."""

    number: str
    product: str
    vials: int
    shipment: str
    filled_on: date
    donor: str = ""
    din: str = ""


LOTS = (
    Lot("MSC-2501", "BM-MSC", 72, "SH-2601", date(2025, 9, 18), "D-0107", "A999925000107"),
    Lot("MSC-2502", "BM-MSC", 44, "SH-2602", date(2026, 10, 29), "D-0112", "A999926000112"),
    Lot("MSC-2503", "BM-MSC", 20, "SH-2603", date(2026, 3, 12), "D-0119", "A999926000119"),
    Lot("DMSO-2501", "DMSO", 48, "SH-2601", date(2025, 9, 18)),
    Lot("DMSO-2502", "DMSO", 28, "SH-2602", date(2026, 10, 29)),
)

DONORS = (
    ("D-0107", "eligible", "2025-06-03", "Donor programme QA", ""),
    ("D-0112", "eligible", "2026-07-21", "Donor programme QA", ""),
    ("D-0119", "eligible", "2025-12-09", "Donor programme QA", ""),
    (
        "D-0123", "ineligible", "2026-08-14", "Donor programme QA",
        "WARNING: Advise patient of communicable disease risks",
    ),
)  # fmt: skip

SHIPMENTS = {
    "SH-2601": ("DS-0042", "SEAL-88121", "LG-3107", "2026-01-13T09:00:00-05:00", "2026-01-13T17:00:00-05:00"),
    "SH-2602": ("DS-0051", "SEAL-88340", "LG-3112", "2026-11-10T09:00:00-05:00", "2026-11-10T17:00:00-05:00"),
    "SH-2603": ("DS-0042", "SEAL-88207", "LG-3107", "2026-06-02T09:00:00-04:00", "2026-06-02T17:00:00-04:00"),
}

TESTS = {
    "appearance": ("visual", "intact, no particles", "complies", ""),
    "volume": ("gravimetric", "4.3 to 4.7", "4.5", "mL"),
    "viability": ("7-AAD, flow cytometry", "at least 70", "91.4", "%"),
    "cell-count": ("automated counter", "at least 40", "45.6", "10^6"),
    "identity": ("flow cytometry, CD73 CD90 CD105", "at least 95", "98.2", "%"),
    "karyotype": ("G-banding, 20 metaphases", "normal", "normal", ""),
    "endotoxin": ("LAL, kinetic", "below 0.5", "below 0.05", "EU/mL"),
    "mycoplasma": ("PCR", "not detected", "not detected", ""),
    "sterility": ("USP <71>, 14 days", "no growth", "no growth", ""),
}
WITHOUT_CELLS = ("appearance", "volume", "endotoxin", "sterility")
EXCEPTIONS = {
    ("MSC-2502", "sterility"): ("no growth to day 7", "pending"),
    ("MSC-2503", "viability"): ("61.8", "fail"),
}
