"""The pharmacy: what waits, by how soon it may no longer be used, and one kit's way through it, step by step.

Rules this module keeps:
- A kit's steps are acts of the tables: what may be done now is what the record offers, and its form is the tables'.
- The countdown runs to the public use-by; before a kit is prepared there is none, for no kit.
- Who has a kit in hand is told at every step: handed over, it stays theirs until somebody accepts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.domain.lives.returning import beyond
from inventory.domain.lives.shape import two_times
from inventory.domain.lives.states import IN_USE, OVER
from inventory.domain.roles import Role
from inventory.services.balances import of_syringe
from inventory.services.lists import everything
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.items import offered, timeline
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.words import instant_of, utc

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

BY: Final = frozenset({Role.PHARMACIST})
ORDERED: Final = ("called_for", "ordered")
"""Orders that wait, the nearer first."""
BACK: Final = (*OVER, "returned", "reconciled")
"""What is to come back, to be balanced or to be destroyed."""
COMMANDS: Final = {
    "kit-accept-at-pharmacy": "#ACCEPT", "kit-refuse-at-pharmacy": "#REFUSE", "kit-hand-to-bedside": "#HAND",
    "kit-return": "#RETURN", "kit-reconcile": "#BALANCE", "kit-destroy": "#DESTROY", "kit-not-give": "#PROBLEM",
}  # fmt: skip
"""The barcode that opens each act's form; none of them records anything by itself."""
DISPENSING: Final = "at_pharmacy"


@dataclass(frozen=True, slots=True)
class Step:
    """One step on a kit's page: what it is called, in which state it is now, by which acts it is done."""

    title: str
    states: tuple[str, ...]
    acts: tuple[str, ...]
    others: str = ""


STEPS: Final = (
    Step("Accept it from the lab", ("offered_to_pharmacy",), ("kit-accept-at-pharmacy", "kit-refuse-at-pharmacy")),
    Step("Scan the kit, the participant and each syringe", (DISPENSING,), ()),
    Step("The second person scans all of it again, alone", (DISPENSING,), ("kit-dispense",)),
    Step("Hand it over to the bedside", ("dispensed",), ("kit-hand-to-bedside",)),
    Step("Accepted at the bedside", ("offered_to_bedside",), ("kit-accept-at-bedside", "kit-refuse-at-bedside"),
         "The bedside accepts or refuses it. Until then it is yours."),
    Step("Given, or not", ("at_bedside", "confirmed"), ("kit-finish", "kit-not-give", "syringe-give"),
         "It is at the bedside. It comes back here when every syringe has its outcome."),
    Step("Take back what is left, syringe by syringe", OVER, ("kit-return",)),
    Step("Balance every syringe", ("returned",), ("kit-reconcile",)),
    Step("Destroy it before a witness", ("reconciled",), ("kit-destroy",)),
)  # fmt: skip
"""A kit's way through the pharmacy, in the order of its states."""


# The board
@get("/pharmacy", opt=PAGE)
async def board(request: Asking) -> ASGIResponse:
    """Kits with a use-by, the soonest first; orders that wait; what comes back."""
    reader = reader_for(request, BY)
    kits, now = await everything(reader, Kind.KIT), site_of(request.scope).now()
    running = sorted((kit for kit in kits if kit.state in IN_USE), key=lambda kit: (kit.due or "", kit.code))
    return page(
        request, "pharmacy/board.html",
        running=[
            {"kit": kit, **clocks_of(kit, reader, now), "next": next_of(kit), "people": await _names(reader, kit)}
            for kit in running
        ],
        orders=[_order(kit, reader) for state in ORDERED for kit in kits if kit.state == state],
        back=[{"kit": kit, "next": next_of(kit)} for state in BACK for kit in kits if kit.state == state],
    )  # fmt: skip


def clocks_of(kit: ItemRecord, reader: Reader, now: datetime) -> dict[str, Any]:
    """The public use-by and, while it is between two hands, until when it has to be accepted."""
    at, since = instant_of(kit.due or ""), two_times(kit.facts, "transport_since")
    minutes = timedelta(minutes=reader.profile.limits.transport_minutes)
    return {
        "due_ms": utc(at) if at else "",
        "over": at is not None and at < now,
        "total": reader.profile.limits.use_by_minutes,
        "accept_ms": utc(min(since) + minutes) if since else "",
    }


def next_of(kit: ItemRecord) -> str:
    """What happens next with it, in words."""
    return next((step.title for step in STEPS if kit.state in step.states), "")


def _order(kit: ItemRecord, reader: Reader) -> dict[str, Any]:
    called = two_times(kit.facts, "called_at")
    ready = max(called) + timedelta(minutes=reader.profile.limits.ready_after_minutes) if called else None
    return {"kit": kit, "ready_ms": utc(ready) if ready else ""}


# One kit
@get("/pharmacy/{kit:str}", opt=PAGE)
async def one(request: Asking) -> ASGIResponse:
    """One kit's way through the pharmacy, its syringes, and what is to be done now."""
    reader = reader_for(request, BY)
    kit = await thing_in(request, reader, Kind.KIT, part="kit")
    return page(request, "pharmacy/kit.html", **await shown(request, reader, kit))


async def shown(request: Asking, reader: Reader, kit: ItemRecord) -> dict[str, Any]:
    """What the page of a kit shows."""
    syringes = await syringes_of(reader, kit)
    balances = [of_syringe(each) for each in syringes]
    tolerance_ul = reader.profile.limits.volume_tolerance_microlitres
    entries = timeline(reader, await reader.history(kit.code) or [], kit.code)
    return {
        "kit": kit,
        "steps": steps_of(kit, entries),
        "syringes": [
            {"record": each, "beyond": beyond(told["off_ul"] or 0, tolerance_ul), **told}
            for each, told in zip(syringes, balances, strict=True)
        ],
        "acts": [
            {**act, "address": act["address"] + _rows(act["act"].action, balances, tolerance_ul)} for act in _acts(kit)
        ],
        "dispensing": kit.state == DISPENSING,
        "tolerance_ul": tolerance_ul,
        "people": await _names(reader, kit),
        **clocks_of(kit, reader, site_of(request.scope).now()),
    }  # fmt: skip


def _acts(kit: ItemRecord) -> list[dict[str, Any]]:
    """What may be done with it now: each act with its barcode and its form; `main` is what the step asks for."""
    mine = next((step.acts for step in STEPS if kit.state in step.states), ())
    return [
        {
            "act": each,
            "command": COMMANDS[each.action],
            "main": each.action in mine,
            "address": f"/acts/{each.action}/{kit.code}",
        }
        for each in offered(kit)
        if each.action in COMMANDS
    ]


def steps_of(kit: ItemRecord, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps: done, now or later, each with the entry that did it last."""
    order = [kit.state in step.states for step in STEPS]
    here = order.index(True) if True in order else (len(STEPS) if kit.state == "destroyed" else -1)
    return [
        {
            "step": step,
            "when": "now" if order[place] else "done" if place < here else "later",
            "entry": _last(entries, step.acts) if place < here else None,
        }
        for place, step in enumerate(STEPS)
    ]


def _last(entries: list[dict[str, Any]], acts: tuple[str, ...]) -> dict[str, Any] | None:
    done = [each for each in entries if each["action"] in acts and each["void_by"] is None]
    return done[-1] if done else None


def _rows(action: str, balances: list[dict[str, Any]], tolerance_ul: int) -> str:
    """As many rows to fill in as syringes come back, or are off; nothing that is scanned or measured is filled in."""
    off = sum(beyond(one["off_ul"] or 0, tolerance_ul) for one in balances)
    blank = {
        "kit-return": {f"remainders.{row}.spilled_ul": "0" for row in range(len(balances))},
        "kit-reconcile": {f"differences.{row}.reason": "" for row in range(off)},
    }.get(action)
    return f"?{urlencode(blank)}" if blank else ""


async def syringes_of(reader: Reader, kit: ItemRecord) -> list[ItemRecord]:
    """The kit's syringes, as this person may see them."""
    codes = kit.facts.get("syringes")
    found = [await reader.item(str(code)) for code in codes] if isinstance(codes, list) else []
    return [each for each in found if each is not None]


async def _names(reader: Reader, kit: ItemRecord) -> dict[str, str]:
    """The name of whoever has it in hand."""
    code = str(kit.facts.get("custodian", ""))
    person = await reader.item(code) if code else None
    return {code: str(person.facts.get("name", code))} if person else {}


# Scanning on the board
@post("/pharmacy/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Go to the kit that was scanned, or whose syringe or participant it was."""
    reader = reader_for(request, BY)
    record = (await thing_scanned(request)).record
    kit = await _kit_behind(reader, record)
    if kit is None:
        return page(request, "pharmacy/no_kit.html", record=record)
    return in_html("", headers={"HX-Redirect": f"/pharmacy/{kit}"})


async def _kit_behind(reader: Reader, record: ItemRecord) -> str | None:
    match record.kind:
        case Kind.KIT:
            return record.code
        case Kind.SYRINGE:
            return record.parent
        case Kind.PARTICIPANT:
            mine = [kit for kit in await everything(reader, Kind.KIT) if kit.parent == record.code]
            waits = [kit.code for kit in mine if kit.state in (*IN_USE, *BACK)]
            return waits[-1] if waits else None
    return None


ROUTES = [board, find, one]
