"""The life of a kit and its order: planned, assigned, ordered, called for, prepared, handed on, given, gone.

The same table for every kit whatever it holds. A handover is a pair: handed over, then accepted or refused;
refused, it stays with the one who handed it over, so that nothing is ever in nobody's hands.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain.evidence import Reasoned
from inventory.domain.items import Shelf
from inventory.domain.lives import bedside, ordering, preparation, returning, supply, tasks
from inventory.domain.lives.contents import available, open_pick_list, product_as_planned
from inventory.domain.lives.shape import (
    calibrated,
    consequence,
    decision,
    each,
    keep,
    observation,
    past_use_by,
    permission,
    stay,
    study_open,
    two_times,
)
from inventory.domain.lives.states import BEFORE_PREPARED, IN_USE, LIVE, OVER
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, I, M, P, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case, Effect


def _in_time(case: Case) -> Refused | None:
    """The handover took no longer than the study allows, from the first time that it was begun."""
    since = two_times(case.item.facts, "transport_since")
    minutes = case.profile.limits.transport_minutes
    if since and clocks.elapsed_for_limit(*since, case.act.occurred_at, case.now) > timedelta(
        minutes=minutes
    ):
        return Refused(Refusal.TRANSPORT_TOO_LONG, f"more than {minutes} minutes")
    return None


def _not_the_releaser(case: Case) -> Refused | None:
    """Whoever accepts it is not who handed it over."""
    return Refused(Refusal.SECOND_PERSON_SAME) if case.item.text("custodian") == case.act.by else None


def _in_hands(stamp: str) -> Effect:
    """Whoever acts has the kit from now on, and its transport is over."""

    def effect(case: Case) -> Iterable[Item]:
        facts: dict[str, Json] = {stamp: case.times(), "custodian": case.act.by}
        yield case.moved(**facts, transport_since=None)

    return effect


def _hand_over(case: Case) -> Iterable[Item]:
    """It stays with whoever acts until it is accepted; a handover that was refused goes on where it began."""
    since = case.item.facts.get("transport_since") or case.times()
    yield case.moved(handed_over_at=case.times(), custodian=case.act.by, transport_since=since)


def _order(case: Case) -> Iterable[Item]:
    yield case.moved(ordered_at=case.times())
    # An order of a disclosed period's kit leaves no trace in the open log: the word is told by the others.
    if case.item.shelf is Shelf.OPEN:
        yield from supply.told(case)


USABLE = (past_use_by, available)
HANDOVER = (_not_the_releaser, *USABLE, _in_time)
FOR_PARTICIPANT = (bedside.same_participant, ordering.participant_may, ordering.joints_still_open, *USABLE)

KIT = (
    consequence("kit-plan", {"new": "planned"}, "A kit number was drawn."),
    consequence("kit-assign", each(("planned", "new"), "assigned"), "The kit was linked to a participant."),
    decision(
        "kit-discard", {"planned": "cancelled"}, (M,),
        "An unused kit number was taken out of use.",
        evidence=Reasoned, effect=keep("reason", stamp="cancelled_at"),
    ),
    permission(
        "kit-order", {"assigned": "ordered"}, (C, I),
        "The order was signed, with its joints confirmed.",
        evidence=ordering.Ordered,
        rules=(
            study_open, ordering.participant_may, ordering.blinded_period_lasts, ordering.ordering_open,
            ordering.joints_as_planned, ordering.joints_still_open, supply.enough_to_order,
        ),
        effect=_order,
    ),
    permission(
        "kit-call", {"ordered": "called_for"}, (C,),
        "The participant is present and may be given the kit: preparation may begin.",
        evidence=ordering.CalledFor,
        rules=(
            study_open, bedside.same_participant, ordering.participant_may, ordering.blinded_period_lasts,
            ordering.joints_still_open, ordering.pregnancy_excluded, ordering.pregnancy_test_recent,
        ),
        effect=ordering.call,
    ),
    decision(
        "kit-cancel-order", each(("ordered", "called_for"), "assigned"), (C, I),
        "The order was cancelled before preparation.", evidence=Reasoned, effect=ordering.cancel_order,
    ),
    decision(
        "kit-cancel", each(BEFORE_PREPARED, "cancelled"), (C, I),
        "The kit was cancelled for good, before preparation.",
        evidence=Reasoned, effect=keep("reason", stamp="cancelled_at"),
    ),
    decision(
        "kit-sign-on", stay("called_for"), (T, Q),
        "A person signed on to preparing the kit.", effect=tasks.sign_on, vault=True,
    ),
    decision(
        "kit-open-pick-list", stay(*tasks.IN_THE_LAB), (T, Q),
        "The kit's pick list was opened: which vials to take, and which are held for it.",
        rules=(tasks.signed_on,), effect=open_pick_list, vault=True,
    ),
    permission(
        "kit-record-preparation", stay("called_for"), (T,),
        "The preparation was recorded: count, viability, inspection, diluent, consumables, devices.",
        evidence=preparation.PreparationRecord,
        rules=(
            tasks.signed_on, preparation.all_thawed, product_as_planned, preparation.inspected, preparation.viable,
            preparation.consumables_in_date, calibrated("device"), calibrated("counter", "cell-counter"),
        ),
        effect=preparation.record, vault=True,
    ),
    permission(
        "kit-prepare", {"called_for": "prepared"}, (T, Q),
        "The kit was released by the lab: syringes filled, sleeved and checked by two people.",
        evidence=preparation.Prepared, rules=preparation.PREPARED_BY, effect=preparation.prepare, vault=True,
    ),
    permission(
        "kit-hand-to-pharmacy", {"prepared": "offered_to_pharmacy"}, (T, Q),
        "The kit was handed towards the pharmacy.", rules=USABLE, effect=_hand_over,
    ),
    permission(
        "kit-accept-at-pharmacy", {"offered_to_pharmacy": "at_pharmacy"}, (P,),
        "The pharmacy accepted the kit.", rules=HANDOVER, effect=_in_hands("accepted_at"),
    ),
    permission(
        "kit-refuse-at-pharmacy", {"offered_to_pharmacy": "prepared"}, (P,),
        "The pharmacy refused the kit; it stays with the lab.", evidence=Reasoned, effect=keep("reason"),
    ),
    permission(
        "kit-dispense", {"at_pharmacy": "dispensed"}, (P,),
        "The kit was dispensed for the participant after two people checked it.",
        evidence=bedside.Dispensed,
        rules=(*FOR_PARTICIPANT, bedside.syringes_scanned, bedside.second_scanned_the_same),
        effect=_in_hands("dispensed_at"),
    ),
    permission(
        "kit-hand-to-bedside", {"dispensed": "offered_to_bedside"}, (P,),
        "The kit was handed towards the bedside.", rules=USABLE, effect=_hand_over,
    ),
    permission(
        "kit-accept-at-bedside", {"offered_to_bedside": "at_bedside"}, (C, I),
        "The bedside accepted the kit.", rules=HANDOVER, effect=_in_hands("accepted_at"),
    ),
    permission(
        "kit-refuse-at-bedside", {"offered_to_bedside": "dispensed"}, (C, I),
        "The bedside refused the kit; it stays with the pharmacy.", evidence=Reasoned, effect=keep("reason"),
    ),
    permission(
        "kit-confirm", {"at_bedside": "confirmed"}, (I, C),
        "Participant and kit were confirmed at the bedside by two people.",
        evidence=bedside.ForParticipant, rules=FOR_PARTICIPANT, effect=keep(stamp="confirmed_at"),
    ),
    observation(
        "kit-not-give", each(IN_USE, ("not_administered", "partly_administered")), (C, I, P, T, Q),
        "What was left of the prepared kit was not given.", evidence=Reasoned, effect=bedside.not_given,
    ),
    consequence(
        "kit-finish",
        # The last two: a syringe that was recorded as not given is told as given after all.
        {**each(IN_USE, OVER), "not_administered": OVER[:2], "partly_administered": "administered"},
        "Every syringe has its outcome.",
    ),
    permission(
        "kit-return", each(OVER, "returned"), (P,),
        "What was left of the kit came back to the pharmacy.",
        evidence=returning.Returned, rules=(returning.every_syringe_back, returning.no_more_than_was_left),
        effect=returning.take_back,
    ),
    observation(
        "kit-reconcile", {"returned": "reconciled"}, (P,),
        "Syringes were counted and the volume of each balanced.",
        evidence=returning.Reconciled, rules=(returning.differences_told, returning.nothing_unaccounted),
        effect=returning.reconcile,
    ),
    permission(
        "kit-destroy", {"reconciled": "destroyed"}, (P,),
        "The kit was destroyed before a witness.",
        evidence=returning.Destroyed, rules=(returning.all_explained,), effect=returning.destroy,
    ),
    decision(
        "kit-replace", stay(*OVER, "returned", "reconciled", "destroyed", "cancelled"), (C, I),
        "A new kit was assigned for joints that were not given.",
        evidence=ordering.Replaced,
        rules=(
            study_open, ordering.participant_may, ordering.blinded_period_lasts, ordering.joints_not_given,
            ordering.slot_free, ordering.kit_left,
        ),
        effect=ordering.replace_kit,
    ),
)  # fmt: skip

__all__ = ["IN_USE", "KIT", "LIVE", "OVER"]
