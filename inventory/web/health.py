"""Whether the process lives and can work, for whoever watches it."""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.services.readiness import what_is_missing
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import OPEN, Asking, site_of
from inventory.web.described import Doc, described
from inventory.web.problems import ProblemError, Trouble, of


@get("/livez", opt=described(Doc("The process is up.", shapes.Health), **OPEN))
async def livez() -> ASGIResponse:
    """Up."""
    return in_json({"status": "alive"})


_READY = Doc("The database answers, its schema is this version's, the study is there, the clock is not behind it.",
             shapes.Health,
             refuses=(Trouble.NOT_READY, Trouble.CLOCK_BEHIND))  # fmt: skip


@get("/readyz", opt=described(_READY, **OPEN))
async def readyz(request: Asking) -> ASGIResponse:
    """Able to work."""
    missing = await what_is_missing(site_of(request.scope), to_record=True)
    if missing:
        raise ProblemError(of(Trouble.NOT_READY, missing))
    return in_json({"status": "ready"})


ROUTES = [livez, readyz]
