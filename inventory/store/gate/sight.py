"""Who looks, and what they may see: the rules of every reading, and one thing by its code.

Rules this module keeps:
- Access control is the lookup: without the right there is no object, and the answer is the one for an object
  that does not exist.
- For whom nothing of the vault can be shown, nothing of it is looked for: how long the answer takes would tell
  whether what is hidden is there.
- What may be read is an allow-list of facts by kind; a fact that is not listed is not read.
- What comes of a resolved period is read by who is entitled by a signed entry; for others it stays resolved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inventory.domain import disclosed
from inventory.domain.custody import allowed
from inventory.domain.items import Item, Json, Kind, Log, Shelf
from inventory.domain.lives import openings
from inventory.domain.roles import Role
from inventory.store import rows
from inventory.store.deciding import entitling
from inventory.store.engines import engine_in_use
from inventory.store.gate.plain import COLUMNS, SEALED
from inventory.store.records import VISIBLE, ItemRecord
from inventory.store.vault_tables import SealedItemRow, VaultItemRow, VaultSubjectRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.profile import Profile
    from inventory.store.keys import VaultKey

PAGE_AT_MOST = 500
"""So many things or entries are read at once."""

_SEE_NO_ARM = frozenset({Role.ADMINISTRATOR, Role.PRINTING})
"""The administrator, and the agent beside a printer, which is entitled to its own print jobs and to nothing else."""
_OPEN_BY_CODE = f"SELECT code, 'open', {rows.COLUMNS[Shelf.OPEN]} FROM item WHERE code {{key}}"  # noqa: S608  (ours)
_BY_CODE = (
    f"{_OPEN_BY_CODE} UNION ALL "  # noqa: S608  (names of our own)
    f"SELECT code, 'vault', {rows.COLUMNS[Shelf.VAULT]} FROM vault_item WHERE code {{key}} ORDER BY 1, 2"
)
_PRINTED = frozenset({Kind.ROLL, Kind.JOB, Kind.LABEL, Kind.TEMPLATE})
"""Kinds whose place on the open shelf is no secret: a printer, a roll, the label set."""


@dataclass(frozen=True)
class Sight:
    """One person's sight of the study.

    Attributes:
        person: the person's item as it stood when they asked.
        profile: the study's profile.
        key: the vault's key; used only where the person's roles open it.
    """

    person: Item
    profile: Profile
    key: VaultKey
    _some_of_the_vault: bool | None = field(default=None, init=False, repr=False, compare=False)

    @cached_property
    def unblinded(self) -> bool:
        """Whether this person holds an unblinded role, but for those that see no arm and nothing of the vault."""
        roles = self.person.texts("roles")
        return any(not self.profile.blinded(role) for role in roles if role not in _SEE_NO_ARM)

    @property
    def opens_arms(self) -> bool:
        """Whether the list and every arm are open to this person: to the unblinded statistician alone."""
        return Role.STATISTICIAN in self.person.texts("roles")

    @cached_property
    def opens_links(self) -> bool:
        """Whether this person may open what ties a kit to its vials, or a participant to an arm."""
        return any(role in openings.MAY_OPEN for role in self.person.texts("roles"))

    @property
    def logs(self) -> tuple[Log, ...]:
        """The logs whose entries and checkpoints exist for this person."""
        return (Log.OPEN, Log.VAULT) if self.unblinded else (Log.OPEN,)

    @property
    def opened_logs(self) -> tuple[Log, ...]:
        """Those of them whose entries this person may open: the vault's tie kits to vials, and people to arms."""
        return tuple(log for log in self.logs if log is Log.OPEN or self.opens_links)

    async def item(self, code: str) -> ItemRecord | None:
        """What this person may know of the thing with that code, or None."""
        found = await self._find(code)
        return (await self._records([found]))[0] if found else None

    async def sees(self, code: str) -> bool:
        """Whether there is a thing with that code for this person."""
        return await self._find(code) is not None

    async def as_written(self, item: Item) -> ItemRecord | None:
        """What this person may know of a thing as the writer has just left it, or None."""
        return (await self._records([item]))[0] if await self._is_seen(item) else None

    async def _find(self, code: str) -> Item | None:
        found = await engine_in_use().look_up(_BY_CODE if self.unblinded else _OPEN_BY_CODE, code)
        if not found and not self.unblinded and await self.is_shown_some_of_the_vault():
            found = await engine_in_use().look_up(_BY_CODE, code)
        if not found:
            return None
        item = rows.from_row(found[0][1:], self.key)
        return item if await self._is_seen(item) else None

    async def is_shown_some_of_the_vault(self) -> bool:
        """Whether this person is a printer's agent, or entitled for anybody's disclosed period; asked for once."""
        if self._some_of_the_vault is None:
            entries = VaultSubjectRow.subject == self.key.find("subject", entitling(self.person.code))
            entitled = Role.PRINTING in self.person.texts("roles") or await VaultSubjectRow.exists().where(
                entries
            )
            object.__setattr__(self, "_some_of_the_vault", bool(entitled))
        return bool(self._some_of_the_vault)

    async def _is_seen(self, item: Item) -> bool:
        return self._may_see(item) or await self._entitling_kit(item) is not None

    async def _entitling_kit(self, item: Item) -> Item | None:
        """The disclosed period's kit by which this person may see what belongs to it; None where none does."""
        if item.shelf is not Shelf.VAULT or not disclosed.shown(item):
            return None
        if item.kind is Kind.KIT:
            return item if self._may_see(item) else None
        above = await VaultItemRow.select().where(VaultItemRow.code == item.parent).first()
        return await self._entitling_kit(self._of_vault(above)) if above else None

    def _may_see(self, item: Item) -> bool:
        if item.state == "new" or item.kind not in VISIBLE:
            return False
        if item.kind is Kind.ALERT:
            return self.opens_links
        mine = item.kind is Kind.JOB and item.text("agent") == self.person.code
        return (
            item.shelf is Shelf.OPEN or self.unblinded or mine or self.person.code in item.texts("entitled")
        )

    async def _records(self, items: list[Item]) -> list[ItemRecord]:
        """These items as this person may see them: of a resolved period, who is entitled reads what comes of it."""
        resolved = [item.code for item in items if item.kind is Kind.PARTICIPANT and self._is_resolved(item)]
        plans = await self._plans(resolved) if resolved else {}
        return [
            self._record(item.with_facts(**plans[item.code]) if item.code in plans else item)
            for item in items
        ]

    def _is_resolved(self, participant: Item) -> bool:
        periods = (f"period_{period.number}" for period in self.profile.later_periods)
        return "resolved" in map(participant.text, periods)

    async def _plans(self, participants: list[str]) -> dict[str, dict[str, Json]]:
        """What comes of each later period, by participant, of those for whom this person is entitled to know."""
        keys = [rows.sealed_key(self.key, Kind.ARM, code) for code in participants]
        found = await SealedItemRow.select().where(SealedItemRow.key.is_in(keys))
        arms = [rows.unseal(tuple(row[name] for name in SEALED), self.key) for row in found]
        return {
            arm.code: {
                f"period_{one.number}": "planned"
                if self.profile.product_for(arm.text("arm"), one.number)
                else "not_planned"
                for one in self.profile.later_periods
            }
            for arm in arms
            if self.opens_arms or self.person.code in arm.texts("entitled")
        }

    def _record(self, item: Item) -> ItemRecord:
        names = VISIBLE[item.kind]
        if item.shelf is not Shelf.OPEN and not self.unblinded:
            names -= {"given_to"}  # by mistake it may be a participant for whom this person is not entitled
        return ItemRecord(
            kind=item.kind,
            code=item.code,
            state=item.state,
            parent=item.parent,
            place=item.place if item.shelf is not Shelf.OPEN or item.kind in _PRINTED else None,
            due=item.due,
            facts={name: value for name, value in item.facts.items() if name in names},
            allowed_actions=allowed(item, self.person, self.profile),
        )

    def _of_vault(self, row: Mapping[str, Any]) -> Item:
        return rows.from_row((Shelf.VAULT, *(row[name] for name in COLUMNS)), self.key)

    async def _sealed(self, kind: Kind, code: str) -> Item | None:
        key = rows.sealed_key(self.key, kind, code)
        row = await SealedItemRow.select().where(SealedItemRow.key == key).first()
        return rows.unseal(tuple(row[name] for name in SEALED), self.key) if row else None
