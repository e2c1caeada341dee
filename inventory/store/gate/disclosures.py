"""What people see who are entitled for a participant's disclosed period: its kits, and what belongs to them.

Rules this module keeps:
- A disclosed period's kit, and what `disclosed` tells of it, is found by unblinded people, and by those who are
  entitled for its participant by a signed entry.
- Whoever is blinded is led to a disclosed period's kit by the entry that entitles them, never by searching the
  vault: how long that takes would tell how many such kits there are, and whose.
"""

from __future__ import annotations

from inventory.domain import disclosed
from inventory.domain.entries import changes_of
from inventory.domain.items import Item, Kind
from inventory.store import rows
from inventory.store.deciding import entitling
from inventory.store.gate.logs import Logs
from inventory.store.records import VISIBLE, EntryRecord
from inventory.store.vault_tables import VaultItemRow


class Disclosures(Logs):
    """What one person may read of disclosed periods."""

    async def _disclosed_leaves(self, item: Item) -> list[EntryRecord]:
        """What this person may read of a disclosed period in the history of its participant, or of a part of it."""
        kit = await self._entitling_kit(item)
        participant = item.code if item.kind is Kind.PARTICIPANT else (kit.parent or "") if kit else ""
        things = await self._of_kits(await self._disclosed_kits(participant)) if participant else []
        if not things:
            return []
        codes = [one.code for one in things]
        entries = sorted(await self._vault_leaves(*codes), key=lambda entry: entry.index)
        leaves = [entry.leaf for entry in entries]
        told = disclosed.entries(leaves, codes, participant, VISIBLE, self.profile)
        asked = await self._vault_indexes(item.code)
        return [EntryRecord.of(one) for index, one in told.items() if index in asked]

    async def _disclosed_kits(self, participant: str = "") -> list[Item]:
        """The kits of disclosed periods that this person may see: of one participant, or all."""
        found = await (self._kits_under(participant) if self.unblinded else self._kits_entitled_to())
        return [kit for kit in found if self._may_see(kit) and participant in {"", kit.parent}]

    async def _kits_under(self, participant: str) -> list[Item]:
        kits = VaultItemRow.select().where(VaultItemRow.kind == Kind.KIT.value)
        under = rows.under(participant, self.key)
        return [*map(self._of_vault, await (kits.where(VaultItemRow.parent == under) if under else kits))]

    async def _kits_entitled_to(self) -> list[Item]:
        """Those that the entries made, or made anew, by which this person is entitled."""
        entries = await self._vault_leaves(entitling(self.person.code))
        changes = [change for entry in entries for change in changes_of(entry.leaf)]
        codes = sorted({str(change["code"]) for change in changes if change["kind"] == Kind.KIT.value})
        kits = VaultItemRow.select().where(VaultItemRow.code.is_in(codes)) if codes else None
        return [*map(self._of_vault, await kits)] if kits else []

    async def _of_kits(self, kits: list[Item]) -> list[Item]:
        """These kits of disclosed periods with their syringes, and the deviations of both."""
        found, parents = list(kits), [kit.code for kit in kits]
        while parents:
            under = [rows.under(parent, self.key) for parent in parents]
            rows_below = await VaultItemRow.select().where(VaultItemRow.parent.is_in(under))
            below = [item for item in map(self._of_vault, rows_below) if disclosed.shown(item)]
            found += below
            parents = [item.code for item in below]
        return found

    async def _disclosed(self, kind: Kind) -> list[Item]:
        """The things of a kind that this person may see because of whose disclosed period they are."""
        match kind:
            case Kind.KIT:
                return await self._disclosed_kits()
            case Kind.DEVIATION:
                things = await self._of_kits(await self._disclosed_kits())
                return [item for item in things if item.kind is Kind.DEVIATION]
            case _:
                return []
