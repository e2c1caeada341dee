"""What was observed without a connection: the list of what waits, and the page that a browser keeps for that time.

Rules this module keeps:
- What waits lies in the browser alone, and the service knows nothing of it until it is sent as any act is.
- The page without a connection shows nothing of the study: whose it is, the forms of their own observations, and
  what that browser kept. It carries no session's token and sends nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.custody import duties
from inventory.domain.lives import ACTIONS
from inventory.web.auth import OPEN, PAGE, Asking, reader_of
from inventory.web.pages.acts import schema_of
from inventory.web.pages.controls import Control, Form
from inventory.web.pages.demands import may_wait
from inventory.web.pages.frame import HEADERS, page
from inventory.web.pages.items import verb_of
from inventory.web.pages.statics import assets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.store.gate import Reader

WORKER: Final = {**HEADERS, "Cache-Control": "no-cache"}


@get("/outbox", opt=PAGE)
async def outbox(request: Asking) -> ASGIResponse:
    """What this browser keeps and was not recorded yet."""
    return page(request, "outbox/outbox.html")


@get("/outbox/shell", opt=PAGE)
async def shell(request: Asking) -> ASGIResponse:
    """The page that the browser shows while the service cannot be reached."""
    return page(request, "outbox/shell.html", forms=list(_forms(reader_of(request))))


def _forms(reader: Reader) -> Iterator[dict[str, Any]]:
    """The forms of what this person may observe of a thing that exists already, none with free text."""
    held = duties(reader.person, reader.profile)
    for row in ACTIONS.values():
        if row.by & held and may_wait(row, reader.profile) and not row.creates:
            controls = Form(reader, None).controls(schema_of(row.evidence))
            if not any(each.shape == "long" for each in _flat(controls)):
                yield {"row": row, "verb": verb_of(row.action), "controls": controls}


def _flat(controls: tuple[Control, ...]) -> Iterator[Control]:
    for each in controls:
        yield each
        yield from _flat(each.parts)


@get("/worker.js", opt={**OPEN, **PAGE})
async def worker() -> ASGIResponse:
    """The script that answers in place of a service that cannot be reached; its address decides how far it reaches."""
    return ASGIResponse(body=assets()["worker.js"].plain, headers=WORKER, media_type="text/javascript")


ROUTES = [outbox, shell, worker]
