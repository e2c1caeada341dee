"""How a kit is prepared, on the same form for every product, and when it may leave the laboratory.

The record and what it says of the product are vault entries; the open log has only that the kit was prepared,
at a time that is the same for every kit, with its use-by (21 CFR 211.188, 1271.270).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain import canonical, clocks
from inventory.domain.evidence import Cells, Code, Day, Evidence, Microlitres, Permille, Shape
from inventory.domain.identifiers import numbers
from inventory.domain.items import Item, Json, Kind, Shelf, new
from inventory.domain.lives import disposition, release, supply, tasks
from inventory.domain.lives.contents import (
    is_as_planned,
    none_paused,
    of_kit,
    product_as_planned,
    product_of,
    use_by,
    use_by_in_reach,
    vials_of,
)
from inventory.domain.lives.shape import field, told, two_times
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.domain.lives.row import Case
    from inventory.domain.profile.conduct import Limits


class Consumable(Shape):
    """A diluent or consumable with its own lot."""

    name: Code
    lot_number: Code
    expires_on: Day


class PreparationRecord(Evidence):
    """What was done with the thawed vials."""

    count: Cells | None = None
    viability_permille: Permille | None = None
    inspection: Literal["pass", "fail"]
    diluent: Consumable
    consumables: tuple[Consumable, ...] = ()
    device: Code
    counter: Code | None = None


class Prepared(Evidence):
    """The syringes filled: one volume a joint, in the order's sequence."""

    volumes_ul: tuple[Microlitres, ...] = Field(min_length=1, max_length=20)
    sleeve: Literal["opaque"]


def _record_of(case: Case) -> Mapping[str, Json] | None:
    held = of_kit(case, case.item.code)
    record = held.facts.get("record") if held else None
    return record if isinstance(record, dict) else None


def all_thawed(case: Case) -> Refused | None:
    """Every vial the kit needs is held and thawed."""
    vials = vials_of(case, case.item.code)
    thawed = sum(vial.state == "thawed" for vial in vials)
    if thawed < case.profile.kit.vials_per_kit or thawed < len(vials):
        return Refused(Refusal.VIALS_MISSING, f"{thawed} thawed")
    return None


def consumables_in_date(case: Case) -> Refused | None:
    """Diluent and consumables are within their expiry dates."""
    used = [field(case, "diluent", Consumable), *field(case, "consumables", tuple)]
    expired = [one.name for one in used if one.expires_on < case.today()]
    return Refused(Refusal.CONSUMABLE_EXPIRED, ", ".join(expired)) if expired else None


def vials_usable(case: Case) -> Refused | None:
    """No vial of the kit is in quarantine or rejected."""
    # Without a detail: which vials the kit holds is told by its pick list.
    usable = [disposition.usable(vial.facts) for vial in vials_of(case, case.item.code)]
    return None if all(usable) else Refused(Refusal.VIAL_QUARANTINED)


def lots_usable(case: Case) -> Refused | None:
    """The lot of each vial is released, in date and not held back."""
    for vial in vials_of(case, case.item.code):
        refused = release.usable(case, case.get(Kind.LOT, vial.parent))
        if refused:
            return refused
    return None


def recorded(case: Case) -> Refused | None:
    """The preparation record exists."""
    return None if _record_of(case) else Refused(Refusal.PREPARATION_NOT_RECORDED)


def inspected(case: Case) -> Refused | None:
    """What is recorded of the visual inspection is that it passed."""
    record = _record_of(case)
    return Refused(Refusal.INSPECTION_FAILED) if record and record.get("inspection") != "pass" else None


def viable(case: Case) -> Refused | None:
    """What is recorded of the viability reaches the limit, for a product that has one."""
    limit = case.profile.viability_minimum(product_of(case, case.item) or "")
    record = _record_of(case)
    short = below_minimum(limit, record.get("viability_permille")) if record else None
    return Refused(Refusal.VIABILITY_BELOW_LIMIT, short) if short else None


def below_minimum(limit: int | None, seen: Json) -> str | None:
    """In which way a viability in permille does not reach the limit; None where it does, or there is no limit."""
    if limit is None:
        return None
    if not isinstance(seen, int):
        return "it was not counted"
    return f"{seen} of {limit} permille" if seen < limit else None


def ready(case: Case) -> Refused | None:
    """The waiting time from the go-ahead has passed, which is the same for every kit."""
    at = ready_at(case.item.facts, case.profile.limits)
    if at and min(case.act.occurred_at, case.now) < at:
        return Refused(
            Refusal.NOT_READY_YET, f"{case.profile.limits.ready_after_minutes} minutes after the go-ahead"
        )
    return None


def ready_at(kit: Mapping[str, Json], limits: Limits) -> datetime | None:
    """From when on the laboratory may release a kit with these facts; None before the go-ahead."""
    called = two_times(kit, "called_at")
    return max(called) + timedelta(minutes=limits.ready_after_minutes) if called else None


def one_volume_a_joint(case: Case) -> Refused | None:
    """One filled syringe for each joint."""
    volumes, joints = field(case, "volumes_ul", tuple), case.item.texts("joints")
    if len(volumes) != len(joints) or 0 in volumes:
        return Refused(Refusal.COUNT_DIFFERS, f"{len(volumes)} syringes for {len(joints)} joints")
    return None


def as_dosed(case: Case) -> Refused | None:
    """Each filled syringe holds the study's dose, within the tolerance of its volumes."""
    dose, tolerance = case.profile.kit.dose_microlitres, case.profile.limits.volume_tolerance_microlitres
    off = [volume for volume in field(case, "volumes_ul", tuple) if volume and abs(volume - dose) > tolerance]
    told = f"{', '.join(map(str, off))} where the dose is {dose} microlitres, give or take {tolerance}"
    return Refused(Refusal.VOLUME_DIFFERS, told) if off else None


def no_more_than_the_vials_held(case: Case) -> Refused | None:
    """The syringes hold no more than the vials did."""
    vials = vials_of(case, case.item.code)
    held, drawn = sum(vial.number("volume_ul") for vial in vials), sum(field(case, "volumes_ul", tuple))
    # Where none is held, that is what is refused.
    return (
        Refused(Refusal.VOLUME_DIFFERS, f"{drawn} of {held} microlitres") if vials and drawn > held else None
    )


def record(case: Case) -> Iterable[Item]:
    """Keep the preparation record with the contents; one that failed stands until it is voided or its vial wasted."""
    if inspected(case) or viable(case):
        return
    held = of_kit(case, case.item.code) or new(Kind.CONTENTS, case.item.code, "gathering", vials=[])
    yield held.with_facts(record={**told(case), "at": case.times()})


def prepare(case: Case) -> Iterable[Item]:
    """The kit with its use-by, its syringes, and the vials consumed into them."""
    kit, end = case.item, use_by(case, case.item)
    joints, volumes = kit.texts("joints"), field(case, "volumes_ul", tuple)
    codes = [numbers.syringe_code(kit.code, ordinal) for ordinal in range(1, len(volumes) + 1)]
    prepared = case.moved(prepared_at=case.times(), syringes=list(codes), custodian=case.act.by)
    yield replace(prepared, due=end).with_facts(contents=_commitment(case).hex())
    for code, joint, filled in zip(codes, joints, volumes, strict=True):
        syringe = new(Kind.SYRINGE, code, "filled", shelf=kit.shelf, parent=kit.code, due=end)
        yield syringe.with_facts(joint=joint, filled_ul=filled)
    yield from _consume(case, sum(volumes))
    if kit.shelf is Shelf.OPEN:
        yield from supply.draw(case, kit.number("period"))


def _commitment(case: Case) -> bytes:
    """What binds the kit to its vials and its preparation record until they are opened at unblinding."""
    held = of_kit(case, case.item.code)
    told = [held.texts("vials"), held.facts.get("record")] if held else []
    # An owner of its own for each preparation: two commitments for one owner tell whether their values differ.
    owner = f"{case.item.code} {clocks.format_instant(case.now)}"
    return case.view.commit("contents", owner, canonical.encode(told))


def _consume(case: Case, drawn_ul: int) -> Iterable[Item]:
    for vial in vials_of(case, case.item.code):
        if vial.state == "thawed":
            spent = vial.moved("consumed").with_facts(consumed_at=case.times())
            # Only paper can tell of a wrong one that went into a kit: rejected, it holds that kit back from then on.
            right = is_as_planned(case, case.item, vial)
            yield spent if right else spent.with_facts(disposition="rejected")
    held = of_kit(case, case.item.code)
    if held is not None:
        yield held.moved("prepared").with_facts(volume_ul=drawn_ul)


PREPARED_BY = (
    tasks.signed_on, all_thawed, product_as_planned, vials_usable, lots_usable, recorded, inspected, viable, ready,
    use_by_in_reach, none_paused, one_volume_a_joint, as_dosed, no_more_than_the_vials_held,
)  # fmt: skip
"""What must hold for a kit to be released by the laboratory."""
