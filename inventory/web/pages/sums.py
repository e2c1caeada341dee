"""The reconciliation: what was received, and where it all is, with what does not add up first."""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.roles import Role
from inventory.services.reconciliation import kits_csv, lots_csv, reconciliation_of
from inventory.web.answers import in_bytes
from inventory.web.auth import PAGE, Asking, unblinded_reader_for
from inventory.web.pages.frame import page
from inventory.web.pages.menu import QUALITY

READ: Final = QUALITY | {Role.SUPPLY}


@get("/quality/reconciliation", opt=PAGE)
async def reconciliation(request: Asking) -> ASGIResponse:
    """Lots, boxes and kits added up."""
    reader = unblinded_reader_for(request, READ)
    tolerance_ul = reader.profile.limits.volume_tolerance_microlitres
    return page(
        request,
        "quality/reconciliation.html",
        added=await reconciliation_of(reader),
        tolerance_ul=tolerance_ul,
    )


@get("/quality/reconciliation/lots.csv", opt=PAGE)
async def lots(request: Asking) -> ASGIResponse:
    """The lots as a table for a spreadsheet."""
    found = await reconciliation_of(unblinded_reader_for(request, READ))
    return in_bytes(lots_csv(found.lots), "text/csv", "reconciliation-lots.csv")


@get("/quality/reconciliation/kits.csv", opt=PAGE)
async def kits(request: Asking) -> ASGIResponse:
    """The kits as a table for a spreadsheet."""
    found = await reconciliation_of(unblinded_reader_for(request, READ))
    return in_bytes(kits_csv(found.kits), "text/csv", "reconciliation-kits.csv")


ROUTES = [reconciliation, lots, kits]
