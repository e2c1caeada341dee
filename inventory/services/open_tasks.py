"""What is still to be done about arms told or in envelopes, unreconciled sets, and what was given though held back.

That is, for each person what they may do: numbers and assessments of code breaks, envelopes to be printed, placed
and looked at, notices to be read, syringes to be explained that were given unscanned or elsewhere than planned or
whose volume nobody accounted for, look-backs from what is held back and was given to somebody of whom no alert tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain.custody import duties
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.explaining import waits_for
from inventory.services.lists import everything
from inventory.services.notices import notices_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An act that is waited for, the thing it is done on, and whom that concerns; whom not, where that is sealed."""

    action: str
    code: str
    participant: str


async def open_tasks_of(reader: Reader, now: datetime) -> list[OpenTask]:
    """What waits at that moment for this person, or for others of their role."""
    today = clocks.local_day(now, reader.profile.site.time_zone)
    things = [one for kind in _WAITING for one in await everything(reader, kind)]
    found = [
        OpenTask(action, thing.code, await _participant(reader, thing))
        for thing in things
        for action in _waiting(thing, today)
        if action in thing.allowed_actions
    ]
    found += [
        OpenTask(PRINT, thing.code, thing.code) for thing in things if _prints(reader) and _lacks_one(thing)
    ]
    found += [OpenTask(f"{kind}-look-back", code, "") for kind, code in await reader.untold()]
    unread = [notice for notice in await notices_of(reader) if notice.read_at is None]
    return found + [OpenTask("notice-acknowledge", one.code, one.participant) for one in unread]


PRINT = "envelope-print"
_WAITING = (Kind.UNBLINDING, Kind.ENVELOPE, Kind.PARTICIPANT, Kind.SYRINGE)


async def _participant(reader: Reader, thing: ItemRecord) -> str:
    """Whom the thing concerns; a syringe those for whom its kit is."""
    kit = await reader.item(thing.parent or "") if thing.kind is Kind.SYRINGE else None
    return (kit or thing).parent or ""


def _waiting(thing: ItemRecord, today: str) -> Iterator[str]:
    """The acts that wait to be done on a thing."""
    if thing.state == "event_missing":
        yield "unblinding-add-event"
    if thing.kind is Kind.UNBLINDING and not {"impact", "drill"} & thing.facts.keys():
        yield "unblinding-assess"
    if thing.kind is Kind.ENVELOPE and thing.state == "printed":
        yield "envelope-place"
    if thing.kind is Kind.SYRINGE:
        yield from waits_for(thing.facts)
    if thing.kind is Kind.ENVELOPE and thing.due is not None and thing.due <= today:
        yield "envelope-check"


def _lacks_one(thing: ItemRecord) -> bool:
    """Whether it is a participant who is randomised and for whom no envelope was printed."""
    randomised = thing.kind is Kind.PARTICIPANT and "randomised_at" in thing.facts
    return randomised and "envelope" not in thing.facts


def _prints(reader: Reader) -> bool:
    """Whether the study has envelopes, and this person prints them."""
    prints = ACTIONS[PRINT].by & duties(reader.person, reader.profile)
    return reader.profile.code_break.envelopes and bool(prints)
