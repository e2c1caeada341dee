"""The entries of the logs, and what proves them.

Rules this module keeps:
- The vault's log is found by unblinded people alone, and its bytes by who may open what they tie.
- A proof reads stored tiles and the at most 255 hashes after them, and never a whole log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from inventory.domain import merkle
from inventory.domain.items import Log
from inventory.store.gate.sight import PAGE_AT_MOST, Sight
from inventory.store.records import EntryRecord
from inventory.store.tables import HeadRow, OpenEntryRow, OpenSubjectRow, TileRow
from inventory.store.vault_tables import SealedLeafRow, VaultEntryRow, VaultSubjectRow

if TYPE_CHECKING:
    from collections.abc import Iterable


class Logs(Sight):
    """What one person may read of the logs as they stand."""

    async def edge(self, log: Log) -> merkle.Edge | None:
        """The right edge of a log as it stands, or None where it does not exist for this person."""
        if log not in self.logs:
            return None
        heads = await HeadRow.select()
        return merkle.Edge.decode(heads[0][f"{log}_size"], bytes(heads[0][f"{log}_edge"]))

    async def leaves(self, log: Log, start: int, end: int) -> list[bytes] | None:
        """The exact bytes of the leaves from `start` up to but not including `end`.

        Those of the vault are for who may open what they tie, and has recorded that they do.
        """
        if log not in self.opened_logs:
            return None
        end = min(end, start + PAGE_AT_MOST)
        if log is Log.OPEN:
            index = OpenEntryRow.index
            found = await OpenEntryRow.select().where(index >= start, index < end).order_by(index)
            return [bytes(row["leaf"]) for row in found]
        index = VaultEntryRow.index
        entries = await VaultEntryRow.select().where(index >= start, index < end).order_by(index)
        hashes = [bytes(row["leaf_hash"]) for row in entries]
        if not hashes:
            return []
        sealed = await SealedLeafRow.select().where(SealedLeafRow.leaf_hash.is_in(hashes))
        opened = {bytes(row["leaf_hash"]): self._opened(row) for row in sealed}
        return [opened[each] for each in hashes]

    async def inclusion(self, log: Log, index: int, size: int) -> list[bytes]:
        """The audit path of an entry in the tree of that size (RFC 6962 §2.1.1)."""
        read = await self._prefetch(log, merkle.spans(merkle.inclusion_ranges(index, size)))
        return merkle.inclusion_proof(index, size, read)

    async def consistency(self, log: Log, old: int, size: int) -> list[bytes]:
        """The proof that the tree of `size` extends the tree of `old` (RFC 6962 §2.1.2)."""
        read = await self._prefetch(log, merkle.spans(merkle.consistency_ranges(old, size)))
        return merkle.consistency_proof(old, size, read)

    async def _prefetch(self, log: Log, wanted: Iterable[merkle.Span]) -> merkle.Read:
        return merkle.prefetched({span: await self._span(log, span) for span in wanted})

    async def _span(self, log: Log, span: merkle.Span) -> bytes:
        if span.level == 0:
            table = OpenEntryRow if log is Log.OPEN else VaultEntryRow
            found = (
                await table.select(table.leaf_hash)
                .where(table.index >= span.start, table.index < span.end)
                .order_by(table.index)
            )
            return b"".join(bytes(row["leaf_hash"]) for row in found)
        found = (
            await TileRow.select(TileRow.hashes)
            .where(TileRow.log == log.value, TileRow.level == span.level - 1)
            .where(TileRow.number >= span.start, TileRow.number < span.end)
            .order_by(TileRow.number)
        )
        return b"".join(merkle.Tile(span.level - 1, 0, bytes(row["hashes"])).root for row in found)

    async def _open_leaves(self, code: str) -> list[EntryRecord]:
        indexes = OpenSubjectRow.select(OpenSubjectRow.index).where(OpenSubjectRow.subject == code)
        found = await OpenEntryRow.select(OpenEntryRow.leaf).where(OpenEntryRow.index.is_in(indexes))
        return [EntryRecord.of(orjson.loads(bytes(row["leaf"]))) for row in found]

    async def _vault_leaves(self, *codes: str) -> list[EntryRecord]:
        subjects = [self.key.find("subject", code) for code in codes]
        indexes = VaultSubjectRow.select(VaultSubjectRow.index).where(VaultSubjectRow.subject.is_in(subjects))
        hashes = VaultEntryRow.select(VaultEntryRow.leaf_hash).where(VaultEntryRow.index.is_in(indexes))
        found = await SealedLeafRow.select().where(SealedLeafRow.leaf_hash.is_in(hashes))
        return [EntryRecord.of(orjson.loads(self._opened(row))) for row in found]

    async def _vault_indexes(self, code: str) -> set[int]:
        subject = self.key.find("subject", code)
        found = await VaultSubjectRow.select(VaultSubjectRow.index).where(VaultSubjectRow.subject == subject)
        return {row["index"] for row in found}

    def _opened(self, row: dict[str, bytes]) -> bytes:
        return self.key.unseal(bytes(row["nonce"]), bytes(row["ciphertext"]), bytes(row["leaf_hash"]))
