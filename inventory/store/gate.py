"""The only way to see anything: a `Reader` for one person, who finds what they may read and nothing else.

Rules this module keeps:
- Access control is the lookup: without the right there is no object, and the answer is the one for an object
  that does not exist.
- What may be read is an allow-list of facts by kind; a fact that is not listed is not read.
- The vault's logs and items are found by unblinded people alone; a disclosed period's kit, and what `disclosed`
  tells of it, also by those who are entitled for its participant by a signed entry.
- What comes of a resolved period is read by who is entitled by a signed entry; for others it stays resolved.
- An arm is told to the person whose own entry has just told it, and to the unblinded statistician.
- Whoever is blinded is led to a disclosed period's kit by the entry that entitles them, never by searching the
  vault: how long that takes would tell how many such kits there are, and whose.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from inventory.domain import clocks, disclosed, merkle
from inventory.domain.custody import allowed
from inventory.domain.entries import changes_of
from inventory.domain.items import Item, Json, Kind, Log, Shelf
from inventory.domain.lives import TRANSITIONS, openings, supply, tasks
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.storage import cell_of
from inventory.domain.roles import Role
from inventory.store import refused, rows
from inventory.store.deciding import entitling
from inventory.store.engines import engine_in_use
from inventory.store.reading import links, read, stock
from inventory.store.records import (
    HIDDEN,
    VISIBLE,
    EntryRecord,
    ItemRecord,
    PickListRecord,
    RefusalRecord,
    Revealed,
    StockRecord,
    TaskRecord,
)
from inventory.store.tables import HeadRow, ItemRow, OpenEntryRow, OpenSubjectRow, TileRow
from inventory.store.vault_tables import (
    SealedItemRow,
    SealedLeafRow,
    VaultEntryRow,
    VaultItemRow,
    VaultSubjectRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.domain.lives import lookback
    from inventory.domain.profile import Profile
    from inventory.store.keys import VaultKey

PAGE_AT_MOST = 500
_SEE_NO_ARM = frozenset({Role.ADMINISTRATOR, Role.PRINTING})
"""The administrator, and the agent beside a printer, which is entitled to its own print jobs and to nothing else."""
_BY_CODE = (
    f"SELECT code, 'open', {rows.COLUMNS[Shelf.OPEN]} FROM item WHERE code {{key}} "  # noqa: S608  (names of our own)
    f"UNION ALL SELECT code, 'vault', {rows.COLUMNS[Shelf.VAULT]} FROM vault_item WHERE code {{key}} ORDER BY 1, 2"
)
REVEALED_FOR = timedelta(minutes=1)
"""How long an entry that tells an arm may be asked for it: as long as its own request takes."""
TELLING = frozenset({Kind.UNBLINDING, Kind.ENVELOPE})
"""The records of an arm's telling; each belongs to the participant."""
BOXED = frozenset({Role.TECHNICIAN, Role.QA, Role.SUPPLY, Role.UNBLINDED_AUDITOR})
"""The unblinded roles that read lots, vials and boxes."""


@dataclass(frozen=True, slots=True)
class Arms:
    """The list as the unblinded statistician reads it.

    `rows` are each stratum's rows in their order; `of` gives each randomised participant's row and arm.
    """

    rows: Mapping[str, tuple[str, ...]] = field(repr=False)
    of: Mapping[str, tuple[str, str]] = field(repr=False)


@dataclass(frozen=True)
class Reader:
    """What one person may read.

    Attributes:
        person: the person's item as it stood when they asked.
        profile: the study's profile.
        study: the study's code.
        key: the vault's key; used only where the person's roles open it.
    """

    person: Item
    profile: Profile
    key: VaultKey

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
    def logs(self) -> tuple[Log, ...]:
        """The logs whose entries and checkpoints exist for this person."""
        return (Log.OPEN, Log.VAULT) if self.unblinded else (Log.OPEN,)

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
        found = await engine_in_use().look_up(_BY_CODE, code)
        if not found:
            return None
        item = rows.from_row(found[0][1:], self.key)
        return item if await self._is_seen(item) else None

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
        resolved = [item.code for item in items if "resolved" in map(item.text, self._periods)]
        plans = await self._plans(resolved) if resolved else {}
        return [self._record(item.with_facts(**plans.get(item.code, {}))) for item in items]

    @cached_property
    def _periods(self) -> tuple[str, ...]:
        return tuple(f"period_{period.number}" for period in self.profile.later_periods)

    async def _plans(self, participants: list[str]) -> dict[str, dict[str, Json]]:
        """What comes of each later period, by participant, of those for whom this person is entitled to know."""
        keys = [rows.sealed_key(self.key, Kind.ARM, code) for code in participants]
        found = await SealedItemRow.select().where(SealedItemRow.key.is_in(keys))
        arms = [rows.unseal(tuple(row[name] for name in _SEALED), self.key) for row in found]
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
            allowed_actions=tuple(allowed(item, self.person, self.profile)),
        )

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

    def _of_vault(self, row: Mapping[str, Any]) -> Item:
        return rows.from_row((Shelf.VAULT, *(row[name] for name in _COLUMNS)), self.key)

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
            items = [_open_item(row) if shelf is Shelf.OPEN else self._of_vault(row) for row in page]
            found += [item for item in items if self._may_see(item)]
            if len(page) < count:
                break
            after = str(page[-1]["code"])
        return found

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

    async def approved_template(self, name: str) -> ItemRecord | None:
        """The approved version of a label template; None where none is, or it stands in the vault for this person."""
        asked = ItemRow.select().where(ItemRow.kind == Kind.TEMPLATE.value, ItemRow.place == name)
        found = [*map(_open_item, await asked)]
        if self.unblinded:
            rest = VaultItemRow.select().where(
                VaultItemRow.kind == Kind.TEMPLATE.value, VaultItemRow.place == name
            )
            found += map(self._of_vault, await rest)
        return self._record(found[0]) if found else None

    async def print_queue(self) -> list[ItemRecord]:
        """The print jobs that wait at the printers of this agent, claimed ones first, and older before newer."""
        devices = map(_open_item, await ItemRow.select().where(ItemRow.kind == Kind.DEVICE.value))
        printers = [one.code for one in devices if one.text("agent") == self.person.code]
        if not printers:
            return []
        hidden = [rows.lying(Kind.JOB.value, printer, self.key) for printer in printers]
        at, there = ItemRow.place.is_in(printers), VaultItemRow.place.is_in(hidden)
        found = [*map(_open_item, await ItemRow.select().where(ItemRow.kind == Kind.JOB.value, at))]
        vault = await VaultItemRow.select().where(VaultItemRow.kind == Kind.JOB.value, there)
        found += map(self._of_vault, vault)
        mine = [job for job in found if self._may_see(job)]
        mine.sort(key=lambda job: (job.state != "claimed", str(job.facts.get("checked_at")), job.code))
        return [self._record(job) for job in mine]

    async def kits_of(self, participant: str, period: int) -> list[str]:
        """The codes of a participant's kits of that period that this person may see."""
        kits = await ItemRow.select().where(ItemRow.parent == participant, ItemRow.kind == Kind.KIT.value)
        found = [*map(_open_item, kits), *await self._disclosed_kits(participant)]
        return sorted(kit.code for kit in found if kit.number("period") == period)

    @cached_property
    def opens_links(self) -> bool:
        """Whether this person may open what ties a kit to its vials, or a participant to an arm."""
        return any(role in openings.MAY_OPEN for role in self.person.texts("roles"))

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

    # What people see who are entitled for a participant's disclosed period
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

    async def _vault_indexes(self, code: str) -> set[int]:
        subject = self.key.find("subject", code)
        found = await VaultSubjectRow.select(VaultSubjectRow.index).where(VaultSubjectRow.subject == subject)
        return {row["index"] for row in found}

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

    def _opened(self, row: dict[str, bytes]) -> bytes:
        return self.key.unseal(bytes(row["nonce"]), bytes(row["ciphertext"]), bytes(row["leaf_hash"]))

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

    async def _sealed(self, kind: Kind, code: str) -> Item | None:
        key = rows.sealed_key(self.key, kind, code)
        row = await SealedItemRow.select().where(SealedItemRow.key == key).first()
        return rows.unseal(tuple(row[name] for name in _SEALED), self.key) if row else None

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
        return await self._revealed_by(_open_item(record)) if record else None

    async def _revealed_by(self, record: Item) -> Revealed | None:
        participant = record.parent or ""
        if record.facts.get("drill"):
            return Revealed(participant, drill=True)
        arm = await self._sealed(Kind.ARM, participant)
        told = self.profile.arm(arm.text("arm")) if arm else None
        return Revealed.of(participant, told, self.profile) if told else None

    async def stock_word(self, now: datetime) -> StockRecord:
        """The word of stock for everybody; what there is of each product for those who read lots and boxes."""
        study = await self.item(self.profile.study.id)
        facts = study.facts if study else {}
        known = bool(BOXED & {Role(name) for name in self.person.texts("roles")}) and self.unblinded
        products = tuple(await read(stock(self.person, self.profile, self.key, now))) if known else None
        word, ordering = str(facts.get("stock", supply.UNTOLD)), str(facts.get("ordering", "open"))
        return StockRecord(word, ordering, products)

    async def links(self, code: str) -> list[lookback.Link] | None:
        """The way from a donor, lot or vial to its recipients, or back from a participant.

        None for who did not record a look-back of that very thing: each opening of the way is an entry. Of
        unblinded auditors, who record no act of their own, the service records that they open it.
        """
        item = await self._find(code) if self.unblinded else None
        if item is None or not await self._looked_back(item):
            return None
        return await read(links(item, self.key))

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
        items = [rows.unseal(tuple(row[name] for name in _SEALED), self.key) for row in found]
        arms = {item.code: item for item in items if item.kind is Kind.ARM and item.state != VOIDED}
        return Arms(
            {item.code: tuple(item.texts("rows")) for item in items if item.kind is Kind.LIST},
            {code: (arm.text("row"), arm.text("arm")) for code, arm in sorted(arms.items())},
        )

    async def refusals(self) -> list[RefusalRecord]:
        """What this person may read of what was refused, to them and to others, the newest first."""
        return await refused.refusals(self)

    # The logs
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
        if log not in self.logs or (log is Log.VAULT and not self.opens_links):
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


_SEALED = ("key", "kind", "key_id", "nonce", "ciphertext")
_COLUMNS = tuple(rows.COLUMNS[Shelf.VAULT].split(", "))


_PRINTED = frozenset({Kind.ROLL, Kind.JOB, Kind.LABEL, Kind.TEMPLATE})
"""Kinds whose place on the open shelf is no secret: a printer, a roll, the label set."""


def _ties(entry: EntryRecord) -> bool:
    return entry.log == Log.VAULT.value and openings.ties(entry.leaf)


def _box_of(position: str | None) -> str | None:
    cell = cell_of(position or "")
    return cell[0] if cell else None


async def person(code: str) -> Item | None:
    """The person with that code, as signing in needs it; whoever asks has proven who they are."""
    row = await ItemRow.select().where(ItemRow.code == code, ItemRow.kind == Kind.PERSON.value).first()
    return _open_item(row) if row else None


async def study(code: str) -> Item | None:
    """The study's own item, as starting up needs it."""
    row = await ItemRow.select().where(ItemRow.code == code, ItemRow.kind == Kind.STUDY.value).first()
    return _open_item(row) if row else None


def _open_item(row: dict[str, str]) -> Item:
    facts: dict[str, Json] = orjson.loads(row["facts"])
    return Item(
        Kind(row["kind"]),
        row["code"],
        row["state"],
        Shelf.OPEN,
        row["parent"],
        row["place"],
        row["due"],
        facts,
    )


__all__ = ["HIDDEN", "PAGE_AT_MOST", "Reader", "person", "study"]
