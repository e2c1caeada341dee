"""What lies where: vials in boxes, boxes and places in places. For those alone who read the vault."""

from __future__ import annotations

from collections import Counter

from inventory.domain.items import Kind
from inventory.domain.lives.storage import cell_of
from inventory.store.gate.sight import PAGE_AT_MOST
from inventory.store.gate.things import Things
from inventory.store.records import ItemRecord
from inventory.store.vault_tables import VaultItemRow


class Storage(Things):
    """What one person may read of the tanks."""

    async def vials(self, after: str = "", limit: int = PAGE_AT_MOST) -> list[ItemRecord]:
        """The next vials, for those who read the vault."""
        return await self.page(Kind.VIAL, after, limit) if self.unblinded else []

    async def lying_in(self, box: str) -> list[ItemRecord]:
        """The vials that lie in a box, by their positions."""
        if not self.unblinded:
            return []
        first = "P" + box[1:8]
        found = await VaultItemRow.select().where(
            VaultItemRow.kind == Kind.VIAL.value,
            VaultItemRow.place >= first,
            VaultItemRow.place < first + "~",
        )
        items = [item for item in map(self._of_vault, found) if _box_of(item.place) == box]
        return [self._record(item) for item in sorted(items, key=lambda item: item.place or "")]

    async def vials_in(self, *states: str) -> list[ItemRecord]:
        """The vials that are in one of these states, by their codes."""
        if not self.unblinded:
            return []
        of_state = (VaultItemRow.kind == Kind.VIAL.value) & VaultItemRow.state.is_in(list(states))
        found = await VaultItemRow.select().where(of_state).order_by(VaultItemRow.code)
        return [self._record(self._of_vault(row)) for row in found]

    async def stock(self) -> Counter[tuple[str, str]]:
        """How many vials lie in each box, by box and lot; of boxes that hold none nothing."""
        if not self.unblinded:
            return Counter()
        lies = (VaultItemRow.kind == Kind.VIAL.value) & VaultItemRow.place.is_not_null()
        found = await VaultItemRow.select(VaultItemRow.place, VaultItemRow.parent).where(lies)
        boxes = ((_box_of(row["place"]), row["parent"]) for row in found)
        return Counter((box, lot) for box, lot in boxes if box)

    async def inside(self, place: str) -> list[ItemRecord]:
        """The places and boxes that stand directly in a place, in the order of their codes."""
        if not self.unblinded:
            return []
        boxes = await VaultItemRow.select().where(
            VaultItemRow.kind == Kind.BOX.value, VaultItemRow.place == place
        )
        below = await VaultItemRow.select().where(
            VaultItemRow.kind == Kind.PLACE.value, VaultItemRow.code.like(f"{place}/%")
        )
        direct = [row for row in below if row["code"].rpartition("/")[0] == place]
        found = [self._of_vault(row) for row in (*boxes, *direct)]
        return [self._record(item) for item in sorted(found, key=lambda item: item.code)]


def _box_of(position: str | None) -> str | None:
    cell = cell_of(position or "")
    return cell[0] if cell else None
