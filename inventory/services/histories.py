"""A thing's history as a table: one line an entry, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Json
    from inventory.store.records import EntryRecord

COLUMNS = (
    "recorded_at", "log", "index", "action", "item", "by", "role", "with", "occurred_at", "deviation",
    "broke", "voids", "evidence", "changes",
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
