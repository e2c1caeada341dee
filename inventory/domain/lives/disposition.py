"""A vial's own disposition: usable, in quarantine, or rejected for good, beside what its lot allows.

Rules this module keeps:
- Rejected stays rejected; whatever else befalls the vial, nothing makes it usable again.
- What an excursion put in quarantine is usable again only when every excursion that touched the vial was
  assessed so; what was put there for another reason stays until quality assurance lifts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.domain.lives.row import Case


def quarantined(vial: Item, by: str) -> Item:
    """The vial in quarantine, for that cause: `person`, `receipt` or `found`."""
    if vial.text("disposition") == "rejected":
        return vial
    return vial.with_facts(disposition="quarantined", quarantined_by=by)


def cleared(vial: Item) -> Item:
    """The vial out of quarantine, unless it is rejected."""
    if vial.text("disposition") == "rejected":
        return vial
    return vial.with_facts(disposition="usable", quarantined_by=None)


def touched(vial: Item, excursion: str) -> Item:
    """The vial while an excursion that touched it is open."""
    marked = vial.with_facts(excursions=[*vial.texts("excursions"), excursion])
    return quarantined(marked, "excursion") if vial.text("disposition") == "usable" else marked


def assessed(vial: Item, excursion: str, disposition: str) -> Item:
    """The vial after that excursion was assessed."""
    rest = [code for code in vial.texts("excursions") if code != excursion]
    after = vial.with_facts(excursions=list(rest) or None)
    if disposition == "rejected":
        return after.with_facts(disposition="rejected")
    return after if rest or vial.text("quarantined_by") != "excursion" else cleared(after)


def is_usable(case: Case) -> Refused | None:
    """The vial itself is neither in quarantine nor rejected."""
    match case.item.text("disposition"):
        case "usable":
            return None
        case "rejected":
            return Refused(Refusal.VIAL_REJECTED)
    return Refused(Refusal.VIAL_QUARANTINED)


def not_rejected(case: Case) -> Refused | None:
    """The vial is not rejected."""
    return Refused(Refusal.VIAL_REJECTED) if case.item.text("disposition") == "rejected" else None


def in_quarantine(case: Case) -> Refused | None:
    """There is a quarantine to lift."""
    if case.item.text("disposition") == "usable":
        return Refused(Refusal.NOT_IN_QUARANTINE)
    return None


def excursions_assessed(case: Case) -> Refused | None:
    """Every excursion that touched the vial is assessed."""
    waiting = case.item.texts("excursions")
    return Refused(Refusal.EXCURSION_OPEN, ", ".join(waiting)) if waiting else None
