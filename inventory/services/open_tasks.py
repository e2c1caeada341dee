"""What is still to be done about arms that were told: a list for each person, of what they may do themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.services.lists import everything
from inventory.services.notices import notices_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


@dataclass(frozen=True, slots=True)
class OpenTask:
    """An act that is waited for, the thing it is done on, and whom that concerns."""

    action: str
    code: str
    participant: str


async def open_tasks_of(reader: Reader) -> list[OpenTask]:
    """What waits for this person, or for others of their role: event numbers, assessments, acknowledgements."""
    found = [task for record in await everything(reader, Kind.UNBLINDING) for task in _of_unblinding(record)]
    unread = [notice for notice in await notices_of(reader) if notice.read_at is None]
    return found + [OpenTask("notice-acknowledge", one.code, one.participant) for one in unread]


def _of_unblinding(record: ItemRecord) -> Iterator[OpenTask]:
    waited_for = {
        "unblinding-add-event": record.state == "event_missing",
        "unblinding-assess": "impact" not in record.facts and not record.facts.get("drill"),
    }
    for action, waits in waited_for.items():
        if waits and action in record.allowed_actions:
            yield OpenTask(action, record.code, record.parent or "")
