"""Steps 2 and 3: whether tiles and head are those of the entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, Final

from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows

_TILES: Final = {
    "open": "SELECT level, number, hashes FROM tile WHERE log = 'open' ORDER BY level, number",
    "vault": "SELECT level, number, hashes FROM tile WHERE log = 'vault' ORDER BY level, number",
}
_STRAYS: Final = {
    "tile": "SELECT log FROM tile WHERE log NOT IN ('open', 'vault') OR log IS NULL",
    "checkpoint": "SELECT log FROM checkpoint WHERE log NOT IN ('open', 'vault') OR log IS NULL",
}


def check_tiles(rows: Rows, log: Log) -> Iterator[Finding]:
    """A row for each complete tile and for no other, with the tree's hashes (step 2)."""
    stored = rows(_TILES[log.name])
    for expected, row in zip_longest(log.tree.tiles(), stored):
        if row is None or expected != (row[0], row[1]):
            where = (
                f"Tile {expected} is missing" if expected else f"Tile {row[0], row[1]} is not complete yet"
            )
            yield Finding(
                "2 tiles", log.name, None, f"{where}: the rows of tiles are not those of the entries."
            )
            return
        level, number = expected
        hashes = log.tree.tile(level, number)
        if row[2] != hashes:
            first = number * 256 + _first_difference(row[2], hashes) if level == 0 else None
            yield Finding("2 tiles", log.name, first, f"Tile {expected} does not hold the tree's hashes.")
            return


def _first_difference(stored: Any, hashes: bytes) -> int:
    known = stored if type(stored) is bytes else b""
    same = next(
        (i for i, pair in enumerate(zip(known, hashes, strict=False)) if pair[0] != pair[1]), len(known)
    )
    return min(same // 32, 255)


def check_strays(rows: Rows) -> Iterator[Finding]:
    """A row of tiles or checkpoints belongs to one of the two logs: one of neither would be looked at by no step."""
    for step, table in (("2 tiles", "tile"), ("4 checkpoints", "checkpoint")):
        for (log,) in rows(_STRAYS[table]):
            yield Finding(step, None, None, f"A row of {table} is of no log: {log!r}.")
            break


def check_head(heads: Sequence[Sequence[Any]], logs: Sequence[Log]) -> Iterator[Finding]:
    """Sizes, right edges and the last instant of the one head are those of the entries (step 3)."""
    if len(heads) != 1:
        yield Finding("3 head", None, None, f"There are {len(heads)} head rows, and a study has one.")
        return
    _, open_size, open_edge, vault_size, vault_edge, recorded_at = heads[0]
    for log, size, edge in zip(logs, (open_size, vault_size), (open_edge, vault_edge), strict=True):
        if log.fault is None:
            yield from _check_edge(log, size, edge)
    last = max(log.recorded_at for log in logs)
    if all(log.fault is None for log in logs) and last and recorded_at != last:
        yield Finding(
            "3 head", None, None, f"The head was written at {recorded_at}, the last entry at {last}."
        )


def _check_edge(log: Log, size: Any, edge: Any) -> Iterator[Finding]:
    if size != log.tree.size:
        missing = log.tree.size if type(size) is int and size > log.tree.size else None
        sentence = f"The head counts {size} entries of the {log.name} log, and {log.tree.size} are stored."
        yield Finding("3 head", log.name, missing, sentence)
        return
    stored = edge if type(edge) is bytes else b""
    for number, (low, high) in enumerate(log.tree.peaks()):
        if stored[number * 32 : number * 32 + 32] != log.tree.over(low, high):
            sentence = f"The head's right edge is another over the entries {low} to {high - 1}."
            yield Finding("3 head", log.name, low if high - low == 1 else None, sentence)
            return
    if len(stored) != log.tree.size.bit_count() * 32:
        yield Finding("3 head", log.name, None, "The head's right edge is too long.")
