"""The storage map: every place and box, how full and how old, and one box cell by cell; find, and move by scan.

Rules this module keeps:
- A scan finds: whatever was scanned is shown in its cell. What is moved is moved by the tables' own acts, with the
  position that was scanned or touched; refused, the form comes back with the cells.
- Where a vial goes to is the box whose page is open; else it stays in the box in which it lies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.storage import cell_of
from inventory.services import storage_map
from inventory.services.scanning import POSITION
from inventory.store.gate import BOXED
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.pages.acts import IN_RUN, Sheet, recorded, row_of
from inventory.web.pages.addressed import storage_in
from inventory.web.pages.frame import in_html, page, wants_part
from inventory.web.pages.lists import begun_by
from inventory.web.pages.scanned import thing_scanned
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from inventory.services.storage_map import BoxMap
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

PUTS: Final = {
    "stored": "vial-move", "received": "vial-store", "picked": "vial-return", "missing": "vial-find",
}  # fmt: skip
"""By the vial's state, the act that puts it into a position."""

LEGEND: Final = tuple((glyph, mark.value) for mark, glyph in storage_map.GLYPHS.items())


@get(["/storage", "/storage/{code:path}"], opt=PAGE)
async def storage(request: Asking) -> ASGIResponse:
    """Every place, one place, or one box; by what lies there, or by how soon it expires."""
    reader = reader_for(request, BOXED)
    record = await storage_in(request, reader)
    context: dict[str, Any] = {"by_expiry": request.query_params.get("by") == "expiry", "record": record}
    if record is not None and record.kind is Kind.BOX:
        return page(request, "storage/box.html", **context, **await of_box(request, reader, record))
    shown = await _of_places(request, reader, record.code if record else "")
    return page(request, "storage/places.html", **context, **shown)


async def _of_places(request: Asking, reader: Reader, code: str) -> dict[str, Any]:
    return {
        "shelves": await storage_map.shelves(reader, code, today(request)),
        "out": await reader.vials_in(*storage_map.OUT_OF_STORAGE),
        "waiting": await reader.vials_in("received"),
        "steps": storage_map.steps_to(code),
        "begun": begun_by(reader, Kind.PLACE, Kind.BOX),
        "bands": tuple(reversed(storage_map.BANDS)),
    }


async def of_box(request: Asking, reader: Reader, box: ItemRecord, found: str = "") -> dict[str, Any]:
    """What templates show of a box; `found` is the position that is looked for."""
    return {
        "map": await storage_map.box_map(reader, box, today(request)),
        "found": found,
        "steps": storage_map.steps_to(box.place or ""),
        "legend": LEGEND,
        "glyphs": {"next": storage_map.NEXT, "found": storage_map.FOUND},
    }


def today(request: Asking) -> str:
    """The day at the site."""
    site = site_of(request.scope)
    return clocks.local_day(site.now(), site.profile.site.time_zone)


@post("/storage/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Where it is that was scanned, and how it may be moved from there."""
    reader = reader_for(request, BOXED)
    kind, record, _ = await thing_scanned(request)
    if kind in {Kind.BOX, Kind.PLACE}:
        return in_html("", headers={"HX-Redirect": f"/storage/{record.code}"})
    if kind == Kind.VIAL:
        return await _vial(request, reader, record, request.query_params.get("in", ""))
    if kind == POSITION:
        return await _position(request, reader, record.code)
    return _answer(request, record=record, kind=kind, map=None, sheet=None)


async def _position(request: Asking, reader: Reader, position: str) -> ASGIResponse:
    box = await _box_of(reader, position)
    shown = await of_box(request, reader, box, position)
    cell = shown["map"].at(position)
    return _answer(request, record=box, kind=POSITION, cell=cell, sheet=None, **shown)


async def _vial(
    request: Asking, reader: Reader, vial: ItemRecord, into: str, asked: Sheet | None = None
) -> ASGIResponse:
    """The vial in its cell, and the form that puts it into another one, of the box whose page is open."""
    lies = await _box_of(reader, vial.place) if vial.place else None
    target = await _open_box(reader, into) or lies
    asked = asked or put_away(request, vial, f"/storage/put/{PUTS.get(vial.state)}{query('in', into)}")
    sheet = await asked.context() if asked else None
    shown = await of_box(request, reader, target, vial.place or "") if target else {"map": None}
    boxes: BoxMap | None = shown["map"]
    return _answer(
        request, asked.status if asked else 200, record=vial, kind=Kind.VIAL, sheet=sheet, lies=lies,
        cell=boxes.at(vial.place or "") if boxes else None,
        free=boxes.next_free if boxes and sheet else None, **shown,
    )  # fmt: skip


@post("/storage/put/{action:str}", status_code=200, opt=PAGE)
async def put(request: Asking) -> ASGIResponse:
    """Put a vial into a position; refused, the form comes back with the cells."""
    reader = reader_for(request, BOXED)

    async def again(asked: Sheet) -> ASGIResponse:
        if asked.record is None or asked.row.action not in PUTS.values():
            return await asked.answer()
        into = request.query_params.get("in", "")
        to = f"/storage/put/{asked.row.action}{query('in', into)}"
        return await _vial(request, reader, asked.record, into, replace(asked, to=to))

    return await recorded(request, row_of(request), again)


def put_away(request: Asking, vial: ItemRecord, to: str) -> Sheet | None:
    """The form that puts that vial into a position, sent to that address; None where this person puts it nowhere."""
    action = PUTS.get(vial.state)
    if action is None or action not in vial.allowed_actions:
        return None
    return Sheet(request, ACTIONS[action], vial, {IN_RUN: ["1"], "code": [vial.code]}, to=to)


def query(name: str, value: str) -> str:
    """That value as the query of an address; nothing of none."""
    return f"?{urlencode({name: value})}" if value else ""


async def _open_box(reader: Reader, code: str) -> ItemRecord | None:
    found = await reader.item(code) if code else None
    return found if found is not None and found.kind is Kind.BOX else None


async def _box_of(reader: Reader, position: str) -> ItemRecord:
    cell = cell_of(position)
    box = await _open_box(reader, cell[0]) if cell else None
    if box is None:
        raise ProblemError(UNKNOWN)
    return box


def _answer(request: Asking, status: int = 200, **context: Any) -> ASGIResponse:
    template = "storage/found.html" if wants_part(request.scope) else "storage/found_page.html"
    sheet = context.pop("sheet") or {}
    return page(request, template, status, moves=bool(sheet), **{**sheet, **context})


ROUTES = [storage, find, put]
