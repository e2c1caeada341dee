"""What is under custody: one frozen value for a lot, a vial, a kit, a person, anything with a life.

Rules this module keeps:
- An item is known by (kind, code); its life is a walk through the states of its kind's table.
- `facts` hold integers, strings, booleans, lists and objects; a fact that is absent is absent, never null.
- The shelf says where an item is remembered and in which log its changes stand: `open` (every role may
  read some of it), `vault` (unblinded roles), `sealed` (vault log, and stored encrypted under a keyed hash).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


class Kind(StrEnum):
    """The things that have a life of their own."""

    STUDY = "study"
    PERSON = "person"
    DEVICE = "device"
    PARTICIPANT = "participant"
    KIT = "kit"
    SYRINGE = "syringe"
    DEVIATION = "deviation"
    UNBLINDING = "unblinding"
    NOTICE = "notice"
    ENVELOPE = "envelope"
    DONOR = "donor"
    LOT = "lot"
    VIAL = "vial"
    SHIPMENT = "shipment"
    PLACE = "place"
    BOX = "box"
    EXCURSION = "excursion"
    ALERT = "alert"
    SUPPLY = "supply"
    LIST = "list"
    ARM = "arm"
    CONTENTS = "contents"
    HOLDER = "holder"
    TASK = "task"
    TEMPLATE = "template"
    ROLL = "roll"
    JOB = "job"
    LABEL = "label"
    CALLER = "caller"
    VISIT = "visit"
    QUERY = "query"


class Shelf(StrEnum):
    """Where an item is remembered."""

    OPEN = "open"
    VAULT = "vault"
    SEALED = "sealed"


class Log(StrEnum):
    """The two logs."""

    OPEN = "open"
    VAULT = "vault"


SHELF_OF = {
    Kind.STUDY: Shelf.OPEN,
    Kind.PERSON: Shelf.OPEN,
    Kind.DEVICE: Shelf.OPEN,
    Kind.PARTICIPANT: Shelf.OPEN,
    Kind.KIT: Shelf.OPEN,
    Kind.SYRINGE: Shelf.OPEN,
    Kind.DEVIATION: Shelf.OPEN,
    Kind.UNBLINDING: Shelf.OPEN,
    Kind.NOTICE: Shelf.OPEN,
    Kind.ENVELOPE: Shelf.OPEN,
    Kind.DONOR: Shelf.VAULT,
    Kind.LOT: Shelf.VAULT,
    Kind.VIAL: Shelf.VAULT,
    Kind.SHIPMENT: Shelf.VAULT,
    Kind.PLACE: Shelf.VAULT,
    Kind.BOX: Shelf.VAULT,
    Kind.EXCURSION: Shelf.VAULT,
    Kind.ALERT: Shelf.VAULT,
    Kind.LIST: Shelf.SEALED,
    Kind.SUPPLY: Shelf.SEALED,
    Kind.ARM: Shelf.SEALED,
    Kind.CONTENTS: Shelf.SEALED,
    Kind.HOLDER: Shelf.SEALED,
    Kind.TASK: Shelf.SEALED,
    Kind.TEMPLATE: Shelf.OPEN,
    Kind.ROLL: Shelf.OPEN,
    Kind.JOB: Shelf.OPEN,
    Kind.LABEL: Shelf.OPEN,
    Kind.CALLER: Shelf.SEALED,
    Kind.VISIT: Shelf.OPEN,
    Kind.QUERY: Shelf.OPEN,
}
"""Where items of a kind begin. Kits, syringes and deviations of a disclosed period stand in the vault, and so do
the templates, rolls, jobs and labels of what stays in the laboratory, and what unblinded monitors see and ask."""

Key = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing under custody, as it is after some entry.

    Attributes:
        kind: what it is.
        code: its code, as scanned.
        state: where in its life it is; a state of its kind's table.
        shelf: where it is remembered.
        parent: the code of what it comes from or belongs to (vial → lot, syringe → kit, kit → participant).
        place: where it lies (a position, a box's rack), if it lies anywhere.
        due: an instant (RFC 3339 UTC) or date after which it may not be used or is overdue.
        facts: all else that is known of it.
    """

    kind: Kind
    code: str
    state: str
    shelf: Shelf
    parent: str | None = None
    place: str | None = None
    due: str | None = None
    facts: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> Key:
        """Kind and code: what tells this item from every other."""
        return self.kind, self.code

    @property
    def log(self) -> Log:
        """The log in which its changes stand."""
        return Log.OPEN if self.shelf is Shelf.OPEN else Log.VAULT

    def text(self, name: str) -> str:
        """The fact `name` as text; empty where it is absent."""
        value = self.facts.get(name, "")
        return value if isinstance(value, str) else str(value)

    def number(self, name: str) -> int:
        """The fact `name` as an integer; 0 where it is absent."""
        value = self.facts.get(name, 0)
        return value if isinstance(value, int) else 0

    def texts(self, name: str) -> list[str]:
        """The fact `name` as a list of texts; empty where it is absent."""
        value = self.facts.get(name, [])
        return list(map(str, value)) if isinstance(value, list) else []

    # Both build the item outright: `replace` costs several times as much, and every act does this.
    def with_facts(self, **facts: Json) -> Item:
        """The same item with some facts set; a fact given as None is removed."""
        kept = {name: value for name, value in {**self.facts, **facts}.items() if value is not None}
        return Item(self.kind, self.code, self.state, self.shelf, self.parent, self.place, self.due, kept)

    def moved(self, state: str) -> Item:
        """The same item in another state."""
        return Item(self.kind, self.code, state, self.shelf, self.parent, self.place, self.due, self.facts)


def new(
    kind: Kind,
    code: str,
    state: str,
    *,
    shelf: Shelf | None = None,
    parent: str | None = None,
    place: str | None = None,
    due: str | None = None,
    **facts: Json,
) -> Item:
    """An item that did not exist before, on its kind's shelf unless one is named; a None fact is absent."""
    known = {name: value for name, value in facts.items() if value is not None}
    return Item(kind, code, state, shelf or SHELF_OF[kind], parent, place, due, known)
