"""The life of a donor, known by a code: what the determination of eligibility said (21 CFR 1271.50)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from inventory.domain import origin
from inventory.domain.evidence import Evidence, Line, PastDay
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import alert, lookback, states
from inventory.domain.lives.shape import brought, decision, each, told
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


def _unless_incomplete(given: str | None, told: ValidationInfo) -> str | None:
    if given is None and told.data.get("eligibility") in {"eligible", "ineligible"}:
        raise ValueError("is needed unless the determination is incomplete.")
    return given


def _unless_eligible(given: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
    if not given and told.data.get("eligibility") in {"ineligible", "incomplete"}:
        raise ValueError("is needed for a donor who is not eligible.")
    return given


NeededToDetermine = (Field(validate_default=True), AfterValidator(_unless_incomplete))


class DonorDetermined(Evidence):
    """A determination of donor eligibility, with what 21 CFR 1271.60 or .65 puts on the label."""

    eligibility: Literal["eligible", "ineligible", "incomplete"]
    determined_on: Annotated[PastDay | None, *NeededToDetermine] = None
    determined_by: Annotated[Line | None, *NeededToDetermine] = None
    label_statements: Annotated[
        tuple[Line, ...], Field(validate_default=True), AfterValidator(_unless_eligible)
    ] = ()


def _code_fits(case: Case) -> Refused | None:
    """The donor's code is of capital letters, digits and single hyphens with a digit among them: no name."""
    fits = re.fullmatch(origin.DONOR_CODE, case.item.code)
    return None if fits else Refused(Refusal.CODE_NOT_FIT, origin.NO_DONOR_CODE.removesuffix("."))


def _determined(case: Case) -> Iterable[Item]:
    donor = new(Kind.DONOR, case.item.code, brought(case, "eligibility"))
    yield donor.with_facts(**told(case, "eligibility"))
    if donor.state != "eligible":
        yield from alert.raised(case, donor, lookback.forward(case.view, donor))


DONOR = (
    decision(
        "donor-register", {"new": states.DONOR}, (Q, T),
        "The donor's eligibility determination was entered.",
        evidence=DonorDetermined, rules=(_code_fits,), effect=_determined,
    ),
    decision(
        "donor-redetermine", each(states.DONOR, states.DONOR), (Q,),
        "The donor's eligibility was determined anew.",
        evidence=DonorDetermined, effect=_determined,
    ),
    alert.look_back(Kind.DONOR, states.DONOR),
)  # fmt: skip
