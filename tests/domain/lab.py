"""A study in memory: the same decisions and changes as the ledger's, without a database.

`Lab.do` runs an act through `decide`, applies its changes through `entries`, and keeps the leaves, so that
whole lives can be walked in a test and replayed afterwards. `walks.py` furnishes studies and walks kits.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from inventory.domain import clocks, entries
from inventory.domain.canonical import encode
from inventory.domain.custody import Act, Case, Decision, decide, stand_in
from inventory.domain.evidence import Evidence, stated
from inventory.domain.items import SHELF_OF, Item, Key, Kind, Log, Shelf
from inventory.domain.lives import TRANSITIONS, disposition
from inventory.domain.lives.states import NOT_ENDED, RELEASED
from inventory.domain.lives.storage import cell_of
from inventory.domain.lives.supply import is_for_kits
from inventory.domain.profile import Profile, load
from inventory.domain.roles import Role
from inventory.domain.signatures import Proof, Signed

PROFILES = Path(__file__).parents[2] / "inventory" / "profiles"
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

PEOPLE = {
    Role.TECHNICIAN: ("tina", "tom"),
    Role.QA: ("quinn", "quentin"),
    Role.PHARMACIST: ("paula", "peter"),
    Role.COORDINATOR: ("cora", "carl"),
    Role.INJECTOR: ("ivan", "irene"),
    Role.STATISTICIAN: ("stan", "stella"),
    Role.PHYSICIAN: ("dora", "dan"),
    Role.SUPPLY: ("max", "mia"),
    Role.ADMINISTRATOR: ("xena", "xaver"),
    Role.BLINDED_AUDITOR: ("bert", "bella"),
    Role.UNBLINDED_AUDITOR: ("uma", "ugo"),
    Role.PRINTING: ("agent-1", "agent-2"),
}


@cache
def profile(name: str = "nct06001853") -> Profile:
    return load((PROFILES / f"{name}.toml").read_text())


class MemoryView:
    """The view of a decision over a dictionary of items."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.leaves: dict[Log, list[dict[str, Any]]] = {log: [] for log in Log}
        self.seals = {"0a1b2c3d", "1a2b3c4d"}
        self.decisions = 0

    def _of(self, kind: Kind) -> list[Item]:
        return [item for item in self.items.values() if item.kind is kind]

    def item(self, kind: Kind, code: str) -> Item | None:
        return self.items.get((kind, code))

    def occupant(self, position: str) -> str | None:
        return next((vial.code for vial in self._of(Kind.VIAL) if vial.place == position), None)

    def boxes_in(self, place: str) -> list[Item]:
        boxes = self._of(Kind.BOX)
        return [box for box in boxes if box.code == place or f"{box.place}/".startswith(f"{place}/")]

    def moved_boxes(self) -> list[Item]:
        return [box for box in self._of(Kind.BOX) if "left" in box.facts]

    def moved_vials(self) -> list[Item]:
        return [vial for vial in self._of(Kind.VIAL) if "left" in vial.facts]

    def within(self, place: str) -> list[Item]:
        boxes = {box.code for box in self.boxes_in(place)}
        cells = [(vial, cell_of(vial.place or "")) for vial in self._of(Kind.VIAL)]
        return [vial for vial, cell in cells if cell and cell[0] in boxes]

    def excursions_unsettled(self) -> list[Item]:
        found = [one for one in self._of(Kind.EXCURSION) if one.state != "voided"]
        return [one for one in found if one.text("disposition") != "usable"]

    def released_lots(self) -> list[Item]:
        return [lot for lot in self._of(Kind.LOT) if lot.state in RELEASED]

    def stored_vials(self, lot: str) -> Iterator[Item]:
        vials = [vial for vial in self._of(Kind.VIAL) if vial.parent == lot and vial.state == "stored"]
        usable = [vial for vial in vials if disposition.usable(vial.facts)]
        return iter(sorted(usable, key=lambda vial: (vial.place or "", vial.code)))

    def lots_in_stock(self) -> list[Item]:
        return [lot for lot in self._of(Kind.LOT) if lot.state in {*RELEASED, "on_hold"}]

    def vials_for_kits(self, lot: str) -> int:
        return sum(is_for_kits(vial) for vial in self._of(Kind.VIAL) if vial.parent == lot)

    def kits_awaited(self) -> int:
        kits = [kit for kit in self._of(Kind.KIT) if kit.shelf is Shelf.OPEN]
        return sum(kit.state in {"ordered", "called_for"} for kit in kits)

    def kits_not_ended(self) -> list[Item]:
        return [kit for kit in self._of(Kind.KIT) if kit.state in NOT_ENDED]

    def kits_replaced_unprepared(self) -> int:
        kits = [kit for kit in self._of(Kind.KIT) if kit.shelf is Shelf.OPEN]
        return sum(kit.due is None and "replaced_by" in kit.facts for kit in kits)

    def free_kits(self) -> list[Item]:
        return [kit for kit in self._of(Kind.KIT) if kit.state == "planned"]

    def kits_in_date(self, now: str) -> list[Item]:
        kits = [kit for kit in self._of(Kind.KIT) if kit.shelf is Shelf.OPEN]
        return [kit for kit in kits if kit.due and kit.due >= now]

    def lots_of(self, donor: str) -> list[Item]:
        return [lot for lot in self._of(Kind.LOT) if lot.parent == donor]

    def used_vials(self, lot: str) -> list[Item]:
        return [vial for vial in self._of(Kind.VIAL) if (vial.parent, vial.state) == (lot, "consumed")]

    def kits_of(self, participant: str) -> list[Item]:
        return [kit for kit in self._of(Kind.KIT) if kit.parent == participant]

    def given_to(self, participant: str) -> list[Item]:
        return [one for one in self._of(Kind.SYRINGE) if one.text("given_to") == participant]

    def alerts_about(self, code: str) -> list[Item]:
        return [one for one in self._of(Kind.ALERT) if one.parent == code]

    def lying(self, kind: Kind, place: str) -> list[Item]:
        return [item for item in self._of(kind) if item.place == place]

    def entry(self, log: Log, index: int) -> dict[str, Any] | None:
        leaves = self.leaves[log]
        return leaves[index] if index < len(leaves) else None

    def entries_after(self, log: Log, index: int, codes: frozenset[str]) -> list[Mapping[str, Any]]:
        return [leaf for leaf in self.leaves[log][index + 1 :] if entries.codes_of(leaf) & codes]

    def draw(self, purpose: str, owner: str) -> bytes:
        return hashlib.sha256(f"{self.decisions} {purpose} {owner}".encode()).digest()

    def holds_seal(self, identity: str) -> bool:
        return identity in self.seals

    def signing_key(self, log: Log) -> str:
        return f"a/{log}+00000000+{'A' * 43}="

    def holds_signing_key(self, log: Log, vkey: str) -> bool:
        return vkey.startswith(f"a/{log}+")

    def commit(self, purpose: str, owner: str, value: bytes) -> bytes:
        return hashlib.sha256(f"salt of {purpose} {owner}".encode() + value).digest()


class Lab:
    """A study in memory, and what one may do in it."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.view = MemoryView()
        self.now = START

    def copy(self) -> Lab:
        twin = copy(self)
        twin.view = copy(self.view)
        twin.view.items = dict(self.view.items)
        twin.view.leaves = {log: list(leaves) for log, leaves in self.view.leaves.items()}
        return twin

    def wait(self, **span: int) -> None:
        self.now += timedelta(**span)

    def get(self, kind: Kind, code: str) -> Item:
        return self.view.items[kind, code]

    def state(self, kind: Kind, code: str) -> str:
        return self.get(kind, code).state

    def put(self, item: Item) -> Item:
        """Set an item as no act could, to see what a rule makes of it."""
        self.view.items[item.key] = item
        return item

    def last(self, log: Log) -> dict[str, Any]:
        return self.view.leaves[log][-1]

    def case(
        self, action: str, code: str, *, by: str = "", second: str | None = "auto", scan: str = "",
        at: datetime | None = None, form: Evidence | None = None, signed: bool | None = None, **evidence: Any,
    ) -> Case:  # fmt: skip
        """The case of an act; by default a fitting person does it, with a second one where two are asked."""
        row = TRANSITIONS[action]
        role = next((role for role in PEOPLE if role in row.by), Role.ADMINISTRATOR)
        by = by or PEOPLE[role][0]
        if second == "auto":
            two = action in self.profile.two_person or row.restores or action == "participant-unblind"
            second = next(name for name in PEOPLE[role] if name != by) if two else None
        form = form or row.evidence.model_validate(evidence)
        asks = action in self.profile.signatures.acts or action == "participant-unblind"
        asked = asks if signed is None else signed
        signed_by = tuple(self.signature(one) for one in (by, second) if one and asked)
        act = Act(action, code, by, at or self.now, form, second, scan or code, signed_by)
        return Case(
            row=row,
            act=act,
            item=self.view.item(row.kind, code) or stand_in(row.kind, code, SHELF_OF[row.kind]),
            person=self.view.item(Kind.PERSON, by) or stand_in(Kind.PERSON, by, Shelf.OPEN),
            second=self.view.item(Kind.PERSON, second) if second else None,
            now=self.now,
            profile=self.profile,
            view=self.view,
        )

    def signature(self, who: str) -> Signed:
        """A signature that was proven by password."""
        return Signed(who, who.title(), clocks.format_instant(self.now), (Proof.PASSWORD,))

    def do(self, action: str, code: str, **rest: Any) -> Decision:
        """Decide the act and, where it is accepted, record it."""
        self.view.decisions += 1
        case = self.case(action, code, **rest)
        decision = decide(case)
        if decision.accepted:
            self._record(case, decision)
        return decision

    def must(self, action: str, code: str, **rest: Any) -> Decision:
        """Do what has to succeed without a deviation."""
        decision = self.do(action, code, **rest)
        assert [each.code for each in decision.refused] == [], action
        return decision

    def refusals(self, action: str, code: str, **rest: Any) -> list[str]:
        """The codes of what must be refused, in order; nothing changes."""
        decision = decide(self.case(action, code, **rest))
        assert not decision.accepted, f"{action} was accepted"
        assert decision.changes == ()
        return [each.code for each in decision.refused]

    def _record(self, case: Case, decision: Decision) -> None:
        changes: dict[Log, list[entries.Change]] = defaultdict(list)
        told = Log.VAULT if case.row.vault else case.item.log
        for after in decision.changes:
            change = entries.change(self.view.item(after.kind, after.code), after)
            changes[after.log].append(change)
        logs = [log for log in (Log.OPEN, Log.VAULT) if log is told or changes[log]]
        evidence = stated(case.act.evidence)
        common = {
            "action": case.row.action, "item": case.act.code, "by": case.act.by, "with": case.act.second,
            "deviation": decision.deviation,
        }  # fmt: skip
        opened = len(self.view.leaves[Log.OPEN]) if len(logs) == 2 else None
        for log in logs:
            half = {"paired": len(logs) == 2} if log is Log.OPEN else {"pair": opened}
            own = {"log": log.value, "index": len(self.view.leaves[log]), "changes": changes[log]}
            leaf = {**common, **own, **half, "voids": self._voided(case, evidence, log)}
            leaf["evidence"] = evidence if log is told else {}
            encode(leaf)
            self.view.leaves[log].append(leaf)
            for change in changes[log]:
                key = Kind(str(change["kind"])), str(change["code"])
                self.view.items[key] = entries.apply(self.view.items.get(key), change)
        assert all(self.view.items[after.key] == after for after in decision.changes)

    def _voided(self, case: Case, evidence: dict[str, Any], log: Log) -> dict[str, Any] | None:
        """The entry of that log that a void takes back: the one it names, or its other half."""
        if not case.row.restores:
            return None
        named, index = Log(evidence["log"]), evidence["index"]
        return {"log": log.value, "index": index if named is log else self.view.leaves[named][index]["pair"]}
