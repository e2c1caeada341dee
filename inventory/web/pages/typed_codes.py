"""How often codes were typed instead of scanned, for quality assurance."""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.custody import duties
from inventory.domain.roles import Role
from inventory.services.typed_codes import DAYS, typed_codes
from inventory.web.auth import PAGE, Asking, reader_of, site_of
from inventory.web.pages.frame import page
from inventory.web.problems import ProblemError, Trouble, of

BY: Final = frozenset({Role.QA})


@get("/typed-codes", opt=PAGE)
async def counted(request: Asking) -> ASGIResponse:
    """Who typed codes, how often, and beside which scanner."""
    reader, site = reader_of(request), site_of(request.scope)
    if not BY & duties(request.user, reader.profile):
        raise ProblemError(of(Trouble.NOT_FOUND))  # not for you = not there, in the same bytes
    return page(request, "typed_codes.html", days=DAYS, counts=await typed_codes(reader, site.now()))


ROUTES = [counted]
