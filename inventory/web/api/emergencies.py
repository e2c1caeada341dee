"""Code breaks as people follow them up: notices, open tasks, and how soon calls were answered. Nowhere an arm."""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.services.notices import notices_of
from inventory.services.open_tasks import open_tasks_of
from inventory.services.response_times import response_times
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.described import Doc, described

_NOTICES = Doc("The notices of code breaks for one's own roles.", shapes.Notices)
_TASKS = Doc("What is still to be done, of what one may do.", shapes.OpenTasks)
_TIMES = Doc(
    "How long each code break and each drill took, from the call to the answer.", shapes.ResponseTimes
)


@get("/notices", opt=described(_NOTICES))
async def notices(request: Asking) -> ASGIResponse:
    """Those not acknowledged come first."""
    return in_json({"notices": await notices_of(reader_of(request))})


@get("/open-tasks", opt=described(_TASKS))
async def tasks(request: Asking) -> ASGIResponse:
    """Acts that are waited for."""
    return in_json({"tasks": await open_tasks_of(reader_of(request), site_of(request.scope).now())})


@get("/unblindings/response-times", opt=described(_TIMES))
async def times(request: Asking) -> ASGIResponse:
    """Drills summed up, and every code break."""
    return in_json(await response_times(reader_of(request)))


ROUTES = [notices, tasks, times]
