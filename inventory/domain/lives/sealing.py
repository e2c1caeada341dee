"""Which key seals the vault at present: an entry names it, and from that entry on nothing is sealed with another.

The name tells nothing of what is sealed, so the entry stands in the open log. What was sealed before is sealed
anew by whoever keeps the keys; no entry changes by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import StringConstraints

from inventory.domain.evidence import Reasoned
from inventory.domain.lives.shape import brought
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Item
    from inventory.domain.lives.row import Case

SEALS_WITH, SEALED_WITH = "seal_key", "former_seal_keys"
"""The study's facts: the key in force where it is not the first one, and those that were in force before it."""


class KeyRotated(Reasoned):
    """The name of the sealing key that takes over."""

    seal_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]


def held(case: Case) -> Refused | None:
    """The new key lies in the key folder of this host."""
    return None if case.view.holds_seal(brought(case, SEALS_WITH)) else Refused(Refusal.KEY_NOT_HELD)


def not_used_before(case: Case) -> Refused | None:
    """The new key is not in force, and never was."""
    used = {case.item.text(SEALS_WITH), *case.item.texts(SEALED_WITH)}
    return Refused(Refusal.ALREADY_KNOWN) if brought(case, SEALS_WITH) in used else None


def rotate(case: Case) -> Iterable[Item]:
    """The new key is in force."""
    before = [*case.item.texts(SEALED_WITH), *filter(None, [case.item.text(SEALS_WITH)])]
    yield case.item.with_facts(seal_key=brought(case, SEALS_WITH), former_seal_keys=list(before))
