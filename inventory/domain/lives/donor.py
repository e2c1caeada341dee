"""The life of a donor, known by a code: what the determination of eligibility said (21 CFR 1271.50)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from inventory.domain.evidence import Day, Evidence, Line
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import alert, lookback, states
from inventory.domain.lives.shape import brought, decision, each, told
from inventory.domain.roles import Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class DonorDetermined(Evidence):
    """A determination of donor eligibility."""

    eligibility: Literal["eligible", "ineligible", "incomplete"]
    determined_on: Day | None = None
    determined_by: Line | None = None
    label_statements: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _determined_by_somebody(self) -> Self:
        if self.eligibility != "incomplete" and (self.determined_on is None or self.determined_by is None):
            raise ValueError("determined_on and determined_by are needed unless it is incomplete")
        return self


def _determined(case: Case) -> Iterable[Item]:
    donor = new(Kind.DONOR, case.item.code, brought(case, "eligibility"))
    yield donor.with_facts(**told(case, "eligibility"))
    if donor.state != "eligible":
        yield from alert.raised(case, donor, lookback.forward(case.view, donor))


DONOR = (
    decision(
        "donor-register", {"new": states.DONOR}, (Q, T),
        "The donor's eligibility determination was entered.",
        evidence=DonorDetermined, effect=_determined,
    ),
    decision(
        "donor-redetermine", each(states.DONOR, states.DONOR), (Q,),
        "The donor's eligibility was determined anew.",
        evidence=DonorDetermined, effect=_determined,
    ),
    alert.look_back(Kind.DONOR, states.DONOR),
)  # fmt: skip
