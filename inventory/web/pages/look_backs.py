"""The look-back by one scan: what was scanned is looked up, which is recorded, and its tree is shown.

Rules this module keeps:
- A scan acts here, as in every run that somebody has begun: they chose the reason, and each look is an entry of
  its own. Unblinded auditors record no act; the service records that they opened it.
- To who has not looked it up, the tree of a thing is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.evidence import LabReason
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.roles import Role
from inventory.services import openings
from inventory.services.acts import new_key
from inventory.services.look_back import as_csv, tree_of
from inventory.web.answers import in_bytes
from inventory.web.auth import PAGE, Asking, site_of, unblinded_reader_for
from inventory.web.desk import Desk
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.items import offered
from inventory.web.pages.menu import QUALITY
from inventory.web.pages.scanned import thing_scanned
from inventory.web.problems import UNKNOWN, Problem, ProblemError, Trouble, of

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

LOOKS: Final = QUALITY | {Role.PHYSICIAN}
ROOTS: Final = (Kind.DONOR, Kind.LOT, Kind.VIAL)
REASONS: Final = (
    "donor_notice", "supplier_notice", "test_failed", "contaminated", "temperature_excursion", "under_investigation",
    "safety_review", "quality_decision",
)  # fmt: skip
"""Reasons that are offered first; all of them are the vault's own."""


@get("/quality/look-back", opt=PAGE)
async def start(request: Asking) -> ASGIResponse:
    """Choose why, then scan."""
    unblinded_reader_for(request, LOOKS)
    return page(request, "quality/look_back.html", reason=_reason(request), reasons=REASONS)


def _reason(request: Asking) -> str:
    """The reason that stands in the address; empty where none does.

    Raises:
        ProblemError: it is no reason.
    """
    reason = request.query_params.get("reason", "")
    if reason and reason not in get_args(LabReason):
        raise ProblemError(of(Trouble.MALFORMED))
    return reason


@post("/quality/look-back/scan", status_code=200, opt=PAGE)
async def look_up(request: Asking) -> ASGIResponse:
    """Look up what was scanned, and go to its tree."""
    reader = unblinded_reader_for(request, LOOKS)
    record, reason = (await thing_scanned(request)).record, _reason(request)
    if record.kind not in ROOTS:
        return page(request, "quality/no_root.html", record=record)
    if Role.UNBLINDED_AUDITOR not in reader.person.texts("roles"):
        if not reason:
            return page(request, "quality/no_reason.html", record=record)
        await _recorded(request, reader, record, reason)
    return in_html("", headers={"HX-Redirect": f"/quality/look-back/{record.code}"})


async def _recorded(request: Asking, reader: Reader, record: ItemRecord, reason: str) -> None:
    """The entry of this look.

    Raises:
        ProblemError: a rule refused it.
    """
    site = site_of(request.scope)
    row = ACTIONS[f"{record.kind}-look-back"]
    body: dict[str, Any] = {"code": record.code, "occurred_at": clocks.format_instant(site.now())}
    key = await new_key(site, reader.person.code)
    told = await Desk(site, reader, {}).take(row, {**body, "evidence": {"reason": reason}}, key)
    if isinstance(told, Problem):
        raise ProblemError(told)


@get("/quality/look-back/{code:str}", opt=PAGE)
async def tree(request: Asking) -> ASGIResponse:
    """The tree of a thing that this person has looked up."""
    reader = unblinded_reader_for(request, LOOKS)
    record = await thing_in(request, reader, *ROOTS)
    links = await openings.links(site_of(request.scope), reader, record.code)
    if links is None:
        return page(request, "quality/not_looked_up.html", record=record)
    return page(
        request, "quality/tree.html", record=record, links=links, tree=await tree_of(reader, record, links),
        acts=[each for each in offered(record) if each.action in {"lot-recall", "lot-hold", "vial-quarantine"}],
        of_study=reader.profile.study.id,
    )  # fmt: skip


@get("/quality/look-back/{code:str}/tree.csv", opt=PAGE)
async def tree_csv(request: Asking) -> ASGIResponse:
    """The same, a line for each syringe."""
    reader = unblinded_reader_for(request, LOOKS)
    record = await thing_in(request, reader, *ROOTS)
    links = await openings.links(site_of(request.scope), reader, record.code)
    if links is None:
        raise ProblemError(UNKNOWN)
    return in_bytes(as_csv(links), "text/csv", f"look-back-{record.code}.csv")


ROUTES = [start, look_up, tree, tree_csv]
