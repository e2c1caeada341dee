"""The files that people import, read whole or refused whole: one module for each kind of file.

Each `read_*` takes the bytes of a file and gives typed rows, or raises `ImportRefused`, whatever the bytes.
Whether a donor, a lot or a place is known already is not asked here; that needs the records.
"""

from __future__ import annotations

from inventory.domain.manifests.coa import Coa, CoaResult, read_coa, refuse_unfit_pages
from inventory.domain.manifests.donor import DonorRow, read_donors
from inventory.domain.manifests.lot import LotRow, read_lots
from inventory.domain.manifests.participants import ParticipantRow, read_participants
from inventory.domain.manifests.problems import ImportRefused, RowProblem, refuse
from inventory.domain.manifests.randomization import (
    Listed,
    RandomizationList,
    StratumAudit,
    read_randomization,
)
from inventory.domain.manifests.shipment import Shipment, read_shipments
from inventory.domain.manifests.storage import PlaceRow, read_places
from inventory.domain.manifests.temperature import Reading, read_temperatures

__all__ = [
    "Coa",
    "CoaResult",
    "DonorRow",
    "ImportRefused",
    "Listed",
    "LotRow",
    "ParticipantRow",
    "PlaceRow",
    "RandomizationList",
    "Reading",
    "RowProblem",
    "Shipment",
    "StratumAudit",
    "read_coa",
    "read_donors",
    "read_lots",
    "read_participants",
    "read_places",
    "read_randomization",
    "read_shipments",
    "read_temperatures",
    "refuse",
    "refuse_unfit_pages",
]
