"""What was scanned on a page: the text that came, and the thing that it names for this person.

A scan of what is unknown to the person is kept among their refusals, on a page as over the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inventory.services.scanning import scan_kept
from inventory.web.api.things import ScanBody
from inventory.web.auth import Asking, reader_of, site_of
from inventory.web.bodies import shaped
from inventory.web.pages.filled import fields_of
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from inventory.store.records import ItemRecord


class Scan(NamedTuple):
    """The raw text, and whether a person typed it."""

    data: str
    typed: bool


class Scanned(NamedTuple):
    """What a scan names: a kind of thing, or a position, and the record."""

    kind: str
    record: ItemRecord
    scan: Scan


async def scan_in(request: Asking) -> Scan:
    """The scan that the form brings."""
    told = await fields_of(request)
    return Scan(shaped(ScanBody, {"data": told.get("data", "")}).data, told.get("typed") == "1")


async def thing_scanned(request: Asking) -> Scanned:
    """What was scanned.

    Raises:
        ProblemError: it is unknown to this person, which is kept.
        ScanRefused: the text is ambiguous or malformed.
        WriterBusyError, WriterClosedError, ClockBehindError: it is unknown, and that could not be kept.
    """
    scan = await scan_in(request)
    found = await scan_kept(site_of(request.scope), reader_of(request), scan.data, typed=scan.typed)
    if found is None:
        raise ProblemError(UNKNOWN)
    return Scanned(*found, scan)
