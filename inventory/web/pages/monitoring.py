"""Monitoring visits: what a monitor saw and asked, and, for everybody, the queries that wait for an answer.

Rules this module keeps:
- Begun, ticked, noted and closed are acts like any other; here they are only led to, and told.
- A visit that is not for a person is an address with nothing at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.custody import duties
from inventory.domain.items import Kind
from inventory.domain.lives.codes import LAB
from inventory.domain.roles import AUDITORS, Role
from inventory.services import visits
from inventory.services.acts import new_key
from inventory.services.lists import everything
from inventory.web.answers import in_bytes
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.frame import page
from inventory.web.pages.items import card_of
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.services.visits import Visit
    from inventory.store.gate import Reader

IN_VAULT = "-lab"
"""How the acts end that an unblinded monitor records in the vault."""


def opening_of(reader: Reader) -> str:
    """The act by which this person begins a visit; empty for who is no monitor."""
    if not AUDITORS & duties(reader.person, reader.profile):
        return ""
    return f"visit-open{IN_VAULT if Role.UNBLINDED_AUDITOR in reader.person.texts('roles') else ''}"


@dataclass(frozen=True, slots=True)
class Monitor:
    """What a monitor whose visit is open does from here: tick entries, and ask about one.

    Attributes:
        visit: the code of their visit.
        ticks: for each log on the page the key of the act that ticks entries of it.
        asking: the act that asks, and the code that its query gets.
    """

    visit: str
    ticks: dict[str, str]
    asking: tuple[str, str]

    def asked(self, told: Mapping[str, Any]) -> str:
        """The address of the form that asks about that entry."""
        action, code = self.asking
        about = {"about.kind": told["kind"], "about.code": told["item"], "log": told["log"]}
        if action == "query-raise":
            about.pop("log")
        return f"/acts/{action}/{code}?{urlencode({'visit': self.visit, 'entry': told['index'], **about})}"


async def monitor_of(request: Asking, logs: set[str]) -> Monitor | None:
    """What this person does from a page of those logs; None for who has no open visit."""
    site, reader = site_of(request.scope), reader_of(request)
    mine = await visits.open_visits_of(reader)
    if not mine:
        return None
    ticks = {log: await new_key(site, reader.person.code) for log in sorted(logs)}
    drawn = f"Q{site.random('query', reader.person.code).hex()[:8].upper()}"
    asking = (f"query-raise{IN_VAULT}", f"{LAB}{drawn}") if reader.unblinded else ("query-raise", drawn)
    return Monitor(mine[-1].code, ticks, asking)


@get("/monitoring", opt=PAGE)
async def monitoring(request: Asking) -> ASGIResponse:
    """All visits, and the queries that are not closed."""
    reader = reader_of(request)
    found = await everything(reader, Kind.VISIT)
    queries = [one for one in await everything(reader, Kind.QUERY) if one.state != "closed"]
    return page(
        request, "monitoring/monitoring.html", visits=found[::-1], queries=queries, opening=opening_of(reader),
        begin=f"{LAB}MV-" if opening_of(reader).endswith(IN_VAULT) else "MV-",
    )  # fmt: skip


async def _visit(request: Asking) -> Visit:
    found = await visits.visit_of(reader_of(request), str(request.path_params["visit"]))
    if found is None:
        raise ProblemError(of(Trouble.NOT_FOUND))
    return found


@get("/monitoring/{visit:str}", opt=PAGE)
async def visit(request: Asking) -> ASGIResponse:
    """One visit: what was seen, noted and asked at it."""
    found = await _visit(request)
    return page(request, "monitoring/visit.html", visit=found, **card_of(found.record))


@get("/monitoring/{visit:str}/report.pdf", opt=PAGE)
async def report(request: Asking) -> ASGIResponse:
    """The visit's report."""
    found = await _visit(request)
    pages = await visits.report(site_of(request.scope), reader_of(request), found)
    return in_bytes(pages, "application/pdf", f"visit-{found.record.code}.pdf")


ROUTES = [monitoring, visit, report]
