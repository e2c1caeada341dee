"""Signing in and out by a browser, and staying signed in when the session is about to end.

Rules this module keeps:
- The cookie holds the same kind of token as the API's; signing out ends it for everybody who holds it.
- A wrong name and a wrong password are one answer; nothing that was typed but the name is sent back.
- After signing in one goes on to where one wanted to be, if that is a page of this service.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.services import people
from inventory.web import cookies
from inventory.web.api.sessions import SignIn
from inventory.web.auth import ENROLS, OPEN, PAGE, Asking, encrypted, site_of
from inventory.web.bodies import shaped
from inventory.web.pages.filled import fields_of, unproven_pairs
from inventory.web.pages.frame import elsewhere, in_html, templates, wants_part
from inventory.web.problems import Problem, ProblemError, Trouble, of, problem_of

if TYPE_CHECKING:
    from litestar.types import Scope

SECONDS = people.TOKEN_HOURS * 3600
_OWN = re.compile(r"/(?![/\\])[!-~]{0,500}")
SECOND_FACTOR_NEEDED = "second_factor_needed"


def own_page(address: str) -> str:
    """The address, if it is a page of this service, else the first page."""
    return address if _OWN.fullmatch(address) and "\\" not in address else "/"


@get("/sign-in", opt={**OPEN, **PAGE})
async def form(request: Asking) -> ASGIResponse:
    """The form."""
    return _form(request, {"next": own_page(request.query_params.get("next", "/"))})


@post("/sign-in", status_code=200, opt={**OPEN, **PAGE})
async def sign_in(request: Asking) -> ASGIResponse:
    """A session for whoever proves who they are."""
    told = dict(await unproven_pairs(request))
    wanted = own_page(told.pop("next", "/"))
    try:
        who = shaped(SignIn, {name: value for name, value in told.items() if value})
        token = await people.sign_in(site_of(request.scope), who.username, who.password, who.otp)
    except Exception as failure:  # noqa: BLE001  (the mapping logs what nobody foresaw, and says the rest)
        return _form(request, {"next": wanted, "name": told.get("username", "")}, _meant(problem_of(failure)))
    kept = cookies.kept(token, SECONDS, encrypted=encrypted(request.scope))
    return _go(request.scope, _first_page(token) or wanted, kept)


def _first_page(token: str) -> str:
    """Where somebody has to go first; empty where they go on as they wanted."""
    if token.startswith(people.RENEWING):
        return "/password"
    return "/second-factor" if token.startswith(people.ENROLLING) else ""


def _meant(problem: Problem) -> Problem:
    """What is missing in the form is said as what is wrong in it: neither tells which names exist."""
    return problem_of(people.SignInRefusedError()) if problem.code == Trouble.MALFORMED.code else problem


def _go(scope: Scope, address: str, cookie: str) -> ASGIResponse:
    """On to that page with that cookie; the page's own script is told to go."""
    headers = {"Set-Cookie": cookie}
    if wants_part(scope):
        return in_html("", headers={**headers, "HX-Redirect": address})
    return elsewhere(address, headers)


def _form(request: Asking, told: dict[str, str], problem: Problem | None = None) -> ASGIResponse:
    site = site_of(request.scope)
    context: dict[str, Any] = {
        "name": "", **told, "problem": problem, "study": site.profile.study,
        "environment": site.settings.environment.value,
        "asks_otp": problem is not None and problem.code.startswith("second_factor"),
        "demonstration": request.app.state.get("demonstration", ""),
    }  # fmt: skip
    template = "parts/sign_in_form.html" if wants_part(request.scope) else "sign_in.html"
    text = templates().get_template(template).render(context)
    return in_html(text, problem.status if problem else 200, dict(problem.headers) if problem else None)


@post("/sign-out", status_code=303, opt={**PAGE, **ENROLS})
async def sign_out(request: Asking) -> ASGIResponse:
    """End this session, and show the form again."""
    await fields_of(request)
    await people.sign_out(site_of(request.scope), request.auth)
    return _go(request.scope, "/sign-in", cookies.dropped(encrypted=encrypted(request.scope)))


@post("/session", status_code=200, opt=PAGE)
async def stay(request: Asking) -> ASGIResponse:
    """A new session of the same person in place of this one; the page goes on with what it is told here."""
    wanted = own_page((await fields_of(request)).get("next", "/"))
    site = site_of(request.scope)
    try:
        # The new one begins with what lasts of this one: what was begun on the page is sealed under that.
        token = await people.let_in(site, request.user, cookies.lasting(request.auth))
    except people.SignInRefusedError:
        raise ProblemError(of(Trouble.UNAUTHENTICATED)) from None
    await people.sign_out(site, request.auth)
    kept = cookies.kept(token, SECONDS, encrypted=encrypted(request.scope))
    if not wants_part(request.scope):
        return elsewhere(wanted, {"Set-Cookie": kept})
    ends = clocks.format_instant(site.now() + timedelta(hours=people.TOKEN_HOURS))
    text = templates().get_template("parts/session.html").render(csrf=cookies.csrf(token), ends=ends)
    return in_html(text, headers={"Set-Cookie": kept})


ROUTES = [form, sign_in, sign_out, stay]
