"""What tells an open page that something was recorded, so that it can look again (server-sent events).

Rules this module keeps:
- An event says that something changed in a log that this person may read, and never what, nor in which.
- A stream begins with one: what was recorded after the page was made, and before the stream saw the logs' sizes,
  is told by nobody else; nor is what was recorded between two streams.
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
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.bodies import whole

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


async def _told(request: Asking, seconds: int) -> AsyncIterator[ServerSentEventMessage]:
    reader, site = reader_of(request), site_of(request.scope)
    before = await _sizes(reader)
    yield ServerSentEventMessage(data="look again", event="changed")
    for look in range(1, int(seconds / EVERY) + 1):
        await asyncio.sleep(EVERY)
        if request.app.state["stopping"]() or not await person_behind(site.engine, request.auth, site.now()):
            return
        now = await _sizes(reader)
        if now != before:
            before = now
            yield ServerSentEventMessage(data="look again", event="changed")
        elif look % BEAT == 0:
            yield ServerSentEventMessage(comment="here", data=None)


async def _sizes(reader: Reader) -> tuple[int, ...]:
    edges = [await reader.edge(log) for log in reader.logs]
    return tuple(edge.size for edge in edges if edge is not None)


ROUTES = [events]
