"""Tables for spreadsheets: CSV that says the same in every program and runs nothing."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, str | int | None]]) -> bytes:
    """The rows as CSV in UTF-8 with a header (RFC 4180).

    A text that a spreadsheet would run as a formula gets an apostrophe before it (ASVS 1.2.10).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: str | int | None) -> str | int:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
