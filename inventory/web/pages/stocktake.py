"""Taking stock of a box by scans, cell by cell; then each difference is resolved, or undone, through the log.

Rules this module keeps:
- The page knows the cell that is next and what was scanned; the record learns of it by one act at the end.
- What a scan names is told at once: right, in another cell, from elsewhere, unknown.
- A spilled box is scanned in the same way; its act is the one that puts it back in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.identifiers import scan
from inventory.domain.items import Kind
from inventory.domain.lives.storage import cell_of
from inventory.domain.roles import Role
from inventory.services import stock_taking, storage_map
from inventory.services.acts import new_key
from inventory.services.scanning import POSITION, scanned
from inventory.web.auth import PAGE, Asking, reader_for, reader_of, site_of
from inventory.web.pages.addressed import storage_in
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.scanned import scan_in
from inventory.web.pages.storage import of_box
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from inventory.store.records import ItemRecord

BY: Final = frozenset({Role.TECHNICIAN, Role.QA})
ENDS: Final = {"in_use": "box-count", "spilled": "box-rescan"}
"""By the box's state, the act by which a round of scans is recorded."""


@get(["/stock-take", "/stock-take/{code:path}"], opt=PAGE)
async def stocktake(request: Asking) -> ASGIResponse:
    """Every box with its last count, those of one place, or one box with what its count found."""
    reader = reader_for(request, BY)
    record = await storage_in(request, reader)
    if record is not None and record.kind is Kind.BOX:
        return await _box(request, record)
    code = record.code if record else ""
    found = await stock_taking.stock_of(reader, code)
    return page(request, "stocktake/boxes.html", stock=found, steps=storage_map.steps_to(code), record=record)


async def _box(request: Asking, box: ItemRecord) -> ASGIResponse:
    site, reader = site_of(request.scope), reader_of(request)
    ends = ENDS.get(box.state, "")
    count = await stock_taking.last_count(reader, box)
    return page(
        request, "stocktake/box.html", box=box, count=count, glyphs_of=stock_taking.GLYPHS,
        ends=ends if ends in box.allowed_actions else "",
        key=await new_key(site, request.user.code), occurred_at=clocks.format_instant(site.now()),
        voids="box-void" in box.allowed_actions, **await of_box(request, reader, box),
    )  # fmt: skip


@post("/stock-take/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Go to the box or place that was scanned."""
    reader_for(request, BY)
    record = (await _scanned(request))[1]
    if record is not None and record.kind in {Kind.BOX, Kind.PLACE}:
        return in_html("", headers={"HX-Redirect": f"/stock-take/{record.code}"})
    if record is None:
        raise ProblemError(UNKNOWN)
    return page(request, "stocktake/not_a_box.html", record=record)


@post("/stock-take/seen", status_code=200, opt=PAGE)
async def seen(request: Asking) -> ASGIResponse:
    """What was seen in the cell `at` of a box: as recorded, or in which way not."""
    reader_for(request, BY)
    at = request.query_params.get("at", "")
    cell = cell_of(at)
    if cell is None:
        raise ProblemError(UNKNOWN)
    code, record = await _scanned(request)
    if record is not None and record.kind is Kind.BOX:
        kind = POSITION if cell_of(code) else "box"
        return page(request, "stocktake/seen.html", kind=kind, code=code, at=at, record=record, found=None)
    vial = record if record is not None and record.kind is Kind.VIAL else None
    as_recorded = vial is not None and vial.place == at and vial.state == "stored"
    found = (
        None
        if as_recorded
        else stock_taking.how_found(vial, cell[0], at)
        if vial is not None
        else stock_taking.Found.UNKNOWN
    )
    return page(request, "stocktake/seen.html", kind="vial", code=code, at=at, record=vial, found=found)


async def _scanned(request: Asking) -> tuple[str, ItemRecord | None]:
    """The code that was scanned, and what it names for this person, if anything."""
    data, typed = await scan_in(request)
    found = await scanned(reader_of(request), data, typed=typed)
    return (found[1].code, found[1]) if found else (scan.normalise(data, typed=typed).code, None)


ROUTES = [stocktake, find, seen]
