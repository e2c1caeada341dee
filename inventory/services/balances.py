"""What became of the volume of a syringe or a kit, to the microlitre, as far as a person may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.domain.items import new
from inventory.domain.lives.returning import balance_ul

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.store.records import ItemRecord

PARTS: Final = ("filled_ul", "given_ul", "remainder_ul", "spilled_ul")
BALANCED: Final = frozenset({"returned", "destroyed"})
"""The states of a syringe that has come back, so that its volumes have to add up."""


def of_syringe(syringe: ItemRecord) -> dict[str, Any]:
    """Filled, given, come back and spilled, what should have been left, and what is not accounted for.

    All in microlitres; `off_ul` is None while the syringe has not come back.
    """
    item = new(syringe.kind, syringe.code, syringe.state).with_facts(**syringe.facts)
    told = {name: item.number(name) for name in PARTS}
    left = max(0, told["filled_ul"] - told["given_ul"])
    return {**told, "left_ul": left, "off_ul": balance_ul(item) if syringe.state in BALANCED else None}


def of_kit(syringes: Iterable[ItemRecord]) -> dict[str, Any]:
    """The sums of a kit's syringes, and the greatest difference of any of them: a sum would hide two swapped ones."""
    each = [of_syringe(syringe) for syringe in syringes]
    offs = [abs(one["off_ul"]) for one in each if one["off_ul"] is not None]
    sums = {name: sum(one[name] for one in each) for name in PARTS}
    return {**sums, "syringes": len(each), "worst_ul": max(offs, default=None)}
