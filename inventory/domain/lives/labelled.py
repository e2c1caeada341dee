"""What is labelled: of which thing each label is, in which of its states, and which labels leave the laboratory.

Rules this module keeps:
- Blinded labels (syringe, kit, card) are recorded in the open log, all others in the vault's; so is a blinded label
  of a thing that stands in the vault.
- A label is known by its thing, its template and a number, `K7Q49XHCE.kit.1`: no two are the same piece of paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from inventory.domain.items import Item, Kind, Shelf
from inventory.domain.lives.states import IN_USE, PATHS
from inventory.domain.lives.storage import box_at, cell_of
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from inventory.domain.lives.row import Case


@dataclass(frozen=True, slots=True)
class Labelled:
    """The kind of thing a label is of, the states in which it gets one, and whether the label is blinded."""

    kind: Kind
    states: tuple[str, ...]
    blinded: bool = False


LABELLED = {
    "syringe": Labelled(Kind.SYRINGE, ("filled",), blinded=True),
    "kit": Labelled(Kind.KIT, IN_USE, blinded=True),
    "card": Labelled(Kind.PARTICIPANT, PATHS[Kind.PARTICIPANT][:4], blinded=True),
    "vial": Labelled(Kind.VIAL, PATHS[Kind.VIAL][:6]),
    "lot": Labelled(Kind.LOT, PATHS[Kind.LOT]),
    "box": Labelled(Kind.BOX, ("in_use", "spilled")),
    "position": Labelled(Kind.BOX, ("in_use", "spilled")),
    "place": Labelled(Kind.PLACE, ("in_service",)),
    "shipment": Labelled(Kind.SHIPMENT, ("expected", "received")),
    "location-sheet": Labelled(Kind.PLACE, ("in_service",)),
    "thaw-sheet": Labelled(Kind.KIT, ("called_for",)),
}
"""By what a template is drawn for."""

OUT = ("sent", "on_hand", "applied", "void", "destroyed")
"""The states of a label that came out of a printer, or may have."""
IN_USE_YET = ("planned", "sent", "on_hand", "applied")
"""The states of a label that is, or is about to be, the one of its thing."""


def thing_of(case: Case, content: str, code: str) -> Item | None:
    """The thing that a label with that code would be of, as this person may know it; None where there is none."""
    kind = LABELLED[content].kind
    found = box_at(case, code) if content == "position" else case.get(kind, code)
    hidden = found is not None and found.shelf is not Shelf.OPEN and not case.unblinded()
    return None if hidden else found


def fit_for_label(case: Case, content: str, code: str) -> Refused | None:
    """Why that thing cannot have such a label now."""
    thing = thing_of(case, content, code)
    if thing is None or (content == "position" and cell_of(code) is None):
        return Refused(Refusal.CODE_NOT_FIT, f"{code} is not known here")
    if thing.state not in LABELLED[content].states:
        return Refused(Refusal.NOT_LABELLED_NOW, f"{code} is {thing.state.replace('_', ' ')}")
    return None


def labels_of(case: Case, thing: str, template: str) -> list[Item]:
    """Every label of that thing from that template, in the order of their numbers."""
    found: list[Item] = []
    for number in count(1):
        label = case.get(Kind.LABEL, label_code(thing, template, number))
        if label is None:
            return found
        found.append(label)
    return found


def label_code(thing: str, template: str, number: int) -> str:
    """The code of a label: its thing, its template's name, and which one it is, from 1."""
    return f"{thing}.{template}.{number}"


def copies_out(labels: list[Item]) -> int:
    """How many of these labels are out, or may be."""
    return sum(label.state in OUT for label in labels)
