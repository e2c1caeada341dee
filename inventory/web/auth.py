"""Who asks: the person behind the bearer token, looked up before anything else is read.

Rules this module keeps:
- Every route needs a person, OPTIONS included, but those that say `open` in their options.
- A token for enrolling a second factor opens the routes that say `enrolling`, and no other.
- `request.user` is the person's item as it stood when they asked, `request.auth` their token.
- What the person may read goes through a `Reader`; what they may do is their role's, by the table's row.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.enums import ScopeType

from inventory.domain.custody import Row, duties
from inventory.domain.items import Item, Log
from inventory.domain.refusals import Refusal
from inventory.services.people import ENROLLING
from inventory.services.site import Site
from inventory.store.doorkeeper import person_behind
from inventory.store.gate import Reader
from inventory.web.problems import ProblemError, Trouble, of, refused

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler
    from litestar.types import ASGIApp, Receive, Scope, Send

LOGGER = logging.getLogger(__name__)
OPEN = {"open": True}
"""The options of a route that needs no sign-in."""
ENROLS = {"enrolling": True}
"""The options of a route that takes a token for enrolling a second factor."""

_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]{16,200})")

Asking: TypeAlias = Request[Item, str, State]


def header(scope: Scope, name: bytes) -> str:
    """The first header of that (lower-case) name; empty where there is none."""
    found = next((value for key, value in scope["headers"] if key == name), b"")
    return found.decode("latin-1")


def sign_in_needed(app: ASGIApp) -> ASGIApp:
    """The middleware that lets nobody pass unknown."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not scope["route_handler"].opt.get("open"):
            token = _BEARER.fullmatch(header(scope, b"authorization"))
            person = await _whose(scope, token[1]) if token else None
            if token is None or person is None:
                raise ProblemError(of(Trouble.UNAUTHENTICATED))
            if token[1].startswith(ENROLLING) and not scope["route_handler"].opt.get("enrolling"):
                raise ProblemError(of(Trouble.SECOND_FACTOR_NEEDED))
            scope["user"], scope["auth"] = person, token[1]
        await app(scope, receive, send)

    return middleware


def site_of(scope: Scope) -> Site:
    """The study that this application serves."""
    site = scope["litestar_app"].state["site"]
    if not isinstance(site, Site):
        raise TypeError("the application was asked before it was started")
    return site


async def _whose(scope: Scope, token: str) -> Item | None:
    site = site_of(scope)
    return await person_behind(site.engine, token, site.now())


def reader_of(request: Asking) -> Reader:
    """What the person who asks may read."""
    site = site_of(request.scope)
    return Reader(request.user, site.profile, site.keys.vault)


def refuse_unentitled(person: Item, row: Row, site: Site) -> None:
    """Refuse whose role does not do this, before a word of the request is read.

    Raises:
        ProblemError: `not_entitled`.
    """
    if not duties(person, site.profile) & row.by:
        LOGGER.info("%s is not entitled to %s", person.code, row.action)
        raise ProblemError(refused(Refusal.NOT_ENTITLED))


async def known_log(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The guard of the logs: one that does not exist for this person is an address with nothing at it."""
    name, site = connection.path_params["log"], site_of(connection.scope)
    reader = Reader(connection.user, site.profile, site.keys.vault)
    if name not in {log.value for log in reader.logs}:
        raise ProblemError(of(Trouble.NOT_FOUND))


def log_of(request: Asking) -> Log:
    """The log that the address names; `known_log` has let it pass."""
    return Log(request.path_params["log"])
