"""What a browser is shown instead of a success: what was not done, what to do, and where to go on.

Rules this module keeps:
- The mapping from a failure to its code and sentence is the API's own; this only writes it for people.
- An address that does not exist and one that is not for this person give the same bytes: the page for both
  knows of nobody.
- A failure that nobody foresaw is shown with a number that stands in the service's log beside its trace.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from litestar import Request, Response

from inventory.web import cookies
from inventory.web.auth import SAFE, encrypted, header, site_of
from inventory.web.pages.frame import HEADERS, frame_of, templates, wants_part
from inventory.web.problems import Problem, Trouble, problem_of

if TYPE_CHECKING:
    from litestar.types import Scope

LOGGER = logging.getLogger(__name__)
NOWHERE: Final = frozenset({Trouble.NOT_FOUND.code, Trouble.METHOD_NOT_ALLOWED.code})


def answer(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """Litestar's exception handler for everything: problem details, or a page for a browser."""
    problem = problem_of(failure)
    if not is_page(request.scope):
        return problem.response()
    if problem.code == Trouble.UNAUTHENTICATED.code:
        return _sign_in_first(request)
    return _shown(request, problem)


def is_page(scope: Scope) -> bool:
    """Whether a browser asked for a page: by the route, or where there is none by what it takes."""
    handler: Any = scope.get("route_handler")
    if handler is not None:
        return bool(handler.opt.get("page"))
    return "text/html" in header(scope, b"accept") and not scope["path"].startswith("/api/")


def outcome_of(problem: Problem) -> str:
    """How loud a problem is: STOP where its sentence says so, else check."""
    return "stop" if problem.detail.startswith("STOP") else "check"


def _shown(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    known = "user" in request.scope and problem.code not in NOWHERE
    told: dict[str, Any] = {"problem": problem, "outcome": outcome_of(problem), "number": ""}
    if problem.code == Trouble.DEFECT.code:
        told["number"] = _numbered(request)
    if not known:
        return _html("bare.html", problem.status, told, problem.headers)
    template = "parts/problem.html" if wants_part(request.scope) else "problem.html"
    return _html(template, problem.status, {**frame_of(request), **told}, problem.headers)


def _numbered(request: Request[Any, Any, Any]) -> str:
    number = site_of(request.scope).random("request", request.scope["path"]).hex()[:8]
    LOGGER.error("the failure above was shown as %s", number)
    return number


def _sign_in_first(request: Request[Any, Any, Any]) -> Response[Any]:
    scope = request.scope
    headers = {"Set-Cookie": cookies.dropped(encrypted=encrypted(scope))}
    news = "text/event-stream" in header(scope, b"accept")
    if scope["method"] not in SAFE or wants_part(scope) or news:
        return _html("parts/signed_out.html", 401, {}, headers)
    wanted = quote(scope["path"] + (f"?{request.url.query}" if request.url.query else ""), safe="/")
    address = "/sign-in" if wanted == "/" else f"/sign-in?next={wanted}"
    return Response(b"", status_code=303, media_type="text/html", headers={**headers, "Location": address})


def _html(template: str, status: int, told: dict[str, Any], headers: Any) -> Response[Any]:
    text = templates().get_template(template).render(told)
    return Response(text.encode(), status_code=status, headers={**HEADERS, **headers}, media_type="text/html")
