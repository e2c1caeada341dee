"""Which act is which event: what happened to which objects, as which step of business, and how they are then.

Rules this module keeps:
- A row names an action, and what the objects of one kind that its entry changed went through. One table serves
  both logs: of a disclosed period's kit the same acts stand in the vault.
- The words are those of CBV 2.0; where it has none, they are ours, with our namespace.
- An act that has no row moved no object: people, rights, orders, participants are no objects of EPCIS.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from inventory.domain.items import Kind
from inventory.services.epcis.names import own

if TYPE_CHECKING:
    from collections.abc import Mapping

ADD, OBSERVE, DELETE = "ADD", "OBSERVE", "DELETE"


class Where(StrEnum):
    """A part of the site."""

    LAB = "lab"
    PHARMACY = "pharmacy"
    BEDSIDE = "bedside"


class Step(NamedTuple):
    """What the objects of one kind went through.

    Attributes:
        kinds: whose objects.
        action: ADD where they come into being for this record, DELETE where they end, else OBSERVE.
        step: the step of business (CBV 2.0 §7.1).
        disposition: how they are from then on (CBV 2.0 §7.2).
        where: where it was seen; stored objects are seen in their positions.
        to: who has it next, where it was handed on.
        away: whether it is on its way afterwards, and nowhere.
        became: where set, only what came into this state by the act went through it.
    """

    kinds: tuple[Kind, ...]
    action: str
    step: str
    disposition: str | None
    where: Where = Where.LAB
    to: Where | None = None
    away: bool = False
    became: str | None = None


_BOTH, _KIT, _SYRINGE = (Kind.KIT, Kind.SYRINGE), (Kind.KIT,), (Kind.SYRINGE,)
_VIAL, _BOX, _LOT = (Kind.VIAL,), (Kind.BOX,), (Kind.LOT,)
_L, _P, _B = Where.LAB, Where.PHARMACY, Where.BEDSIDE

STEPS: Final[Mapping[str, tuple[Step, ...]]] = {
    # Kits and syringes
    "kit-prepare": (Step(_BOTH, ADD, "commissioning", "active"),),
    "kit-hand-to-pharmacy": (Step(_KIT, OBSERVE, "shipping", "in_transit", _L, _P, away=True),),
    "kit-accept-at-pharmacy": (Step(_KIT, OBSERVE, "accepting", "in_progress", _P),),
    "kit-refuse-at-pharmacy": (Step(_KIT, OBSERVE, "void_shipping", "in_progress", _L),),
    "kit-dispense": (Step(_KIT, OBSERVE, "dispensing", "dispensed", _P),),
    "kit-hand-to-bedside": (Step(_KIT, OBSERVE, "shipping", "in_transit", _P, _B, away=True),),
    "kit-accept-at-bedside": (Step(_KIT, OBSERVE, "accepting", "in_progress", _B),),
    "kit-refuse-at-bedside": (Step(_KIT, OBSERVE, "void_shipping", "in_progress", _P),),
    "kit-confirm": (Step(_KIT, OBSERVE, "inspecting", "conformant", _B),),
    "syringe-give": (Step(_SYRINGE, OBSERVE, own("administering"), own("administered"), _B),),
    "syringe-not-give": (Step(_SYRINGE, OBSERVE, "holding", "unavailable", _B),),
    "syringe-drop": (Step(_SYRINGE, OBSERVE, "inspecting", "damaged", _B),),
    "kit-not-give": (Step(_BOTH, OBSERVE, "holding", "unavailable", _B),),
    "study-withdraw-kits": (Step(_BOTH, OBSERVE, "holding", "unavailable", _B),),
    "kit-return": (Step(_BOTH, OBSERVE, "receiving", "returned", _P),),
    "kit-reconcile": (Step(_KIT, OBSERVE, "stock_taking", "completeness_verified", _P),),
    "kit-destroy": (Step(_BOTH, DELETE, "destroying", "destroyed", _P),),
    # Vials and their lots
    "lot-register": (Step(_VIAL, ADD, "commissioning", "active"),),
    "lot-release": (Step(_LOT, OBSERVE, "inspecting", "conformant"),),
    "lot-release-conditionally": (Step(_LOT, OBSERVE, "inspecting", "conformant"),),
    "lot-reject": (Step(_LOT, OBSERVE, "inspecting", "non_conformant"),),
    "lot-record-results": (Step(_LOT, OBSERVE, "holding", "unavailable", became="on_hold"),),
    "lot-hold": (Step(_LOT, OBSERVE, "holding", "unavailable"),),
    "lot-resume": (Step(_LOT, OBSERVE, "inspecting", "conformant"),),
    "lot-recall": (Step(_LOT, OBSERVE, "holding", "recalled"),),
    "vial-receive": (Step(_VIAL, OBSERVE, "receiving", "in_progress"),),
    "vial-store": (Step(_VIAL, OBSERVE, "storing", "in_progress"),),
    "vial-move": (Step(_VIAL, OBSERVE, "storing", "in_progress"),),
    "vial-pick": (Step(_VIAL, OBSERVE, "picking", "in_progress"),),
    "vial-return": (Step(_VIAL, OBSERVE, "storing", "in_progress"),),
    "vial-thaw": (Step(_VIAL, OBSERVE, own("thawing"), "in_progress"),),
    "vial-finish-thaw": (Step(_VIAL, OBSERVE, own("thawed"), "in_progress"),),
    "vial-thaw-by-mistake": (Step(_VIAL, OBSERVE, own("thawing"), "non_conformant"),),
    "vial-waste": (Step(_VIAL, OBSERVE, "holding", "unavailable"),),
    "vial-destroy": (Step(_VIAL, DELETE, "destroying", "destroyed"),),
    # Who samples must say that the object ends with it (CBV 2.0, sampling).
    "vial-sample": (
        Step(_VIAL, OBSERVE, "sampling", "in_progress"),
        Step(_VIAL, DELETE, "decommissioning", "inactive"),
    ),
    "vial-ship-out": (Step(_VIAL, OBSERVE, "shipping", "in_transit", away=True),),
    "vial-lose": (Step(_VIAL, OBSERVE, "stock_taking", "unknown"),),
    "vial-find": (Step(_VIAL, OBSERVE, "stock_taking", "in_progress"),),
    "vial-quarantine": (Step(_VIAL, OBSERVE, "holding", "unavailable"),),
    "vial-clear": (Step(_VIAL, OBSERVE, "inspecting", "conformant"),),
    "vial-reject": (Step(_VIAL, OBSERVE, "inspecting", "non_conformant"),),
    "shipment-refuse": (Step(_VIAL, OBSERVE, "holding", "unavailable"),),
    "excursion-open": (Step(_VIAL, OBSERVE, "holding", "unavailable"),),
    "excursion-assess": (Step(_VIAL, OBSERVE, "inspecting", None),),
    # Boxes
    "box-register": (Step(_BOX, ADD, "commissioning", "active"),),
    "box-move": (Step(_BOX, OBSERVE, "storing", "in_progress"),),
    "box-spill": (Step(_BOX, OBSERVE, "holding", "unavailable"),),
    "box-rescan": (Step(_BOX, OBSERVE, "stock_taking", "in_progress"),),
    "box-count": (Step(_BOX, OBSERVE, "stock_taking", None),),
    "box-retire": (Step(_BOX, DELETE, "decommissioning", "inactive"),),
}
