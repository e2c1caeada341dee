"""Who asks: the person behind the token, looked up before anything else is read.

Rules this module keeps:
- Every route needs a person, OPTIONS included, but those that say `open` in their options.
- A token for enrolling a second factor opens the routes that say `enrolling`, and no other; one for setting a
  password those that say `renewing`.
- The API takes the token as a bearer's, and no cookie; a page takes it from its cookie, and nothing else. So
  no other site's page can act through a browser on the API, and on pages only past two more checks: where
  the request comes from, here, and the form's token, where the form is read.
- `request.user` is the person's item as it stood when they asked, `request.auth` their token.
- Whoever is let in and then takes long to send what they ask is asked for again when it has come: a request that is
  held back does nothing after its token was revoked.
- What the person may read goes through a `Reader`; what they may do is their role's, by the table's row.
"""

from __future__ import annotations

import logging
import re
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.enums import ScopeType

from inventory.domain.custody import Row, duties
from inventory.domain.items import Item, Log
from inventory.domain.refusals import Refusal
from inventory.domain.roles import Role
from inventory.services.people import ENROLLING, RENEWING
from inventory.services.site import Site
from inventory.store.doorkeeper import person_behind
from inventory.store.gate import Reader
from inventory.store.settings import Environment
from inventory.web import cookies
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

RENEWS = {"renewing": True}
"""The options of a route that takes a token for setting a password of one's own."""

PAGE = {"page": True}
"""The options of a route that a browser asks: it answers in HTML and knows people by their cookie."""

LET_IN_SECONDS: Final = 1.0
"""How long a request may take to be sent on the strength of one look at its token."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_BEARER = re.compile(rf"[Bb]earer ({_TOKEN.pattern})")

Asking: TypeAlias = Request[Item, str, State]


def header(scope: Scope, name: bytes) -> str:
    """The first header of that (lower-case) name; empty where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return ""


def sign_in_needed(app: ASGIApp) -> ASGIApp:
    """The middleware that lets nobody pass unknown."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            opt = scope["route_handler"].opt
            if opt.get("page"):
                refuse_elsewhere(scope)
            if not opt.get("open"):
                acts = scope["method"] not in SAFE
                site = site_of(scope)
                with site.ledger.expecting if acts else nullcontext():
                    await _find_person(site, scope, token_of(scope))
                    await app(scope, _found_again(site, scope, receive), send)
                return
        await app(scope, receive, send)

    return middleware


def site_of(scope: Scope) -> Site:
    """The study that this application serves."""
    site = scope["litestar_app"].state["site"]
    if not isinstance(site, Site):
        raise TypeError("the application was asked before it was started")
    return site


def token_of(scope: Scope) -> str:
    """The token that the request brings in the way of its route; empty where it brings none."""
    if scope["route_handler"].opt.get("page"):
        found = cookies.token_in(header(scope, b"cookie"), encrypted=encrypted(scope))
        return found if _TOKEN.fullmatch(found) else ""
    bearer = _BEARER.fullmatch(header(scope, b"authorization"))
    return bearer[1] if bearer else ""


async def _find_person(site: Site, scope: Scope, token: str) -> None:
    found = await person_behind(site.engine, token, site.now()) if token else None
    if found is None:
        raise ProblemError(of(Trouble.UNAUTHENTICATED))
    if token.startswith(ENROLLING) and not scope["route_handler"].opt.get("enrolling"):
        raise ProblemError(of(Trouble.SECOND_FACTOR_NEEDED))
    if token.startswith(RENEWING) and not scope["route_handler"].opt.get("renewing"):
        raise ProblemError(of(Trouble.PASSWORD_NEEDED))
    scope["user"], scope["auth"] = found[0], token
    scope["state"]["session_ends"] = found[1]


def _found_again(site: Site, scope: Scope, receive: Receive) -> Receive:
    """What the client sends; whoever took long to send it is looked up again, for their token may be revoked by now."""
    let_in = time.monotonic()

    async def received() -> Any:
        message = await receive()
        if message["type"] == "http.request" and time.monotonic() - let_in > LET_IN_SECONDS:
            await _find_person(site, scope, token_of(scope))
        return message

    return received


def encrypted(scope: Scope) -> bool:
    """Whether a session may go over encrypted connections alone: always, but on this machine and in tests."""
    if site_of(scope).settings.environment is Environment.TEST:
        return False
    return cookies.host_of(header(scope, b"host")) not in cookies.LOOPBACK


def refuse_elsewhere(scope: Scope) -> None:
    """Refuse what another site's page asks a browser to do here (Fetch Metadata; before it, RFC 6454).

    Raises:
        ProblemError: `cross_site`.
    """
    if scope["type"] != ScopeType.HTTP or scope["method"] in SAFE:
        return
    fetched, origin = header(scope, b"sec-fetch-site"), header(scope, b"origin")
    elsewhere = fetched not in {"same-origin", "none"} if fetched else _is_elsewhere(scope, origin)
    if elsewhere:
        raise ProblemError(of(Trouble.CROSS_SITE))


def _is_elsewhere(scope: Scope, origin: str) -> bool:
    return bool(origin) and origin.partition("://")[2] != header(scope, b"host")


def reader_of(request: Asking) -> Reader:
    """What the person who asks may read."""
    site = site_of(request.scope)
    return Reader(request.user, site.profile, site.keys.vault)


def reader_for(request: Asking, by: frozenset[Role]) -> Reader:
    """The same for whoever does the work of one of these roles; to others there is nothing at the address.

    Raises:
        ProblemError: `not_found`, in the same bytes as of an address that does not exist.
    """
    reader = reader_of(request)
    if not by & duties(request.user, reader.profile):
        raise ProblemError(of(Trouble.NOT_FOUND))
    return reader


def unblinded_reader_for(request: Asking, by: frozenset[Role]) -> Reader:
    """The same where what stands at the address is for unblinded people alone, whichever roles a study blinds.

    Raises:
        ProblemError: `not_found`.
    """
    reader = reader_for(request, by)
    if not reader.unblinded:
        raise ProblemError(of(Trouble.NOT_FOUND))
    return reader


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
