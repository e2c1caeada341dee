"""A form that a browser sent back, read once: its fields, and the proof that it is one of ours.

Rules this module keeps:
- A form without the session's CSRF token, in a field or in a header, is refused before the page's own handler
  sees it: `refuse_unproven` stands before every page.
- A field comes once, but those that are lists; a file never comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from inventory.services.acts import MalformedError
from inventory.web import cookies
from inventory.web.auth import SAFE, header
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from inventory.web.auth import Asking

CSRF_FIELD: Final = "_csrf"
CSRF_HEADER: Final = b"x-csrf-token"
FIELDS_AT_MOST: Final = 20_000


async def refuse_unproven(request: Asking) -> None:
    """Refuse a form that is not one of this session's pages; signing in has no session yet.

    Raises:
        ProblemError, MalformedError: as `pairs_of`.
    """
    if request.method not in SAFE and not request.route_handler.opt.get("open"):
        await pairs_of(request)


async def pairs_of(request: Asking) -> list[tuple[str, str]]:
    """The fields of a form in their order, the token left out.

    Raises:
        ProblemError: the form is not one of this session's pages.
        MalformedError: it is no form.
    """
    pairs = await unproven_pairs(request)
    brought = header(request.scope, CSRF_HEADER) or dict(pairs).get(CSRF_FIELD, "")
    if not cookies.is_own(request.auth, brought):
        raise ProblemError(of(Trouble.CROSS_SITE))
    return [(name, value) for name, value in pairs if name != CSRF_FIELD]


async def unproven_pairs(request: Asking) -> list[tuple[str, str]]:
    """The fields of a form that needs no session: signing in.

    Raises:
        MalformedError: it is no form.
    """
    kind = header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise MalformedError([("form", "It is not a form.")])
    try:
        text = (await request.body()).decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_AT_MOST)
    except ValueError:
        raise MalformedError([("form", "It could not be read.")]) from None


async def fields_of(request: Asking) -> dict[str, str]:
    """The same by name, for forms in which no name comes twice."""
    return dict(await pairs_of(request))
