"""The page of open tasks about arms, sets and look-backs: what waits for this person, and their roles' notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.lives import ACTIONS
from inventory.services.notices import notices_of
from inventory.services.open_tasks import open_tasks_of
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.frame import page
from inventory.web.pages.items import EXPLAIN, verb_of

if TYPE_CHECKING:
    from inventory.services.open_tasks import OpenTask

ACKNOWLEDGE = "notice-acknowledge"


@dataclass(frozen=True, slots=True)
class Line:
    """A task as the page shows it: the form to go to, its verb, and what it is about."""

    address: str
    verb: str
    code: str
    participant: str


@get("/open-tasks", opt=PAGE)
async def open_tasks(request: Asking) -> ASGIResponse:
    """Code breaks to be followed up, envelopes and sets to be seen to, notices to be read."""
    reader = reader_of(request)
    found = await open_tasks_of(reader, site_of(request.scope).now())
    sets = [_line(task) for task in found if task.action in EXPLAIN]
    untold = [_line(task) for task in found if not task.participant]
    elsewhere = {ACKNOWLEDGE, *EXPLAIN}
    lines = [_line(task) for task in found if task.participant and task.action not in elsewhere]
    notices = await notices_of(reader)
    return page(request, "open_tasks.html", lines=lines, sets=sets, untold=untold, notices=notices)


def _line(task: OpenTask) -> Line:
    made = ACTIONS[task.action].creates
    address = f"/acts/{task.action}?participant={task.code}" if made else f"/acts/{task.action}/{task.code}"
    return Line(address, verb_of(task.action), task.code, task.participant)


ROUTES = [open_tasks]
