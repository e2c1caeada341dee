"""The emergency code break: who asked, who answered, what follows, and who was told that it happened.

Rules this module keeps:
- It waits for nobody: one person does it, and neither an ended delegation nor a missing event number stops it.
- The record of it says that an arm was told, when and to whom, and never which. Notices say no more.
- Who called from outside is named in the vault: a name in prose has no place in the open log.
- A drill goes the whole way and touches neither the participant nor the arm.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AwareDatetime, StringConstraints

from inventory.domain import clocks
from inventory.domain.evidence import Code, Evidence, Line, Shape
from inventory.domain.items import Item, Json, Kind, new
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.shape import consequence, decision, keep, stay
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, D, I, M, P, Q, S, T

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from inventory.domain.lives.row import Case

OUTSIDE = "outside_caller"
"""Who asked, where it was nobody with an account."""

Telephone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()/.-]{2,29}$")]


class Caller(Shape):
    """Somebody without an account who asks, served by a person on call."""

    name: Line
    organisation: Line
    telephone: Telephone


class Requested(Evidence):
    """Why a code has to be broken, and for whom: an account, an outside caller, or else the person who acts."""

    APART: ClassVar[frozenset[str]] = frozenset({"caller"})

    reason: Literal["medical_emergency", "serious_adverse_event", "overdose", "pregnancy", "other"]
    requested_by: Code | None = None
    caller: Caller | None = None
    event: Code | None = None


class CodeBroken(Requested):
    """A code break here and now: when it was asked for, if that was earlier, and whether it is a drill."""

    asked_at: AwareDatetime | None = None
    drill: bool = False


class EventNumbered(Evidence):
    """The number of the event that was the reason."""

    event: Code


class LookedAgain(Evidence):
    """Why somebody looks again at what they were told."""

    reason: Literal["answer_lost", "continued_care", "reporting", "other"]


class Assessed(Evidence):
    """What an unplanned unblinding means (ICH E6(R3) 4.1.4)."""

    impact: Literal["none", "minor", "major"]
    consequence: Literal["continues", "treatment_stopped", "withdrawn"]


# What must hold
def randomised(case: Case) -> Refused | None:
    """The participant is randomised."""
    arm = case.get(Kind.ARM, participant_of(case))
    return Refused(Refusal.NOT_RANDOMISED) if arm is None or arm.state == VOIDED else None


def requester_known(case: Case) -> Refused | None:
    """Who asked is an account or an outside caller, and not both."""
    asked = _request(case)
    if asked.requested_by and asked.caller:
        return Refused(Refusal.CODE_NOT_FIT, "an account and an outside caller")
    known = not asked.requested_by or case.get(Kind.PERSON, asked.requested_by) is not None
    return None if known else Refused(Refusal.CODE_NOT_FIT, f"no account: {asked.requested_by}")


def _asked_before(case: Case) -> Refused | None:
    """It was asked for before it was answered."""
    late = _asked_at(case) > max(case.now, case.act.occurred_at)
    return Refused(Refusal.OCCURRED_IN_FUTURE, "asked_at") if late else None


BREAKING = (randomised, requester_known, _asked_before)


def _was_told(case: Case) -> Refused | None:
    """The person is one of those who were told."""
    return None if case.act.by in case.item.texts("told") else Refused(Refusal.NOT_TOLD)


def _addressed(case: Case) -> Refused | None:
    """The notice is for one of the person's roles."""
    mine = case.item.text("role") in case.person.texts("roles")
    return None if mine else Refused(Refusal.NOT_ADDRESSED)


# What follows
def participant_of(case: Case) -> str:
    """The code of the participant whose arm an act tells."""
    return case.item.code if case.item.kind is Kind.PARTICIPANT else case.item.parent or ""


def _request(case: Case) -> Requested:
    """The evidence of a row that tells an arm."""
    if not isinstance(case.act.evidence, Requested):
        raise TypeError(f"{case.row.action} brings no request")
    return case.act.evidence


def _asked_at(case: Case) -> datetime:
    evidence = case.act.evidence
    asked = evidence.asked_at if isinstance(evidence, CodeBroken) else None
    return asked or case.act.occurred_at


def break_code(case: Case) -> Iterable[Item]:
    """The arm is told, unless it is a drill; the record of it, the outside caller, and a notice a role."""
    evidence = case.act.evidence
    drill = isinstance(evidence, CodeBroken) and evidence.drill
    if not drill:
        yield from broken(case)
    yield from recorded(case, "system", drill=drill)


def broken(case: Case) -> Iterator[Item]:
    """The participant's code is broken, and the arm told, unless it was disclosed before."""
    participant = case.get(Kind.PARTICIPANT, participant_of(case))
    arm = case.get(Kind.ARM, participant_of(case))
    if participant is not None:
        yield participant.with_facts(code_broken_at=case.times())
    if arm is not None and arm.state == "assigned":
        yield arm.moved("broken").with_facts(broken_at=case.times())


def recorded(case: Case, way: str, *, drill: bool = False) -> Iterator[Item]:
    """The record of a code break, with who called from outside, and a notice for each role that gets one."""
    asked, code, participant = (
        _request(case),
        _drawn(case, Kind.UNBLINDING, "unblinding"),
        participant_of(case),
    )
    state = "complete" if asked.event or drill else "event_missing"
    record = new(Kind.UNBLINDING, code, state, parent=participant, reason=asked.reason, way=way)
    yield record.with_facts(event=asked.event, drill=drill or None, **_who(case), **_when(case))
    if asked.caller:
        yield new(Kind.CALLER, code, "named", parent=participant).with_facts(**asked.caller.model_dump())
    for role in case.profile.code_break.notify:
        notice = new(Kind.NOTICE, _drawn(case, Kind.NOTICE, f"notice {role}"), "sent", parent=code)
        yield notice.with_facts(role=role.value, participant=participant, drill=drill or None)


def _who(case: Case) -> dict[str, Json]:
    """Who asked, who answered, and which accounts know from now on."""
    asked = _request(case)
    requester = OUTSIDE if asked.caller else asked.requested_by or case.act.by
    told: list[Json] = [*dict.fromkeys(who for who in (case.act.by, requester) if who != OUTSIDE)]
    return {"requested_by": requester, "answered_by": case.act.by, "told": told}


def _when(case: Case) -> dict[str, Json]:
    """When it was asked for and when answered, and how long that took."""
    asked, answered = _asked_at(case), max(case.now, case.act.occurred_at)
    if not isinstance(case.act.evidence, CodeBroken):
        answered = case.act.occurred_at  # on paper, however much later it is recorded
    return {
        "asked_at": clocks.format_instant(asked),
        "answered_at": clocks.format_instant(answered),
        "seconds": max(0, int((answered - asked).total_seconds())),
    }


def _drawn(case: Case, kind: Kind, purpose: str) -> str:
    """A code of that kind's letter and twelve hexadecimal digits, which nothing of the kind carries."""
    # Drawn for this act and no other, so that none takes a draw from another.
    owner = f"{case.act.action} {case.act.code} {case.act.by} {clocks.format_instant(case.now)}"
    for attempt in count():
        drawn = case.view.draw(purpose, f"{owner} {attempt}").hex()[:12].upper()
        code = f"{kind.value[0].upper()}{drawn}"
        if case.get(kind, code) is None:
            break
    return code


def _acknowledge(case: Case) -> Iterable[Item]:
    read = case.item.facts.get("read_by")
    known = read if isinstance(read, dict) else {}
    yield case.moved(read_by={case.act.by: clocks.format_instant(case.now), **known})


UNBLINDING = (
    consequence("unblinding-record", {"new": ("event_missing", "complete")}, "A code was broken in an emergency."),
    decision(
        "unblinding-add-event", {"event_missing": "complete"}, (C, I, D),
        "The number of the event was added.", evidence=EventNumbered, effect=keep("event"),
    ),
    decision(
        "unblinding-look-again", stay("event_missing", "complete"), (I, D),
        "Who was told looked at it again.",
        evidence=LookedAgain, rules=(_was_told,), effect=keep(stamp="looked_at"), reveals=True, urgent=True,
    ),
    decision(
        "unblinding-assess", stay("event_missing", "complete"), (S, D, Q),
        "The impact of the unblinding was assessed.",
        evidence=Assessed, effect=keep("impact", "consequence", stamp="assessed_at"),
    ),
)  # fmt: skip

NOTICE = (
    consequence("notice-send", {"new": "sent"}, "A role was told that a code was broken."),
    decision(
        "notice-acknowledge", {"sent": "acknowledged", "acknowledged": "acknowledged"},
        (T, Q, P, C, I, S, D, M),
        "The notice was read.", rules=(_addressed,), effect=_acknowledge,
    ),
)  # fmt: skip

CALLER = (consequence("caller-name", {"new": "named"}, "Who called from outside was named."),)
