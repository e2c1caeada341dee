"""What the gate hands out: frozen read models, and for each kind the list of facts that may be read.

`VISIBLE` is an allow-list. A fact that no list names is never read, whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from inventory.domain.items import Json, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.profile import Profile
    from inventory.domain.profile.treatments import Arm


VISIBLE: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.STUDY: frozenset(
        {"environment", "origin", "profile", "kits_planned", "ordering", "stock", "supplied_at", "list_root"}
    ),
    Kind.PERSON: frozenset({"name", "roles", "delegation", "training", "last_day"}),
    Kind.DEVICE: frozenset(
        {
            "kind_of_device", "serial", "calibrated_at", "certificate", "agent", "dpi", "in_lab",
            "capture", "qualified", "findings", "qualified_at",
        }
    ),
    Kind.TEMPLATE: frozenset(
        {
            "digest", "content", "blinded", "dpi", "stock", "feed", "width_um", "height_um", "proof", "roll",
            "measured_on", "approved_at", "retired_at", "reason",
        }
    ),
    Kind.ROLL: frozenset(
        {"stock", "labels", "supplier_batch", "mounted_at", "wasted", "left", "printed", "closed_at"}
    ),
    Kind.JOB: frozenset(
        {
            "template", "content", "printer", "dpi", "agent", "labels", "digests", "roll", "reason", "fault",
            "drafted_at", "checked_at", "checked_by", "claimed_at", "sent_at", "failed_at", "confirmed_at",
            "applied", "void", "destroyed", "on_hand", "printed", "closed_at",
        }
    ),
    Kind.LABEL: frozenset(
        {
            "thing", "template", "copy", "reason", "sent_at", "scanned_at", "applied_at", "void_at", "missed_at",
            "destroyed_at",
        }
    ),
    Kind.PARTICIPANT: frozenset(
        {
            "site", "stratum", "consented_on", "enrolled_on", "pregnancy_test_required", "joints", "period_2",
            "eligible_at", "randomised_at", "treated_at", "withdrawn_at", "reason", "live_kit_1", "code_broken_at",
            "envelope", "joints_by_mistake",
        }
    ),
    Kind.KIT: frozenset(
        {
            "period", "joints", "ordered_at", "order_cancelled", "called_at", "pregnancy_test", "prepared_at",
            "syringes", "custodian", "handed_over_at", "transport_since", "accepted_at", "dispensed_at",
            "confirmed_at", "reason", "returned_at", "reconciled_at", "difference_ul", "destroyed_at", "method",
            "cancelled_at", "withdrawn_at", "replaces", "replaced_by", "contents",
        }
    ),
    Kind.SYRINGE: frozenset(
        {
            "joint", "filled_ul", "outcome", "given_ul", "given_at", "given_to", "joint_given", "reaction", "reason",
            "happened_at", "remainder_ul", "spilled_ul", "difference_ul", "difference_reason", "not_scanned",
            "to_explain", "explained", "explained_reason", "explained_at", "difference_cause",
            "difference_explained_at",
        }
    ),
    Kind.DEVIATION: frozenset(
        {"action", "rules", "reason", "about", "impact", "cause", "remedy", "assessed_at", "closed_at"}
    ),
    Kind.UNBLINDING: frozenset(
        {
            "reason", "way", "requested_by", "answered_by", "told", "asked_at", "answered_at", "seconds", "drill",
            "event", "looked_at", "impact", "consequence", "assessed_at",
        }
    ),
    Kind.NOTICE: frozenset({"role", "participant", "drill", "read_by"}),
    Kind.ENVELOPE: frozenset(
        {"printed_at", "lies_in", "placed_at", "found", "checked_at", "opened_at", "reason", "retired_at"}
    ),
    Kind.DONOR: frozenset({"determined_on", "determined_by", "label_statements"}),
    Kind.LOT: frozenset(
        {
            "product", "manufacturer", "din", "isbt_product_code", "passage", "cryo_medium", "dmso_basis_points",
            "filled_on", "results", "released_at", "follow_up_by",
            "reason", "held_from", "extension",
        }
    ),
    Kind.VIAL: frozenset(
        {
            "division", "cells", "volume_ul", "disposition", "received_at", "shipment", "stored_at", "out_since",
            "position", "seconds_out", "time_out_used_up",
            "device", "celsius_milli", "thaw_at", "thawed_at", "appearance", "sampled_at",
            "purpose", "consignee", "shipper", "shipped_at", "reason", "missing_at", "found_at", "wasted_at",
            "destroyed_at", "method", "certificate", "quarantined_by", "excursions", "thawed_by_mistake_at",
            "left", "in_box_since",
        }
    ),
    Kind.SHIPMENT: frozenset(
        {
            "sender", "receiver", "carrier", "shipper_id", "seal", "logger_id", "expected_from", "expected_to",
            "vials", "received_at", "warmest_millicelsius", "condition", "readings", "reason",
        }
    ),
    Kind.PLACE: frozenset({"kind_of_place", "limit_millicelsius", "readings"}),
    Kind.BOX: frozenset(
        {
            "name", "rows", "columns", "left", "moved_at", "spilled_at", "rescanned_at", "counted_at", "matched",
            "missing", "unexpected", "misplaced",
        }
    ),
    Kind.ALERT: frozenset(
        {
            "about", "cause", "recipients", "kits", "opened_at", "acknowledged_at", "told", "follow_up", "closed_at",
        }
    ),
    Kind.VISIT: frozenset({"monitor", "purpose", "from_day", "to_day", "seen", "closed_at"}),
    Kind.QUERY: frozenset(
        {
            "about", "visit", "entry", "question", "raised_by", "raised_at", "outcome", "answer", "answered_by",
            "answered_at", "asked_again", "asked_again_at", "closed_at",
        }
    ),
    Kind.EXCURSION: frozenset(
        {
            "logger", "started_at", "ended_at", "warmest_millicelsius", "readings", "vials", "disposition",
            "reason",
        }
    ),
}  # fmt: skip
"""By kind, the facts that may be read. A kind that is not here is never handed out."""


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """A thing under custody, as one person may see it."""

    kind: Kind
    code: str
    state: str
    parent: str | None
    place: str | None
    due: str | None
    facts: Mapping[str, Json]
    allowed_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductStock:
    """What there is of one product, for those who may know of products.

    Attributes:
        pessimistic_vials: as if every kit had used this product; what the word and the refusals go by.
        pessimistic_kits: for how many kits that is enough.
        available_vials: the vials that can be picked now: in storage, usable, of a lot that may be used.
        short: whether these are too few for the kits on order, should all of them take this product, or for one more.
    """

    product: str
    pessimistic_vials: int
    pessimistic_kits: int
    available_vials: int
    short: bool


@dataclass(frozen=True, slots=True)
class StockRecord:
    """The word of stock as it was told last, whether ordering is paused, and the products where they may be known."""

    word: str
    ordering: str
    products: tuple[ProductStock, ...] | None


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """An entry of a log, as whoever may read the log sees it: whole, or not at all."""

    log: str
    index: int
    recorded_at: str
    leaf: Mapping[str, Json]

    @classmethod
    def of(cls, leaf: Mapping[str, Json]) -> EntryRecord:
        """The record of a leaf."""
        return cls(str(leaf["log"]), int(str(leaf["index"])), str(leaf["recorded_at"]), leaf)


@dataclass(frozen=True, slots=True)
class RefusalRecord:
    """An act that was refused, the rules that refused it, and which of that person's refusals it is.

    The code is empty where whoever reads this may not know what was named.
    """

    by: str
    seq: int
    recorded_at: str
    action: str
    code: str
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PickRecord:
    """One line of a pick list."""

    vial: str
    position: str
    lot: str
    expires_on: str


@dataclass(frozen=True, slots=True)
class PickListRecord:
    """What an opening of a kit's pick list showed: the vials to take, and those held for the kit already."""

    opened_at: str
    take: tuple[PickRecord, ...]
    held: tuple[str, ...]

    @classmethod
    def of(cls, facts: Mapping[str, Json]) -> PickListRecord | None:
        """What the facts of a task say of its last opening; None before the first."""
        match facts:
            case {"opened_at": [_, str(opened_at)], "take": list(take), "held": list(held)}:
                lines = [
                    {name: str(value) for name, value in one.items()} for one in take if isinstance(one, dict)
                ]
                return cls(opened_at, tuple(PickRecord(**line) for line in lines), tuple(map(str, held)))
        return None


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What a person may know of the order of a kit that they signed on to.

    Attributes:
        shown: what their last opening of the pick list showed; None before the first.
        held: of the vials that it named, those that are held for the kit now.
        changed: whether the kit holds a vial that it did not name.
        recorded: what was recorded of the preparation, for whoever opened the list.
    """

    shown: PickListRecord | None
    held: tuple[str, ...] = ()
    changed: bool = False
    recorded: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """What an arm gives in a period."""

    period: int
    product: str
    name: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a code break tells: the arm in words, and what it gives; of a drill nothing."""

    participant: str
    drill: bool = False
    arm: str | None = field(default=None, repr=False)
    title: str | None = field(default=None, repr=False)
    treatments: tuple[Treatment, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, participant: str, arm: Arm, profile: Profile) -> Revealed:
        """What is told of that arm."""
        given = (
            Treatment(one.period, one.product, product.name)
            for one in arm.treatments
            if (product := profile.product(one.product)) is not None
        )
        return cls(participant, arm=arm.code, title=arm.title, treatments=tuple(given))
