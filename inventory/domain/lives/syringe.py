"""The life of a syringe: filled, given at its joint or not, come back, destroyed.

What happened at the bedside is an observation: it is recorded whatever rule it broke, with its deviation.
A syringe is given once; the database holds that fact, and a second report changes nothing but is kept. One
that was recorded as not given or dropped, and was given after all, counts as given, also where it has come back
or is destroyed: its kit, reconciled already, is then balanced anew. What was given without a scan, or elsewhere
than planned, waits to be explained; so does volume for which its kit's reconciliation could not account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain.evidence import Code, Evidence, Microlitres, Reasoned
from inventory.domain.items import Item, Kind
from inventory.domain.lives import returning
from inventory.domain.lives.bedside import finished, same_participant
from inventory.domain.lives.contents import available
from inventory.domain.lives.explaining import (
    Explained,
    VolumeExplained,
    WhyNotScanned,
    explain,
    explain_volume,
    fits_the_record,
    is_known,
    to_explain,
    volume_waits,
)
from inventory.domain.lives.ordering import joints_gone, participant_may, syringes_along, syringes_of
from inventory.domain.lives.shape import brought, consequence, each, field, observation, past_use_by, stay
from inventory.domain.lives.states import BALANCED, SYRINGE_BACK, SYRINGE_GIVEN, SYRINGE_OVER
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, I, P, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case, Effect


class Given(Evidence):
    """An injection: for whom, into which joint, how much, how it was borne; why it was not scanned, if so."""

    participant: Code
    joint: Code
    given_ul: Microlitres = Field(gt=0)
    reaction: Literal["none", "mild", "moderate", "severe"] = "none"
    not_scanned: WhyNotScanned | None = None


def _kit_confirmed(case: Case) -> Refused | None:
    """The kit was confirmed at the bedside."""
    kit = case.get(Kind.KIT, case.item.parent)
    return None if kit is not None and kit.state == "confirmed" else Refused(Refusal.NOT_CONFIRMED)


def _that_joint(case: Case) -> Refused | None:
    """The joint is the one this syringe was filled for."""
    planned = case.item.text("joint")
    return (
        Refused(Refusal.JOINT_DIFFERS, f"it is for {planned}") if brought(case, "joint") != planned else None
    )


def _joint_open(case: Case) -> Refused | None:
    """No other syringe went into that joint: of the kit, of a kit along its replacements, or by mistake."""
    kit = case.get(Kind.KIT, case.item.parent)
    others = [one for one in syringes_along(case, kit) if one.code != case.item.code] if kit else []
    same = kit is not None and brought(case, "participant") == kit.parent
    taken = same and kit is not None and brought(case, "joint") in joints_gone(case, kit, others)
    return Refused(Refusal.JOINT_GIVEN) if taken else None


def _not_more_than_filled(case: Case) -> Refused | None:
    """No more was given than the syringe held."""
    filled = case.item.number("filled_ul")
    return (
        Refused(Refusal.VOLUME_DIFFERS, f"it held {filled}")
        if field(case, "given_ul", int) > filled
        else None
    )


def _given_once(case: Case) -> Refused | None:
    """The syringe was not recorded as given before."""
    return Refused(Refusal.ALREADY_GIVEN) if case.item.text("outcome") == "given" else None


def _not_told_otherwise(case: Case) -> Refused | None:
    """The syringe was not recorded as not given or dropped before."""
    otherwise = case.item.text("outcome") in {"not_given", "dropped"}
    return Refused(Refusal.TOLD_NOT_GIVEN) if otherwise else None


def _with_outcome(case: Case, syringe: Item) -> Iterable[Item]:
    yield syringe
    kit = case.get(Kind.KIT, syringe.parent)
    if kit is not None:
        others = [other for other in syringes_of(case, kit) if other.code != syringe.code]
        yield from finished(case, kit, [*others, syringe])


def _give(case: Case) -> Iterable[Item]:
    # One that has come back can be told of again without a change of its state.
    if case.item.text("outcome") == "given":
        return
    volume = field(case, "given_ul", int)
    whole = volume >= case.item.number("filled_ul")
    back = case.item.state in SYRINGE_BACK
    moved = case.item if back else case.item.moved("given" if whole else "partly_given")
    after = moved.with_facts(
        outcome="given",
        given_ul=volume,
        given_to=brought(case, "participant"),
        joint_given=brought(case, "joint"),
        reaction=brought(case, "reaction"),
        not_scanned=brought(case, "not_scanned") or None,
        given_at=case.times(),
        reason=None,
        happened_at=None,
    )
    kit = case.get(Kind.KIT, case.item.parent)
    waiting = to_explain(case, after, kit.parent if kit else None)
    after = after.with_facts(to_explain=waiting or None)
    if kit is not None and kit.state in BALANCED:
        balanced, after = returning.balance_anew(case, kit, after)
        yield balanced
    yield from _with_outcome(case, after)
    yield from _into_another(case, kit)


def _into_another(case: Case, kit: Item | None) -> Iterable[Item]:
    """Whoever got a syringe of somebody else's kit has had that joint, whatever their own kit is still for."""
    participant = case.get(Kind.PARTICIPANT, brought(case, "participant"))
    strange = kit is not None and participant is not None and participant.code != kit.parent
    # What was filled in a disclosed period leaves no trace in the open log.
    if participant is not None and strange and case.item.shelf is participant.shelf:
        had = {*participant.texts("joints_by_mistake"), brought(case, "joint")}
        yield participant.with_facts(joints_by_mistake=[*sorted(had)])


def _without(outcome: str) -> Effect:
    def effect(case: Case) -> Iterable[Item]:
        after = case.moved(outcome=outcome, reason=brought(case, "reason"), happened_at=case.times())
        return _with_outcome(case, after)

    return effect


SYRINGE = (
    consequence("syringe-fill", {"new": "filled"}, "The syringe was filled when its kit was prepared."),
    observation(
        "syringe-give", {**each(("filled", "not_given", "dropped"), SYRINGE_GIVEN), **stay(*SYRINGE_BACK)}, (I,),
        "The syringe was injected into its joint.",
        evidence=Given,
        rules=(
            _kit_confirmed, same_participant, participant_may, _that_joint, _joint_open, _given_once,
            _not_told_otherwise, past_use_by, available, _not_more_than_filled,
        ),
        effect=_give,
    ),
    observation(
        "syringe-not-give", {"filled": "not_given"}, (I, C),
        "The syringe was not given.", evidence=Reasoned, effect=_without("not_given"),
    ),
    observation(
        "syringe-drop", {"filled": "dropped"}, (I, C, P, T, Q),
        "The syringe was dropped or broke.", evidence=Reasoned, effect=_without("dropped"),
    ),
    observation(
        "syringe-explain", stay(*SYRINGE_GIVEN, *SYRINGE_BACK), (I, C),
        "What happened with a syringe that was given unscanned or elsewhere was explained.",
        evidence=Explained, rules=(fits_the_record, is_known), effect=explain,
    ),
    observation(
        "syringe-explain-volume", stay(*SYRINGE_BACK), (Q,),
        "What became of volume that nobody accounted for was explained.",
        evidence=VolumeExplained, rules=(volume_waits, is_known), effect=explain_volume,
    ),
    consequence("syringe-withhold", {"filled": "not_given"}, "Its kit was not given, nor was it."),
    consequence("syringe-return", each(SYRINGE_OVER, "returned"), "The syringe came back with its kit."),
    consequence("syringe-destroy", {"returned": "destroyed"}, "The syringe was destroyed with its kit."),
)  # fmt: skip
