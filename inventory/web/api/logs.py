"""The logs as an auditor asks for them. One that is not for a person is an address with nothing at it."""

from __future__ import annotations

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.services.proofs import Auditing
from inventory.web import shapes
from inventory.web.answers import in_json, in_text
from inventory.web.auth import Asking, known_log, log_of, reader_of, site_of
from inventory.web.bodies import whole
from inventory.web.described import NUMBER, OF_AN_OPENING, Doc, Parameter, described
from inventory.web.problems import Trouble


def _numbers(**says: str) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, what, NUMBER, required=True) for name, what in says.items())


def _audited(request: Asking) -> Auditing:
    return Auditing(site_of(request.scope), reader_of(request), log_of(request))


_HIDDEN = (Trouble.NOT_FOUND,)
_ASKED = (Trouble.NOT_FOUND, Trouble.MALFORMED)
_CHECKPOINT = Doc("The signed checkpoint of the log as it stands.", "text/plain", refuses=_HIDDEN)
_ENTRIES = Doc(
    "Entries of the log, at most 500.", shapes.Leaves,
    parameters=(
        Parameter("start", "The first.", {**NUMBER, "default": 0}),
        Parameter("end", "The one after the last.", NUMBER),
    ),
    refuses=(*_ASKED, *OF_AN_OPENING),
)  # fmt: skip
_INCLUSION = Doc(
    "The audit path of an entry in the tree of that size.", shapes.Inclusion,
    parameters=_numbers(index="The entry.", size="The size of the tree."),
    refuses=(*_ASKED, Trouble.OUT_OF_RANGE),
)  # fmt: skip
_CONSISTENCY = Doc(
    "The proof that the tree of `new` entries extends that of `old`.", shapes.Consistency,
    parameters=_numbers(old="The earlier size.", new="The later size."),
    refuses=(*_ASKED, Trouble.OUT_OF_RANGE),
)  # fmt: skip


@get("/logs/{log:str}/checkpoint", guards=[known_log], opt=described(_CHECKPOINT))
async def checkpoint(request: Asking) -> ASGIResponse:
    """The signed note."""
    return in_text(await _audited(request).checkpoint())


@get("/logs/{log:str}/entries", guards=[known_log], opt=described(_ENTRIES))
async def entries(request: Asking) -> ASGIResponse:
    """Consecutive entries."""
    start = whole(request, "start", 0)
    end = whole(request, "end") if "end" in request.query_params else None
    found = await _audited(request).entries(start, end)
    return in_json({"log": log_of(request), "start": start, "entries": found})


@get("/logs/{log:str}/proof/inclusion", guards=[known_log], opt=described(_INCLUSION))
async def inclusion(request: Asking) -> ASGIResponse:
    """That an entry stands in the tree."""
    index, size = whole(request, "index"), whole(request, "size")
    proof = await _audited(request).inclusion(index, size)
    return in_json({"log": log_of(request), "index": index, "size": size, "proof": proof})


@get("/logs/{log:str}/proof/consistency", guards=[known_log], opt=described(_CONSISTENCY))
async def consistency(request: Asking) -> ASGIResponse:
    """That the log only grew."""
    old, new = whole(request, "old"), whole(request, "new")
    proof = await _audited(request).consistency(old, new)
    return in_json({"log": log_of(request), "old": old, "new": new, "proof": proof})


ROUTES = [checkpoint, entries, inclusion, consistency]
