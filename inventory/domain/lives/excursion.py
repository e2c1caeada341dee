"""The life of a temperature excursion: opened on a place, assessed for everything that lay there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from inventory.domain.evidence import Code, Digest, Evidence, Line, Millicelsius, When
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import alert, disposition, lookback
from inventory.domain.lives.shape import brought, decision, observation, told
from inventory.domain.roles import Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class ExcursionOpened(Evidence):
    """A temperature excursion of a place: from when to when, and how warm."""

    place: Code
    logger: Code
    started_at: When
    ended_at: When
    warmest_millicelsius: Millicelsius
    readings: Digest


class ExcursionAssessed(Evidence):
    """The assessed disposition of what lay there."""

    disposition: Literal["usable", "rejected"]
    reason: Line


def _open(case: Case) -> Iterable[Item]:
    vials = case.view.within(brought(case, "place"))
    excursion = new(
        Kind.EXCURSION, case.item.code, "open", parent=brought(case, "place"), vials=[v.code for v in vials]
    )
    yield excursion.with_facts(**told(case, "place"))
    for vial in vials:
        yield disposition.touched(vial, excursion.code)
    yield from alert.raised(case, excursion, _given(case, vials))


def _given(case: Case, vials: Iterable[Item]) -> list[lookback.Link]:
    return [link for vial in vials for link in lookback.forward(case.view, vial)]


def _assess(case: Case) -> Iterable[Item]:
    verdict = brought(case, "disposition")
    yield case.moved(disposition=verdict, reason=brought(case, "reason"))
    for code in case.item.texts("vials"):
        vial = case.get(Kind.VIAL, code)
        if vial is not None and case.item.code in vial.texts("excursions"):
            yield disposition.assessed(vial, case.item.code, verdict)


EXCURSION = (
    observation(
        "excursion-open", {"new": "open"}, (T, Q),
        "The place was warmer than allowed; what lies there is in quarantine.",
        evidence=ExcursionOpened, effect=_open,
    ),
    decision(
        "excursion-assess", {"open": "assessed"}, (Q,),
        "The excursion was assessed and what lay there given its disposition.",
        evidence=ExcursionAssessed, effect=_assess,
    ),
)  # fmt: skip
