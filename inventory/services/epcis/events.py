"""Entries folded into EPCIS events, in the order of recording.

Rules this module keeps:
- Who may read an entry is decided before it comes here; an event states nothing but its entry, what earlier
  entries made of its objects, and the profile.
- Each event names its entry by log, index and leaf hash; its eventID is the hash of the event, these included.
  A vault leaf holds 32 random bytes, so nobody finds an event of the vault by trying out what it may say.
- An event is never changed. What an entry voids is declared in error: the same event once more, with the
  declaration (EPCIS 2.0 §7.4.1.4).

Source: EPCIS 2.0 §7.4 (event types), CBV 2.0 §7 (vocabulary), §8.9 (hash).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.domain.items import Item, Kind
from inventory.services.epcis.arrivals import arrived, made
from inventory.services.epcis.hashing import event_id
from inventory.services.epcis.names import NAMESPACE, PREFIX
from inventory.services.epcis.scene import Moved, Scene, box_of
from inventory.services.epcis.steps import ADD, DELETE, OBSERVE, STEPS, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.profile import Profile
    from inventory.services.printed import Leaf

Event: TypeAlias = dict[str, Any]
_NAMESPACES: Final = {PREFIX: NAMESPACE}
_DID_NOT_OCCUR: Final = frozenset({"did_not_happen", "duplicate_record", "scanned_wrong_code"})


def events_of(leaves: Iterable[tuple[Leaf, str]], profile: Profile) -> list[Event]:
    """The events of these entries, each given with its leaf hash in hex, in the order of recording."""
    fold = _Fold(profile)
    return [event for leaf, leaf_hash in leaves for event in fold.take(leaf, leaf_hash)]


def _through(step: Step, before: Item | None, after: Item) -> Item | None:
    """The object, where it went through that step."""
    if after.kind not in step.kinds:
        return None
    became = step.became is None or (
        after.state == step.became and (before is None or before.state != step.became)
    )
    return after if became else None


class _Fold:
    """What is known so far: how everything is, which events each entry became, which objects have ended."""

    def __init__(self, profile: Profile) -> None:
        self._scene = Scene(profile)
        self._zone = ZoneInfo(profile.site.time_zone)
        self._told: dict[tuple[str, int], list[Event]] = {}
        self._ended: set[str] = set()

    def take(self, leaf: Leaf, leaf_hash: str) -> list[Event]:
        """The events of one more entry."""
        moved = self._scene.apply(leaf)
        if leaf["voids"]:
            return list(self._in_error(leaf))
        told = [self._whole(leaf, leaf_hash, event) for event in self._events(leaf, moved)]
        self._told[leaf["log"], leaf["index"]] = told
        return told

    def _events(self, leaf: Leaf, moved: Moved) -> Iterator[Event]:
        yield from self._boxed(moved)
        changed = [after for _, after in moved]
        for step in STEPS.get(leaf["action"], ()):
            yield from self._step(step, leaf, [item for pair in moved if (item := _through(step, *pair))])
        if leaf["action"] == "kit-prepare":
            yield from self._prepared(self._scene.item(Kind.KIT, leaf["item"]), changed)
        yield from arrived(leaf, self._scene)

    def _step(self, step: Step, leaf: Leaf, items: list[Item]) -> Iterator[Event]:
        """One event for all objects that were seen in the same place, and went through the same.

        Of what has ended nothing more is told but its destruction: that a vial which went into a kit was rejected
        concerns its lot and who received it, and is no event of the vial any more.
        """
        together: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
        for item in items:
            ended = self._scene.uri(item) in self._ended
            if ended and step.action != DELETE:
                continue
            read_point = self._scene.seen_at(item, step)
            place = self._scene.lies_in(item, read_point)
            together[read_point, place, OBSERVE if ended else step.action].append(item)
        for (read_point, place, action), found in sorted(together.items(), key=lambda each: each[0]):
            event = self._objects(found) | {"action": action, "bizStep": step.step}
            disposition = step.disposition or _found(leaf)
            event |= {"disposition": disposition} if disposition else {}
            event |= {"readPoint": {"id": read_point}}
            event |= {} if step.away else {"bizLocation": {"id": place}}
            event |= self._handed_on(step, leaf)
            event |= {"ilmd": made(leaf)} if leaf["action"] == "lot-register" else {}
            self._ended.update(event["epcList"] if action == DELETE else ())
            yield event

    def _objects(self, items: list[Item]) -> Event:
        if items[0].kind is Kind.LOT:
            return {"type": "ObjectEvent", "quantityList": [self._scene.counted(lot) for lot in items]}
        return {"type": "ObjectEvent", "epcList": self._scene.uris(items)}

    def _boxed(self, moved: Moved) -> Iterator[Event]:
        """Which vials left which box, and which came into which."""
        left: dict[str, list[Item]] = defaultdict(list)
        came: dict[str, list[Item]] = defaultdict(list)
        for before, after in moved:
            old, new = box_of(before), box_of(after)
            if old and old != new:
                left[old].append(after)
            if new and old != new:
                came[new].append(after)
        for action, step, boxes in ((DELETE, "unpacking", left), (ADD, "packing", came)):
            for box, vials in sorted(boxes.items()):
                yield self._aggregation(action, step, self._scene.names.urn("box", box), vials)

    def _aggregation(self, action: str, step: str, parent: str, children: list[Item]) -> Event:
        return {
            "type": "AggregationEvent",
            "parentID": parent,
            "childEPCs": self._scene.uris(children),
            "action": action,
            "bizStep": step,
            "disposition": "in_progress",
            "readPoint": {"id": self._scene.names.location("lab")},
        }

    def _prepared(self, kit: Item, changed: list[Item]) -> Iterator[Event]:
        """The syringes lie in their kit; and where this entry tells it, what went into them."""
        syringes = [self._scene.item(Kind.SYRINGE, code) for code in kit.texts("syringes")]
        if kit in changed:
            yield self._aggregation(ADD, "packing", self._scene.uri(kit), syringes)
        vials = self._scene.uris(item for item in changed if item.kind is Kind.VIAL)
        if vials:
            self._ended.update(vials)
            yield {
                "type": "TransformationEvent",
                "inputEPCList": vials,
                "outputEPCList": self._scene.uris(syringes),
                "transformationID": self._scene.names.urn("preparation", kit.code),
                "bizStep": "commissioning",
                "disposition": "active",
                "readPoint": {"id": self._scene.names.location("lab")},
                "bizLocation": {"id": self._scene.names.location("lab")},
            }

    def _handed_on(self, step: Step, leaf: Leaf) -> Event:
        """Who had it and who has it next, where the entry says so."""
        names = self._scene.names
        if step.to is not None:
            to = names.location(step.to)
        elif leaf["action"] == "vial-ship-out":
            to = names.urn("party", str(leaf["evidence"]["consignee"]))
        elif leaf["action"] == "kit-dispense":
            to = names.urn("participant", self._scene.item(Kind.KIT, leaf["item"]).parent or "")
        else:
            return {}
        return {
            "sourceList": [{"type": "possessing_party", "source": names.location(step.where)}],
            "destinationList": [{"type": "possessing_party", "destination": to}],
        }

    def _whole(self, leaf: Leaf, leaf_hash: str, event: Event) -> Event:
        """The event with its times, its entry and its hash."""
        offset = clocks.parse_instant(leaf["occurred_at"]).astimezone(self._zone).strftime("%z")
        whole = {
            "type": event["type"],
            "eventTime": leaf["occurred_at"],
            "eventTimeZoneOffset": f"{offset[:3]}:{offset[3:5]}",
            "recordTime": leaf["recorded_at"],
            **event,
            f"{PREFIX}:action": leaf["action"],
            f"{PREFIX}:performedBy": leaf["by"],
            f"{PREFIX}:checkedBy": leaf["with"],
            f"{PREFIX}:deviation": leaf["deviation"],
            f"{PREFIX}:log": leaf["log"],
            f"{PREFIX}:entry": leaf["index"],
            f"{PREFIX}:leafHash": leaf_hash,
        }
        stated = {name: value for name, value in whole.items() if value is not None}
        return {"eventID": event_id(stated, _NAMESPACES), **stated}

    def _in_error(self, leaf: Leaf) -> Iterator[Event]:
        """The events of the voided entry, declared in error now."""
        reason = "did_not_occur" if leaf["evidence"].get("reason") in _DID_NOT_OCCUR else "incorrect_data"
        declared = {"declarationTime": leaf["recorded_at"], "reason": reason}
        for event in self._told.get((leaf["voids"]["log"], leaf["voids"]["index"]), ()):
            ended = "epcList" if event.get("action") == DELETE else "inputEPCList"
            self._ended.difference_update(event.get(ended, ()))
            yield {**event, "recordTime": leaf["recorded_at"], "errorDeclaration": declared}


def _found(leaf: Leaf) -> str | None:
    """How objects are after an act that may end either way."""
    if leaf["action"] == "excursion-assess":
        return "conformant" if leaf["evidence"]["disposition"] == "usable" else "non_conformant"
    if leaf["action"] != "box-count":
        return None
    counted = [change["now"].get("facts", {}) for change in leaf["changes"] if change["kind"] == "box"]
    differs = any(facts.get(name) for facts in counted for name in ("missing", "unexpected", "misplaced"))
    return "mismatch_instance" if differs else "completeness_verified"
