"""The look-back: from a donor, a lot or a vial to whoever received any of it, and from a participant back.

Reading it takes an entry of its own first (`lot-look-back` and its like), by whoever reads.
"""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.refusals import Refusal
from inventory.services import openings
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.bodies import CODE
from inventory.web.described import OF_AN_OPENING, Doc, described
from inventory.web.problems import UNKNOWN, ProblemError

_DOC = Doc(
    "Every syringe between a donor, lot or vial and its recipients, or between a participant and their donors.",
    shapes.LookBack, refuses=(Refusal.UNKNOWN_CODE, *OF_AN_OPENING),
    more="For whoever recorded the look-back of that very thing before, and for unblinded auditors, of whom each "
    "reading is recorded.",
)  # fmt: skip


@get("/look-back/{code:str}", opt=described(_DOC))
async def look_back(request: Asking) -> ASGIResponse:
    """The way, syringe by syringe."""
    code = str(request.path_params["code"])
    site, reader = site_of(request.scope), reader_of(request)
    found = await openings.links(site, reader, code) if CODE.fullmatch(code) else None
    if found is None:
        raise ProblemError(UNKNOWN)
    return in_json({"code": code, "links": found})


ROUTES = [look_back]
