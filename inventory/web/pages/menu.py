"""The pages that stand in the menu, and for whom.

A page that only some may open is in nobody else's menu. Add a line here for a page of one role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.custody import duties
from inventory.domain.items import SHELF_OF, Shelf
from inventory.domain.roles import AUDITORS, Role
from inventory.services.lists import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.store.gate import Reader

EVERYBODY = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: `by` are the roles that have it."""

    address: str
    title: str
    by: frozenset[Role] = EVERYBODY


WORK = (
    Entry("/", "Today"),
    Entry("/scan", "Scan"),
    Entry("/bedside", "Bedside", frozenset({Role.COORDINATOR, Role.INJECTOR})),
)
"""What people do, in the order of a day."""

FOLLOWED = Entry("/open-tasks", "Open tasks", frozenset(Role) - AUDITORS - {Role.ADMINISTRATOR})
"""What waits of code breaks and envelopes, for those who can do something about it."""

RECORD = (Entry("/logs", "Logs", frozenset({*AUDITORS, Role.QA})),)
"""What people read who check the others' work."""


def lists_of(reader: Reader) -> list[str]:
    """The lists that exist for this person: those of the vault only where it is open to them."""
    return [
        name
        for name, kinds in LISTS.items()
        if reader.unblinded or any(SHELF_OF[kind] is Shelf.OPEN for kind in kinds)
    ]


def menu_of(reader: Reader) -> Iterator[Entry]:
    """The person's menu."""
    held = duties(reader.person, reader.profile)
    yield from (entry for entry in (*WORK, FOLLOWED) if entry.by & held)
    yield from (Entry(f"/{name}", name.title()) for name in lists_of(reader))
    yield from (entry for entry in RECORD if entry.by & held)
