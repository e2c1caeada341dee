"""What was recorded of a thing, and what was refused.

Rules this module keeps:
- What ties a kit to its vials is closed, but to who may open it and has recorded that they do.
"""

from __future__ import annotations

from inventory.domain.items import Log
from inventory.domain.lives import openings
from inventory.store import refused
from inventory.store.gate.disclosures import Disclosures
from inventory.store.records import EntryRecord, RefusalRecord


class Histories(Disclosures):
    """What one person may read of what happened."""

    async def history(self, code: str) -> list[EntryRecord] | None:
        """Every entry of the logs this person may read that concerns that code, in the order of recording.

        What ties a kit to its vials is closed: of such an entry of the vault is told that it is, in the history of
        its own item, and in no other; else the same index in two histories would be the tie.
        """
        entries = await self._entries(code)
        if entries is None:
            return None
        told = (entry for entry in entries if entry.leaf["item"] == code or not _ties(entry))
        return [EntryRecord.of(openings.closed(entry.leaf)) if _ties(entry) else entry for entry in told]

    async def opened_history(self, code: str) -> list[EntryRecord] | None:
        """The same with nothing closed: for who may open it, and has recorded that, or shows none of it."""
        return await (self._entries(code) if self.opens_links else self.history(code))

    async def _entries(self, code: str) -> list[EntryRecord] | None:
        found = await self._find(code)
        if found is None:
            return None
        leaves = await self._open_leaves(code)
        leaves += await (self._vault_leaves(code) if self.unblinded else self._disclosed_leaves(found))
        return sorted(leaves, key=lambda entry: (entry.recorded_at, entry.log, entry.index))

    async def refusals(self) -> list[RefusalRecord]:
        """What this person may read of what was refused, to them and to others, the newest first."""
        return await refused.refusals(self)


def _ties(entry: EntryRecord) -> bool:
    return entry.log == Log.VAULT.value and openings.ties(entry.leaf)
