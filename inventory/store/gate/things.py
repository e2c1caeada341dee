"""Things of a kind, one page after another, and those that a piece of work asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Item, Json, Kind, Shelf
from inventory.domain.lives import supply
from inventory.domain.roles import Role
from inventory.store import rows
from inventory.store.gate.disclosures import Disclosures
from inventory.store.gate.plain import open_item
from inventory.store.gate.sight import PAGE_AT_MOST
from inventory.store.reading import read, stock
from inventory.store.records import ItemRecord, StockRecord
from inventory.store.tables import ItemRow
from inventory.store.vault_tables import VaultItemRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

BOXED = frozenset({Role.TECHNICIAN, Role.QA, Role.SUPPLY, Role.UNBLINDED_AUDITOR})
"""The unblinded roles that read lots, vials and boxes."""


class Things(Disclosures):
    """What one person may find without knowing its code."""

    async def page(self, kind: Kind, after: str = "", limit: int = 50) -> list[ItemRecord]:
        """The next things of that kind in the order of their codes."""
        count = max(1, min(limit, PAGE_AT_MOST))
        found: list[Item] = []
        for shelf in rows.shelves_of(kind):
            if shelf is Shelf.OPEN or self.unblinded:
                found += await self._page(shelf, kind, after, count)
            else:
                found += [one for one in await self._disclosed(kind) if one.code > after]
        found.sort(key=lambda item: item.code)
        return await self._records(found[:count])

    async def _page(self, shelf: Shelf, kind: Kind, after: str, count: int) -> list[Item]:
        """The next things on a shelf that this person may see; what they may not see takes nobody's place."""
        table = ItemRow if shelf is Shelf.OPEN else VaultItemRow
        found: list[Item] = []
        while len(found) < count:
            of_kind = table.select().where(table.kind == kind.value, table.code > after)
            page = await of_kind.order_by(table.code).limit(count)
            items = [open_item(row) if shelf is Shelf.OPEN else self._of_vault(row) for row in page]
            found += [item for item in items if self._may_see(item)]
            if len(page) < count:
                break
            after = str(page[-1]["code"])
        return found

    async def of_donation(self, din: str, product: str = "", division: str = "") -> ItemRecord | None:
        """The one lot of that donation and ISBT 128 product code, or with a division the one vial of it.

        None where there is none, or more than one: which of several was meant is never guessed.
        """
        if not self.unblinded:
            return None
        lots = await VaultItemRow.select().where(VaultItemRow.kind == Kind.LOT.value)
        asked = {"din": din} | ({"isbt_product_code": product} if product else {})
        found = self._matching(lots, asked)
        if len(found) != 1 or not division:
            return self._record(found[0]) if len(found) == 1 else None
        vials = await VaultItemRow.select().where(VaultItemRow.parent == found[0].code)
        meant = self._matching(vials, {"division": division})
        return self._record(meant[0]) if len(meant) == 1 else None

    def _matching(self, found: Iterable[dict[str, str]], facts: Mapping[str, Json]) -> list[Item]:
        items = map(self._of_vault, found)
        return [item for item in items if all(item.facts.get(name) == value for name, value in facts.items())]

    async def approved_template(self, name: str) -> ItemRecord | None:
        """The approved version of a label template; None where none is, or it stands in the vault for this person."""
        asked = ItemRow.select().where(ItemRow.kind == Kind.TEMPLATE.value, ItemRow.place == name)
        found = [*map(open_item, await asked)]
        if self.unblinded:
            rest = VaultItemRow.select().where(
                VaultItemRow.kind == Kind.TEMPLATE.value, VaultItemRow.place == name
            )
            found += map(self._of_vault, await rest)
        return self._record(found[0]) if found else None

    async def print_queue(self) -> list[ItemRecord]:
        """The print jobs that wait at the printers of this agent, claimed ones first, and older before newer."""
        devices = map(open_item, await ItemRow.select().where(ItemRow.kind == Kind.DEVICE.value))
        printers = [one.code for one in devices if one.text("agent") == self.person.code]
        if not printers:
            return []
        hidden = [rows.lying(Kind.JOB.value, printer, self.key) for printer in printers]
        at, there = ItemRow.place.is_in(printers), VaultItemRow.place.is_in(hidden)
        found = [*map(open_item, await ItemRow.select().where(ItemRow.kind == Kind.JOB.value, at))]
        vault = await VaultItemRow.select().where(VaultItemRow.kind == Kind.JOB.value, there)
        found += map(self._of_vault, vault)
        mine = [job for job in found if self._may_see(job)]
        mine.sort(key=lambda job: (job.state != "claimed", str(job.facts.get("checked_at")), job.code))
        return [self._record(job) for job in mine]

    async def kits_of(self, participant: str, period: int) -> list[str]:
        """The codes of a participant's kits of that period that this person may see."""
        kits = await ItemRow.select().where(ItemRow.parent == participant, ItemRow.kind == Kind.KIT.value)
        found = [*map(open_item, kits), *await self._disclosed_kits(participant)]
        return sorted(kit.code for kit in found if kit.number("period") == period)

    async def stock_word(self, now: datetime) -> StockRecord:
        """The word of stock for everybody; what there is of each product for those who read lots and boxes."""
        study = await self.item(self.profile.study.id)
        facts = study.facts if study else {}
        known = bool(BOXED & {Role(name) for name in self.person.texts("roles")}) and self.unblinded
        products = tuple(await read(stock(self.person, self.profile, self.key, now))) if known else None
        word, ordering = str(facts.get("stock", supply.UNTOLD)), str(facts.get("ordering", "open"))
        return StockRecord(word, ordering, products)
