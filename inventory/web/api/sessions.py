"""Signing in and out, who one is, and one's second factor."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, get, post
from litestar.response.base import ASGIResponse
from pydantic import StringConstraints

from inventory.domain.custody import duties
from inventory.domain.evidence import Code, Shape
from inventory.domain.lives import ACTIONS
from inventory.services import enrolling, people, second_factor
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import ENROLS, OPEN, Asking, reader_of, site_of
from inventory.web.bodies import json_of, shaped
from inventory.web.described import OF_A_BODY, Doc, described
from inventory.web.problems import Trouble

Password = Annotated[str, StringConstraints(min_length=1, max_length=people.LONGEST_PASSWORD)]
OneTimeCode = Annotated[str, StringConstraints(max_length=20)]


class SignIn(Shape):
    """A name and a password; and, from whoever enrolled a second factor, a code of it or a recovery code."""

    username: Code
    password: Password
    otp: OneTimeCode | None = None


class Enrol(Shape):
    """The password once more, before a second factor is shown."""

    password: Password


class Confirm(Shape):
    """A code of the second factor that was shown."""

    code: OneTimeCode


_SIGN_IN = Doc(
    "Sign in.", shapes.Token, 201, SignIn,
    refuses=(
        *OF_A_BODY, Trouble.SIGN_IN_REFUSED, Trouble.SECOND_FACTOR_NEEDED, Trouble.TOO_MANY_FAILURES,
        Trouble.DISK_FULL,
    ),
    more="Whose role needs a second factor and has none gets a token with which they can enrol one.",
)  # fmt: skip


@post("/sessions", opt=described(_SIGN_IN, **OPEN))
async def sign_in(request: Asking) -> ASGIResponse:
    """A new token for whoever proves who they are."""
    told = shaped(SignIn, await json_of(request))
    token = await people.sign_in(site_of(request.scope), told.username, told.password, told.otp)
    limits = {people.ENROLLING: "second_factor", people.RENEWING: "password"}
    only = next((what for prefix, what in limits.items() if token.startswith(prefix)), None)
    limited = {"only_for": only} if only else {}
    return in_json({"token": token, **limited}, 201)


@delete(
    "/sessions/current",
    opt=described(
        Doc("Sign out: the token is good for nothing any more.", None, 204, refuses=(Trouble.DISK_FULL,)),
        **ENROLS,
    ),
)
async def sign_out(request: Asking) -> None:
    """End the session of the token that was sent."""
    await people.sign_out(site_of(request.scope), request.auth)


@get("/me", opt=described(Doc("Who one is, and what one may do.", shapes.Me), **ENROLS))
async def me(request: Asking) -> ASGIResponse:
    """The person who asks."""
    person, reader, site = request.user, reader_of(request), site_of(request.scope)
    held = duties(person, site.profile)
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
            "second_factor": await second_factor.enrolled(site, person) is not None,
            "actions": actions,
        }
    )


_ENROL = Doc(
    "Begin to enrol a second factor: its secret, told this once.", shapes.Enrolment, 201, Enrol,
    refuses=(
        *OF_A_BODY, Trouble.SIGN_IN_REFUSED, Trouble.SECOND_FACTOR_KNOWN, Trouble.TOO_MANY_FAILURES,
        Trouble.DISK_FULL,
    ),
    more="It counts once a code of it was typed. RFC 6238: SHA-1, six digits, thirty seconds.",
)  # fmt: skip
_CONFIRM = Doc(
    "Type a code of the second factor: it counts from now on.", shapes.RecoveryCodes, 201, Confirm,
    refuses=(*OF_A_BODY, Trouble.SECOND_FACTOR_WRONG, Trouble.TOO_MANY_FAILURES, Trouble.DISK_FULL),
)  # fmt: skip


@post("/me/second-factor", opt=described(_ENROL, **ENROLS))
async def enrol(request: Asking) -> ASGIResponse:
    """A new secret for the person who asks."""
    told = shaped(Enrol, await json_of(request))
    found = await enrolling.begin(site_of(request.scope), request.user.code, told.password)
    return in_json({"secret": found.secret, "address": found.address}, 201)


@post("/me/second-factor/confirmation", opt=described(_CONFIRM, **ENROLS))
async def confirm(request: Asking) -> ASGIResponse:
    """The secret counts; the recovery codes, told this once."""
    told = shaped(Confirm, await json_of(request))
    codes = await enrolling.confirm(site_of(request.scope), request.user, told.code)
    return in_json({"recovery_codes": codes}, 201)


ROUTES = [sign_in, sign_out, me, enrol, confirm]
