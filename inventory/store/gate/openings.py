"""What is sealed and was opened, or told, for this person: pick lists, arms, the way to recipients.

Rules this module keeps:
- An arm is told to the person whose own entry has just told it, and to the unblinded statistician.
- A pick list shows what this person's own opening of it showed; the way to recipients, who recorded a look-back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from inventory.domain import clocks
from inventory.domain.custody import duties
from inventory.domain.items import Item, Kind
from inventory.domain.lives import TRANSITIONS, alert, lookback, tasks
from inventory.domain.lives.row import VOIDED
from inventory.domain.roles import Role
from inventory.store import rows
from inventory.store.gate.logs import Logs
from inventory.store.gate.plain import SEALED, open_item
from inventory.store.reading import links, read
from inventory.store.records import PickListRecord, Revealed, TaskRecord
from inventory.store.tables import ItemRow, OpenEntryRow
from inventory.store.vault_tables import SealedItemRow, VaultItemRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
REVEALED_FOR = timedelta(minutes=1)
"""How long an entry that tells an arm may be asked for it: as long as its own request takes."""
TELLING = frozenset({Kind.UNBLINDING, Kind.ENVELOPE})
"""The records of an arm's telling; each belongs to the participant."""


@dataclass(frozen=True, slots=True)
class Arms:
    """The list as the unblinded statistician reads it.

    `rows` are each stratum's rows in their order; `of` gives each randomised participant's row and arm.
    """

    rows: Mapping[str, tuple[str, ...]] = field(repr=False)
    of: Mapping[str, tuple[str, str]] = field(repr=False)


class Openings(Logs):
    """What one person may read of what is sealed."""

    async def pick_list(self, kit: str) -> PickListRecord | None:
        """What this person's last opening of the kit's pick list showed them.

        None for whoever has not opened it since they signed on to the kit's present order, and after handover.
        """
        task = await self.task(kit)
        return task.shown if task is not None else None

    async def task(self, kit: str) -> TaskRecord | None:
        """This person's task of preparing the kit; None for whoever has not signed on to its present order.

        It names no vial that their own opening of the pick list did not show.
        """
        found = await self._find(kit)
        if found is None or found.state not in tasks.IN_THE_LAB:
            return None
        task = await self._sealed(Kind.TASK, tasks.code_of(kit, self.person.code))
        if task is None or not tasks.is_current(task, found):
            return None
        shown = PickListRecord.of(task.facts)
        contents = await self._sealed(Kind.CONTENTS, kit) if shown is not None else None
        if shown is None or contents is None or contents.state == VOIDED:
            return TaskRecord(shown)
        named = {*shown.held, *(line.vial for line in shown.take)}
        held, recorded = contents.texts("vials"), contents.facts.get("record")
        told = recorded if isinstance(recorded, dict) else None
        return TaskRecord(shown, tuple(one for one in held if one in named), not named.issuperset(held), told)

    async def revealed(self, entry: int, now: datetime) -> Revealed | None:
        """What the open entry of that index tells this person; for a minute after they recorded it, else None."""
        found = await OpenEntryRow.select(OpenEntryRow.leaf).where(OpenEntryRow.index == entry).first()
        leaf = orjson.loads(bytes(found["leaf"])) if found else {}
        row = TRANSITIONS.get(str(leaf.get("action")))
        if row is None or not row.reveals or leaf["by"] != self.person.code:
            return None
        if now - clocks.parse_instant(leaf["recorded_at"]) > REVEALED_FOR:
            return None
        codes = [leaf["item"], *(change["code"] for change in leaf["changes"])]
        of_kind = ItemRow.kind.is_in([kind.value for kind in TELLING])
        record = await ItemRow.select().where(of_kind, ItemRow.code.is_in(codes)).first()
        return await self._revealed_by(open_item(record)) if record else None

    async def _revealed_by(self, record: Item) -> Revealed | None:
        participant = record.parent or ""
        if record.facts.get("drill"):
            return Revealed(participant, drill=True)
        arm = await self._sealed(Kind.ARM, participant)
        told = self.profile.arm(arm.text("arm")) if arm else None
        return Revealed.of(participant, told, self.profile) if told else None

    async def links(self, code: str) -> list[lookback.Link] | None:
        """The way from a donor, lot or vial to its recipients, or back from a participant.

        None for who did not record a look-back of that very thing: each opening of the way is an entry. Of
        unblinded auditors, who record no act of their own, the service records that they open it.
        """
        item = await self._find(code) if self.unblinded else None
        if item is None or not await self._looked_back(item):
            return None
        return await read(links(item, self.key))

    async def untold(self) -> list[tuple[Kind, str]]:
        """What is held back and reached somebody of whom no alert tells: given when the alert was raised already.

        For whoever records look-backs. It names that thing alone, the widest that is held back; to whom any of it
        went is opened by the look-back.
        """
        if not alert.LOOK_BACK_BY & duties(self.person, self.profile):
            return []
        told = {pair for one in await self._all_of(Kind.ALERT) for pair in alert.names(one)}
        found = []
        for kind in lookback.FROM:
            for thing in filter(lookback.is_held_back, await self._all_of(kind)):
                new = lookback.receipts(await read(links(thing, self.key))) - told
                told |= new
                found += [(kind, thing.code)] if new else []
        return found

    async def _all_of(self, kind: Kind) -> list[Item]:
        of_kind = VaultItemRow.select().where(VaultItemRow.kind == kind.value)
        if kind is Kind.VIAL:  # of no other went any into a syringe
            of_kind = of_kind.where(VaultItemRow.state == "consumed")
        return [self._of_vault(row) for row in await of_kind.order_by(VaultItemRow.code)]

    async def _looked_back(self, item: Item) -> bool:
        if f"{item.kind}-look-back" not in TRANSITIONS:
            return False
        if Role.UNBLINDED_AUDITOR in self.person.texts("roles"):
            return True
        mine = (entry.leaf for entry in await self._vault_leaves(item.code))
        return any(
            (leaf["action"], leaf["item"], leaf["by"])
            == (f"{item.kind}-look-back", item.code, self.person.code)
            for leaf in mine
        )

    async def arms(self) -> Arms | None:
        """Who was given which row and arm; None for everybody but the unblinded statistician."""
        if not self.opens_arms:
            return None
        found = await SealedItemRow.select().where(
            SealedItemRow.kind.is_in([Kind.LIST.value, Kind.ARM.value])
        )
        items = [rows.unseal(tuple(row[name] for name in SEALED), self.key) for row in found]
        arms = {item.code: item for item in items if item.kind is Kind.ARM and item.state != VOIDED}
        return Arms(
            {item.code: tuple(item.texts("rows")) for item in items if item.kind is Kind.LIST},
            {code: (arm.text("row"), arm.text("arm")) for code, arm in sorted(arms.items())},
        )
