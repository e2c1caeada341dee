"""Enrolling a second factor in a browser: the password once more, the secret once, a code of it, recovery codes.

Whoever enrolled signs in again, with a code: so they know that it works while they can still be helped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import zxingcpp
from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.services import enrolling, people, second_factor
from inventory.web import cookies
from inventory.web.auth import ENROLS, PAGE, Asking, encrypted, site_of
from inventory.web.pages.filled import fields_of
from inventory.web.pages.frame import in_html, templates
from inventory.web.problems import Problem, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = {**PAGE, **ENROLS}


def _shown(
    request: Asking, step: str, told: Mapping[str, Any], problem: Problem | None = None, **headers: str
) -> ASGIResponse:
    site = site_of(request.scope)
    context = {
        "step": step, "problem": problem, "csrf": cookies.csrf(request.auth), "study": site.profile.study,
        "environment": site.settings.environment.value, **told,
    }  # fmt: skip
    text = templates().get_template("second_factor.html").render(context)
    return in_html(text, problem.status if problem else 200, headers or None)


@get("/second-factor", opt=HERE)
async def begin(request: Asking) -> ASGIResponse:
    """What a second factor is, and the question for the password; or that there is one."""
    known = await second_factor.enrolled(site_of(request.scope), request.user)
    return _shown(request, "known" if known else "password", {})


@post("/second-factor", status_code=200, opt=HERE)
async def show(request: Asking) -> ASGIResponse:
    """The secret, once."""
    told = await fields_of(request)
    try:
        found = await enrolling.begin(site_of(request.scope), request.user.code, told.get("password", ""))
    except Exception as failure:  # noqa: BLE001  (the mapping logs what nobody foresaw, and says the rest)
        return _shown(request, "password", {}, problem_of(failure))
    return _shown(request, "code", {"secret": _grouped(found.secret), "picture": _picture(found.address)})


@post("/second-factor/confirmation", status_code=200, opt=HERE)
async def confirm(request: Asking) -> ASGIResponse:
    """The recovery codes, once; the session ends, and the next one begins with a code."""
    told = await fields_of(request)
    site = site_of(request.scope)
    try:
        codes = await enrolling.confirm(site, request.user, told.get("code", ""))
    except Exception as failure:  # noqa: BLE001  (as above)
        return _shown(request, "code", {"secret": "", "picture": {}}, problem_of(failure))
    await people.sign_out(site, request.auth)
    gone = cookies.dropped(encrypted=encrypted(request.scope))
    return _shown(request, "done", {"codes": codes}, None, **{"Set-Cookie": gone})


def _grouped(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _picture(address: str) -> dict[str, str]:
    """The address as a QR code that an authenticator app reads (ISO/IEC 18004): its side and its outline."""
    drawn = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode).to_svg()
    side, outline = re.search(r'<svg width="(\d+)"', drawn), re.search(r'<path d="([^"]+)"', drawn)
    if side is None or outline is None:
        raise ValueError("the encoder drew no QR code")
    return {"side": side[1], "outline": outline[1]}


ROUTES = [begin, show, confirm]
