"""The record as an auditor reads it: every entry under a filter, and what a monitor saw, noted and asked at a visit.

Rules this module keeps:
- It is what the pages `/history` and `/monitoring` show, through the same services.
- A page of the record says where the next one goes on; the logs grow at their other end meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.refusals import Refusal
from inventory.services import looking, visits
from inventory.services.acts import MalformedError
from inventory.store.gate import PAGE_AT_MOST
from inventory.web import shapes
from inventory.web.answers import in_bytes, in_json
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.bodies import CODE, whole
from inventory.web.described import CODE as CODE_SCHEMA
from inventory.web.described import Doc, Parameter, described
from inventory.web.looked_for import Mark, mark_in, wanted_in
from inventory.web.problems import UNKNOWN, ProblemError, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.services.looking import Found, Wanted
    from inventory.services.visits import Visit
    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord

_DAY: Final = {"type": "string", "format": "date"}
_FLAG: Final = {"type": "string", "maxLength": 1}


_HISTORY = Doc(
    "The entries of the logs that the person may read, and what was refused, under a filter, the newest first.",
    shapes.Record,
    parameters=(
        Parameter("by", "Who did it, or was the second person.", CODE_SCHEMA),
        Parameter("item", "What it concerns.", CODE_SCHEMA),
        Parameter("action", "What was done.", CODE_SCHEMA),
        Parameter("kind", "The kind of thing that was changed.", CODE_SCHEMA),
        Parameter("from", "The first day, at the site.", _DAY),
        Parameter("to", "The last day, at the site.", _DAY),
        Parameter("deviations", "Entries alone that opened a deviation; any letter says so.", _FLAG),
        Parameter("refusals", "What was refused as well; any letter says so.", _FLAG),
        Parameter("before", "The `next` of the page before.", {"type": "string", "maxLength": 200}),
        Parameter("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": PAGE_AT_MOST}),
    ),
    refuses=(Trouble.MALFORMED,),
    more="What ties a kit to its vials is closed here, and reading it opens nothing.",
)


@get("/history", opt=described(_HISTORY))
async def history(request: Asking) -> ASGIResponse:
    """A page of the record."""
    reader, wanted, mark = reader_of(request), wanted_in(request), mark_in(request)
    limit = whole(request, "limit", 50)
    if not 1 <= limit <= PAGE_AT_MOST:
        raise MalformedError([("limit", f"It is a number from 1 to {PAGE_AT_MOST}.")])
    found = await looking.newest(reader, wanted, mark.before, limit)
    return in_json(await _told(reader, wanted, found, mark.until))


async def _told(reader: Reader, wanted: Wanted, found: Found, until: str) -> dict[str, Any]:
    return {
        "entries": await _entries(reader, found.entries),
        "refusals": await looking.refused_beside(reader, wanted, found, until),
        "next": str(Mark.after(found)) or None,
    }


async def _entries(reader: Reader, entries: Sequence[EntryRecord]) -> list[dict[str, Any]]:
    void, seen = await looking.corrected(reader, entries), await visits.seen_by(reader)
    return [
        {
            "log": each.log, "index": each.index, "recorded_at": each.recorded_at, "leaf": each.leaf,
            "voided_by": void.get((each.log, each.index)),
            "seen": [{"by": who, "visit": visit} for who, visit in visits.who_saw(seen, each)],
        }
        for each in entries
    ]  # fmt: skip


async def _visit(request: Asking) -> Visit:
    code = str(request.path_params["code"])
    found = await visits.visit_of(reader_of(request), code) if CODE.fullmatch(code) else None
    if found is None:
        raise ProblemError(UNKNOWN)
    return found


_UNKNOWN = (Refusal.UNKNOWN_CODE,)
_VISIT = Doc("A monitoring visit: what was seen, noted and asked at it.", shapes.Visit, refuses=_UNKNOWN)
_REPORT = Doc(
    "The visit's report, to sign and file.", "application/pdf", refuses=(*_UNKNOWN, Trouble.DISK_FULL)
)


@get("/visits/{code:str}", opt=described(_VISIT))
async def visit(request: Asking) -> ASGIResponse:
    """One visit."""
    found = await _visit(request)
    seen = [
        {"log": log, "entries": text, "count": count, "of": size} for log, text, count, size in found.seen
    ]
    return in_json({"visit": found.record, "seen": seen, "notes": found.notes, "queries": found.queries})


@get("/visits/{code:str}/report.pdf", opt=described(_REPORT))
async def report(request: Asking) -> ASGIResponse:
    """The same as pages to print."""
    found = await _visit(request)
    pages = await visits.report(site_of(request.scope), reader_of(request), found)
    return in_bytes(pages, "application/pdf", f"visit-{found.record.code}.pdf")


ROUTES = [history, visit, report]
