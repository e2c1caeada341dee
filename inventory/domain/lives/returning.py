"""What comes back of a kit, whether it adds up, and how it is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain.evidence import Code, Evidence, Microlitres, Shape
from inventory.domain.items import Item
from inventory.domain.lives.ordering import syringes_of
from inventory.domain.lives.shape import brought, field
from inventory.domain.lives.states import SYRINGE_OVER
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class Remainder(Shape):
    """What one syringe came back with."""

    syringe: Code
    remainder_ul: Microlitres


class Returned(Evidence):
    """Everything that came back, syringe by syringe."""

    remainders: tuple[Remainder, ...] = Field(max_length=20)


class Reconciled(Evidence):
    """The balance of a kit; a difference needs its reason."""

    difference_reason: Literal["spilled", "residual_in_needle", "measuring", "unknown"] | None = None


class Destroyed(Evidence):
    """A destruction before a witness."""

    method: Literal["autoclave", "incineration", "chemical"]


def every_syringe_back(case: Case) -> Refused | None:
    """Each syringe of the kit is named once."""
    back = [one.syringe for one in field(case, "remainders", tuple)]
    known = [syringe.code for syringe in syringes_of(case, case.item)]
    return (
        Refused(Refusal.COUNT_DIFFERS, f"{len(back)} of {len(known)}")
        if sorted(back) != sorted(known)
        else None
    )


def no_more_than_was_left(case: Case) -> Refused | None:
    """No syringe comes back with more than was filled and not given."""
    held = {syringe.code: syringe for syringe in syringes_of(case, case.item)}
    for one in field(case, "remainders", tuple):
        syringe = held.get(one.syringe)
        if syringe and one.remainder_ul > _left_in(syringe):
            return Refused(Refusal.VOLUME_DIFFERS, one.syringe)
    return None


def _left_in(syringe: Item) -> int:
    # An injection of more than was filled is recorded as told: then nothing can be left, and not less.
    return max(0, syringe.number("filled_ul") - syringe.number("given_ul"))


def balance_ul(case: Case, kit: Item) -> int:
    """Microlitres filled less given less come back: what the kit cannot account for."""
    return sum(
        syringe.number("filled_ul") - syringe.number("given_ul") - syringe.number("remainder_ul")
        for syringe in syringes_of(case, kit)
    )


def balanced(case: Case) -> Refused | None:
    """Filled, given and come back add up, or the difference has a reason."""
    left = balance_ul(case, case.item)
    if left and not brought(case, "difference_reason"):
        return Refused(Refusal.COUNT_DIFFERS, f"{left} microlitres are unaccounted for")
    return None


def take_back(case: Case) -> Iterable[Item]:
    """Kit and syringes are back, each syringe with what was left in it."""
    yield case.moved(returned_at=case.times(), custodian=case.act.by)
    back = {one.syringe: one.remainder_ul for one in field(case, "remainders", tuple)}
    for syringe in syringes_of(case, case.item):
        if syringe.state in SYRINGE_OVER:
            yield syringe.moved("returned").with_facts(remainder_ul=back.get(syringe.code, 0))


def reconcile(case: Case) -> Iterable[Item]:
    """The kit with its balance."""
    yield case.moved(
        reconciled_at=case.times(),
        difference_ul=balance_ul(case, case.item),
        difference_reason=brought(case, "difference_reason") or None,
    )


def destroy(case: Case) -> Iterable[Item]:
    """Kit and syringes are destroyed."""
    yield case.moved(destroyed_at=case.times(), method=brought(case, "method"))
    for syringe in syringes_of(case, case.item):
        if syringe.state == "returned":
            yield syringe.moved("destroyed")
