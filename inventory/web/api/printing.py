"""Printing over the API: what an agent beside a printer fetches, and what became of every label."""

from __future__ import annotations

import re
from dataclasses import asdict

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.refusals import Refusal
from inventory.services import label_accounts, print_queue
from inventory.services.acts import MalformedError
from inventory.web import shapes
from inventory.web.answers import in_json
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.bodies import CODE
from inventory.web.described import Doc, Parameter, described
from inventory.web.problems import UNKNOWN, ProblemError, Trouble

_QUEUE = Doc(
    "The print jobs that wait for the agent who asks: claimed ones first, their labels in the order of printing.",
    shapes.PrintQueue,
    more="To claim one: `job-claim`; when all came out: `job-send`; when not: `job-fail`.",
)


@get("/print-queue", opt=described(_QUEUE))
async def queue(request: Asking) -> ASGIResponse:
    """The jobs of whoever asks."""
    jobs = await print_queue.queue(reader_of(request))
    return in_json({"jobs": [asdict(job) for job in jobs]})


_BITMAP = Doc(
    "A label of a job as .png: the bytes that were checked, whose SHA-256 the job tells.",
    "image/png",
    refuses=(Refusal.UNKNOWN_CODE, Trouble.FILE_CHANGED),
)


@get("/print-jobs/{code:str}/labels/{name:path}", opt=described(_BITMAP))
async def bitmap(request: Asking) -> ASGIResponse:
    """The bitmap of the label that the address names."""
    code, name = str(request.path_params["code"]), str(request.path_params["name"]).lstrip("/")
    found = re.fullmatch(r"(.+)\.png", name)
    png = None
    if found and CODE.fullmatch(code) and CODE.fullmatch(found[1]):
        png = await print_queue.bitmap(site_of(request.scope), reader_of(request), code, found[1])
    if png is None:
        raise ProblemError(UNKNOWN)
    return ASGIResponse(body=png, media_type="image/png")


_BY = Parameter(
    "by", "By what labels are counted together.", {"type": "string", "enum": [*label_accounts.KEYS]}
)
_ACCOUNTS = Doc(
    "What became of every label: printed = applied + void + destroyed + on hand, and those not seen since.",
    shapes.LabelAccounts,
    parameters=(_BY,),
    refuses=(Trouble.MALFORMED,),
)


@get("/label-accounts", opt=described(_ACCOUNTS))
async def accounts(request: Asking) -> ASGIResponse:
    """The accounts of the labels that the person may see."""
    by = str(request.query_params.get("by", "job"))
    if by not in label_accounts.KEYS:
        raise MalformedError([("by", f"It is one of {', '.join(label_accounts.KEYS)}.")])
    found = await label_accounts.accounts(reader_of(request), by)
    return in_json({"by": by, "accounts": [{**asdict(one), "balanced": one.balanced} for one in found]})


ROUTES = [queue, bitmap, accounts]
"""The agent's and the accountant's routes."""
