"""A scanner's check: its sheets to print, the test sheet read symbol by symbol, and the record of what came.

Rules this module keeps:
- The page hears scans itself and sends none of them to be looked up.
- What came is kept whole, by the register's own act; whether it was right is decided there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.custody import duties
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.scanner_check import TEST_SHEET
from inventory.services import scanner_sheets
from inventory.services.acts import new_key
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.commands import SHEET
from inventory.web.pages.frame import page
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

ACT = "device-qualify"
SHEETS: Final[dict[str, Callable[[Asking], bytes]]] = {
    "test-sheet.pdf": lambda _: scanner_sheets.test_sheet(),
    "set-up.pdf": lambda _: scanner_sheets.set_up_sheet(),
    "commands.pdf": lambda request: scanner_sheets.command_sheet(_commands(request)),
}  # fmt: skip
"""What is printed for scanners, each for whoever asks."""


def _commands(request: Asking) -> dict[str, str]:
    held = duties(request.user, reader_of(request).profile)
    return {text: what for group in SHEET if group.by & held for text, what in group.says.items()}


@get("/scanner", opt=PAGE)
async def scanner(request: Asking) -> ASGIResponse:
    """The test sheet, to be read by the scanner that is checked."""
    site, reader = site_of(request.scope), reader_of(request)
    if not duties(request.user, site.profile) & ACTIONS[ACT].by:
        raise ProblemError(of(Trouble.NOT_FOUND))  # not for you = not there, in the same bytes
    return page(
        request,
        "scanner/scanner.html",
        symbols=TEST_SHEET,
        scanners=await _scanners(reader),
        key=await new_key(site, reader.person.code),
        occurred_at=clocks.format_instant(site.now()),
    )


async def _scanners(reader: Reader) -> list[ItemRecord]:
    found, after = [], ""
    while devices := await reader.page(Kind.DEVICE, after):
        found += [
            each
            for each in devices
            if each.facts.get("kind_of_device") == "scanner" and each.state != "retired"
        ]
        after = devices[-1].code
    return found


@get([f"/scanner/{name}" for name in SHEETS], opt=PAGE)
async def sheet(request: Asking) -> ASGIResponse:
    """A sheet to print; it holds nothing of a study."""
    drawn = SHEETS[request.url.path.rpartition("/")[2]](request)
    return ASGIResponse(body=drawn, media_type="application/pdf")


ROUTES = [scanner, sheet]
