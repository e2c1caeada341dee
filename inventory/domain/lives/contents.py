"""What a kit holds: which vials were picked for it, and which product its arm calls for.

All of it is sealed: who can read this table's items may know an arm. A rule here that guards an open act
answers `not_available` and no more, and answers it for all kits in question at once; the reason stays sealed.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain.items import Item, Json, Kind, Shelf, new
from inventory.domain.lives import disposition, release, tasks
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.shape import brought, consequence, two_times
from inventory.domain.lives.states import BEFORE_PREPARED
from inventory.domain.lives.storage import box_at
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from inventory.domain.lives.row import Case
    from inventory.domain.profile import Profile


def product_of(case: Case, kit: Item) -> str | None:
    """The product this kit's participant is to get in this period; None where no arm is known."""
    arm = case.get(Kind.ARM, kit.parent)
    return case.profile.product_for(arm.text("arm"), kit.number("period")) if arm else None


def of_kit(case: Case, kit: str) -> Item | None:
    """What is held for a kit; None where nothing was picked for it, or all of that was voided."""
    held = case.get(Kind.CONTENTS, kit)
    return None if held is None or held.state == VOIDED else held


def vials_of(case: Case, kit: str) -> list[Item]:
    """The vials held for a kit now."""
    held = of_kit(case, kit)
    vials = [case.get(Kind.VIAL, code) for code in (held.texts("vials") if held else [])]
    return [vial for vial in vials if vial is not None]


def missing_of(case: Case, kit: Item) -> int:
    """How many vials are still to be picked for a kit."""
    return case.profile.kit.vials_per_kit - len(vials_of(case, kit.code))


def hold(case: Case, vial: str, kit: Item | None) -> Iterable[Item]:
    """The vial is held for the kit from now on; nothing where the kit is prepared, over, or has all its vials."""
    # From paper the pick may be told before the order or the go-ahead is, and it ties the vial all the same.
    if kit is None or kit.state not in BEFORE_PREPARED or missing_of(case, kit) <= 0:
        return
    held = of_kit(case, kit.code) or new(Kind.CONTENTS, kit.code, "gathering")
    yield held.with_facts(vials=[*held.texts("vials"), vial])
    yield new(Kind.HOLDER, vial, "held", kit=kit.code)


def let_go(case: Case, vial: str) -> Iterable[Item]:
    """The vial is held for no kit any more; nothing where it was held for none."""
    holder = case.get(Kind.HOLDER, vial)
    if holder is None or holder.state != "held":
        return
    held = of_kit(case, holder.text("kit"))
    if held is not None:
        rest = [code for code in held.texts("vials") if code != vial]
        yield held.with_facts(vials=list(rest), record=None)
    yield holder.moved("let_go")


def pick_list(case: Case, kit: Item) -> list[Item]:
    """The vials still to be taken for this kit, first expiring first; empty when it has all it needs."""
    product = product_of(case, kit)
    return list(islice(_fit(case, product), max(0, missing_of(case, kit)))) if product else []


def open_pick_list(case: Case) -> Iterable[Item]:
    """What the pick list shows is kept with the task: the vials to take, and those held for the kit already."""
    task = case.get(Kind.TASK, tasks.code_of(case.item.code, case.act.by))
    if task is None:
        return
    take = pick_list(case, case.item) if case.item.state == "called_for" else []
    held = [vial.code for vial in vials_of(case, case.item.code)]
    yield task.with_facts(opened_at=case.times(), take=[_line(case, vial) for vial in take], held=list(held))


def _line(case: Case, vial: Item) -> Json:
    lot = case.get(Kind.LOT, vial.parent)
    until = lot.due if lot else None
    return {"vial": vial.code, "position": vial.place, "lot": vial.parent, "expires_on": until}


def _fit(case: Case, product: str) -> Iterator[Item]:
    """Vials of the product that may be picked at this moment, first expiring first."""
    lots = [lot for lot in case.view.released_lots() if lot.text("product") == product]
    for lot in sorted(lots, key=lambda one: (one.due or "", one.code)):
        if release.usable(case, lot) is None:
            yield from (vial for vial in case.view.stored_vials(lot.code) if _in_reach(case, vial))


def _in_reach(case: Case, vial: Item) -> bool:
    """Whether the contents of the vial's box are not in question."""
    box = box_at(case, vial.place or "")
    return box is not None and box.state == "in_use"


def on_pick_list(case: Case) -> Refused | None:
    """The kit is called for and still needs a vial, and this is one that its pick list names."""
    kit = case.get(Kind.KIT, brought(case, "kit"))
    if kit is None or kit.state != "called_for":
        return Refused(Refusal.ORDER_NOT_LIVE)
    # Asked before anything that the list could tell: what it names is shown by opening it, which is an entry.
    if stranger := tasks.signed_on(case, kit):
        return stranger
    if missing_of(case, kit) <= 0:
        return Refused(Refusal.ENOUGH_VIALS)
    named = pick_list(case, kit)
    if not named:
        return Refused(Refusal.NO_VIAL_AVAILABLE)
    listed = case.item.code in {vial.code for vial in named}
    return None if listed else Refused(Refusal.NOT_ON_PICK_LIST)


def _held_for(case: Case) -> Item | None:
    """The kit that this vial is held for; None where it is held for none."""
    holder = case.get(Kind.HOLDER, case.item.code)
    return case.get(Kind.KIT, holder.text("kit")) if holder and holder.state == "held" else None


def _kit_meant(case: Case) -> Item | None:
    """The kit that is acted on, or that the vial acted on is picked or held for."""
    if case.item.kind is Kind.KIT:
        return case.item
    return case.get(Kind.KIT, brought(case, "kit")) or _held_for(case)


def held_for_live_order(case: Case) -> Refused | None:
    """The vial was picked for a kit that is still called for."""
    kit = _held_for(case)
    return None if kit is not None and kit.state == "called_for" else Refused(Refusal.ORDER_NOT_LIVE)


def product_as_planned(case: Case) -> Refused | None:
    """Every vial held for the kit is of the product that its participant is to get in its period."""
    kit = _kit_meant(case)
    if kit is None:
        return None
    # Without a detail: which vials the kit holds is told by its pick list.
    same = all(is_as_planned(case, kit, vial) for vial in vials_of(case, kit.code))
    return None if same else Refused(Refusal.VIAL_NOT_AS_PLANNED)


def use_by(case: Case, kit: Item) -> str:
    """The kit's use-by: from the go-ahead, or from the earliest thaw should one count as earlier still."""
    # The public use-by may not tell when the vials in the kit were thawed: a vial that failed and was replaced
    # would show as a later one. No thaw for a kit is allowed before its go-ahead, so this is never too late.
    limits = case.profile.limits
    begun = [two_times(vial.facts, "thaw_at") for vial in vials_of(case, kit.code)]
    starts = [start for start in (two_times(kit.facts, "called_at"), *begun) if start]
    ends = [clocks.use_by(*start, limits.use_by_minutes, limits.use_by_step_minutes) for start in starts]
    return clocks.format_instant(min(ends, default=case.now))


def use_by_in_reach(case: Case) -> Refused | None:
    """The kit's use-by has not passed already."""
    kit = _kit_meant(case)
    # Before the go-ahead there is none.
    if kit is None or "called_at" not in kit.facts:
        return None
    passed = clocks.past(clocks.parse_instant(use_by(case, kit)), case.act.occurred_at, case.now)
    return Refused(Refusal.USE_BY_PASSED) if passed else None


def is_as_planned(case: Case, kit: Item, vial: Item) -> bool:
    """Whether the vial is of the product that the kit's participant is to get in its period."""
    lot = case.get(Kind.LOT, vial.parent)
    return lot is not None and lot.text("product") == product_of(case, kit)


def _held_back(case: Case, kits: list[Item]) -> bool:
    """Whether a vial that went into one of the kits, or its lot, is held back at this moment."""
    # Every vial is asked about, whatever was found before: where the asking ends would tell by the clock which it was.
    found = [_is_held_back(case, vial) for kit in kits for vial in vials_of(case, kit.code)]
    return any(found)


def _is_held_back(case: Case, vial: Item) -> bool:
    good, refused = disposition.usable(vial.facts), release.usable(case, case.get(Kind.LOT, vial.parent))
    return not good or refused is not None


def available(case: Case) -> Refused | None:
    """Nothing that this kit, or any other kit in date with it, holds is held back. Says no more than that."""
    kit = case.get(Kind.KIT, case.item.parent) if case.item.kind is Kind.SYRINGE else case.item
    if kit is None:
        return None
    together = in_date_together(case)
    # One of a disclosed period is known to hold what it holds: going on while the others wait, it would tell of them.
    known = together if kit.shelf is Shelf.OPEN else [*together, *_in_date(case, kit)]
    # Nothing is said of a kit that is not among them, which other rules stop anyway.
    if kit.code not in {one.code for one in known}:
        return None
    return Refused(Refusal.NOT_AVAILABLE) if _held_back(case, known) else None


def _in_date(case: Case, kit: Item) -> list[Item]:
    return [kit] if kit.due and kit.due >= clocks.format_instant(case.now) else []


def in_date_together(case: Case) -> list[Item]:
    """Every kit of the open log in date, and every one that was in date together with one of these, and so on.

    They pause as one and go on as one. A kit paused alone would tell whoever sees two kits that they differ; and so
    would one that were left out while others wait still, because it was given or withdrawn or its use-by passed:
    whether they go on then would tell that it was the one.
    """
    since = case.now
    while True:
        since = looking_back_to(since, case.profile)
        start = clocks.format_instant(since)
        found, begun = _reached(case.view.kits_in_date(start), clocks.format_instant(case.now))
        if begun >= start:
            return found


def looking_back_to(at: datetime, profile: Profile) -> datetime:
    """From when on the use-bys lie of kits that were in date together with one that is in date at that instant."""
    return at - timedelta(minutes=profile.limits.use_by_minutes)


def _reached(known: list[Item], edge: str) -> tuple[list[Item], str]:
    """Of these kits, those in date at that instant or together with one that is; and when the first was prepared."""
    found = []
    for kit in sorted(known, key=lambda one: one.due or "", reverse=True):
        if (kit.due or "") < edge:
            break
        found.append(kit)
        edge = min([edge, *kit.texts("prepared_at")])
    return found, edge


def paused(case: Case) -> list[Item]:
    """The kits that are paused together at this moment; none where nothing that they hold is held back."""
    together = in_date_together(case)
    return together if _held_back(case, together) else []


def none_paused(case: Case) -> Refused | None:
    """No kits are paused: which ones the laboratory goes on releasing would tell what those hold."""
    return Refused(Refusal.KITS_PAUSED) if paused(case) else None


SEALED = (
    consequence("contents-gather", {"new": "gathering"}, "Vials are being gathered for a kit."),
    consequence("contents-seal", {"gathering": "prepared"}, "The kit's contents are settled."),
    consequence("holder-hold", {"new": "held", "let_go": "held"}, "The vial is held for a kit."),
    consequence("holder-let-go", {"held": "let_go"}, "The vial is held for no kit."),
)
