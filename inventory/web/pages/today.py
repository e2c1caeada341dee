"""The first page: what needs this person now, which clocks run, what expires soon, how the stock stands.

Rules this module keeps:
- Everything on it comes from the person's own reader; for somebody blinded nothing is counted by product.
- What needs somebody is what the tables let them do next, in states that wait for somebody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.frame import page
from inventory.web.pages.items import EXPLAIN, Offered, offered
from inventory.web.pages.words import instant_of, utc

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

WAITING: Final = {
    Kind.KIT: {
        "ordered", "called_for", "prepared", "offered_to_pharmacy", "at_pharmacy", "dispensed",
        "offered_to_bedside", "at_bedside", "confirmed", "administered", "partly_administered",
        "not_administered", "returned", "reconciled",
    },
    Kind.PARTICIPANT: {"enrolled", "eligible"},
    Kind.DEVIATION: {"open", "assessed"},
    Kind.EXCURSION: {"open"},
    Kind.UNBLINDING: {"event_missing"},
    Kind.ENVELOPE: {"printed"},
    Kind.ALERT: {"open", "acknowledged"},
    Kind.SHIPMENT: {"expected", "received"},
    Kind.LOT: {"quarantined", "on_hold"},
    Kind.SYRINGE: {"given", "partly_given", "returned", "destroyed"},
}  # fmt: skip
"""By kind, the states in which something waits for somebody; a syringe only while it has to be explained."""

RUNNING: Final = (Kind.KIT,)
"""What has a clock that runs in minutes."""

SOON: Final = timedelta(days=90)
SHOWN: Final = 12
ASIDE: Final = (
    "void",
    "cancel",
    "cancel-order",
    "refuse",
    "withdraw",
    "not-give",
    "replace",
    "recall",
    "hold",
    "reject",
    "discard",
    "look-back",
    "look-again",
    "retire",
    "open",
)
"""Actions that are possible at any time: no reason to call somebody to the board."""


@get("/", opt=PAGE)
async def today(request: Asking) -> ASGIResponse:
    """The board."""
    site, reader = site_of(request.scope), reader_of(request)
    now, found = site.now(), await _things(reader)
    return page(
        request, "today.html", waiting=waiting(found)[:SHOWN], running=running(found, now),
        expiring=expiring(found, now)[:SHOWN], stock=await reader.stock_word(now),
        supplying=supplying(await reader.item(site.profile.study.id)),
    )  # fmt: skip


async def _things(reader: Reader) -> list[ItemRecord]:
    found: list[ItemRecord] = []
    for kind in WAITING:
        after = ""
        while rows := await reader.page(kind, after, 500):
            found += rows
            after = rows[-1].code
    return found


def waiting(found: list[ItemRecord]) -> list[dict[str, Any]]:
    """What waits for this person: a thing and the first act that its state lets them do; what has a clock first."""
    told = []
    for record in sorted(found, key=_urgency):
        if record.state not in WAITING.get(record.kind, ()):
            continue
        acts = [each for each in offered(record) if each.action.partition("-")[2] not in ASIDE]
        if record.kind is Kind.SYRINGE:
            acts = [each for each in acts if each.action in EXPLAIN]
        if acts:
            pill = "unreconciled" if record.kind is Kind.SYRINGE else record.state
            told.append({"record": record, "act": acts[0], "pill": pill})
    return told


def _urgency(record: ItemRecord) -> tuple[bool, str]:
    """Until when it is of use, the soonest first; whatever has no clock comes after, as it came."""
    return (False, str(record.due)) if _has_clock(record) else (True, "")


def _has_clock(record: ItemRecord) -> bool:
    waits = record.state in WAITING.get(record.kind, ()) and record.state not in AFTER
    return record.kind in RUNNING and waits and bool(record.due)


def running(found: list[ItemRecord], now: datetime) -> list[dict[str, Any]]:
    """What has a use-by that still matters, the soonest first."""
    told = [
        {"record": record, "due_ms": utc(at), "over": at < now}
        for record in found
        if _has_clock(record) and (at := instant_of(str(record.due))) is not None
    ]
    return sorted(told, key=lambda each: str(each["record"].due))


def supplying(study: ItemRecord | None) -> list[Offered]:
    """What this person may do about the supply."""
    if study is None:
        return []
    turn = "study-resume-ordering" if study.facts.get("ordering") == "paused" else "study-pause-ordering"
    return [each for each in offered(study) if each.action in {turn, "study-post-supply"}]


AFTER: Final = {"administered", "partly_administered", "not_administered", "returned", "reconciled"}


def expiring(found: list[ItemRecord], now: datetime) -> list[ItemRecord]:
    """Lots that expire within the next months; they exist for those who read them."""
    until = (now + SOON).date().isoformat()
    lots = [
        one for one in found if one.kind is Kind.LOT and one.due and one.due <= until and one.state in IN_USE
    ]
    return sorted(lots, key=lambda lot: lot.due or "")


IN_USE: Final = {"released", "conditionally_released", "quarantined", "on_hold"}

ROUTES = [today]
