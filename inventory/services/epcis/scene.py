"""How every thing is after the entries so far, and by which URI it and its place are told outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.domain import entries
from inventory.domain.items import Item, Kind
from inventory.domain.lives.storage import cell_of
from inventory.services.epcis.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Key
    from inventory.domain.profile import Profile
    from inventory.services.epcis.steps import Step
    from inventory.services.printed import Leaf

Moved = list[tuple[Item | None, Item]]
"""Items as they were and as they are."""


class Scene:
    """What the entries so far have made of everything."""

    def __init__(self, profile: Profile) -> None:
        self.names = Names(profile)
        self._known: dict[Key, Item] = {}

    def apply(self, leaf: Leaf) -> Moved:
        """Let an entry take effect; every item that it changed."""
        moved: Moved = []
        for change in entries.changes_of(leaf):
            key = Kind(str(change["kind"])), str(change["code"])
            before = self._known.get(key)
            after = self._known[key] = entries.apply(before, change)
            moved.append((before, after))
        return moved

    def item(self, kind: Kind, code: str) -> Item:
        """A thing that earlier entries brought into being.

        Raises:
            KeyError: none did.
        """
        return self._known[kind, code]

    def uri(self, item: Item) -> str:
        """The URI of an object."""
        return self.names.of(item, self._known.get((Kind.LOT, item.parent or "")))

    def uris(self, items: Iterable[Item]) -> list[str]:
        """The URIs of objects, sorted."""
        return sorted(map(self.uri, items))

    def counted(self, lot: Item) -> dict[str, Any]:
        """A lot as a class of so many vials."""
        vials = [item for item in self._known.values() if item.kind is Kind.VIAL and item.parent == lot.code]
        return {
            "epcClass": self.names.of_class(lot),
            "quantity": sum(vial.state != "voided" for vial in vials),
        }

    # Where
    def seen_at(self, item: Item, step: Step) -> str:
        """Whoever puts a vial down scans its position; whatever else happens to it is seen in the laboratory."""
        if item.place and item.kind is Kind.BOX:
            return self.names.urn("place", item.place)
        if item.place and step.step == "storing":
            return self.names.urn("position", item.place)
        return self.names.location(step.where)

    def lies_in(self, item: Item, read_point: str) -> str:
        """The place in which an object lies from then on: of a stored vial that of its box."""
        box = self._known.get((Kind.BOX, box_of(item) or ""))
        return self.names.urn("place", box.place) if box and box.place else read_point


def box_of(vial: Item | None) -> str | None:
    """The box in which a vial lies."""
    cell = cell_of(vial.place) if vial and vial.kind is Kind.VIAL and vial.place else None
    return cell[0] if cell else None
