"""How often codes were typed instead of scanned, for quality assurance."""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.roles import Role
from inventory.services.typed_codes import DAYS, typed_codes
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.pages.frame import page

BY: Final = frozenset({Role.QA})


@get("/typed-codes", opt=PAGE)
async def counted(request: Asking) -> ASGIResponse:
    """Who typed codes, how often, and beside which scanner."""
    reader, site = reader_for(request, BY), site_of(request.scope)
    return page(request, "typed_codes.html", days=DAYS, counts=await typed_codes(reader, site.now()))


ROUTES = [counted]
