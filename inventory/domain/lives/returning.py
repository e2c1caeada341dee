"""What comes back of a kit, whether it adds up, and how it is destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain.evidence import Code, Evidence, Microlitres, Shape
from inventory.domain.items import Item
from inventory.domain.lives.explaining import VOLUME
from inventory.domain.lives.ordering import syringes_of
from inventory.domain.lives.shape import brought, field
from inventory.domain.lives.states import SYRINGE_OVER
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Json
    from inventory.domain.lives.row import Case


class Remainder(Shape):
    """What one syringe came back with, and what of it is known to be spilled or wasted."""

    syringe: Code
    remainder_ul: Microlitres
    spilled_ul: Microlitres = 0


class Returned(Evidence):
    """Everything that came back, syringe by syringe."""

    remainders: tuple[Remainder, ...] = Field(max_length=20)


class Difference(Shape):
    """Why the volumes of one syringe do not add up; unknown and swapped are deviations, and to be explained."""

    syringe: Code
    reason: Literal["residual_in_needle", "measuring", "swapped", "unknown"]


class Reconciled(Evidence):
    """The balance of a kit: a reason for each syringe that is off by more than the study's tolerance."""

    differences: tuple[Difference, ...] = Field(default=(), max_length=20)


class Destroyed(Evidence):
    """A destruction before a witness."""

    method: Literal["autoclave", "incineration", "chemical"]


def every_syringe_back(case: Case) -> Refused | None:
    """Each syringe of the kit is named once."""
    back = [one.syringe for one in field(case, "remainders", tuple)]
    own = case.item.texts("syringes")
    missing = [f"{code} is missing" for code in own if code not in back]
    found = [*missing, *_misnamed(case, back)]
    return Refused(Refusal.COUNT_DIFFERS, ", ".join(found)) if found else None


def _misnamed(case: Case, named: list[str]) -> list[str]:
    """What is wrong with each syringe that is named twice, or is not of the kit."""
    own = case.item.texts("syringes")
    twice = [f"{code} is named twice" for code in own if named.count(code) > 1]
    return [*twice, *(f"{code} is not of this kit" for code in dict.fromkeys(named) if code not in own)]


def no_more_than_was_left(case: Case) -> Refused | None:
    """No syringe comes back with more than was filled and not given, within the study's tolerance."""
    held = {syringe.code: syringe for syringe in syringes_of(case, case.item)}
    for one in field(case, "remainders", tuple):
        syringe = held.get(one.syringe)
        if syringe and one.remainder_ul + one.spilled_ul > _left_in(syringe) + _tolerance(case):
            return Refused(Refusal.VOLUME_DIFFERS, one.syringe)
    return None


def _left_in(syringe: Item) -> int:
    # An injection of more than was filled is recorded as told: then nothing can be left, and not less.
    return max(0, syringe.number("filled_ul") - syringe.number("given_ul"))


def _tolerance(case: Case) -> int:
    return case.profile.limits.volume_tolerance_microlitres


def balance_ul(syringe: Item) -> int:
    """Microlitres filled less given, come back and spilled: what this syringe cannot account for."""
    gone = sum(syringe.number(name) for name in ("given_ul", "remainder_ul", "spilled_ul"))
    return syringe.number("filled_ul") - gone


def beyond(balance_ul: int, tolerance_ul: int) -> bool:
    """Whether more is missing, or more is there, than measuring alone explains; both in microlitres."""
    return abs(balance_ul) > tolerance_ul


def _off(case: Case) -> dict[str, int]:
    """The balance of each syringe that is off by more than the tolerance: a sum would hide two swapped ones."""
    balances = {syringe.code: balance_ul(syringe) for syringe in syringes_of(case, case.item)}
    return {code: balance for code, balance in balances.items() if beyond(balance, _tolerance(case))}


def _reasons(case: Case) -> dict[str, str]:
    return {one.syringe: one.reason for one in field(case, "differences", tuple)}


def differences_told(case: Case) -> Refused | None:
    """Each syringe's volumes add up within the tolerance, or their difference has one reason."""
    named = [one.syringe for one in field(case, "differences", tuple)]
    untold = [f"{code}: {balance} microlitres" for code, balance in _off(case).items() if code not in named]
    found = [*untold, *_misnamed(case, named)]
    return Refused(Refusal.COUNT_DIFFERS, ", ".join(found)) if found else None


def nothing_unaccounted(case: Case) -> Refused | None:
    """No volume is missing or in the wrong syringe."""
    told = _reasons(case)
    found = [
        f"{code}: {off} microlitres" for code, off in _off(case).items() if told.get(code) in UNACCOUNTED
    ]
    return Refused(Refusal.VOLUME_UNACCOUNTED, ", ".join(found)) if found else None


def all_explained(case: Case) -> Refused | None:
    """Nothing of its syringes waits to be explained: what could show it is still there."""
    waiting = [
        f"{syringe.code}: {', '.join(marks).replace('_', ' ')}"
        for syringe in syringes_of(case, case.item)
        if (marks := syringe.texts("to_explain"))
    ]
    return Refused(Refusal.NOT_EXPLAINED, "; ".join(waiting)) if waiting else None


UNACCOUNTED = frozenset({"swapped", "unknown"})


def take_back(case: Case) -> Iterable[Item]:
    """Kit and syringes are back, each syringe with what was left in it."""
    yield case.moved(returned_at=case.times(), custodian=case.act.by)
    back = {one.syringe: one for one in field(case, "remainders", tuple)}
    for syringe in syringes_of(case, case.item):
        if syringe.state in SYRINGE_OVER:
            left = back.get(syringe.code)
            told = {"remainder_ul": left.remainder_ul, "spilled_ul": left.spilled_ul} if left else {}
            yield syringe.moved("returned").with_facts(**told)


def reconcile(case: Case) -> Iterable[Item]:
    """The kit with its balance, and each syringe with its own where it does not add up."""
    syringes, told = syringes_of(case, case.item), _reasons(case)
    yield case.moved(reconciled_at=case.times(), difference_ul=sum(map(balance_ul, syringes)))
    for syringe in syringes:
        if balance_ul(syringe):
            yield _balanced(case, syringe, told.get(syringe.code))


def balance_anew(case: Case, kit: Item, syringe: Item) -> Iterable[Item]:
    """A reconciled kit and its syringe of which something was told since: no reason was told for what it lacks now."""
    syringes = [syringe if one.code == syringe.code else one for one in syringes_of(case, kit)]
    yield kit.with_facts(difference_ul=sum(map(balance_ul, syringes)))
    yield _balanced(case, syringe, None).with_facts(difference_cause=None, difference_explained_at=None)


def _balanced(case: Case, syringe: Item, reason: str | None) -> Item:
    """The syringe with its difference and the reason told for it; where that accounts for nothing, it waits."""
    off, accounted = balance_ul(syringe), reason is not None and reason not in UNACCOUNTED
    marks: list[Json] = [mark for mark in syringe.texts("to_explain") if mark != VOLUME]
    if beyond(off, _tolerance(case)) and not accounted:
        marks.append(VOLUME)
    return syringe.with_facts(difference_ul=off or None, difference_reason=reason, to_explain=marks or None)


def destroy(case: Case) -> Iterable[Item]:
    """Kit and syringes are destroyed."""
    yield case.moved(destroyed_at=case.times(), method=brought(case, "method"))
    for syringe in syringes_of(case, case.item):
        if syringe.state == "returned":
            yield syringe.moved("destroyed")
