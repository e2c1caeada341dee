"""What tells an open page that something was recorded, so that it can look again (server-sent events).

Rules this module keeps:
- An event says that something changed in a log that this person may read, and never what, nor in which.
- A stream goes on from what the page had seen before it was made, or from the last event of the stream before: what
  was recorded until it began is told at once, for nobody else tells it.
- Whoever signed out, or was locked, is told nothing more; a stream ends when the server is told to stop, and
  after some minutes anyway: the browser opens another.

Source: HTML, section 9.2 (server-sent events).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from litestar import get
from litestar.response import ServerSentEvent, ServerSentEventMessage

from inventory.store.doorkeeper import person_behind
from inventory.web.auth import PAGE, Asking, header, reader_of, site_of
from inventory.web.bodies import whole
from inventory.web.pages.frame import wants_part

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inventory.store.gate import Reader

SECONDS: Final = 240
"""How long a stream lasts at most."""
EVERY: Final = 1.0
"""Seconds between two looks at the logs' sizes."""
BEAT: Final = 10
"""After so many looks without news the stream says that it lives."""
AGAIN: Final = 2000
"""Milliseconds after which a browser opens the next."""


@get("/events", opt=PAGE)
async def events(request: Asking) -> ServerSentEvent:
    """A stream of `changed`."""
    seconds = min(whole(request, "seconds", SECONDS), SECONDS)
    return ServerSentEvent(_told(request, seconds), retry_duration=AGAIN, comment_message="begin")


async def note_seen(request: Asking) -> None:
    """Remember how long the logs are before a page is made."""
    whole_page = "text/html" in header(request.scope, b"accept") and not wants_part(request.scope)
    if request.method == "GET" and whole_page and not request.route_handler.opt.get("open"):
        request.scope["state"]["seen"] = await _sizes(reader_of(request))


async def _told(request: Asking, seconds: int) -> AsyncIterator[ServerSentEventMessage]:
    reader, site = reader_of(request), site_of(request.scope)
    before = header(request.scope, b"last-event-id") or request.query_params.get("seen", "")
    for look in range(int(seconds / EVERY) + 1):
        if look:
            await asyncio.sleep(EVERY)
        if request.app.state["stopping"]() or not await person_behind(site.engine, request.auth, site.now()):
            return
        now = await _sizes(reader)
        if now != before:
            before = now
            yield ServerSentEventMessage(data="look again", event="changed", id=now)
        elif look % BEAT == BEAT - 1:
            yield ServerSentEventMessage(comment="here", data=None)


async def _sizes(reader: Reader) -> str:
    edges = [await reader.edge(log) for log in reader.logs]
    return ".".join(str(edge.size) for edge in edges if edge is not None)


ROUTES = [events]
