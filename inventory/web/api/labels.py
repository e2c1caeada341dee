"""Labels as pictures and printer code: made from what the person may see, read back before they are sent."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.refusals import Refusal
from inventory.services.acts import MalformedError
from inventory.services.labelling import Bench
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.bodies import CODE, whole
from inventory.web.described import Doc, Parameter, described
from inventory.web.problems import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from labels import Label

DPI = {"type": "integer", "enum": [203, 300, 600], "default": 300}
FORMATS: dict[str, tuple[str, Callable[[Label], bytes]]] = {
    "png": ("image/png", lambda label: label.png()),
    "zpl": ("application/vnd.zebra.zpl", lambda label: label.zpl()),
    "pdf": ("application/pdf", lambda label: label.pdf()),
}
"""By the ending of the address: the media type, and how the one bitmap is written."""

_LABEL = Doc(
    "The label of a thing, as .png, .zpl or .pdf: the same bitmap in each.",
    "image/png",
    more="In production from the approved version of its template alone; elsewhere it bears the word DEMO or TEST.",
    parameters=(Parameter("dpi", "Dots per inch of the printer.", DPI),),
    refuses=(
        Trouble.MALFORMED, Refusal.UNKNOWN_CODE, Trouble.NO_LABEL, Trouble.LABEL_REFUSED,
        Refusal.TEMPLATE_NOT_APPROVED, Trouble.FILE_CHANGED, Trouble.DISK_FULL,
    ),
)  # fmt: skip


@get("/labels/{template:str}/{name:path}", opt=described(_LABEL))
async def label(request: Asking) -> ASGIResponse:
    """The label of the thing whose code and format the address names; the codes of places hold slashes."""
    found = re.fullmatch(r"(.+)\.(png|zpl|pdf)", str(request.path_params["name"]).lstrip("/"))
    if found is None or not CODE.fullmatch(found[1]):
        raise MalformedError([("address", "It ends in a code and .png, .zpl or .pdf.")])
    bench = Bench(site_of(request.scope), reader_of(request))
    made = await bench.hand_out(str(request.path_params["template"]), found[1], whole(request, "dpi", 300))
    media_type, written = FORMATS[found[2]]
    return ASGIResponse(body=await asyncio.to_thread(written, made), media_type=media_type)


ROUTES = [label]
