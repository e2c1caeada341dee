"""The record as an auditor reads it: every entry of the logs that are theirs, under a filter in the address.

Rules this module keeps:
- A scan is looked up in the record, under the rest of the filter.
- The files beside the page carry the same filter and hold the same entries.
- What was refused stands among the entries at its time, for who may read it; it is in no log and has no proof.
- A correction is struck through and names the entry that put it right, which names it in turn.
- Looking through the record opens nothing of what ties a kit to its vials; opening an entry is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.items import SHELF_OF, Kind, Shelf
from inventory.domain.lives import TRANSITIONS
from inventory.services import extracts, gaps, looking, visits
from inventory.services.lists import everything
from inventory.services.looking import Wanted
from inventory.services.measured import measured
from inventory.web.answers import in_bytes, in_text
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.looked_for import Mark, mark_in, query_of, wanted_in
from inventory.web.pages.addressed import code_in
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.items import timeline
from inventory.web.pages.monitoring import monitor_of
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.words import words
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inventory.services.gaps import Gap
    from inventory.services.looking import Found
    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord, RefusalRecord

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page: an entry as its story tells it, what was refused, or what the record leaves open."""

    at: str
    told: Mapping[str, Any]
    refused: RefusalRecord | None = None
    gap: Gap | None = None

    @property
    def verb(self) -> str:
        """What was done or asked for, in words."""
        return words((self.refused.action if self.refused else str(self.told["verb"])).replace("-", " "))


@get("/history", opt=PAGE)
async def history(request: Asking) -> ASGIResponse:
    """The entries and refusals that fit, the newest first."""
    reader, wanted, mark = reader_of(request), wanted_in(request), mark_in(request)
    found = await looking.newest(reader, wanted, mark.before, SHOWN)
    kept, lines = query_of(wanted), await lines_of(reader, wanted, found, mark.until)
    logs = {str(line.told["log"]) for line in lines if not line.refused}
    more = {**kept, "before": str(Mark.after(found))}
    return page(
        request, "history/history.html", wanted=wanted, lines=lines,
        older=f"/history?{urlencode(more)}" if found.before else "", newest=not mark.until,
        query=urlencode(kept), people=await everything(reader, Kind.PERSON),
        occurred_at=clocks.format_instant(site_of(request.scope).now()),
        monitor=await monitor_of(request, logs), address=f"/history?{request.url.query}",
        actions=sorted(_actions(reader)), kinds=sorted({action.partition("-")[0] for action in _actions(reader)}),
    )  # fmt: skip


@post("/history/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Go to the entries of what was scanned, under the rest of the filter."""
    kept, found = query_of(wanted_in(request)), await thing_scanned(request)
    looked_for = urlencode({**kept, "item": found.record.code})
    return in_html("", headers={"HX-Redirect": f"/history?{looked_for}"})


def _actions(reader: Reader) -> Iterator[str]:
    """The actions that this person may meet in the logs they read."""
    for row in TRANSITIONS.values():
        if reader.unblinded or SHELF_OF[row.kind] is Shelf.OPEN:
            yield row.action


async def lines_of(reader: Reader, wanted: Wanted, found: Found, until: str) -> list[Line]:
    """The lines of a page that holds what was recorded before that instant and not before its oldest entry."""
    refused = await looking.refused_beside(reader, wanted, found, until)
    told = [*map(_refusal, refused), *await entries_of(reader, found.entries)]
    return sorted(told, key=lambda line: line.at, reverse=True)


def _refusal(refused: RefusalRecord) -> Line:
    return Line(refused.recorded_at, {}, refused)


async def refusals_of(reader: Reader, wanted: Wanted) -> list[Line]:
    """A line for each refusal that fits, the newest first."""
    span = looking.span_of(wanted, reader.profile.site.time_zone)
    return [_refusal(each) for each in await looking.refused(reader, wanted, span)]


async def entries_of(reader: Reader, entries: Sequence[EntryRecord]) -> list[Line]:
    """A line for each of these entries, with who saw it and what made it void."""
    void, seen = await looking.corrected(reader, entries), await visits.seen_by(reader)
    return [
        Line(
            entry.recorded_at,
            {
                **timeline(reader, [entry], str(entry.leaf["item"]))[0],
                "item": entry.leaf["item"],
                "kind": str(entry.leaf["action"]).partition("-")[0],
                "seen": visits.who_saw(seen, entry),
                "void_by": void.get((entry.log, entry.index)),
            },
        )
        for entry in entries
    ]


@get("/timelines/{code:path}", opt=PAGE)
async def timeline_of(request: Asking) -> ASGIResponse:
    """One thing's story from its first entry: refusals at their time, and what the record leaves open."""
    reader, code = reader_of(request), code_in(request)
    record, entries = await reader.item(code), await reader.history(code)
    if record is None or entries is None:
        raise ProblemError(UNKNOWN)
    told = await entries_of(reader, entries)
    refused = await refusals_of(reader, Wanted(item=code, refusals=True))
    now, zone = site_of(request.scope).now(), reader.profile.site.time_zone
    missing = gaps.gaps(record, entries, now, zone, await measured(reader, record, entries, now))
    after = [Line(told[place].at, {}, gap=gap) for place, entry in enumerate(entries) for gap in missing
             if gap.after == (entry.log, entry.index)]  # fmt: skip
    lines = sorted([*told, *after, *refused[::-1]], key=lambda line: line.at)
    return page(
        request, "history/timeline.html", record=record, lines=lines, gaps=len(missing),
        voids=sum(line.told.get("void_by") is not None for line in told), refused=len(refused),
    )  # fmt: skip


@get("/history.csv", opt=PAGE)
async def as_csv(request: Asking) -> ASGIResponse:
    """The same as a table."""
    found = await _extract(request)
    return in_text(extracts.as_csv(found), "text/csv", "history.csv")


@get("/history.json", opt=PAGE)
async def as_json(request: Asking) -> ASGIResponse:
    """The same as JSON."""
    return in_bytes(extracts.as_json(await _extract(request)), "application/json", "history.json")


@get("/history.pdf", opt=PAGE)
async def as_pdf(request: Asking) -> ASGIResponse:
    """The same as pages to print."""
    found = await _extract(request)
    pages = await extracts.as_pdf(site_of(request.scope), reader_of(request), found)
    return in_bytes(pages, "application/pdf", "history.pdf")


async def _extract(request: Asking) -> extracts.Extract:
    return await extracts.extract(site_of(request.scope), reader_of(request), wanted_in(request))


ROUTES = [history, find, timeline_of, as_csv, as_json, as_pdf]
