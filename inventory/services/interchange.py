"""The record in the words of other systems: EPCIS for supply chains, FHIR for hospitals.

It is read, recorded and anchored as every export is: what its person may see, signed heads kept, and unblinded
only with an entry of the vault that says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.services.epcis.document import document
from inventory.services.epcis.events import events_of
from inventory.services.exporting import logs_taken
from inventory.services.fhir.bundle import bundle
from inventory.services.printed import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.services.bundle import LogExport
    from inventory.services.exporting import Wanted
    from inventory.services.printed import Leaf
    from inventory.services.site import Site


async def export_epcis(site: Site, wanted: Wanted) -> bytes:
    """Every entry as EPCIS 2.0 events (JSON-LD).

    Raises:
        ExportRefusedError: as `export_bundle`.
    """
    logs = await logs_taken(site, wanted, "epcis")
    created = clocks.format_instant(site.now())

    def written() -> bytes:
        return document(events_of(_hashed(logs), site.profile), _heads(logs), created)

    return await asyncio.to_thread(written)


async def export_fhir(site: Site, wanted: Wanted) -> bytes:
    """Everything as one bundle of FHIR R5 resources (JSON).

    Raises:
        ExportRefusedError: as `export_bundle`.
    """
    logs = await logs_taken(site, wanted, "fhir")
    created = clocks.format_instant(site.now())
    return await asyncio.to_thread(bundle, _hashed(logs), site.profile, created, unblinded=wanted.unblinded)


def _hashed(logs: Sequence[LogExport]) -> list[tuple[Leaf, str]]:
    """Every entry of both logs in the order of recording, each with its leaf hash."""
    hashes = {(log.name, index): each.hex() for log in logs for index, each in enumerate(log.hashes)}
    leaves = in_order(leaf for log in logs for leaf in log.leaves)
    return [(leaf, hashes[leaf["log"], leaf["index"]]) for leaf in leaves]


def _heads(logs: Sequence[LogExport]) -> list[tuple[str, int, bytes]]:
    return [(log.name, len(log.leaves), log.root) for log in logs]
