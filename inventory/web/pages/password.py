"""Setting a password of one's own: after a reset, or whenever somebody wants another one.

Whoever sets one is signed out everywhere and signs in again with it, so that they know that it works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.services import passwords, people
from inventory.services.acts import MalformedError
from inventory.web import cookies
from inventory.web.auth import PAGE, RENEWS, Asking, encrypted, site_of
from inventory.web.pages.filled import fields_of
from inventory.web.pages.frame import in_html, templates
from inventory.web.problems import Problem, problem_of

if TYPE_CHECKING:
    from inventory.services.site import Site

HERE = {**PAGE, **RENEWS}


def _shown(request: Asking, problem: Problem | None = None, *, done: bool = False) -> ASGIResponse:
    site = site_of(request.scope)
    context = {
        "problem": problem, "done": done, "csrf": cookies.csrf(request.auth), "person": request.user,
        "given": request.auth.startswith(people.RENEWING), "shortest": people.SHORTEST_PASSWORD,
        "environment": site.settings.environment.value,
    }  # fmt: skip
    headers = {"Set-Cookie": cookies.dropped(encrypted=encrypted(request.scope))} if done else None
    text = templates().get_template("password.html").render(context)
    return in_html(text, problem.status if problem else 200, headers)


@get("/password", opt=HERE)
async def form(request: Asking) -> ASGIResponse:
    """The form."""
    return _shown(request)


@post("/password", status_code=200, opt=HERE)
async def change(request: Asking) -> ASGIResponse:
    """Set it."""
    told = await fields_of(request)
    try:
        await _set(site_of(request.scope), request, told)
    except Exception as failure:  # noqa: BLE001  (the mapping logs what nobody foresaw, and says the rest)
        return _shown(request, problem_of(failure))
    return _shown(request, done=True)


async def _set(site: Site, request: Asking, told: dict[str, str]) -> None:
    if not request.auth.startswith(people.RENEWING):
        await people.refuse_wrong_password(site, request.user.code, told.get("current", ""))
    if told.get("password", "") != told.get("again", ""):
        raise MalformedError([("again", "The two are not the same.")])
    try:
        people.refuse_unfit(told.get("password", ""))
    except people.PasswordRefusedError as unfit:
        raise MalformedError([("password", str(unfit))]) from None
    await passwords.set_own(site, request.user, told["password"])


ROUTES = [form, change]
