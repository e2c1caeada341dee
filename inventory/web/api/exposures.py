"""The exposure meter, for the unblinded statistician alone: to others it is an address with nothing at it."""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.block_words import schemes_of
from inventory.domain.blocks import SchemeError
from inventory.services.acts import MalformedError
from inventory.services.exposed import told
from inventory.services.exposure import meter
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.described import Doc, Parameter, described
from inventory.web.problems import ProblemError, Trouble, of

_EXPOSURE = Doc(
    "Whose arm can be worked out, and how well: today, before each month 6, and by each who was told some.",
    shapes.Meter,
    parameters=(
        Parameter(
            "blocks",
            "The block scheme that an observer knows: `4*10`, `4,4,6`, `random:2,4,6/40`; for one stratum alone "
            "`STRATUM=SCHEME`. May be repeated.",
            {"type": "string", "maxLength": 200},
            required=True,
        ),
    ),
    refuses=(Trouble.NOT_FOUND, Trouble.MALFORMED),
)


@get("/exposure", opt=described(_EXPOSURE))
async def exposure(request: Asking) -> ASGIResponse:
    """Three readings of the meter."""
    reader = reader_of(request)
    if not reader.opens_arms:
        raise ProblemError(of(Trouble.NOT_FOUND))
    strata = site_of(request.scope).profile.randomisation.strata
    try:
        found = await meter(reader, schemes_of(request.query_params.getall("blocks", []), strata))
    except SchemeError as unfit:
        raise MalformedError([("blocks", str(unfit))]) from None
    if found is None:
        raise ProblemError(of(Trouble.NOT_FOUND))
    return in_json(told(found))


ROUTES = [exposure]
