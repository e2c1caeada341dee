"""What an auditor asks of a log over the wire: its checkpoint, its entries, and proofs about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.merkle import leaf_hash
from inventory.services import openings
from inventory.store.gate import PAGE_AT_MOST

if TYPE_CHECKING:
    from inventory.domain.items import Json, Log
    from inventory.services.site import Site
    from inventory.store.gate import Reader


class OutOfRangeError(Exception):
    """There is no such entry or size in the log as it stands."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The log has {size} entries now. Ask within that.")


class LogUnknownError(Exception):
    """There is no such log for this person."""


@dataclass(frozen=True, slots=True)
class Auditing:
    """One log, as one person asks about it."""

    site: Site
    reader: Reader
    log: Log

    async def checkpoint(self) -> str:
        """The signed checkpoint of the log as it stands (C2SP tlog-checkpoint).

        Raises:
            LogUnknownError: it does not exist for this person; so do all below.
        """
        edge = await self.reader.edge(self.log)
        if edge is None:
            raise LogUnknownError
        return self.site.checkpoint(self.log, edge)

    async def _size(self) -> int:
        edge = await self.reader.edge(self.log)
        if edge is None:
            raise LogUnknownError
        return edge.size

    async def entries(self, start: int, end: int | None) -> list[dict[str, Json]]:
        """The entries from `start` up to `end`, that one left out, at most a page; each leaf's exact text.

        Raises:
            NotOpenedError: a rule refused that the vault's are opened.
        """
        until = start + PAGE_AT_MOST if end is None else end
        leaves = (
            await openings.leaves(self.site, self.reader, self.log, start, until) if start < until else []
        )
        if leaves is None:
            raise LogUnknownError
        return [
            {"index": index, "leaf": leaf.decode(), "leaf_hash": leaf_hash(leaf).hex()}
            for index, leaf in enumerate(leaves, start)
        ]

    async def inclusion(self, index: int, size: int) -> list[str]:
        """The audit path, in hex, of an entry in the tree of that size (RFC 6962 §2.1.1).

        Raises:
            OutOfRangeError: the log has no such entry or has not reached that size.
        """
        now = await self._size()
        if not 0 <= index < size <= now:
            raise OutOfRangeError(now)
        return [step.hex() for step in await self.reader.inclusion(self.log, index, size)]

    async def consistency(self, old: int, new: int) -> list[str]:
        """The proof, in hex, that the tree of `new` entries extends that of `old` (RFC 6962 §2.1.2).

        Raises:
            OutOfRangeError: unless 0 < old <= new <= the size now.
        """
        now = await self._size()
        if not 0 < old <= new <= now:
            raise OutOfRangeError(now)
        return [step.hex() for step in await self.reader.consistency(self.log, old, new)]
