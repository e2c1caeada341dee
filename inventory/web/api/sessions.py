"""Signing in and out, and who one is."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, get, post
from litestar.response.base import ASGIResponse
from pydantic import StringConstraints

from inventory.domain.custody import duties
from inventory.domain.evidence import Code, Shape
from inventory.domain.lives import ACTIONS
from inventory.services import people
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import OPEN, Asking, reader_of, site_of
from inventory.web.bodies import json_of, shaped
from inventory.web.described import OF_A_BODY, Doc, described
from inventory.web.problems import Trouble


class SignIn(Shape):
    """A name and a password; `otp` is taken where a second factor is asked for."""

    username: Code
    password: Annotated[str, StringConstraints(min_length=1, max_length=1000)]
    otp: Annotated[str, StringConstraints(max_length=20)] | None = None


_SIGN_IN = Doc(
    "Sign in.", shapes.Token, 201, SignIn,
    refuses=(*OF_A_BODY, Trouble.SIGN_IN_REFUSED, Trouble.TOO_MANY_FAILURES),
)  # fmt: skip


@post("/sessions", opt=described(_SIGN_IN, **OPEN))
async def sign_in(request: Asking) -> ASGIResponse:
    """A new token for whoever proves who they are."""
    told = shaped(SignIn, await json_of(request))
    token = await people.sign_in(site_of(request.scope), told.username, told.password)
    return in_json({"token": token}, 201)


@delete(
    "/sessions/current", opt=described(Doc("Sign out: the token is good for nothing any more.", None, 204))
)
async def sign_out(request: Asking) -> None:
    """End the session of the token that was sent."""
    await people.sign_out(site_of(request.scope), request.auth)


@get("/me", opt=described(Doc("Who one is, and what one may do.", shapes.Me)))
async def me(request: Asking) -> ASGIResponse:
    """The person who asks."""
    person, reader = request.user, reader_of(request)
    held = duties(person, site_of(request.scope).profile)
    actions: dict[str, list[str]] = {}
    for row in ACTIONS.values():
        if held & row.by:
            actions.setdefault(row.kind.value, []).append(row.action)
    return in_json(
        {
            "code": person.code,
            "name": person.text("name"),
            "roles": person.texts("roles"),
            "blinding": "unblinded" if reader.unblinded else "blinded",
            "logs": list(reader.logs),
            "actions": actions,
        }
    )


ROUTES = [sign_in, sign_out, me]
