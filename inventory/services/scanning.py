"""What a scanner's text means to one person: the thing it names, as they may see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inventory.domain.identifiers import numbers, scan
from inventory.domain.items import Kind
from inventory.services.acts import keep_unseen

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

POSITION = "position"
SCAN: Final = "scan"
"""What stands for the action where something was only scanned."""
UNDIVIDED = {"", "00", "99"}
"""No division: none is told, the product is undivided, or another structure was to tell it and did not."""


async def scan_kept(
    site: Site, reader: Reader, data: str, *, typed: bool = False
) -> tuple[str, ItemRecord] | None:
    """What was scanned, as `scanned`; that somebody scanned what is unknown to them is kept.

    Raises:
        ScanRefused: the text is ambiguous or malformed.
        WriterBusyError, WriterClosedError, ClockBehindError: it is unknown, and that could not be kept.
    """
    found = await scanned(reader, data, typed=typed)
    if found is None:
        await keep_unseen(site, reader.person.code, SCAN, scan.normalise(data, typed=typed).code)
    return found


async def scanned(reader: Reader, data: str, *, typed: bool = False) -> tuple[str, ItemRecord] | None:
    """What was scanned, and its record; None where it is unknown to this person.

    A position is no thing of its own: its record is its box's, under the position's code. An ISBT 128 label
    names a lot by its donation, or a vial of it by its division; a GS1 label without a serial names a lot. Of
    what a person `typed`, only a number with its check character is taken.

    Raises:
        ScanRefused: the text is ambiguous or malformed.
    """
    read = scan.normalise(data, typed=typed)
    if read.kind is scan.Kind.POSITION:
        return await _position(reader, read.code)
    if read.kind is scan.Kind.ISBT128:
        found = await _donation(reader, read)
    elif read.kind is scan.Kind.FOREIGN:
        found = await _lot(reader, read)
    else:
        found = await reader.item(read.code)
    return (found.kind.value, found) if found else None


async def _donation(reader: Reader, read: scan.Scan) -> ItemRecord | None:
    """The lot, or with a division the vial, that an ISBT 128 label names (ST-001: DIN, product, division)."""
    told = dict(read.elements)
    product = told.get("003", "")
    division = told.get("032", "") or product[6:8]
    return await reader.of_donation(read.code, product[:5], "" if division in UNDIVIDED else division)


async def _lot(reader: Reader, read: scan.Scan) -> ItemRecord | None:
    """The lot that a GS1 symbol without a serial names by its lot number (AI 10), of the product with that GTIN."""
    told = dict(read.elements)
    record = await reader.item(told["10"]) if "10" in told and "21" not in told else None
    if record is None or record.kind is not Kind.LOT:
        return None
    product = reader.profile.product(str(record.facts.get("product")))
    return record if product is not None and product.gtin == told.get("01") else None


async def _position(reader: Reader, code: str) -> tuple[str, ItemRecord] | None:
    try:
        number = numbers.parse(code)
    except numbers.NumberError:
        return None
    box = await reader.item(number.of) if number.of else None
    if box is None or box.kind is not Kind.BOX or not _within(box, number.at):
        return None
    row, column = number.at
    facts = {"row": row, "column": column}
    return POSITION, replace(box, code=code, parent=box.code, facts=facts, allowed_actions=())


def _within(box: ItemRecord, at: tuple[int, ...]) -> bool:
    return all(
        isinstance(most := box.facts.get(name), int) and place <= most
        for place, name in zip(at, ("rows", "columns"), strict=True)
    )
