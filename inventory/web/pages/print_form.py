"""Having labels printed: which template, of which things, on which printer; checked and queued in one go.

Rules this module keeps:
- Only approved versions are offered, on printers that are connected, with the roll that is on them.
- What is offered to be labelled is what the tables would take in its present state; what has such a label already is
  marked, because a second one is a reprint and asks for its reason.
- The job's code comes from the form's key: a form sent twice is one job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.labelled import LABELLED, label_code
from inventory.domain.lives.templates import name_of
from inventory.services.acts import MalformedError, new_key
from inventory.services.lists import everything
from inventory.services.printing import job_of
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.desk import Desk, key_in
from inventory.web.pages.filled import pairs_of
from inventory.web.pages.frame import page
from inventory.web.pages.label_templates import versions
from inventory.web.pages.menu import PRINTING
from inventory.web.pages.print_jobs import brought_on, gone_to, said
from inventory.web.problems import Problem

if TYPE_CHECKING:
    from inventory.domain.lives.labelled import Labelled
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

OFFERED: Final = 60
"""So many things are offered at once; any other is scanned."""
SCANNED_ONLY: Final = frozenset({"position"})
"""What has no record of its own: it is scanned."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A thing that may be labelled, and its first label from that template where it has one."""

    thing: ItemRecord
    has: ItemRecord | None


@dataclass(frozen=True, slots=True)
class Printer:
    """A connected printer, and the roll that is on it as far as this person may see it."""

    device: ItemRecord
    roll: ItemRecord | None

    def fits(self, template: ItemRecord) -> bool:
        """Whether it has the template's resolution, and its stock where the template needs a roll."""
        dpi = template.facts.get("dpi")
        sheet = template.facts.get("feed") == "sheet"
        stocked = self.roll is not None and self.roll.facts.get("stock") == template.facts.get("stock")
        return isinstance(dpi, list) and self.device.facts.get("dpi") in dpi and (sheet or stocked)


async def approved(reader: Reader) -> list[ItemRecord]:
    """The approved versions that this person may print from."""
    return [one for found in (await versions(reader)).values() for one in found if one.state == "approved"]


async def printers(reader: Reader) -> list[Printer]:
    """The printers that are connected and in service."""
    rolls = {one.place: one for one in await everything(reader, Kind.ROLL) if one.state == "mounted"}
    return [
        Printer(device, rolls.get(device.code))
        for device in await everything(reader, Kind.DEVICE)
        if device.state == "in_service" and device.facts.get("agent")
    ]


async def offers(reader: Reader, template: ItemRecord, of: str) -> list[Offer]:
    """What may have this template's label now, of what belongs to or lies in `of` where that is given."""
    content = str(template.facts.get("content"))
    found = [] if content in SCANNED_ONLY else await _labelled(reader, LABELLED[content], of)
    name = name_of(template.code)
    return [Offer(thing, await reader.item(label_code(thing.code, name, 1))) for thing in found]


async def _labelled(reader: Reader, labelled: Labelled, of: str) -> list[ItemRecord]:
    found: list[ItemRecord] = []
    after = ""
    while len(found) < OFFERED and (rows := await reader.page(labelled.kind, after, 500)):
        found += [one for one in rows if one.state in labelled.states and (not of or of in _where(one))]
        after = rows[-1].code
    return found[:OFFERED]


def _where(thing: ItemRecord) -> frozenset[str | None]:
    """What it belongs to, and where it lies: in a position, so also in its box."""
    box = numbers.parse(thing.place).of if thing.place and numbers.resembles(thing.place) else None
    return frozenset({thing.parent, thing.place, box})


@get("/labels/print", opt=PAGE)
async def form(request: Asking) -> ASGIResponse:
    """The form: the template first, then what may have its label."""
    reader = reader_for(request, PRINTING)
    choices = await approved(reader)
    asked, of = request.query_params.get("template", ""), request.query_params.get("of", "").strip()
    template = next((one for one in choices if one.code == asked), None)
    context: dict[str, Any] = {"choices": choices, "chosen": template, "of": of}
    if template is not None:
        site, there = site_of(request.scope), await printers(reader)
        fitting = [one for one in there if one.fits(template)]
        context |= {
            "offers": await offers(reader, template, of), "fitting": fitting,
            "others": [one for one in there if one not in fitting],
            "key": await new_key(site, reader.person.code), "occurred_at": clocks.format_instant(site.now()),
        }  # fmt: skip
    return page(request, "labels/print.html", **context)


@post("/labels/print", status_code=200, opt=PAGE)
async def take(request: Asking) -> ASGIResponse:
    """Draft the job, have its labels checked, and queue it."""
    reader, site = reader_for(request, PRINTING), site_of(request.scope)
    pairs = await pairs_of(request)
    told = dict(pairs)
    key = key_in(told.get("key"))
    desk, job = Desk(site, reader, {}), job_of(key)
    evidence = {name: told.get(name, "") for name in ("template", "printer")} | {"things": things_in(pairs)}
    at = told.get("occurred_at") or clocks.format_instant(site.now())
    drafted = await desk.take(
        ACTIONS["job-draft"], {"code": job, "occurred_at": at, "evidence": evidence}, key
    )
    if isinstance(drafted, Problem):
        return said(request, drafted)
    problem = await brought_on(desk, job, key, at)
    return said(request, problem, job) if problem else gone_to(request, job)


def things_in(pairs: list[tuple[str, str]]) -> list[str]:
    """The things of a form: those that were ticked, and those that were scanned, each once.

    Raises:
        MalformedError: none, or what cannot be a code or a scan.
    """
    lines = [line.strip() for name, value in pairs if name == "things" for line in value.splitlines()]
    things = list(dict.fromkeys(line for line in lines if line))
    if not things:
        raise MalformedError([("things", "Choose or scan at least one.")])
    return things


ROUTES = [form, take]
