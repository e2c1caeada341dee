"""What of a disclosed period those see who are entitled to it: no more than the open log says of a blinded one.

Everything of a disclosed period stands in the vault. Whoever is entitled for its participant reads what is told
here of it, and nothing else of the vault:
- of things its kits, their syringes, and the deviations of acts on them; none that the laboratory keeps to itself;
- of an entry that concerns these what happened to them, and its evidence unless that goes to the vault anyhow;
- entries are numbered anew from 0: an index of the vault would tell how much else was recorded there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.entries import changes_of
from inventory.domain.evidence import Evidence
from inventory.domain.items import Kind
from inventory.domain.lives import TRANSITIONS
from inventory.domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from inventory.domain.entries import Change
    from inventory.domain.items import Item, Json
    from inventory.domain.profile import Profile

    Leaf = Mapping[str, Json]

LOG = "disclosed"
"""What stands for the log of such an entry: it is no entry of the open log, and has its own numbers."""

SAID = ("v", "study", "action", "item", "by", "role", "with", "occurred_at", "recorded_at")
"""What is said of every entry as it stands."""

_OWN = ("state", "parent", "due")


def shown(item: Item) -> bool:
    """Whether those entitled to the period see such a thing of it at all."""
    if item.kind is Kind.DEVIATION:
        row = TRANSITIONS.get(item.text("action"))
        return row is not None and not row.vault
    return item.kind in {Kind.KIT, Kind.SYRINGE}


def entries(
    leaves: Iterable[Leaf],
    things: Collection[str],
    participant: str,
    visible: Mapping[Kind, Collection[str]],
    profile: Profile,
) -> dict[int, dict[str, Json]]:
    """What is told of these leaves of the vault, by the index that each has there; nothing of the others.

    `leaves` come in the order of recording, `things` are the codes of the period's kits, syringes and deviations
    that are `shown`, and `visible` the facts of each kind that may be read.
    """
    found: dict[int, dict[str, Json]] = {}
    for leaf in leaves:
        changes = [
            _change(change, participant, visible) for change in changes_of(leaf) if change["code"] in things
            and Kind(str(change["kind"])) in {Kind.KIT, Kind.SYRINGE, Kind.DEVIATION}
        ]  # fmt: skip
        voids = _voided(leaf, found)
        open_told = leaf["item"] in things and _evidence_is_open(leaf, voids)
        if not changes and not open_told:
            continue
        told: dict[str, Json] = {name: leaf[name] for name in SAID}
        told |= {"log": LOG, "index": len(found), "changes": list(changes)}
        told |= {"evidence": _evidence(leaf, participant, voids, profile) if open_told else {}}
        told |= {
            "broke": leaf["broke"] if open_told else [],
            "deviation": leaf["deviation"] if open_told else None,
        }
        found[int(str(leaf["index"]))] = {
            **told,
            "voids": {"log": LOG, "index": voids["index"]} if voids else None,
        }
    return found


def _evidence_is_open(leaf: Leaf, voids: Leaf | None) -> bool:
    row = TRANSITIONS.get(str(leaf["action"]))
    if row is None or row.vault:
        return False
    if not row.restores:
        return True
    voided = TRANSITIONS.get(str(voids["action"])) if voids else None
    return voided is not None and not voided.vault


def _voided(leaf: Leaf, found: Mapping[int, Leaf]) -> Leaf | None:
    """What was told of the entry that this one voids."""
    voids = leaf["voids"]
    return found.get(int(str(voids["index"]))) if isinstance(voids, dict) else None


def _change(change: Change, participant: str, visible: Mapping[Kind, Collection[str]]) -> dict[str, Json]:
    names = visible[Kind(str(change["kind"]))]
    parts = {name: _part(change[name], names, participant) for name in ("was", "now")}
    return {name: change[name] for name in ("kind", "code")} | parts


def _part(part: Json, names: Collection[str], participant: str) -> Json:
    if not isinstance(part, dict):
        return part
    own = {name: part[name] for name in _OWN if name in part}
    facts = part.get("facts")
    told = _of_nobody_else(facts, participant) if isinstance(facts, dict) else {}
    kept = {name: value for name, value in told.items() if name in names}
    return own | ({"facts": kept} if kept else {})


def _evidence(leaf: Leaf, participant: str, voids: Leaf | None, profile: Profile) -> dict[str, Json]:
    brought, fields = leaf["evidence"], _fields(str(leaf["action"]))
    if not isinstance(brought, dict):
        return {}
    told = {name: value for name, value in brought.items() if name in fields}
    if not profile.blinded(Role(str(leaf["role"]))):
        told.pop("note", None)
    if voids is not None:
        told |= {"log": LOG, "index": voids["index"]}
    return _of_nobody_else(told, participant)


def _fields(action: str) -> Collection[str]:
    row = TRANSITIONS.get(action)
    return (row.evidence if row else Evidence).model_fields


def _of_nobody_else(told: Mapping[str, Json], participant: str) -> dict[str, Json]:
    """The same without the code of another participant, who was scanned by mistake."""
    return {name: value for name, value in told.items() if name not in _WHO or value == participant}


_WHO = ("participant", "given_to")
