"""The sheet of command barcodes: what a hand in a glove scans instead of touching the screen.

Rules this module keeps:
- A command presses a button that the page shows; it does nothing that the button would not.
- Every command of every page stands here, each for whose pages have it (`tests/web/test_commands.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.custody import duties
from inventory.domain.roles import Role
from inventory.services.bars import code_128
from inventory.web.auth import PAGE, Asking, reader_of
from inventory.web.pages.frame import page

EVERYBODY: Final = frozenset(Role)
LABORATORY: Final = frozenset({Role.TECHNICIAN, Role.QA})


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands of some pages, by what they do, and the roles that have these pages."""

    title: str
    by: frozenset[Role]
    says: dict[str, str]


SHEET: Final = (
    Commands("On every page", EVERYBODY, {
        "#OK": "I have stopped", "#NEXT": "Go on, or record it", "#CANCEL": "Not now",
    }),
    Commands("Pharmacy", frozenset({Role.PHARMACIST}), {
        "#ACCEPT": "Accept from the lab", "#REFUSE": "Refuse the handover", "#HAND": "Hand over to the bedside",
        "#RETURN": "Take back what is left", "#BALANCE": "Balance the syringes", "#DESTROY": "Destroy before a witness",
        "#PROBLEM": "Record as not given",
    }),
    Commands("Laboratory", LABORATORY, {
        "#FREE": "Into the next free cell", "#CLEAR": "No ice left", "#SLIVER": "A sliver of ice",
        "#ICE": "More ice than that", "#SKIP": "To the next taken cell", "#UNDO": "Take the last one back",
        "#DONE": "Record the count",
    }),
)  # fmt: skip
"""Every command, page by page."""


@get("/commands", opt=PAGE)
async def commands(request: Asking) -> ASGIResponse:
    """The sheet, as it is printed and hung up at the bench."""
    held = duties(request.user, reader_of(request).profile)
    shown = [
        (group.title, [(code_128(command), says) for command, says in group.says.items()])
        for group in SHEET
        if group.by & held
    ]
    return page(request, "commands.html", groups=shown)


ROUTES = [commands]
