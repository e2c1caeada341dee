"""The state under the head that is being written: what decisions look at.

Rules this module keeps:
- What earlier acts of the same batch changed lies over what was loaded, for lists too, so that a batch comes
  out as if its acts had been run one by one.
- A decision is pure, so it may be tried before everything is loaded: what is not there is noted in `missing`
  and taken to be absent, and the try counts for nothing until `missing` stays empty.
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from inventory.domain.entries import codes_of
from inventory.domain.items import Item, Json, Kind, Log, Shelf
from inventory.domain.lives import disposition, supply
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.states import IN_STOCK, NOT_ENDED, RELEASED
from inventory.store.rows import shelves_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inventory.domain.items import Key
    from inventory.store.claims import Held
    from inventory.store.deciding import Decided
    from inventory.store.keys import VaultKey
    from inventory.store.randomness import Random
    from inventory.store.signing import Signing

VIALS_AT_ONCE: Final = 16
"""How many of a lot's vials are read at first: a kit takes one or two, and few lie in boxes in question."""

Want = tuple[str, ...]
"""What to load: ("item", kind, code), ("entry", log, index), ("later", log, index, codes), or a list's name with its
arguments."""


class Mark(NamedTuple):
    """What a batch had changed at some moment."""

    changed: dict[Key, Item]
    entry_of: dict[Key, int]
    written: dict[tuple[Log, int], Mapping[str, Json]]
    holders: dict[Held, str | None]
    shifts: Counter[tuple[str, str]]


class State:
    """The stored state with the batch's own changes over it; implements `custody.View`."""

    def __init__(self, random: Random, key: VaultKey, signing: Signing | None = None) -> None:
        self._random = random
        self._key = key
        self._signing = signing
        self.loaded: dict[Key, Item | None] = {}
        self.changed: dict[Key, Item] = {}
        self.entry_of: dict[Key, int] = {}
        self.lists: dict[Want, list[str]] = {}
        self.entries: dict[tuple[Log, int], Mapping[str, Json] | None] = {}
        self.later: dict[Want, Sequence[Mapping[str, Json]]] = {}
        self.missing: set[Want] = set()
        self.fetched: set[tuple[Shelf, str]] = set()
        self._written: dict[tuple[Log, int], Mapping[str, Json]] = {}
        self._holders: dict[Held, str | None] = {}
        self._shifts: Counter[tuple[str, str]] = Counter()
        self._drawn: dict[tuple[str, str], bytes] = {}
        self._asked: set[tuple[str, str]] = set()

    # What a decision asks
    def item(self, kind: Kind, code: str) -> Item | None:
        """The item as it stands now."""
        key = kind, code
        if key in self.changed:
            return self.changed[key]
        found = self.loaded.get(key)
        if found is None and key not in self.loaded and not self._is_absent(kind, code):
            self.missing.add(("item", kind.value, code))
        return found

    def _is_absent(self, kind: Kind, code: str) -> bool:
        """Whether every shelf of that kind was searched for the code, on behalf of whatever kind."""
        return all((shelf, code) in self.fetched for shelf in shelves_of(kind))

    def occupant(self, position: str) -> str | None:
        """The vial in that position."""
        return self.holder("occupancy", position)

    def holder(self, *held: str) -> str | None:
        """Who holds what these words name (see `claims`), in whatever form it is stored; None for nobody."""
        place = held[0], held[1:]
        if place in self._holders:
            return self._holders[place]
        return next(iter(self._listed("holder", *held)), None)

    def within(self, place: str) -> list[Item]:
        """Every vial in that box, or in any box below that place."""
        boxes = [box.code for box in self.boxes_in(place)]
        cells = tuple("P" + box[1:8] for box in boxes)
        stored = [code for box in boxes for code in self._listed("vials in", box)]
        return [vial for vial in self._all(Kind.VIAL, stored) if (vial.place or "").startswith(cells)]

    def boxes_in(self, place: str) -> list[Item]:
        """Boxes below that place, or that box."""
        if box := self.item(Kind.BOX, place):
            return [box]
        boxes = self._all(Kind.BOX, self._listed("boxes", place))
        return [box for box in boxes if f"{box.place}/".startswith(f"{place}/")]

    def moved_boxes(self) -> list[Item]:
        """Boxes that have left some place."""
        return [box for box in self._all(Kind.BOX, self._listed("left", "box")) if "left" in box.facts]

    def moved_vials(self) -> list[Item]:
        """Vials that have left some box."""
        return [vial for vial in self._all(Kind.VIAL, self._listed("left", "vial")) if "left" in vial.facts]

    def excursions_unsettled(self) -> list[Item]:
        """Excursions that were not assessed as usable."""
        found = self._all(Kind.EXCURSION, self._listed("unsettled excursions"))
        return [one for one in found if one.state != VOIDED and one.text("disposition") != "usable"]

    def released_lots(self) -> list[Item]:
        """Released lots."""
        lots = self._all(Kind.LOT, self._listed("released lots"))
        return [lot for lot in lots if lot.state in RELEASED]

    def lots_in_stock(self) -> list[Item]:
        """Released lots and those on hold."""
        lots = self._all(Kind.LOT, self._listed("lots in stock"))
        return [lot for lot in lots if lot.state in IN_STOCK]

    def stored_vials(self, lot: str) -> Iterator[Item]:
        """The lot's usable vials in storage, by place and code, read page by page as they are asked for."""
        mine = (vial for (kind, _), vial in self.changed.items() if kind is Kind.VIAL and vial.parent == lot)
        own = sorted((vial for vial in mine if _is_usable(vial)), key=_by_place)
        return heapq.merge(self._unchanged_vials(lot), own, key=_by_place)

    def _unchanged_vials(self, lot: str) -> Iterator[Item]:
        last, limit = ("", ""), VIALS_AT_ONCE
        while page := self._listed("stored vials", lot, *last, str(limit)):
            found = (self.loaded[Kind.VIAL, code] for code in page)
            # A statement that is asked together with others promises no order for its part.
            vials = sorted((vial for vial in found if vial is not None), key=_by_place)
            yield from (vial for vial in vials if vial.key not in self.changed)
            if len(page) < limit:
                return
            # Ever longer pages: after each one the decision is tried anew from the first.
            last, limit = _by_place(vials[-1]), limit * 4

    def vials_for_kits(self, lot: str) -> int:
        """Vials of the lot in storage or taken for a kit."""
        return self._counted("for kits", lot)

    def kits_awaited(self) -> int:
        """Kits of the open log on order."""
        return self._counted("awaited", "")

    def kits_not_ended(self) -> list[Item]:
        """Kits from their order to their end, on either shelf."""
        kits = self._all(Kind.KIT, self._listed("kits not ended"))
        return [kit for kit in kits if kit.state in NOT_ENDED]

    def kits_replaced_unprepared(self) -> int:
        """Kits of the open log that were replaced before they held anything."""
        return self._counted("unprepared", "")

    def _counted(self, name: str, of: str) -> int:
        """What was counted in the database, put right by what this batch changed."""
        told = dict(each.rsplit(" ", 1) for each in self._listed("count", name))
        return int(told.get(of, 0)) + self._shifts[name, of]

    def free_kits(self) -> list[Item]:
        """Planned kits."""
        kits = self._all(Kind.KIT, self._listed("planned kits"))
        return [kit for kit in kits if kit.state == "planned"]

    def kits_in_date(self, now: str) -> list[Item]:
        """Kits of the open log whose use-by lies at that instant or later."""
        kits = self._all(Kind.KIT, self._listed("kits in date", now))
        return [kit for kit in kits if kit.due and kit.due >= now and kit.shelf is Shelf.OPEN]

    def lots_of(self, donor: str) -> list[Item]:
        """The donor's lots."""
        return self._below(Kind.LOT, "lots of", donor)

    def used_vials(self, lot: str) -> list[Item]:
        """The lot's consumed vials."""
        return [vial for vial in self._below(Kind.VIAL, "used vials", lot) if vial.state == "consumed"]

    def kits_of(self, participant: str) -> list[Item]:
        """The participant's kits, on either shelf."""
        return self._below(Kind.KIT, "kits of", participant)

    def given_to(self, participant: str) -> list[Item]:
        """Syringes that were given to the participant, on either shelf."""
        syringes = self._all(Kind.SYRINGE, self._listed("given to", participant))
        return [syringe for syringe in syringes if syringe.text("given_to") == participant]

    def alerts_about(self, code: str) -> list[Item]:
        """Alerts about that thing."""
        return self._below(Kind.ALERT, "alerts about", code)

    def _below(self, kind: Kind, name: str, parent: str) -> list[Item]:
        return [item for item in self._all(kind, self._listed(name, parent)) if item.parent == parent]

    def lying(self, kind: Kind, place: str) -> list[Item]:
        """Items of that kind in that place."""
        found = self._all(kind, self._listed("lying", kind.value, place))
        return [item for item in found if item.place == place]

    def entry(self, log: Log, index: int) -> Mapping[str, Json] | None:
        """A recorded leaf, of this batch too."""
        place = log, index
        if place not in self._written and place not in self.entries:
            self.missing.add(("entry", log.value, str(index)))
        return self._written.get(place) or self.entries.get(place)

    def entries_after(self, log: Log, index: int, codes: frozenset[str]) -> list[Mapping[str, Json]]:
        """Later leaves about a thing with one of these codes, of this batch too."""
        want = "later", log.value, str(index), *sorted(codes)
        if want not in self.later:
            self.missing.add(want)
        own = [leaf for (of, place), leaf in self._written.items() if of is log and place > index]
        return [leaf for leaf in (*self.later.get(want, ()), *own) if codes_of(leaf) & codes]

    def draw(self, purpose: str, owner: str) -> bytes:
        """32 random bytes, the same within one act."""
        self._asked.add((purpose, owner))
        if (purpose, owner) not in self._drawn:
            self._drawn[purpose, owner] = self._random(purpose, owner)
        return self._drawn[purpose, owner]

    def holds_seal(self, identity: str) -> bool:
        """Whether this host holds the sealing key of that name."""
        return self._key.holds(identity)

    def signing_key(self, log: Log) -> str:
        """The public key that this host signs the log with, or that it lost; none where it only reads."""
        return self._signing.signs(log) if self._signing else ""

    def holds_signing_key(self, log: Log, vkey: str) -> bool:
        """Whether this host holds the private half of that key."""
        return self._signing is not None and self._signing.holds(log, vkey)

    def commit(self, purpose: str, owner: str, value: bytes) -> bytes:
        """32 bytes that bind a value of the vault and tell nothing of it."""
        return self._key.commit(purpose, owner, value)

    def _listed(self, *want: str) -> list[str]:
        if want not in self.lists:
            self.missing.add(want)
            return []
        return self.lists[want]

    def _all(self, kind: Kind, stored: Iterable[str]) -> list[Item]:
        """The stored items of a list as they stand now, and those that this batch may have added to it."""
        own = [code for changed, code in self.changed if changed is kind]
        # Sorted, because the order in which a database finds rows is nobody's, and leaves are made from it.
        found = [self.item(kind, code) for code in sorted({*stored, *own})]
        return [item for item in found if item is not None]

    def is_taken(self, item: Item) -> bool:
        """Whether another kind of thing carries the code of this new one, where it would be remembered."""
        same = (self.changed.get(key) or self.loaded.get(key) for key in _namesakes(item))
        return any(other is not None and other.shelf is item.shelf for other in same)

    # What the writer does
    def next_act(self) -> None:
        """Another act is decided from here on: the last one's random bytes are used up."""
        self._drawn.clear()

    def settle(self) -> None:
        """The act is decided: what only a try that counts for nothing had drawn is put back.

        So what was loaded at first, and what was not, makes no difference to what is drawn later.
        """
        for purpose, owner in self._drawn.keys() - self._asked:
            self._random.put_back(purpose, owner)

    def next_try(self) -> None:
        """The same act is decided anew, with more loaded than before."""
        self.missing.clear()
        self._asked.clear()

    def learn(self, items: Iterable[Item]) -> None:
        """These are stored so."""
        for item in items:
            self.loaded[item.key] = item

    def keep(self, found: Decided, indexes: Mapping[Log, int]) -> None:
        """An act's changes lie over the state from here on; its entries have these indexes."""
        self._holders.update((claim.held, None) for claim in found.let_go)
        self._holders.update((claim.held, claim.holder) for claim in found.taken)
        for item in found.decision.changes:
            key = item.key
            for count in _counts(self.changed.get(key) or self.loaded.get(key)):
                self._shifts[count] -= 1
            for count in _counts(item):
                self._shifts[count] += 1
            self.changed[key] = item
            self.entry_of[key] = indexes[item.log]

    def wrote(self, log: Log, index: int, leaf: Mapping[str, Json]) -> None:
        """This batch has recorded that leaf."""
        self._written[log, index] = leaf

    def mark(self) -> Mark:
        """Where to go back to."""
        return Mark(
            dict(self.changed),
            dict(self.entry_of),
            dict(self._written),
            dict(self._holders),
            Counter(self._shifts),
        )

    def back_to(self, mark: Mark) -> None:
        """Take back what was changed since the mark; what was loaded stays loaded."""
        self.changed, self.entry_of, self._written, self._holders, self._shifts = mark


def _is_usable(vial: Item) -> bool:
    return vial.state == "stored" and disposition.usable(vial.facts)


def _by_place(vial: Item) -> tuple[str, str]:
    return vial.place or "", vial.code


def _counts(item: Item | None) -> Iterable[tuple[str, str]]:
    """The counts in which that item is counted, each with as what."""
    if item is None:
        return
    if item.kind is Kind.VIAL and supply.is_for_kits(item):
        yield "for kits", item.parent or ""
    elif item.kind is Kind.KIT:
        if _is_awaited(item):
            yield "awaited", ""
        if _is_replaced_unprepared(item):
            yield "unprepared", ""


def _is_awaited(kit: Item) -> bool:
    return kit.shelf is Shelf.OPEN and kit.state in {"ordered", "called_for"}


def _is_replaced_unprepared(kit: Item) -> bool:
    return kit.shelf is Shelf.OPEN and kit.due is None and "replaced_by" in kit.facts


def _namesakes(item: Item) -> Iterable[Key]:
    return ((kind, item.code) for kind in Kind if kind is not item.kind)
