"""Stock: one word for everybody, and what there is of each product for the laboratory and the supply manager."""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.described import Doc, described

_DOC = Doc(
    "How much there is, in one word, and whether ordering is paused.", shapes.Stock,
    more="The word is that of whatever there is least of for sure, whoever got what; an order or a posted supply "
    "tells it anew. What it is made of is told to the laboratory and the supply manager.",
)  # fmt: skip


@get("/stock", opt=described(_DOC))
async def stock(request: Asking) -> ASGIResponse:
    """The word, and for some the products."""
    return in_json(await reader_of(request).stock_word(site_of(request.scope).now()))


ROUTES = [stock]
