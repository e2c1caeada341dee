"""The print queue: what every job is at, its labels as they are printed, and each label scanned back from paper.

Rules this module keeps:
- On a job's page a scan says of one of its labels that it is there, or with `as=apply` that it is on its thing; what
  the scanner sent goes into the record as it came.
- What a scan cannot mean here records nothing and says so: a thing without a label in this job, a label that was
  accounted for before, one that is void.
- A picture is the very bitmap that the agent is handed; where it would be another now, there is none.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.labelled import OUT
from inventory.services import print_queue
from inventory.services.acts import MalformedError, new_key
from inventory.services.printing import job_of, labels_of
from inventory.web.auth import PAGE, Asking, reader_for, reader_of, site_of
from inventory.web.bodies import CODE
from inventory.web.desk import Desk, Told, key_in
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.filled import fields_of
from inventory.web.pages.frame import elsewhere, in_html, page, wants_part
from inventory.web.pages.items import offered
from inventory.web.pages.menu import LABELS, PRINTING
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.troubles import outcome_of
from inventory.web.problems import UNKNOWN, Problem, ProblemError

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

SHOWN: Final = 20
SEEN: Final = ("on_hand", "applied", "void", "destroyed")
MARK: Final = re.compile(r"[0-9TZ:.-]{0,32}/[!-~]{1,64}")
ONWARD: Final = ("job-check", "job-queue")
"""What brings a drafted job to its printer, in order."""
SCANS: Final = {"scan": "label-scan-back", "apply": "label-apply"}
"""What a scan on a job's page records, by what the page is for."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A job and its labels, in the order of printing."""

    job: ItemRecord
    labels: tuple[ItemRecord, ...]

    @property
    def states(self) -> Counter[str]:
        """How many of its labels are in each state."""
        return Counter(label.state for label in self.labels)

    @property
    def out(self) -> int:
        """How many came out of the printer, or may have."""
        return sum(self.states[state] for state in OUT)

    @property
    def seen(self) -> int:
        """Of how many of those somebody said what became of them."""
        return sum(self.states[state] for state in SEEN)


@get("/labels/jobs", opt=PAGE)
async def queue(request: Asking) -> ASGIResponse:
    """The next jobs that are under way, the newest first; those that are over are a list's."""
    reader, before = reader_for(request, LABELS), _mark(request)
    jobs, following = await print_queue.under_way(reader, before, SHOWN)
    shown = [Progress(job, tuple(await labels_of(reader, job))) for job in jobs]
    return page(
        request, "labels/queue.html", jobs=shown, over=sorted(print_queue.OVER), begins=not before,
        address=f"/labels/jobs?before={quote(before)}" if before else "/labels/jobs",
        following=f"/labels/jobs?before={quote(following)}" if following else "",
    )  # fmt: skip


def _mark(request: Asking) -> str:
    before = str(request.query_params.get("before", ""))
    if before and not MARK.fullmatch(before):
        raise MalformedError([("before", "It is a mark that the page before gave.")])
    return before


async def _progress(request: Asking, reader: Reader) -> Progress:
    """The job that the address names.

    Raises:
        ProblemError: there is none for this person.
    """
    job = await thing_in(request, reader, Kind.JOB)
    return Progress(job, tuple(await labels_of(reader, job)))


@get("/labels/jobs/{code:str}", opt=PAGE)
async def job(request: Asking) -> ASGIResponse:
    """One job: what comes next, and each of its labels."""
    reader = reader_for(request, LABELS)
    found = await _progress(request, reader)
    means = "apply" if request.query_params.get("as") == "apply" else "scan"
    site = site_of(request.scope)
    again = await _again(site, reader, found)
    context = await next_act(site, reader, found)
    return page(request, "labels/job.html", found=found, means=means, again=again, **context)


async def next_act(site: Site, reader: Reader, found: Progress) -> dict[str, Any]:
    """What may be done with a job, and the key under which its next step is remembered."""
    held = [each for each in offered(found.job) if each.action not in ONWARD]
    waits = found.job.state in {"drafted", "checked"} and len(held) < len(found.job.allowed_actions)
    key = await new_key(site, reader.person.code) if waits else ""
    rows = [
        {"label": label, "acts": [each for each in offered(label) if each.action not in SCANS.values()]}
        for label in found.labels
    ]
    return {"acts": held, "key": key, "occurred_at": clocks.format_instant(site.now()), "rows": rows}


async def _again(site: Site, reader: Reader, found: Progress) -> str:
    """The code of the job by which a label of this one would be printed again."""
    return job_of(await new_key(site, reader.person.code)) if found.out else ""


@get("/labels/jobs/{code:str}/pictures/{name:path}", opt=PAGE)
async def picture(request: Asking) -> ASGIResponse:
    """A label of the job as it is printed."""
    reader = reader_for(request, LABELS)
    found = await _progress(request, reader)
    name = str(request.path_params["name"]).lstrip("/").removesuffix(".png")
    site, png = site_of(request.scope), None
    if CODE.fullmatch(name):
        png = await print_queue.bitmap(site, reader, found.job.code, name)
    if png is None:
        raise ProblemError(UNKNOWN)
    return ASGIResponse(body=png, media_type="image/png")


@post("/labels/jobs/{code:str}/onward", status_code=200, opt=PAGE)
async def onward(request: Asking) -> ASGIResponse:
    """Have the job's labels checked, and queue them."""
    reader = reader_for(request, PRINTING)
    found = await _progress(request, reader)
    told = await fields_of(request)
    site, key = site_of(request.scope), key_in(told.get("key"))
    at = str(told.get("occurred_at") or clocks.format_instant(site.now()))
    problem = await brought_on(Desk(site, reader, {}), found.job.code, key, at)
    if problem:
        return said(request, problem)
    return gone_to(request, found.job.code)


async def brought_on(desk: Desk, job: str, key: str, at: str) -> Problem | None:
    """Check a drafted job and queue it; what was refused, None where nothing was.

    `at` is when the form was first sent: sent again, it is the same two acts.
    """
    record = await desk.reader.item(job)
    for action in ONWARD if record and record.state == "drafted" else ONWARD[1:]:
        told = await desk.take(
            ACTIONS[action], {"code": job, "occurred_at": at, "evidence": {}}, f"{key}.{action}"
        )
        if isinstance(told, Problem):
            return told
    return None


def gone_to(request: Asking, job: str) -> ASGIResponse:
    """Send the browser to the job's page, whoever asked: its own script, or the browser itself."""
    address = f"/labels/jobs/{job}"
    return in_html("", headers={"HX-Redirect": address}) if wants_part(request.scope) else elsewhere(address)


def said(request: Asking, problem: Problem, job: str = "") -> ASGIResponse:
    """What was refused, and the job that waits as it is."""
    template = "labels/said.html" if wants_part(request.scope) else "labels/said_page.html"
    return page(request, template, problem.status, problem=problem, outcome=outcome_of(problem), job=job)


@post("/labels/jobs/{code:str}/scan", status_code=200, opt=PAGE)
async def scan(request: Asking) -> ASGIResponse:
    """A label of this job was read off paper: it is there, or it is on its thing."""
    reader = reader_for(request, LABELS)
    found = await _progress(request, reader)
    means = "apply" if request.query_params.get("as") == "apply" else "scan"
    _, read, scan_made = await thing_scanned(request)
    label = label_for(found, read.code)
    action = SCANS[means]
    if label is None or action not in label.allowed_actions:
        return page(request, "labels/verdict.html", thing=read, label=label)
    return await _recorded(request, label, action, scan_made.data)


def label_for(found: Progress, thing: str) -> ItemRecord | None:
    """The job's label of that thing: the last one of it, which stands for those before."""
    return next((label for label in reversed(found.labels) if label.facts.get("thing") == thing), None)


async def _recorded(request: Asking, label: ItemRecord, action: str, data: str) -> ASGIResponse:
    site, reader = site_of(request.scope), reader_of(request)
    body = {
        "code": label.code,
        "occurred_at": clocks.format_instant(site.now()),
        "evidence": {"scanned": data},
    }
    told = await Desk(site, reader, {}).take(ACTIONS[action], body, await new_key(site, reader.person.code))
    if not isinstance(told, Told):
        return said(request, told)
    context = {"label": await reader.item(label.code), "found": await _progress(request, reader)}
    return page(request, "labels/verdict.html", 201, **context)


ROUTES = [queue, job, picture, onward, scan]
