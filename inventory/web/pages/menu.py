"""The pages that stand in the menu, and for whom.

A page that only some may open is in nobody else's menu. Add a line here for a page of one role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.custody import duties
from inventory.domain.items import SHELF_OF, Shelf
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.printing import STAFF
from inventory.domain.roles import AUDITORS, Role
from inventory.services.lists import LISTS
from inventory.store.gate import BOXED

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


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one heading: pages made for a task, then the lists of that kind of thing."""

    title: str
    pages: tuple[Entry, ...]
    lists: tuple[str, ...] = ()


FOLLOWED = Entry("/open-tasks", "Open tasks", frozenset(Role) - AUDITORS - {Role.ADMINISTRATOR})
"""What waits of code breaks and envelopes, for those who can do something about it."""

QUALITY = frozenset({Role.QA, Role.UNBLINDED_AUDITOR})
"""Who judges what is released and what went wrong, and who reads that they did."""
PRINTING = frozenset(STAFF)
"""Who has labels printed."""
LABELS = PRINTING | AUDITORS | {Role.INJECTOR, Role.SUPPLY}
"""Who looks at templates, print jobs and counts, as far as their reader finds them."""
TYPED = Entry("/typed-codes", "Typed codes", frozenset({Role.QA}))
"""How people work with scanners, for quality assurance."""

GROUPS = (
    Group("Work", (
        Entry("/", "Today"),
        Entry("/scan", "Scan"),
        Entry("/pharmacy", "Pharmacy", frozenset({Role.PHARMACIST})),
        Entry("/preparation", "Preparation", frozenset({Role.TECHNICIAN})),
        Entry("/receipts", "Receipt", frozenset({Role.TECHNICIAN})),
        Entry("/bedside", "Bedside", frozenset({Role.COORDINATOR, Role.INJECTOR})),
        FOLLOWED,
        Entry("/scanner", "Scanner", ACTIONS["device-qualify"].by),
        Entry("/outbox", "Not yet recorded", frozenset(Role) - AUDITORS - {Role.ADMINISTRATOR}),
    )),
    Group("Inventory", (
        Entry("/storage", "Storage", BOXED),
        Entry("/stock-take", "Stock take", frozenset({Role.TECHNICIAN, Role.QA})),
    ), (
        "lots", "vials", "kits", "participants", "locations", "shipments", "devices",
    )),
    Group("Quality", (
        Entry("/quality", "What waits", QUALITY),
        Entry("/quality/look-back", "Look back", QUALITY | {Role.PHYSICIAN}),
        Entry("/quality/reconciliation", "Reconciliation", QUALITY | {Role.SUPPLY}),
    )),
    Group("What went wrong", (), ("deviations", "excursions", "alerts", "unblindings", "envelopes")),
    Group("Labels", (
        Entry("/labels", "Templates", LABELS),
        Entry("/labels/print", "Print", PRINTING),
        Entry("/labels/jobs", "Print queue", LABELS),
        Entry("/labels/rolls", "Rolls", LABELS),
        Entry("/labels/accounts", "Label counts", LABELS),
        Entry("/commands", "Command barcodes"),
    ), ("printed-labels",)),
    Group("Record", (
        Entry("/history", "History"),
        Entry("/monitoring", "Monitoring", frozenset(Role) - {Role.ADMINISTRATOR, Role.PRINTING}),
        Entry("/logs", "Logs", frozenset({*AUDITORS, Role.QA})),
        TYPED,
    ), ("people",)),
    Group("Administration", (
        Entry("/admin/people", "People", frozenset({Role.ADMINISTRATOR})),
        Entry("/admin/roles", "Who may do what", frozenset({*AUDITORS, Role.QA, Role.ADMINISTRATOR})),
        Entry("/admin/devices", "Devices", frozenset({*AUDITORS, Role.QA, Role.ADMINISTRATOR})),
        Entry("/admin/settings", "Settings", frozenset({*AUDITORS, Role.QA, Role.ADMINISTRATOR})),
    )),
)  # fmt: skip
"""The menu in the order of a day; a page of one role is a line here."""


def lists_of(reader: Reader) -> list[str]:
    """The lists that exist for this person: those of the vault only where it is open to them."""
    return [
        name
        for name, kinds in LISTS.items()
        if reader.unblinded or any(SHELF_OF[kind] is Shelf.OPEN for kind in kinds)
    ]


def menu_of(reader: Reader) -> Iterator[tuple[str, list[Entry]]]:
    """The person's menu: each heading with its lines, none without any."""
    held = duties(reader.person, reader.profile)
    shown = set(lists_of(reader))
    for group in GROUPS:
        lines = [entry for entry in group.pages if entry.by & held]
        lines += [Entry(f"/{name}", words_of(name)) for name in group.lists if name in shown]
        if lines:
            yield group.title, lines


def words_of(name: str) -> str:
    """A list's name as people read it."""
    return name.replace("-", " ").capitalize()
