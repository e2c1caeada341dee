"""The life of a temperature excursion: opened on a place, assessed for everything that lay there meanwhile.

A logger's file comes after the fact. So what is touched is what was in the place during the excursion, wherever
it is now: in another tank, in somebody's hand, or in a kit, which then pauses with all others in use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from inventory.domain import clocks
from inventory.domain.evidence import Code, Digest, Evidence, Line, Millicelsius, PastWhen, not_before
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import alert, disposition, touching
from inventory.domain.lives.shape import brought, decision, observation, told
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class ExcursionOpened(Evidence):
    """A temperature excursion of a place: from when to when, and how warm."""

    place: Code
    logger: Code
    started_at: PastWhen
    ended_at: Annotated[PastWhen, not_before("started_at")]
    warmest_millicelsius: Millicelsius
    readings: Digest


class ExcursionAssessed(Evidence):
    """The assessed disposition of what lay there."""

    disposition: Literal["usable", "rejected"]
    reason: Line


def _place_known(case: Case) -> Refused | None:
    """The place, or the box, is known."""
    code = brought(case, "place")
    known = case.get(Kind.PLACE, code) or case.get(Kind.BOX, code)
    return None if known else Refused(Refusal.POSITION_UNKNOWN, code)


def _open(case: Case) -> Iterable[Item]:
    zone, place = case.profile.site.time_zone, brought(case, "place")
    start = clocks.first_instant(brought(case, "started_at"), zone)
    vials = touching.lay_in(case, place, start, clocks.last_instant(brought(case, "ended_at"), zone))
    excursion = new(Kind.EXCURSION, case.item.code, "open", parent=place, vials=[v.code for v in vials])
    yield excursion.with_facts(**told(case, "place"))
    for vial in vials:
        yield disposition.touched(vial, excursion.code)
    yield from alert.raised(case, excursion, touching.reached(case, vials))


def _assess(case: Case) -> Iterable[Item]:
    verdict = brought(case, "disposition")
    yield case.moved(disposition=verdict, reason=brought(case, "reason"))
    vials = [vial for code in case.item.texts("vials") if (vial := case.get(Kind.VIAL, code)) is not None]
    for vial in vials:
        if case.item.code in vial.texts("excursions"):
            yield disposition.assessed(vial, case.item.code, verdict)
    if verdict == "rejected":
        yield from alert.raised(case, case.item, touching.reached(case, vials))


EXCURSION = (
    observation(
        "excursion-open", {"new": "open"}, (T, Q),
        "The place was warmer than allowed; what lay there meanwhile is in quarantine, wherever it is now.",
        evidence=ExcursionOpened, rules=(_place_known,), effect=_open,
    ),
    decision(
        "excursion-assess", {"open": "assessed"}, (Q,),
        "The excursion was assessed and what lay there given its disposition.",
        evidence=ExcursionAssessed, effect=_assess,
    ),
)  # fmt: skip
