"""What of the vault ties a kit to its vials or a participant to an arm, who may open it, and that they did.

An entry ties where it changes something sealed (a list, an arm, what a kit holds, what a vial was picked for), where
its evidence names a vial's kit, or where it names recipients. Whoever may open such entries records that they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from inventory.domain.entries import changes_of
from inventory.domain.evidence import Code, Evidence
from inventory.domain.items import SHELF_OF, Kind, Shelf
from inventory.domain.roles import D, Q, Role, S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.items import Json

MAY_OPEN = frozenset({Q, S, D, Role.UNBLINDED_AUDITOR})
"""Whose work it is to follow what was made of a lot, or to check that. Technicians open pick lists."""

TYING = frozenset(
    {kind.value for kind, shelf in SHELF_OF.items() if shelf is Shelf.SEALED} | {Kind.ALERT.value}
)
"""The kinds whose items say which kit holds what, or which arm is whose."""


class VaultOpened(Evidence):
    """What was opened: the histories of these codes, the look-back of one, or entries from `start` to `end`."""

    what: Literal["history", "look_back", "entries"]
    codes: tuple[Code, ...] = Field(default=(), max_length=200)
    start: int | None = Field(default=None, strict=True, ge=0)
    end: int | None = Field(default=None, strict=True, ge=0)


def ties(leaf: Mapping[str, Json]) -> bool:
    """Whether an entry of the vault says which kit holds what, or which arm is whose."""
    evidence = leaf.get("evidence")
    names_kit = isinstance(evidence, dict) and "kit" in evidence
    return names_kit or any(change["kind"] in TYING for change in changes_of(leaf))


def closed(leaf: Mapping[str, Json]) -> dict[str, Json]:
    """The same entry with what it ties left out: of its changes only those of the item that it is about."""
    own = [one for one in changes_of(leaf) if one["code"] == leaf["item"] and one["kind"] not in TYING]
    kept = {name: value for name, value in leaf.items() if name not in _LEFT_OUT}
    return {**kept, "evidence": {}, "changes": [*own], "closed": True}


_LEFT_OUT = frozenset({"salt", "pair", "signed", "refusals"})
