"""What an auditor asks of a log over the wire: its checkpoint, its entries, and proofs about them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from importlib import resources
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
class Proof:
    """One entry with all that proves it: its exact bytes, the path to the root (RFC 6962 §2.1.1), the signed root."""

    log: str
    index: int
    size: int
    data: bytes
    path: tuple[bytes, ...]
    root: bytes
    checkpoint: str
    vkey: str

    def script(self) -> str:
        """A file for bash that checks it with openssl and sha256sum alone, everything it needs being in it."""
        told = {
            "INDEX": self.index,
            "SIZE": self.size,
            "KEY": shlex.quote(self.vkey),
            "ENTRY": shlex.quote(self.data.decode()),
            "CHECKPOINT": shlex.quote(self.checkpoint),
            "PATH_UP": f"({' '.join(each.hex() for each in self.path)})",
        }
        brought = "".join(f"{name}={value}\n" for name, value in told.items())
        checks = (resources.files("inventory.services") / "check_entry.sh").read_text()
        return f"#!/usr/bin/env bash\n{brought}{checks}"


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
        return await self.site.checkpoint(self.log, edge)

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

    async def proof(self, index: int) -> Proof:
        """What proves the entry of that index in the log as it stands; of the vault's, opening it is recorded.

        Raises:
            LogUnknownError: nor is its content for whoever may not open what it ties.
            OutOfRangeError: the log has no such entry.
            NotOpenedError: a rule refused that it is opened.
        """
        edge = await self.reader.edge(self.log)
        if edge is None:
            raise LogUnknownError
        path = [bytes.fromhex(step) for step in await self.inclusion(index, edge.size)]
        found = await openings.leaves(self.site, self.reader, self.log, index, index + 1)
        if not found:
            raise LogUnknownError
        return Proof(
            self.log.value, index, edge.size, found[0], tuple(path), edge.root(),
            await self.site.checkpoint(self.log, edge), self.site.keys.signers[self.log].vkey,
        )  # fmt: skip

    async def consistency(self, old: int, new: int) -> list[str]:
        """The proof, in hex, that the tree of `new` entries extends that of `old` (RFC 6962 §2.1.2).

        Raises:
            OutOfRangeError: unless 0 < old <= new <= the size now.
        """
        now = await self._size()
        if not 0 < old <= new <= now:
            raise OutOfRangeError(now)
        return [step.hex() for step in await self.reader.consistency(self.log, old, new)]
