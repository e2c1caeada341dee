"""Finding things: by a scan, by a code with its history, and by lists. All of it through the reader."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get, post
from litestar.response.base import ASGIResponse
from pydantic import StringConstraints

from inventory.domain.evidence import Shape
from inventory.domain.refusals import Refusal
from inventory.services import openings
from inventory.services.acts import MalformedError
from inventory.services.histories import as_csv, as_pages
from inventory.services.lists import LISTS, page
from inventory.services.scanning import scan_kept
from inventory.store.gate import PAGE_AT_MOST
from inventory.web import shapes
from inventory.web.answers import in_bytes, in_json, in_text
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.bodies import CODE, code_after, json_of, shaped, whole
from inventory.web.described import CODE as CODE_SCHEMA
from inventory.web.described import OF_A_BODY, OF_AN_OPENING, OF_RECORDING, Doc, Parameter, described
from inventory.web.problems import UNKNOWN, ProblemError, Trouble

HISTORY, HISTORY_CSV, HISTORY_PDF = "/history", "/history.csv", "/history.pdf"


class ScanBody(Shape):
    """The raw text that a scanner sent, or that was typed."""

    data: Annotated[str, StringConstraints(max_length=5000)]


_SCAN = Doc(
    "What a scanned or typed text names, as the person may see it.", shapes.Item, 200, ScanBody,
    refuses=(
        *OF_A_BODY, Trouble.SCAN_REFUSED, Refusal.UNKNOWN_CODE, *OF_RECORDING,
    ),
    more="What is unknown to the person is kept as a refusal. "
    "`kind` is `position` for a position of a box, whose record is its box's.",
)  # fmt: skip


@post("/scan", status_code=200, opt=described(_SCAN))
async def scan(request: Asking) -> ASGIResponse:
    """Read a scan."""
    told = shaped(ScanBody, await json_of(request))
    found = await scan_kept(site_of(request.scope), reader_of(request), told.data)
    if found is None:
        raise ProblemError(UNKNOWN)
    kind, record = found
    shown = {name: getattr(record, name) for name in record.__slots__}
    return in_json({**shown, "kind": kind})


_UNKNOWN = (Refusal.UNKNOWN_CODE,)
_OPENED = (Refusal.UNKNOWN_CODE, *OF_AN_OPENING)
_ITEM_DOCS = {
    "/items/{code}": Doc("A thing, as the person may see it.", shapes.Item, refuses=_UNKNOWN),
    "/items/{code}/history": Doc("Every entry that concerns a code.", shapes.History, refuses=_OPENED),
    "/items/{code}/history.csv": Doc("The same as a table.", "text/csv", refuses=_OPENED),
    "/items/{code}/history.pdf": Doc(
        "The same as pages to print.",
        "application/pdf",
        refuses=_OPENED,
        more="Each page says what it is a copy of; it is an unblinded document for whoever reads the vault.",
    ),
}


@get("/items/{address:path}", opt={"docs": {f"/api/v1{path}": doc for path, doc in _ITEM_DOCS.items()}})
async def item(request: Asking) -> ASGIResponse:
    """A thing or its history. The codes of places hold slashes, so the address is read from its end."""
    address = str(request.path_params["address"]).lstrip("/")
    for ending, answer in OF_HISTORY.items():
        if address.endswith(ending):
            return await answer(request, _code(address.removesuffix(ending)))
    record = await reader_of(request).item(_code(address))
    if record is None:
        raise ProblemError(UNKNOWN)
    return in_json(record)


def _code(text: str) -> str:
    """What cannot be a code is an unknown one."""
    if not CODE.fullmatch(text):
        raise ProblemError(UNKNOWN)
    return text


async def _entries(request: Asking, code: str) -> list[Any]:
    entries = await openings.history(site_of(request.scope), reader_of(request), code)
    if entries is None:
        raise ProblemError(UNKNOWN)
    return entries


async def _history(request: Asking, code: str) -> ASGIResponse:
    return in_json({"code": code, "entries": await _entries(request, code)})


async def _history_csv(request: Asking, code: str) -> ASGIResponse:
    return in_text(as_csv(await _entries(request, code)), "text/csv", _named(code, "csv"))


async def _history_pdf(request: Asking, code: str) -> ASGIResponse:
    pages = await as_pages(site_of(request.scope), reader_of(request), code)
    if pages is None:
        raise ProblemError(UNKNOWN)
    return in_bytes(pages, "application/pdf", _named(code, "pdf"))


def _named(code: str, ending: str) -> str:
    """The name of a history's file; codes of places hold slashes."""
    return f"history-{''.join(letter if letter.isalnum() else '-' for letter in code)}.{ending}"


OF_HISTORY = {HISTORY_PDF: _history_pdf, HISTORY_CSV: _history_csv, HISTORY: _history}


_PAGE = (
    Parameter("after", "The code after which the page begins.", CODE_SCHEMA),
    Parameter("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": PAGE_AT_MOST}),
)


def _list(name: str) -> Any:
    kinds = " and ".join(kind.value for kind in LISTS[name])
    doc = Doc(f"Things of the kind {kinds}.", shapes.Page, parameters=_PAGE, refuses=(Trouble.MALFORMED,))

    @get(f"/{name}", opt=described(doc), name=name)
    async def listed(request: Asking) -> ASGIResponse:
        limit = whole(request, "limit", 50)
        if not 1 <= limit <= PAGE_AT_MOST:
            raise MalformedError([("limit", f"It is a number from 1 to {PAGE_AT_MOST}.")])
        items, following = await page(reader_of(request), name, code_after(request), limit)
        return in_json({"items": items, "next": following})

    return listed


ROUTES = [scan, item, *(_list(name) for name in LISTS)]
