"""A thing's history to take away: as a table that is safe to open in a spreadsheet, and as pages to print."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import TYPE_CHECKING

import orjson

from inventory.domain import clocks, disclosed
from inventory.domain.items import Log
from inventory.services import anchors, openings, printed
from inventory.store.checkpoints import Occasion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Json
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord

COLUMNS = (
    "recorded_at", "log", "index", "action", "item", "by", "role", "with", "occurred_at", "deviation",
    "broke", "voids", "evidence", "signed", "changes",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(entries: Iterable[EntryRecord]) -> str:
    """The entries as CSV (RFC 4180) with a header line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(entry.leaf.get(column)) for column in COLUMNS] for entry in entries)
    return text.getvalue()


def _cell(value: Json) -> str:
    """A cell's text. What a spreadsheet would run as a formula gets an apostrophe before it (ASVS 1.2.10)."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text


async def as_pages(site: Site, reader: Reader, code: str) -> bytes | None:
    """The history of that code on A4 pages, as this person may read it; None where it is unknown to them.

    The heads are read after the entries, so that they cover every one of them; what stands on paper is kept.
    """
    entries = await openings.history(site, reader, code)
    if entries is None:
        return None
    heads = await anchors.keep_heads(site, reader, Occasion.PRINT)
    sheet = printed.Sheet(
        origin=site.keys.signers[Log.OPEN].name,
        site=site.profile.site.code,
        unblinded=reader.unblinded or any(entry.log == disclosed.LOG for entry in entries),
        by=reader.person.code,
        at=clocks.format_instant(site.now()),
        asked=code,
        heads=tuple((log.value, edge.size, edge.root()) for log, edge in heads),
    )
    leaves = [dict(entry.leaf) for entry in entries]
    known = await names(reader, {*people_in(leaves), reader.person.code})
    return await asyncio.to_thread(printed.as_pdf, sheet, leaves, known)


def people_in(leaves: Iterable[printed.Leaf]) -> set[str]:
    """Everybody who did what these entries tell, alone or as second person."""
    return {code for leaf in leaves for code in (leaf["by"], leaf["with"]) if code}


async def names(reader: Reader, codes: Iterable[str]) -> dict[str, str]:
    """The printed name of each of these people, by code."""
    found = {code: await reader.item(code) for code in sorted(codes)}
    return {
        code: str(person.facts["name"]) for code, person in found.items() if person and "name" in person.facts
    }
