"""A shipment is taken in: its logger's file, its seal, each vial by a scan, and put away by another.

Rules this module keeps:
- A scan of an awaited vial is its receipt; of one that is here, the way to its position; of anything else a STOP,
  and it is recorded as found where it was not expected.
- Once the shipment is closed or refused nothing more comes in; what came in before is still put away.
- What a logger's file says is worked out here and shown; what is recorded is the act's, with the file's digest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.identifiers import scan
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.manifests import ImportRefused, read_temperatures
from inventory.domain.roles import Role
from inventory.services import receiving, storage_map
from inventory.services.acts import new_key
from inventory.services.readings import limits_of, stretches
from inventory.services.scanning import scanned
from inventory.store import attachments
from inventory.web.auth import PAGE, Asking, reader_for, reader_of, site_of
from inventory.web.bodies import CODE
from inventory.web.desk import Desk, Told
from inventory.web.pages.acts import IN_RUN, Sheet, recorded, row_for
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.chart import HEIGHT, LEFT, WIDTH, chart_of
from inventory.web.pages.filled import fields_of
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.lists import begun_by
from inventory.web.pages.scanned import scan_in
from inventory.web.pages.storage import of_box, put_away, query, today
from inventory.web.pages.troubles import outcome_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.services.receiving import Receipt
    from inventory.store.records import ItemRecord

BY: Final = frozenset({Role.TECHNICIAN})
CSV: Final = "text/csv"


@get("/receipts", opt=PAGE)
async def start(request: Asking) -> ASGIResponse:
    """The shipments that are awaited or being taken in."""
    reader = reader_for(request, BY)
    found = [await receiving.receipt_of(reader, one) for one in await receiving.shipments_in_hand(reader)]
    return page(request, "receipts/start.html", receipts=found, begun=begun_by(reader, Kind.SHIPMENT))


@get("/receipts/{shipment:str}", opt=PAGE)
async def receipt(request: Asking) -> ASGIResponse:
    """One shipment in its three buckets."""
    found = await _receipt_of(request)
    reader = reader_of(request)
    shelves = await storage_map.shelves(reader, "", today(request))
    room = [
        fill
        for shelf in shelves
        for fill in shelf.boxes
        if fill.box.state == "in_use" and fill.taken < fill.size
    ]
    form = await _close(request, found)
    return page(
        request, "receipts/receipt.html", receipt=found, room=room, into=await _box(request),
        close=form, may_find=ACTIONS["vial-lose"],
    )  # fmt: skip


async def _close(request: Asking, found: Receipt) -> dict[str, Any] | None:
    """What a form needs that closes the shipment; None while something is awaited."""
    if found.awaited or "shipment-close" not in found.shipment.allowed_actions:
        return None
    site = site_of(request.scope)
    return {
        "key": await new_key(site, request.user.code),
        "occurred_at": clocks.format_instant(site.now()),
    }


@get("/receipts/{shipment:str}/sheet", opt=PAGE)
async def sheet(request: Asking) -> ASGIResponse:
    """The sheet on which the opened shipper is recorded."""
    found = await _receipt_of(request)
    return page(request, "receipts/sheet.html", receipt=found, readings=0, **await _sheet(request, found))


@post("/receipts/{shipment:str}/readings", status_code=200, opt=PAGE)
async def readings(request: Asking) -> ASGIResponse:
    """What the logger's file says, and the sheet with its warmest reading filled in."""
    found = await _receipt_of(request)
    data = (await fields_of(request)).get("readings", "").replace("\r\n", "\n").encode()
    try:
        read = read_temperatures(data)
    except ImportRefused as refused:
        return page(request, "receipts/unread.html", 422, problems=refused.problems)
    reader = reader_of(request)
    limits, warmest = limits_of(reader), max(one.millidegrees for one in read)
    digest = await attachments.keep(data, f"readings-{found.shipment.code}.csv", CSV)
    form = await _sheet(request, found, warmest_millicelsius=str(warmest / 1000), readings=digest)
    return page(
        request, "receipts/sheet.html", receipt=found, readings=len(read), warmest=warmest, limits=limits,
        chart=chart_of(read, [], limits, reader.profile.site.time_zone), measured=found.shipment.code,
        width=WIDTH, height=HEIGHT, left=LEFT,
        stretches=[
            (each, clocks.format_instant(each.start), clocks.format_instant(each.end))
            for each in stretches(read, limits)
        ],
        **form,
    )  # fmt: skip


async def _sheet(request: Asking, found: Receipt, **known: str) -> dict[str, Any]:
    given = {f"evidence.{name}": [value] for name, value in known.items()}
    given |= {IN_RUN: ["readings"], "code": [found.shipment.code]}
    return await Sheet(request, ACTIONS["shipment-receive"], found.shipment, given).context()


@post("/receipts/{shipment:str}/scan", status_code=200, opt=PAGE)
async def check(request: Asking) -> ASGIResponse:
    """What a scan means while this shipment is taken in."""
    found = await _receipt_of(request)
    data, typed = await scan_in(request)
    named = await scanned(reader_of(request), data, typed=typed)
    kind, record = named if named is not None else ("", None)
    if kind == Kind.BOX and record is not None:
        return in_html("", headers={"HX-Redirect": f"/receipts/{found.shipment.code}?in={record.code}"})
    if found.shipment.state != "received" and (
        record is None or record.code not in _codes(found.to_put_away)
    ):
        return page(request, "receipts/other.html", receipt=found, record=record)
    if record is None or (record.kind is Kind.VIAL and record.code not in _codes(found.vials)):
        return await _stray(request, found, scan.normalise(data, typed=typed).code)
    if record.kind is not Kind.VIAL:
        return page(request, "receipts/other.html", receipt=found, record=record)
    if record.state == "expected":
        return await _receive(request, found, record)
    into = query("in", request.query_params.get("in", ""))
    to = f"/receipts/{found.shipment.code}/put-away{into}"
    return await _put_away(
        request, found, record, put_away(request, record, to) if record.state == "received" else None
    )


@post("/receipts/{shipment:str}/put-away", status_code=200, opt=PAGE)
async def put(request: Asking) -> ASGIResponse:
    """Put a vial of the shipment away; refused, the form comes back with the cells of the box."""
    reader_for(request, BY)

    async def again(asked: Sheet) -> ASGIResponse:
        if asked.record is None:
            return await asked.answer()
        found, into = await _receipt_of(request), query("in", request.query_params.get("in", ""))
        to = f"/receipts/{found.shipment.code}/put-away{into}"
        return await _put_away(request, found, asked.record, replace(asked, to=to))

    return await recorded(request, row_for(request, "vial-store"), again)


def _codes(vials: Iterable[ItemRecord]) -> set[str]:
    return {each.code for each in vials}


async def _receive(request: Asking, found: Receipt, vial: ItemRecord) -> ASGIResponse:
    """The vial is received: the scan is the act."""
    site, row = site_of(request.scope), ACTIONS["vial-receive"]
    evidence = {"shipment": found.shipment.code}
    body = {"code": vial.code, "occurred_at": clocks.format_instant(site.now()), "evidence": evidence}
    told = await Desk(site, reader_of(request), {}).take(row, body, await new_key(site, request.user.code))
    if not isinstance(told, Told):
        return page(
            request, "parts/problem.html", told.status, problem=told, outcome=outcome_of(told), number=""
        )
    after = await receiving.receipt_of(reader_of(request), found.shipment)
    return page(request, "receipts/received.html", 201, receipt=after, vial=told.members["item"])


async def _put_away(request: Asking, found: Receipt, vial: ItemRecord, asked: Sheet | None) -> ASGIResponse:
    """The vial is here already: the form that puts it into the box that was chosen."""
    box, form = await _box(request), await asked.context() if asked else None
    shown = await of_box(request, reader_of(request), box) if box and form else {"map": None}
    free = shown["map"].next_free if shown["map"] else None
    return page(
        request, "receipts/put_away.html", asked.status if asked else 200, receipt=found, vial=vial,
        moves=form is not None, free=free, **shown, **(form or {}),
    )  # fmt: skip


async def _stray(request: Asking, found: Receipt, code: str) -> ASGIResponse:
    """Something that the manifest does not name: a form that records it as found in the shipper."""
    site = site_of(request.scope)
    return page(
        request, "receipts/stray.html", 409, receipt=found, code=code, deviation=found.stray_code(code),
        known=code in {each for each, _ in found.strays}, reason=receiving.WRONG,
        key=await new_key(site, request.user.code), occurred_at=clocks.format_instant(site.now()),
    )  # fmt: skip


async def _box(request: Asking) -> ItemRecord | None:
    """The box into which vials are put away, if one was chosen."""
    code = request.query_params.get("in", "")
    found = await reader_of(request).item(code) if CODE.fullmatch(code) else None
    return found if found is not None and found.kind is Kind.BOX else None


async def _receipt_of(request: Asking) -> Receipt:
    """The shipment that the address names.

    Raises:
        ProblemError: there is none for this person.
    """
    reader = reader_for(request, BY)
    return await receiving.receipt_of(reader, await thing_in(request, reader, Kind.SHIPMENT, part="shipment"))


ROUTES = [start, receipt, sheet, readings, check, put]
