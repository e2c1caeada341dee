"""The life of a participant, known by a code alone: enrolled, eligible, randomised, treated, withdrawn.

Randomisation takes the next row of the sealed list for the stratum and draws a kit number that has nothing to
do with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from inventory.domain.evidence import Code, Evidence, LabReasoned, PastDay, Reasoned, not_before
from inventory.domain.identifiers import IdentifierError, outside
from inventory.domain.items import Item, Json, Kind, new
from inventory.domain.lives import codebreak, states, unblinding
from inventory.domain.lives.codes import open_code
from inventory.domain.lives.ordering import kit_left, take_kit
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.shape import (
    consequence,
    decision,
    each,
    field,
    keep,
    observation,
    stay,
    study_open,
    told,
)
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, D, I, M, P, Q, S, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class Enrolled(Evidence):
    """An enrolment: code, site, stratum, dates and the planned joints; no name, no record number."""

    site: Code
    stratum: Code
    consented_on: PastDay
    enrolled_on: Annotated[PastDay, not_before("consented_on")]
    pregnancy_test_required: bool
    joints: tuple[Code, ...] = Field(min_length=1, max_length=20)


def _code_tells_nobody(case: Case) -> Refused | None:
    """The code is the study's own and cannot identify a person."""
    try:
        outside.participant_code(case.item.code)
    except IdentifierError as unfit:
        return Refused(Refusal.CODE_NOT_FIT, str(unfit))
    return None


def _of_this_study(case: Case) -> Refused | None:
    """Site and stratum are the profile's."""
    if field(case, "site", str) != case.profile.site.code:
        return Refused(Refusal.NOT_IN_PROFILE, "site")
    known = field(case, "stratum", str) in case.profile.randomisation.strata
    return None if known else Refused(Refusal.NOT_IN_PROFILE, "stratum")


def _joints_known(case: Case) -> Refused | None:
    """The joints are the profile's, each once, and no more than a kit covers."""
    joints = field(case, "joints", tuple)
    unknown = [joint for joint in joints if joint not in case.profile.joints]
    if unknown or len(set(joints)) != len(joints) or len(joints) > case.profile.kit.max_joints:
        return Refused(Refusal.JOINTS_DIFFER, ", ".join(unknown) or "named twice, or too many")
    return None


def _list(case: Case) -> Item | None:
    return case.get(Kind.LIST, case.item.text("stratum"))


def _no_row_yet(case: Case) -> Refused | None:
    """The participant has no row of the list yet."""
    arm = case.get(Kind.ARM, case.item.code)
    return None if arm is None or arm.state == VOIDED else Refused(Refusal.ALREADY_KNOWN)


def _row_left(case: Case) -> Refused | None:
    """The list of the stratum has a row left."""
    rows = _list(case)
    left = rows is not None and rows.number("next") < len(rows.texts("arms"))
    return None if left else Refused(Refusal.LIST_EXHAUSTED)


def _enrol(case: Case) -> Iterable[Item]:
    # For everybody, and for ever in the eyes of those who are not entitled to know what comes of it.
    later: dict[str, Json] = {f"period_{one.number}": "scheduled" for one in case.profile.later_periods}
    yield new(Kind.PARTICIPANT, case.item.code, "enrolled").with_facts(**told(case), **later)


def _randomise(case: Case) -> Iterable[Item]:
    rows = _list(case)
    if rows is None:
        return
    place = rows.number("next")
    kit = take_kit(case, case.item.code, 1, case.item.texts("joints"))
    yield case.moved(randomised_at=case.times(), live_kit_1=kit.code)
    yield kit
    yield rows.with_facts(next=place + 1)
    arm, row = rows.texts("arms")[place], rows.texts("rows")[place]
    yield new(Kind.ARM, case.item.code, "assigned", arm=arm, row=row)


PARTICIPANT = (
    decision(
        "participant-enrol", {"new": "enrolled"}, (C,),
        "The participant was enrolled.",
        evidence=Enrolled,
        rules=(study_open, open_code, _code_tells_nobody, _of_this_study, _joints_known),
        effect=_enrol,
    ),
    decision(
        "participant-confirm-eligible", {"enrolled": "eligible"}, (C, I),
        "The participant was confirmed eligible.", effect=keep(stamp="eligible_at"),
    ),
    decision(
        "participant-randomise", {"eligible": "randomised"}, (C,),
        "The participant was randomised and a kit number assigned.",
        rules=(study_open, _no_row_yet, _row_left, kit_left), effect=_randomise,
    ),
    consequence("participant-treat", {"randomised": "treated"}, "The first of the kit was given."),
    observation(
        "participant-withdraw", each(states.PARTICIPANT[:-1], "withdrawn"), (C, I),
        "The participant withdrew.", evidence=Reasoned, effect=keep("reason", stamp="withdrawn_at"),
    ),
    decision(
        "participant-unblind", stay("randomised", "treated", "withdrawn"), (S, D),
        "The participant's planned unblinding was done after the data lock, by two people.",
        evidence=unblinding.Unblinded, rules=unblinding.PLANNED, effect=unblinding.unblind, vault=True,
    ),
    decision(
        "participant-entitle", stay("randomised", "treated", "withdrawn"), (S, D),
        "More people were named who may know of the participant's later periods, by two people.",
        evidence=unblinding.Entitled, rules=unblinding.ENTITLING, effect=unblinding.entitle, vault=True,
    ),
    decision(
        "participant-break-code", stay("randomised", "treated", "withdrawn"), (I, D),
        "The participant's code was broken in an emergency.",
        evidence=codebreak.CodeBroken, rules=codebreak.BREAKING, effect=codebreak.break_code,
        reveals=True, urgent=True,
    ),
    decision(
        "participant-look-back", stay("randomised", "treated", "withdrawn"), (Q, D),
        "What the participant received was looked up.",
        evidence=LabReasoned, effect=lambda _: (), vault=True,
    ),
    observation(
        "participant-report-unblinding", stay(*states.PARTICIPANT), (C, I, P, T, Q, S, D, M),
        "Somebody learned of this participant what they should not.",
        evidence=unblinding.Learned, rules=(unblinding.compromised,),
    ),
)  # fmt: skip

ARM = (
    consequence("arm-assign", {"new": "assigned"}, "The next row of the list was taken."),
    consequence("arm-break", {"assigned": "broken"}, "The arm was told in an emergency."),
    consequence(
        "arm-disclose", each(("assigned", "broken"), "disclosed"), "The arm was disclosed to those entitled."
    ),
)
