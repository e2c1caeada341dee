"""What is a person to be told of code breaks: the notices for their roles, and which they have acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.services.lists import everything

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


@dataclass(frozen=True, slots=True)
class Notice:
    """That a code was broken, and never which arm it was; `read_at` is when this person acknowledged it."""

    code: str
    unblinding: str
    participant: str
    role: str
    drill: bool
    read_at: str | None


async def notices_of(reader: Reader) -> list[Notice]:
    """The notices for this person's roles, those first that they have not acknowledged."""
    found = [
        _notice(record, reader.person.code)
        for record in await everything(reader, Kind.NOTICE)
        if record.facts.get("role") in reader.person.texts("roles")
    ]
    return sorted(found, key=lambda notice: (notice.read_at or "", notice.code))


def _notice(record: ItemRecord, person: str) -> Notice:
    facts, read = record.facts, record.facts.get("read_by")
    at = read.get(person) if isinstance(read, dict) else None
    return Notice(
        code=record.code,
        unblinding=record.parent or "",
        participant=str(facts["participant"]),
        role=str(facts["role"]),
        drill=facts.get("drill") is True,
        read_at=str(at) if at else None,
    )
