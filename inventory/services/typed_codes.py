"""How often codes were typed where they are scanned as a rule: by whom, and beside which scanner.

Rules this module keeps:
- It counts what the logs tell, those that the person may read and no other, so a count can be looked up entry by entry.
- Only the entries of the last days count: what is counted is how people work now, and whether a scanner fails.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from inventory.domain import clocks
from inventory.store.gate import PAGE_AT_MOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from inventory.store.gate import Reader

DAYS: Final = 30
NO_SCANNER: Final = "no checked scanner"


@dataclass(frozen=True, slots=True)
class Count:
    """One line: a person or a scanner, how many acts, and of how many a code was typed. A scanner has no `acts`."""

    name: str
    typed: int
    acts: int = 0


@dataclass(frozen=True, slots=True)
class TypedCodes:
    """The counts since an instant, the most typed first."""

    since: str
    people: tuple[Count, ...]
    scanners: tuple[Count, ...]


async def typed_codes(reader: Reader, now: datetime) -> TypedCodes:
    """What was typed in the last days, as this person's logs tell it."""
    since = clocks.format_instant(now - timedelta(days=DAYS))
    acts, typed, scanners = Counter[str](), Counter[str](), Counter[str]()
    for log in reader.logs:
        async for leaf in _since(reader, log, since):
            by, told = str(leaf.get("by", "")), (leaf.get("evidence") or {}).get("typed")
            acts[by] += 1
            if told:
                typed[by] += 1
                scanners[told.get("scanner") or NO_SCANNER] += 1
    people = tuple(Count(name, count, acts[name]) for name, count in _ordered(typed))
    return TypedCodes(since, people, tuple(Count(name, count) for name, count in _ordered(scanners)))


def _ordered(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda each: (-each[1], each[0]))


async def _since(reader: Reader, log: Any, since: str) -> AsyncIterator[dict[str, Any]]:
    """The leaves recorded since then, the newest first."""
    edge = await reader.edge(log)
    before = edge.size if edge else 0
    while before > 0:
        start = max(0, before - PAGE_AT_MOST)
        for data in reversed(await reader.leaves(log, start, before) or []):
            leaf = orjson.loads(data)
            if str(leaf.get("recorded_at", "")) < since:
                return
            yield leaf
        before = start
