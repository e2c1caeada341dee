"""The lists of things, a page at a time, with what is looked for in the address.

Rules this module keeps:
- A list that is not for this person is an address with nothing at it.
- A filter leaves out what the person may see anyway, and counts nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain import texts
from inventory.domain.custody import duties
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS, STATES
from inventory.services.lists import LISTS
from inventory.services.lists import page as page_of_list
from inventory.web.auth import PAGE, Asking, reader_of
from inventory.web.bodies import code_after
from inventory.web.pages.frame import page
from inventory.web.pages.items import verb_of
from inventory.web.pages.menu import lists_of
from inventory.web.pages.words import words
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

A_PAGE: Final = 50
LOOKED_AT: Final = 2000
"""So many things are looked through for a page of those that fit; then the page says where it stopped."""

EMPTY: Final = {
    "kits": "Kits appear when the supply manager plans kit numbers.",
    "participants": "Participants appear when the coordinator enrols them.",
    "deviations": "A deviation appears when an act breaks a rule, or when somebody reports one.",
    "devices": "Devices appear when quality assurance registers them.",
    "visits": "A visit appears when a monitor begins one.",
    "queries": "A query appears when a monitor asks about the record.",
    "people": "People appear when the administrators add them.",
    "shipments": "Shipments appear when one is announced.",
    "locations": "Places and boxes appear when the storage is imported or registered.",
    "alerts": "An alert appears when something befalls what a participant has received.",
    "unblindings": "A record appears when a code is broken, or a drill is held.",
    "envelopes": "Envelopes appear when the unblinded statistician prints them.",
    "excursions": "An excursion appears when a logger's file shows one.",
}


BESIDE: Final = {"lots": (Kind.DONOR,)}
"""Kinds that are begun from a list besides its own: donors have none. Labels are ordered on a page of theirs."""


def begun_by(reader: Reader, *kinds: Kind) -> list[tuple[str, str]]:
    """The acts that bring things of these kinds into being and are this person's: address and words."""
    held = duties(reader.person, reader.profile)
    return [
        (f"/acts/{row.action}", f"{words(row.kind)}: {verb_of(row.action).lower()}")
        for row in ACTIONS.values()
        if row.creates and row.kind in kinds and row.kind is not Kind.JOB and row.by & held
    ]


def _list(name: str) -> Any:
    @get(f"/{name}", opt=PAGE, name=f"page of {name}")
    async def listed(request: Asking) -> ASGIResponse:
        reader = reader_of(request)
        if name not in lists_of(reader):
            raise ProblemError(of(Trouble.NOT_FOUND))
        state, looked_for = (
            request.query_params.get("state", ""),
            texts.composed(request.query_params.get("q", "")).strip(),
        )
        fits = partial(_fits, state=state, looked_for=looked_for)
        rows, following = await fitting(reader, name, code_after(request), fits)
        kept = {key: value for key, value in (("state", state), ("q", looked_for)) if value}
        return page(
            request, "list.html", name=name, rows=rows, state=state, looked_for=looked_for,
            states=[each for kind in LISTS[name] for each in STATES.get(kind, ())],
            following=f"/{name}?{urlencode({**kept, 'after': following})}" if following else "",
            begun=begun_by(reader, *LISTS[name], *BESIDE.get(name, ())),
            begins=not request.query_params.get("after"), empty=EMPTY.get(name, ""),
            shows_place=any(kind in {Kind.VIAL, Kind.BOX} for kind in LISTS[name]),
        )  # fmt: skip

    return listed


async def fitting(
    reader: Reader, name: str, after: str, fits: Callable[[ItemRecord], bool], count: int = A_PAGE
) -> tuple[list[ItemRecord], str | None]:
    """The next `count` things of a list that fit, and the code to ask on from; None where there are no more."""
    found: list[ItemRecord] = []
    following: str | None = after
    for _ in range(LOOKED_AT // A_PAGE):
        rows, following = await page_of_list(reader, name, following or "", A_PAGE)
        for place, row in enumerate(rows):
            if not fits(row):
                continue
            found.append(row)
            if len(found) == count:
                return found, row.code if following or place + 1 < len(rows) else None
        if following is None:
            break
    return found, following


def _fits(row: ItemRecord, state: str, looked_for: str) -> bool:
    if state and row.state != state:
        return False
    letters = looked_for.replace("-", "").replace(" ", "").upper()
    told = f"{row.code} {row.facts.get('name', '')} {row.parent or ''}"
    return letters in told.replace("-", "").replace(" ", "").upper()


ROUTES = [_list(name) for name in LISTS]
