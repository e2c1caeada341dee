"""The scan workbench: what was scanned or typed, answered with a card of what may be done with it.

Rules this module keeps:
- A scan selects and never acts by itself.
- Of what a person types, only a number with its check character is taken.
- An unknown code and one that is not for this person are one answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.services.scanning import POSITION
from inventory.web.auth import PAGE, Asking, site_of
from inventory.web.pages.frame import page, wants_part
from inventory.web.pages.items import card_of
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.words import instant_of

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.store.records import ItemRecord


@get("/scan", opt=PAGE)
async def bench(request: Asking) -> ASGIResponse:
    """The workbench, ready."""
    return page(request, "scan.html", record=None)


@post("/scan", status_code=200, opt=PAGE)
async def scan(request: Asking) -> ASGIResponse:
    """What a scan names."""
    kind, record, scan_made = await thing_scanned(request)
    context: dict[str, Any] = {
        "kind": kind,
        "typed": scan_made.typed,
        "outcome": "check" if past_due(record, site_of(request.scope).now()) else "ok",
        # A position is no thing: nothing is done with it by itself, and its box is one more scan away.
        **card_of(replace(record, allowed_actions=()) if kind == POSITION else record),
    }
    return page(request, "parts/scanned.html" if wants_part(request.scope) else "scan.html", **context)


def past_due(record: ItemRecord, now: datetime) -> bool:
    """Whether its use-by or its day has passed."""
    if not record.due:
        return False
    at = instant_of(record.due)
    return at < now if at else record.due < clocks.format_instant(now)[:10]


ROUTES = [bench, scan]
