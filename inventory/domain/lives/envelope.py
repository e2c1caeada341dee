"""A sealed envelope with one participant's arm, for the day on which the system cannot be asked.

Rules this module keeps:
- It is printed by an unblinded statistician once the participant is randomised, one a participant, and carries
  the number of its seal: that number is its code. Its record says where it lies and who looked when, never the arm.
- A check says what was found. A seal that is not intact is a deviation, at once.
- Opening one is a code break like any other, however it was recorded.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from inventory.domain.evidence import Code, Evidence, Reasoned
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import codebreak
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.shape import brought, decision, each, keep, observation, stay, two_people
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, D, I, P, Q, S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case

LIVE = ("printed", "placed")
"""The states of an envelope that still holds its secret."""


class Printed(Evidence):
    """For whom an envelope is printed; its seal's number is the code."""

    participant: Code


class Placed(Evidence):
    """Where a sealed envelope lies from now on."""

    place: Code


class Checked(Evidence):
    """What somebody found who looked at an envelope in its place."""

    found: Literal["intact", "opened", "missing"]


# What must hold
def _used_here(case: Case) -> Refused | None:
    """The study uses envelopes."""
    return None if case.profile.code_break.envelopes else Refused(Refusal.NOT_IN_PROFILE, "envelopes")


def _known(case: Case) -> Refused | None:
    """The participant is randomised."""
    arm = case.get(Kind.ARM, brought(case, "participant"))
    return Refused(Refusal.NOT_RANDOMISED) if arm is None or arm.state == VOIDED else None


def _none_yet(case: Case) -> Refused | None:
    """The participant has no envelope that still holds its secret."""
    participant = case.get(Kind.PARTICIPANT, brought(case, "participant"))
    other = case.get(Kind.ENVELOPE, participant.text("envelope")) if participant else None
    taken = other is not None and other.state in LIVE
    return Refused(Refusal.ALREADY_KNOWN, f"envelope {other.code}") if other and taken else None


def _intact(case: Case) -> Refused | None:
    """The envelope is where it belongs, and its seal is intact."""
    found = brought(case, "found")
    return None if found == "intact" else Refused(Refusal.ENVELOPE_NOT_INTACT, found)


# What follows
def _print(case: Case) -> Iterable[Item]:
    participant = case.get(Kind.PARTICIPANT, brought(case, "participant"))
    if participant is None:
        return
    yield participant.with_facts(envelope=case.item.code)
    envelope = new(Kind.ENVELOPE, case.item.code, "printed", parent=participant.code)
    yield envelope.with_facts(printed_at=case.times())


def _place(case: Case) -> Iterable[Item]:
    yield _due(case, case.moved(lies_in=brought(case, "place"), placed_at=case.times()))


def _check(case: Case) -> Iterable[Item]:
    yield _due(case, case.moved(found=brought(case, "found"), checked_at=case.times()))


def _due(case: Case, envelope: Item) -> Item:
    """The envelope, to be looked at again so many days from today."""
    days = timedelta(days=case.profile.code_break.envelope_check_days)
    return replace(envelope, due=(date.fromisoformat(case.today()) + days).isoformat())


def _open(case: Case) -> Iterable[Item]:
    yield replace(case.moved(opened_at=case.times()), due=None)
    yield from codebreak.broken(case)
    yield from codebreak.recorded(case, "envelope")


ENVELOPE = (
    decision(
        "envelope-print", {"new": "printed"}, (S,),
        "The participant's envelope was printed, to be sealed under this number.",
        evidence=Printed, rules=(_used_here, _known, _none_yet), effect=_print, reveals=True,
    ),
    decision(
        "envelope-place", each(LIVE, "placed"), (S, Q, D),
        "The sealed envelope was put in its place.", evidence=Placed, effect=_place,
    ),
    observation(
        "envelope-check", stay("placed"), (C, I, P, Q, S, D),
        "The envelope was looked at in its place.", evidence=Checked, rules=(_intact,), effect=_check,
    ),
    observation(
        "envelope-open", each(LIVE, "opened"), (I, D, C, P),
        "The envelope was opened and read.",
        evidence=codebreak.Requested, rules=(codebreak.requester_known,), effect=_open,
    ),
    decision(
        "envelope-retire", each((*LIVE, "opened"), "retired"), (S, Q, D),
        "The envelope was destroyed.",
        evidence=Reasoned, rules=(two_people,), effect=keep("reason", stamp="retired_at"),
    ),
)  # fmt: skip
