"""The life of a vial: expected, received, stored, picked, thawed, consumed; or lost, wasted, sampled, gone.

No permission leads from thawed back to storage, and none starts a second thaw. What a vial was picked for is
known only to its sealed holder; the vial itself never names a kit.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Literal

from inventory.domain import clocks
from inventory.domain.evidence import Code, Evidence, LabReasoned, Line, Millicelsius
from inventory.domain.items import Item, Kind
from inventory.domain.lives import alert, contents, disposition, receiving, release, touching
from inventory.domain.lives.shape import (
    brought,
    calibrated,
    consequence,
    decision,
    each,
    keep,
    observation,
    permission,
    stay,
    study_open,
    two_times,
)
from inventory.domain.lives.states import IN_HAND, NOT_GONE
from inventory.domain.lives.storage import FREE_POSITION, box_at, elsewhere, leaving, placed
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import M, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case, Effect, Rule


class Placed(Evidence):
    """A vial put into a position."""

    position: Code


class Picked(Evidence):
    """A vial taken from storage for a kit's order."""

    kit: Code
    position: Code


class ThawStarted(Evidence):
    """A thaw begun in a device at a temperature."""

    device: Code
    celsius_milli: Millicelsius


class Thawed(Evidence):
    """How the contents looked at the end of a thaw; more ice than a sliver is no end."""

    appearance: Literal["clear_of_ice", "ice_sliver", "ice_left"]


class Sampled(Evidence):
    """A vial taken out of stock for quality control or retention."""

    purpose: Literal["quality_control", "retention"]


class ShippedOut(Evidence):
    """A vial sent to another site or back to the manufacturer."""

    consignee: Line
    shipper: Code


class VialDestroyed(Evidence):
    """A destruction, its method and its certificate."""

    method: Literal["autoclave", "incineration", "chemical"]
    certificate: Code | None = None


def _of_its_lot(check: release.LotRule) -> Rule:
    def rule(case: Case) -> Refused | None:
        return check(case, case.get(Kind.LOT, case.item.parent))

    rule.__doc__ = check.__doc__
    return rule


USABLE = (disposition.is_usable, *(_of_its_lot(check) for check in release.USE))
"""What must hold of a vial and its lot for the vial to be used."""


def _in_that_position(case: Case) -> Refused | None:
    """The vial is recorded in the position scanned."""
    position = brought(case, "position")
    return None if case.item.place == position else Refused(Refusal.POSITION_DIFFERS, position)


def _box_in_use(case: Case) -> Refused | None:
    """The box it lies in is in use, so that its contents are not in question."""
    box = box_at(case, case.item.place or "")
    return None if box and box.state == "in_use" else Refused(Refusal.PLACE_NOT_IN_SERVICE)


def _within_budget(case: Case) -> Refused | None:
    """It was out of storage no longer than the study allows, in all."""
    spent, budget = seconds_out(case), case.profile.limits.time_out_of_ln2_seconds
    return Refused(Refusal.OUT_OF_LN2_BUDGET, f"{spent} s of {budget} s") if spent > budget else None


def _no_order_asked(case: Case) -> Refused:  # noqa: ARG001  (rules share one shape)
    """Always a deviation: no order asked for this thaw."""
    return Refused(Refusal.THAW_NOT_ORDERED)


def _no_ice_left(case: Case) -> Refused | None:
    """No more ice is left than a sliver."""
    return Refused(Refusal.ICE_LEFT) if brought(case, "appearance") == "ice_left" else None


def seconds_out(case: Case) -> int:
    """Seconds this vial has been out of storage in all, the present absence included; begun seconds count."""
    since = two_times(case.item.facts, "out_since")
    now = clocks.elapsed_for_limit(*since, case.act.occurred_at, case.now) if since else None
    return case.item.number("seconds_out") + (ceil(now.total_seconds()) if now else 0)


def _put(case: Case, vial: Item) -> Iterable[Item]:
    """The vial in the position scanned, touched by every excursion there that had not ended when it came there."""
    position = brought(case, "position")
    since = case.act.occurred_at, case.now
    yield from touching.put(case, placed(case, vial, position), [box_at(case, position)], since)


def _store(case: Case) -> Iterable[Item]:
    yield from _put(case, case.moved(stored_at=case.times()))


def _pick(case: Case) -> Iterable[Item]:
    picked = case.moved(out_since=case.times(), position=case.item.place)
    yield replace(leaving(case, picked), place=None)
    yield from contents.hold(case, case.item.code, case.get(Kind.KIT, brought(case, "kit")))


def _return(case: Case) -> Iterable[Item]:
    spent = seconds_out(case)
    back = case.moved(seconds_out=spent, out_since=None, position=None, stored_at=case.times())
    used_up = spent >= case.profile.limits.time_out_of_ln2_seconds
    yield from _put(case, back.with_facts(time_out_used_up=used_up or None))
    yield from contents.let_go(case, case.item.code)


def _out_of_stock(*names: str, stamp: str) -> Effect:
    """It leaves its position, and the kit it was held for if there is one."""
    moved = keep(*names, stamp=stamp)

    def effect(case: Case) -> Iterable[Item]:
        for item in moved(case):
            yield replace(leaving(case, item), place=None)
        yield from contents.let_go(case, case.item.code)

    return effect


def _lose(case: Case) -> Iterable[Item]:
    """Missing; what was wasted before is rejected, so that being found never brings it back to use."""
    for item in _out_of_stock("reason", stamp="missing_at")(case):
        wasted = item.kind is Kind.VIAL and case.item.state == "wasted"
        yield item.with_facts(disposition="rejected") if wasted else item


def _find(case: Case) -> Iterable[Item]:
    vial = disposition.quarantined(case.moved(found_at=case.times()), "found")
    position, missing = brought(case, "position"), case.item.facts.get("missing_at")
    # Where it was meanwhile nobody knows: it may have lain where it was missed, or where it was found.
    left = case.item.facts.get("left")
    missed = [box for box, times in left.items() if times == missing] if isinstance(left, dict) else []
    boxes = [box_at(case, position), *(case.get(Kind.BOX, box) for box in missed)]
    yield from touching.put(
        case, placed(case, vial, position), boxes, two_times(case.item.facts, "missing_at")
    )


def _thaw_by_mistake(case: Case) -> Iterable[Item]:
    thawed = case.moved(disposition="rejected", thawed_by_mistake_at=case.times())
    yield replace(leaving(case, thawed), place=None)
    yield from contents.let_go(case, case.item.code)


def _quarantine(case: Case) -> Iterable[Item]:
    yield disposition.quarantined(case.item.with_facts(reason=brought(case, "reason")), "person")


def _clear(case: Case) -> Iterable[Item]:
    yield disposition.cleared(case.item.with_facts(reason=brought(case, "reason")))


def _reject(case: Case) -> Iterable[Item]:
    yield case.item.with_facts(disposition="rejected", reason=brought(case, "reason"))


VIAL = (
    consequence("vial-expect", {"new": "expected"}, "The vial was announced by its lot's manifest."),
    permission(
        "vial-receive", {"expected": "received"}, (T,),
        "The vial was scanned out of its shipper against the manifest.",
        evidence=receiving.Received, rules=receiving.RULES, effect=receiving.receive,
    ),
    permission(
        "vial-store", {"received": "stored"}, (T,),
        "The vial was put into its position.", evidence=Placed, rules=FREE_POSITION, effect=_store,
    ),
    permission(
        "vial-move", {"stored": "stored"}, (T,),
        "The vial was moved to another position.",
        evidence=Placed, rules=(*FREE_POSITION, elsewhere), effect=_store,
    ),
    permission(
        "vial-pick", {"stored": "picked"}, (T,),
        "The vial was taken from storage for an order.",
        evidence=Picked,
        rules=(
            study_open, _in_that_position, _box_in_use, *USABLE, contents.on_pick_list, contents.use_by_in_reach,
        ),
        effect=_pick,
    ),
    permission(
        "vial-return", {"picked": "stored"}, (T,),
        "The unthawed vial was put back into storage within its time out of storage.",
        evidence=Placed, rules=(*FREE_POSITION, _within_budget), effect=_return,
    ),
    permission(
        "vial-thaw", {"picked": "thawing"}, (T,),
        "The thaw was begun.",
        evidence=ThawStarted,
        rules=(
            *USABLE, _within_budget, calibrated("device", "thaw-device"), contents.held_for_live_order,
            contents.product_as_planned, contents.use_by_in_reach,
        ),
        effect=keep("device", "celsius_milli", stamp="thaw_at"),
    ),
    observation(
        "vial-finish-thaw", {"thawing": "thawed"}, (T,),
        "The thaw was ended.",
        evidence=Thawed, rules=(_no_ice_left,), effect=keep("appearance", stamp="thawed_at"),
    ),
    observation(
        "vial-thaw-by-mistake", each((*IN_HAND, "missing"), "thawed"), (T, Q),
        "The vial was thawed though no order asked for it; it is rejected.",
        evidence=LabReasoned, rules=(_no_order_asked,), effect=_thaw_by_mistake,
    ),
    consequence("vial-consume", {"thawed": "consumed"}, "The vial's contents went into syringes."),
    permission(
        "vial-sample", each(("received", "stored"), "sampled"), (T, Q),
        "The vial left stock as a sample.",
        evidence=Sampled, effect=_out_of_stock("purpose", stamp="sampled_at"),
    ),
    permission(
        "vial-ship-out", each(("expected", "received", "stored"), "shipped_out"), (T, M),
        "The vial was shipped out, or sent back in the shipper in which it came.",
        evidence=ShippedOut, effect=_out_of_stock("consignee", "shipper", stamp="shipped_at"),
    ),
    observation(
        "vial-lose", each(("expected", *IN_HAND, "wasted"), "missing"), (T, Q),
        "The vial is not where it should be.",
        evidence=LabReasoned, effect=_lose,
    ),
    observation(
        "vial-find", {"missing": "stored"}, (T, Q),
        "The missing vial was found, frozen, and put into a position in quarantine.",
        evidence=Placed, rules=FREE_POSITION, effect=_find,
    ),
    observation(
        "vial-waste", each((*IN_HAND, "thawing", "thawed", "missing"), "wasted"), (T, Q),
        "The vial was wasted.", evidence=LabReasoned, effect=_out_of_stock("reason", stamp="wasted_at"),
    ),
    permission(
        "vial-destroy", each(("received", "stored", "thawed", "sampled", "wasted"), "destroyed"), (T, Q),
        "The vial was destroyed before a witness.",
        evidence=VialDestroyed, effect=_out_of_stock("method", "certificate", stamp="destroyed_at"),
    ),
    decision(
        "vial-quarantine", stay(*NOT_GONE), (T, Q),
        "The vial was put in quarantine.",
        evidence=LabReasoned, rules=(disposition.not_rejected,), effect=alert.alerting(_quarantine),
    ),
    decision(
        "vial-clear", stay(*NOT_GONE), (Q,),
        "The vial's quarantine was lifted after assessment.",
        evidence=LabReasoned,
        rules=(disposition.not_rejected, disposition.in_quarantine, disposition.excursions_assessed),
        effect=_clear,
    ),
    decision(
        "vial-reject", stay(*NOT_GONE), (Q,),
        "The vial was rejected.", evidence=LabReasoned, effect=alert.alerting(_reject),
    ),
    alert.look_back(Kind.VIAL, NOT_GONE),
)  # fmt: skip
