"""The shape of a table's row, and of the case that it decides.

Rules this module keeps:
- A case holds all that its decision may look at; rules and effects read it and touch nothing else.
- A limit is judged by the later of an act's two times, a day by the clock of the study's site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from inventory.domain import clocks
from inventory.domain.items import Item, Json, Kind
from inventory.domain.refusals import Refused
from inventory.domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from inventory.domain.evidence import Evidence
    from inventory.domain.items import Log
    from inventory.domain.profile import Profile
    from inventory.domain.signatures import Signed

NEW = "new"
"""The state of what does not exist yet: the source of a row that brings an item into being."""

VOIDED = "voided"
"""The state of what a voided entry had brought into being. It can begin again, with the same code."""


class Mode(StrEnum):
    """Whether a row allows something, or records that it happened."""

    PERMISSION = "permission"
    OBSERVATION = "observation"


class View(Protocol):
    """What a decision may look at: the state under the head that is being written."""

    def item(self, kind: Kind, code: str) -> Item | None:
        """The item as it stands now, or None."""

    def occupant(self, position: str) -> str | None:
        """The code of the vial in that position, or None."""

    def within(self, place: str) -> list[Item]:
        """Every vial that lies in that box or anywhere below that place."""

    def boxes_in(self, place: str) -> list[Item]:
        """Every box that stands there, or anywhere below; or the one that this is."""

    def moved_boxes(self) -> list[Item]:
        """Every box that has left some place."""

    def moved_vials(self) -> list[Item]:
        """Every vial that has left some box."""

    def excursions_unsettled(self) -> list[Item]:
        """Every excursion that was not assessed as usable: open, or assessed as rejected."""

    def released_lots(self) -> list[Item]:
        """Lots that are released, conditionally or not, in any order."""

    def lots_in_stock(self) -> list[Item]:
        """Lots that were released and neither rejected nor recalled since, those on hold among them."""

    def stored_vials(self, lot: str) -> Iterator[Item]:
        """The lot's vials that are stored and usable, by place and code; read no further than one goes."""

    def vials_for_kits(self, lot: str) -> int:
        """How many vials of the lot are in storage, or were taken from there for a kit, whatever became of them."""

    def kits_awaited(self) -> int:
        """How many kits of the open log are ordered or called for."""

    def kits_not_ended(self) -> list[Item]:
        """Every kit that was ordered and is neither destroyed nor cancelled, of disclosed periods too."""

    def kits_replaced_unprepared(self) -> int:
        """How many kits of the open log were replaced and never prepared."""

    def free_kits(self) -> list[Item]:
        """Planned kits that belong to nobody yet."""

    def kits_in_date(self, now: str) -> list[Item]:
        """Prepared kits of the open log, whatever became of them, whose use-by lies at that instant or later."""

    def lots_of(self, donor: str) -> list[Item]:
        """Every lot of that donor."""

    def used_vials(self, lot: str) -> list[Item]:
        """The lot's vials whose contents went into syringes."""

    def kits_of(self, participant: str) -> list[Item]:
        """Every kit of that participant, of disclosed periods too."""

    def given_to(self, participant: str) -> list[Item]:
        """Every syringe that was given to that participant, whomever it was for."""

    def alerts_about(self, code: str) -> list[Item]:
        """Every alert that was raised about that thing."""

    def lying(self, kind: Kind, place: str) -> list[Item]:
        """Every item of that kind that lies in that place itself, on whatever shelf."""

    def entry(self, log: Log, index: int) -> Mapping[str, Json] | None:
        """The leaf of a recorded entry, or None."""

    def entries_after(self, log: Log, index: int, codes: frozenset[str]) -> list[Mapping[str, Json]]:
        """The later leaves of that log that concern or change a thing with one of these codes, in their order."""

    def draw(self, purpose: str, owner: str) -> bytes:
        """32 random bytes, the same ones whenever this purpose and owner are asked again in one decision."""

    def holds_seal(self, identity: str) -> bool:
        """Whether the host that decides this holds the sealing key of that name."""

    def signing_key(self, log: Log) -> str:
        """The public key that the host which decides this signs that log with, or that it has lost."""

    def holds_signing_key(self, log: Log, vkey: str) -> bool:
        """Whether that host holds the private half of that key."""

    def commit(self, purpose: str, owner: str, value: bytes) -> bytes:
        """32 bytes that bind a value of the vault and tell nothing: all of it that an open entry holds."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person says they do or did.

    `second` and `second_scan` are the second person's code and what they scanned, `second_also` what they
    scanned besides. `signed` are the signatures of either that were proven; `unproven` whose proof was wrong.
    """

    action: str
    code: str
    by: str
    occurred_at: datetime
    evidence: Evidence
    second: str | None = None
    second_scan: str | None = None
    signed: tuple[Signed, ...] = ()
    unproven: tuple[str, ...] = ()
    second_also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        action: the action's name, `kind-verb`.
        kind: the kind whose life this row is part of.
        mode: permission or observation.
        moves: from which state to which; several where the effect chooses.
        by: the roles that may; empty for a consequence that only another act brings about.
        evidence: the fields asked for.
        says: the meaning of the act, one sentence in the past tense; what a signature signs.
        rules: the preconditions beyond role, state, second person and time.
        effect: which items are how afterwards; the default moves the item to the row's one target.
        decision: it takes effect by being recorded here, so that no paper can have done it already: a late
            entry of it stays a permission.
        vault: the evidence goes to the vault log even where the item is an open one.
        reveals: whoever records it is answered, this once, with what the vault knows.
        urgent: an ended delegation or training does not stop it: it becomes a deviation.
        restores: the effect takes items back to how they were, whatever the other rows allow.
    """

    action: str
    kind: Kind
    mode: Mode
    moves: Mapping[str, tuple[str, ...]]
    by: frozenset[Role]
    evidence: type[Evidence]
    says: str
    rules: tuple[Rule, ...]
    effect: Effect
    decision: bool = False
    vault: bool = False
    reveals: bool = False
    urgent: bool = False
    restores: bool = False

    @property
    def creates(self) -> bool:
        """Whether it brings an item into being."""
        return NEW in self.moves


@dataclass(frozen=True, slots=True)
class Case:
    """An act with all that its decision may look at. `item` is in state `new` where nothing is known yet."""

    row: Row
    act: Act
    item: Item
    person: Item
    second: Item | None
    now: datetime
    profile: Profile
    view: View

    def get(self, kind: Kind, code: str | None) -> Item | None:
        """Another item; None where there is none or no code."""
        return self.view.item(kind, code) if code else None

    def target(self) -> str:
        """The one state this row leads to from here; the present state where the row has no such move."""
        return self.row.moves.get(self.item.state, (self.item.state,))[0]

    def moved(self, **facts: Json) -> Item:
        """The item, moved to the row's target, with facts set."""
        return self.item.moved(self.target()).with_facts(**facts)

    def times(self) -> list[Json]:
        """Both times of this act: occurred and recorded."""
        return [clocks.format_instant(self.act.occurred_at), clocks.format_instant(self.now)]

    def today(self) -> str:
        """The day of recording at the study's site, as YYYY-MM-DD."""
        return clocks.local_day(self.now, self.profile.site.time_zone)

    def unblinded(self) -> bool:
        """Whether the person holds a role that may know an arm."""
        return any(not self.profile.blinded(name) for name in self.person.texts("roles"))


Rule: TypeAlias = Callable[[Case], Refused | None]
Effect: TypeAlias = Callable[[Case], Iterable[Item]]
