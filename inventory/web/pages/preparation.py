"""A preparation, step by step: sign on, pick, thaw, record, fill, release; scans drive it, and the next step is large.

Rules this module keeps:
- Each step is an act of the tables, in its own form: what may not be done is refused there, and said here, in
  the step's own form with what was filled in.
- A vial that is not to be taken is a STOP, and the attempt is kept: it is asked for as a pick, which is refused.
- What a scan means is decided by where its vial is: in storage it is picked, picked it is thawed, in the bath its
  thaw ends.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, cast

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS, tasks
from inventory.domain.lives.preparation import ready_at
from inventory.domain.roles import Role
from inventory.services import preparing
from inventory.services.acts import new_key
from inventory.services.preparing import Step
from inventory.web.auth import PAGE, Asking, reader_for, reader_of, site_of
from inventory.web.desk import Desk, Told
from inventory.web.pages.acts import IN_RUN, Sheet, done, recorded, row_of
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.controls import unit_of
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.items import verb_of
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.storage import of_box
from inventory.web.pages.words import utc
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.services.preparing import Run
    from inventory.store.records import ItemRecord

BY: Final = frozenset({Role.TECHNICIAN})
AT_ONCE: Final = {
    Step.SIGN_ON: "kit-sign-on", Step.OPEN: "kit-open-pick-list", Step.HAND_OVER: "kit-hand-to-pharmacy",
}  # fmt: skip
"""Steps that ask for nothing: one touch, or the barcode #NEXT, records them."""
FILLED_IN: Final = {Step.MEASURE: "kit-record-preparation", Step.RELEASE: "kit-prepare"}
"""Steps with a sheet of their own."""
OF_A_VIAL: Final = {"stored": "vial-pick", "picked": "vial-thaw", "thawing": "vial-finish-thaw"}
"""By the state of a vial of the list, the act that a scan of it is for."""


@get("/preparation", opt=PAGE)
async def start(request: Asking) -> ASGIResponse:
    """Every kit on which the laboratory works, and what is in the bath."""
    reader = reader_for(request, BY)
    limits = reader.profile.limits
    return page(
        request, "preparation/start.html",
        kits=[(kit, _ms(ready_at(kit.facts, limits))) for kit in await preparing.kits_in_the_lab(reader)],
        bath=[(vial, _ms(preparing.since(vial))) for vial in await reader.vials_in("thawing")],
    )  # fmt: skip


@post("/preparation/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Go to the kit that was scanned."""
    reader_for(request, BY)
    record = (await thing_scanned(request)).record
    if record.kind is Kind.KIT and record.state in tasks.IN_THE_LAB:
        return in_html("", headers={"HX-Redirect": f"/preparation/{record.code}"})
    return page(request, "preparation/not_here.html", record=record)


@get("/preparation/{kit:str}", opt=PAGE)
async def run(request: Asking) -> ASGIResponse:
    """One kit: what is done, what is next, which clocks run."""
    found = await _run_of(request)
    return page(request, "preparation/run.html", **await _context(request, found))


@get("/preparation/{kit:str}/sheet", opt=PAGE)
async def sheet(request: Asking) -> ASGIResponse:
    """The sheet of the step that is next: the preparation record, or the syringes."""
    found = await _run_of(request)
    action = FILLED_IN.get(found.now) if found.now else None
    if action is None:
        raise ProblemError(of(Trouble.NOT_FOUND))
    given = {IN_RUN: ["1"], "code": [found.kit.code]}
    return await _sheet(request, found, Sheet(request, ACTIONS[action], found.kit, given))


async def _sheet(request: Asking, found: Run, asked: Sheet) -> ASGIResponse:
    """The sheet of a step, as it is to be filled in or with what was wrong."""
    action = asked.row.action
    form = await replace(asked, to=_sent_to(found, action)).context()
    step = next(step for step, of_it in FILLED_IN.items() if of_it == action)
    if step is Step.RELEASE:
        form |= {"fields": "preparation/syringes.html", "volumes": _volumes(found, asked)}
    return page(request, "preparation/sheet.html", asked.status, run=found, step=step, **form)


def _volumes(found: Run, asked: Sheet) -> list[tuple[str, str]]:
    """Each joint with the volume of its syringe, in the unit in which it is asked for: a dose, or what was given."""
    dose = str(Decimal(found.profile.kit.dose_microlitres) / unit_of("volumes_ul")[0])
    joints = cast("list[str]", found.kit.facts["joints"])
    given = asked.given.get("evidence.volumes_ul", [])
    return list(zip_longest(joints, given[: len(joints)], fillvalue=dose if not given else ""))


def _sent_to(found: Run, action: str) -> str:
    return f"/preparation/{found.kit.code}/acts/{action}"


@post("/preparation/{kit:str}/acts/{action:str}", status_code=200, opt=PAGE)
async def step(request: Asking) -> ASGIResponse:
    """Record what a step's form asks for; refused, the step's own form comes back."""
    reader_for(request, BY)

    async def again(asked: Sheet) -> ASGIResponse:
        action, record = asked.row.action, asked.record
        if record is None or action not in {*FILLED_IN.values(), *OF_A_VIAL.values()}:
            return await asked.answer()
        shown = _vial if record.kind is Kind.VIAL else _sheet
        return await shown(request, await _run_of(request), asked)

    return await recorded(request, row_of(request), again)


@post("/preparation/{kit:str}/scan", status_code=200, opt=PAGE)
async def check(request: Asking) -> ASGIResponse:
    """What a scan means in this preparation."""
    found, record = await _run_of(request), (await thing_scanned(request)).record
    if record.kind is not Kind.VIAL or found.task is None or found.task.shown is None:
        return page(request, "preparation/other.html", run=found, record=record)
    mine = record.code in {vial.code for vial in found.held}
    listed = record.code in {stop.vial for stop in found.to_take.stops}
    if not mine and not (listed and record.state == "stored"):
        return await _stranger(request, found, record)
    action = OF_A_VIAL.get(record.state)
    if action is None:
        return page(request, "preparation/other.html", run=found, record=record)
    given = {IN_RUN: ["kit"], "code": [record.code], "evidence.kit": [found.kit.code]}
    return await _vial(request, found, Sheet(request, ACTIONS[action], record, given))


async def _vial(request: Asking, found: Run, asked: Sheet) -> ASGIResponse:
    """The vial is the right one: the form of what comes next, with the cells of its box where it is taken."""
    action, vial = asked.row.action, cast("ItemRecord", asked.record)
    form = await replace(asked, to=_sent_to(found, action)).context()
    if action == "vial-finish-thaw":
        form |= {"fields": "preparation/appearance.html", "sends_itself": True}
    stop = next((one for one in found.to_take.stops if one.vial == vial.code), None)
    shown = await _box(request, stop.box) if stop and action == "vial-pick" else {"map": None}
    return page(
        request, "preparation/vial.html", asked.status, run=found, vial=vial, stop=stop,
        since_ms=_ms(preparing.since(vial)), due_ms=_ms(found.out_until(vial)), **shown, **form,
    )  # fmt: skip


async def _stranger(request: Asking, found: Run, vial: ItemRecord) -> ASGIResponse:
    """A vial that is not to be taken: asked for all the same, so that the attempt is kept with its refusal."""
    site, row = site_of(request.scope), ACTIONS["vial-pick"]
    evidence = {"kit": found.kit.code, "position": vial.place or vial.code}
    body = {"code": vial.code, "occurred_at": clocks.format_instant(site.now()), "evidence": evidence}
    told = await Desk(site, reader_of(request), {}).take(row, body, await new_key(site, request.user.code))
    if isinstance(told, Told):
        return await done(request, row, told, {IN_RUN: ["1"]})
    return page(request, "preparation/wrong.html", told.status, vial=vial, problem=told)


async def _context(request: Asking, found: Run) -> dict[str, Any]:
    """What templates show of a run."""
    step, site = found.now, site_of(request.scope)
    action = AT_ONCE.get(step) if step else None
    stop = next(iter(found.to_take.stops), None) if step is Step.PICK else None
    return {
        **(await _box(request, stop.box, stop.position) if stop else {"map": None}),
        "run": found,
        "step": step,
        "steps": found.steps,
        "action": action,
        "verb": verb_of(action) if action else "",
        "key": await new_key(site, request.user.code) if action else "",
        "occurred_at": clocks.format_instant(site.now()),
        "stop": stop,
        "bath": [(vial, _ms(preparing.since(vial))) for vial in found.held if vial.state == "thawing"],
        "picked": [(vial, _ms(found.out_until(vial))) for vial in found.held if vial.state == "picked"],
        "ready_ms": _ms(found.ready_at),
        "use_by_ms": _ms(clocks.parse_instant(found.kit.due)) if found.kit.due else "",
    }


async def _box(request: Asking, code: str, position: str = "") -> dict[str, Any]:
    reader = reader_of(request)
    box = await reader.item(code)
    return await of_box(request, reader, box, position) if box else {"map": None}


def _ms(at: datetime | None) -> str:
    return utc(at) if at else ""


async def _run_of(request: Asking) -> Run:
    """The preparation that the address names.

    Raises:
        ProblemError: there is none for this person.
    """
    reader = reader_for(request, BY)
    return await preparing.run_of(reader, await thing_in(request, reader, Kind.KIT, part="kit"))


ROUTES = [start, find, run, sheet, step, check]
