"""Which states there are: each kind's printed path, in the order in which a life may pass through them."""

from __future__ import annotations

from inventory.domain.items import Kind

PATHS = {
    Kind.STUDY: ("open", "closed"),
    Kind.PERSON: ("active", "locked"),
    Kind.DEVICE: ("in_service", "out_of_service", "retired"),
    Kind.DEVIATION: ("open", "assessed", "closed"),
    Kind.UNBLINDING: ("event_missing", "complete"),
    Kind.NOTICE: ("sent", "acknowledged"),
    Kind.ENVELOPE: ("printed", "placed", "opened", "retired"),
    Kind.DONOR: ("eligible", "ineligible", "incomplete"),
    Kind.LOT: ("quarantined", "conditionally_released", "released", "on_hold", "rejected", "recalled"),
    Kind.SHIPMENT: ("expected", "received", "closed", "refused"),
    Kind.PLACE: ("in_service", "closed"),
    Kind.BOX: ("in_use", "spilled", "retired"),
    Kind.EXCURSION: ("open", "assessed"),
    Kind.ALERT: ("open", "acknowledged", "closed"),
    Kind.SUPPLY: ("counted",),
    Kind.VIAL: (
        "expected", "received", "stored", "picked", "thawing", "thawed", "consumed", "missing", "sampled",
        "shipped_out", "wasted", "destroyed",
    ),
    Kind.PARTICIPANT: ("enrolled", "eligible", "randomised", "treated", "withdrawn"),
    Kind.KIT: (
        "planned", "assigned", "ordered", "called_for", "prepared", "offered_to_pharmacy", "at_pharmacy",
        "dispensed", "offered_to_bedside", "at_bedside", "confirmed", "administered", "partly_administered",
        "not_administered", "returned", "reconciled", "destroyed", "cancelled",
    ),
    Kind.SYRINGE: ("filled", "given", "partly_given", "not_given", "dropped", "returned", "destroyed"),
    Kind.LIST: ("loaded",),
    Kind.ARM: ("assigned", "broken", "disclosed"),
    Kind.CONTENTS: ("gathering", "prepared"),
    Kind.HOLDER: ("held", "let_go"),
    Kind.TASK: ("signed_on",),
    Kind.CALLER: ("named",),
    Kind.TEMPLATE: ("draft", "approved", "retired"),
    Kind.ROLL: ("in_stock", "mounted", "closed"),
    Kind.JOB: (
        "drafted", "checked", "queued", "claimed", "sent", "confirmed", "failed", "void", "closed",
    ),
    Kind.LABEL: ("planned", "sent", "on_hand", "applied", "void", "destroyed", "cancelled"),
    Kind.VISIT: ("open", "closed"),
    Kind.QUERY: ("open", "answered", "closed"),
}  # fmt: skip

DONOR, LOT, VIAL = PATHS[Kind.DONOR], PATHS[Kind.LOT], PATHS[Kind.VIAL]
PARTICIPANT, KIT, SYRINGE = PATHS[Kind.PARTICIPANT], PATHS[Kind.KIT], PATHS[Kind.SYRINGE]

RELEASED = ("released", "conditionally_released")
"""The states of a lot whose vials may be used."""

IN_STOCK = (*RELEASED, "on_hold")
"""The states of a lot whose vials may be used, or may be again."""

IN_HAND = VIAL[1:4]
"""Received, stored, picked: the vial is here and frozen."""
NOT_GONE = VIAL[:7]
"""From expected to consumed: what is decided of the vial still matters to somebody."""

LIVE = KIT[1:11]
"""From assigned to confirmed: a participant has at most one such kit in a period."""
ORDERED = KIT[2:11]
"""From ordered to confirmed: somebody works on giving it."""
NOT_ENDED = (*ORDERED, *KIT[11:16])
"""From ordered to reconciled: work on it goes on until it is destroyed."""
BEFORE_PREPARED = KIT[1:4]
"""From assigned to called for: nothing is in it yet."""
IN_USE = KIT[4:11]
"""From prepared to confirmed: it holds something that is not given yet."""
OVER = KIT[11:14]
"""What became of the kit at the bedside."""

BACK = KIT[14:17]
"""What was left of the kit came back."""
BALANCED = KIT[15:17]
"""The kit was reconciled, and may be destroyed."""

SYRINGE_GIVEN = SYRINGE[1:3]
"""All of the syringe was given, or a part."""
SYRINGE_OVER = SYRINGE[1:5]
"""What became of the syringe."""
SYRINGE_BACK = SYRINGE[5:7]
"""The syringe came back with its kit."""
