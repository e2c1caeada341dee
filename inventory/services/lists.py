"""The lists of things: which kinds stand under which name, and a page of them in the order of codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Kind
from inventory.store.gate import PAGE_AT_MOST

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

LISTS: dict[str, tuple[Kind, ...]] = {
    "lots": (Kind.LOT,),
    "kits": (Kind.KIT,),
    "vials": (Kind.VIAL,),
    "participants": (Kind.PARTICIPANT,),
    "locations": (Kind.PLACE, Kind.BOX),
    "shipments": (Kind.SHIPMENT,),
    "deviations": (Kind.DEVIATION,),
    "unblindings": (Kind.UNBLINDING,),
    "envelopes": (Kind.ENVELOPE,),
    "excursions": (Kind.EXCURSION,),
    "alerts": (Kind.ALERT,),
    "devices": (Kind.DEVICE,),
    "label-templates": (Kind.TEMPLATE,),
    "rolls": (Kind.ROLL,),
    "print-jobs": (Kind.JOB,),
    "printed-labels": (Kind.LABEL,),
    "people": (Kind.PERSON,),
    "visits": (Kind.VISIT,),
    "queries": (Kind.QUERY,),
}


async def everything(reader: Reader, kind: Kind) -> list[ItemRecord]:
    """All things of that kind that this person may see, in the order of their codes."""
    found: list[ItemRecord] = []
    while page := await reader.page(kind, found[-1].code if found else "", PAGE_AT_MOST):
        found += page
    return found


async def page(reader: Reader, name: str, after: str, limit: int) -> tuple[list[ItemRecord], str | None]:
    """The next things of that list and the code to ask on from; None where there are no more.

    A kind outside the person's rights is a list without things, as where nothing was ever entered.
    """
    found = [record for kind in LISTS[name] for record in await reader.page(kind, after, limit)]
    found.sort(key=lambda record: record.code)
    shown = found[:limit]
    return shown, shown[-1].code if len(shown) == limit else None
