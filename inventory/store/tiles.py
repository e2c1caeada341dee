"""The tiles of the logs: complete rows of 256 hashes, stored in the transaction that completes them.

A tile never changes, so proofs read tiles and the at most 255 hashes after them, and never a whole log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Log
from inventory.domain.merkle import Span, Tile, completed_tiles, completion_spans, prefetched
from inventory.store.script import Fetch, Insert, Script, Table

if TYPE_CHECKING:
    from inventory.store.logs import Logs

TILE = Table("tile", (("log", "text"), ("level", "bigint"), ("number", "bigint"), ("hashes", "bytea")))

_LEAF_HASHES = {
    Log.OPEN: 'SELECT leaf_hash FROM open_entry WHERE "index" >= ? AND "index" < ? ORDER BY "index"',
    Log.VAULT: 'SELECT leaf_hash FROM vault_entry WHERE "index" >= ? AND "index" < ? ORDER BY "index"',
}
_TILES = "SELECT hashes FROM tile WHERE log = ? AND level = ? AND number >= ? AND number < ? ORDER BY number"


def read_span(log: Log, span: Span) -> Script[bytes]:
    """The hashes of one span: leaf hashes from the entries, higher ones from the roots of stored tiles."""
    if span.level == 0:
        found = yield Fetch(_LEAF_HASHES[log], (span.start, span.end))
        return b"".join(bytes(row[0]) for row in found)
    found = yield Fetch(_TILES, (log.value, span.level - 1, span.start, span.end))
    return b"".join(Tile(span.level - 1, 0, bytes(row[0])).root for row in found)


def completed(logs: Logs) -> Script[Insert]:
    """The tiles that the batch's entries complete; to be asked before those entries are written."""
    rows = []
    for log, hashes in logs.hashes.items():
        size = logs.before[log].size
        known = {}
        for span in completion_spans(size, len(hashes)):
            known[span] = yield from read_span(log, span)
        tiles = completed_tiles(size, hashes, prefetched(known))
        rows += [(log.value, tile.level, tile.number, tile.hashes) for tile in tiles]
    return Insert(TILE, rows)
