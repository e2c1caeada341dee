"""A vial's own disposition: usable, in quarantine, or rejected for good, beside what its lot allows.

Rules this module keeps:
- Rejected stays rejected; whatever else befalls the vial, nothing makes it usable again.
- What an excursion put in quarantine is usable again only when every excursion that touched the vial was
  assessed so; what was put there for another reason stays until quality assurance lifts it.
- A vial that came back with its time out of storage used up is rejected: a thaw would be refused, whenever it began.
- Whether a vial is usable is asked of `standing` alone. The fact `disposition` by itself does not tell: a void
  that takes back a quarantine leaves the excursion that touched the vial meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case


def standing(facts: Mapping[str, Json]) -> str:
    """How a vial of these facts stands: in quarantine, too, while an excursion that touched it is not assessed so."""
    if "time_out_used_up" in facts:
        return "rejected"
    own = str(facts.get("disposition", ""))
    return "quarantined" if own == "usable" and facts.get("excursions") else own


def usable(facts: Mapping[str, Json]) -> bool:
    """Whether a vial of these facts is usable itself, whatever its lot allows."""
    return standing(facts) == "usable"


def quarantined(vial: Item, by: str) -> Item:
    """The vial in quarantine, for that cause: `person`, `receipt`, `shipment`, `found` or `excursion`."""
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
    return quarantined(marked, "excursion") if usable(vial.facts) else marked


def assessed(vial: Item, excursion: str, disposition: str) -> Item:
    """The vial after that excursion was assessed; one that rejects it stays among its excursions."""
    if disposition == "rejected":
        return vial.with_facts(disposition="rejected")
    rest = [code for code in vial.texts("excursions") if code != excursion]
    after = vial.with_facts(excursions=list(rest) or None)
    return after if rest or vial.text("quarantined_by") != "excursion" else cleared(after)


def is_usable(case: Case) -> Refused | None:
    """The vial itself is neither in quarantine nor rejected, and has some of its time out of storage left."""
    if usable(case.item.facts):
        return None
    if "time_out_used_up" in case.item.facts:
        return Refused(Refusal.OUT_OF_LN2_BUDGET, "none of its time is left")
    return not_rejected(case) or Refused(Refusal.VIAL_QUARANTINED)


def not_rejected(case: Case) -> Refused | None:
    """The vial is not rejected."""
    return Refused(Refusal.VIAL_REJECTED) if standing(case.item.facts) == "rejected" else None


def in_quarantine(case: Case) -> Refused | None:
    """There is a quarantine to lift."""
    return Refused(Refusal.NOT_IN_QUARANTINE) if usable(case.item.facts) else None


def excursions_assessed(case: Case) -> Refused | None:
    """Every excursion that touched the vial is assessed as usable."""
    waiting = case.item.texts("excursions")
    return Refused(Refusal.EXCURSION_OPEN, ", ".join(waiting)) if waiting else None
