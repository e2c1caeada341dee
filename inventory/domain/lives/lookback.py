"""Who received what was made of a donor, a lot or a vial; and what a participant received (21 CFR 1271.290).

The way is donor, lot, vial, kit, syringe, participant, and back. All of it is the vault's: it tells arms. One
reading serves the alerts that an act raises and the look-back that people read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.items import Item, Kind
from inventory.domain.lives.row import VOIDED
from inventory.domain.lives.states import RELEASED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.lives.row import View

FROM = (Kind.DONOR, Kind.LOT, Kind.VIAL)
"""From what the way leads to recipients, the widest first."""


@dataclass(frozen=True, slots=True)
class Link:
    """One syringe, from where its contents came to whom it went; `recipient` only where it was given."""

    donor: str | None
    lot: str | None
    vial: str
    kit: str
    participant: str
    period: int
    syringe: str
    joint: str
    outcome: str
    given_ul: int
    recipient: str | None


def forward(view: View, item: Item) -> list[Link]:
    """Every syringe that was filled from that donor, lot, shipment or vial."""
    match item.kind:
        case Kind.DONOR:
            return [link for lot in view.lots_of(item.code) for link in forward(view, lot)]
        case Kind.LOT:
            return [link for vial in view.used_vials(item.code) for link in forward(view, vial)]
        case Kind.SHIPMENT:
            return [link for vial in received_from(view, item) for link in forward(view, vial)]
        case Kind.VIAL:
            kit = _kit_of(view, item)
            return list(_of_vial(view, item, kit)) if kit else []
    return []


def received_from(view: View, shipment: Item) -> list[Item]:
    """The vials that were received from that shipment, and are not destroyed."""
    listed = [view.item(Kind.VIAL, code) for code in shipment.texts("vials")]
    mine = [vial for vial in listed if vial is not None and vial.text("shipment") == shipment.code]
    return [vial for vial in mine if vial.state not in {"destroyed", VOIDED}]


def backward(view: View, participant: str) -> list[Link]:
    """Every syringe that was filled for that participant, or was given to them by mistake."""
    mistaken = {syringe.parent or "" for syringe in view.given_to(participant)}
    kits = {kit.code: kit for kit in view.kits_of(participant)}
    kits |= {code: kit for code in mistaken - set(kits) if (kit := view.item(Kind.KIT, code))}
    links = [link for kit in kits.values() for link in _of_kit(view, kit)]
    return [link for link in links if participant in {link.participant, link.recipient}]


def recipients(links: Iterable[Link]) -> list[str]:
    """To whom any of it was given, each once."""
    return sorted({link.recipient for link in links if link.recipient})


def receipts(links: Iterable[Link]) -> set[tuple[str, str]]:
    """Who was given something, and of which kit."""
    return {(link.recipient, link.kit) for link in links if link.recipient}


def is_held_back(thing: Item) -> bool:
    """Whether a donor, lot or vial is one of which nothing may be used now, whatever its date says."""
    match thing.kind:
        case Kind.DONOR:
            return thing.state != "eligible"
        case Kind.LOT:
            return thing.state not in RELEASED
    return thing.text("disposition") != "usable"


def _kit_of(view: View, vial: Item) -> Item | None:
    """The kit that a vial's contents went into."""
    holder = view.item(Kind.HOLDER, vial.code) if vial.state == "consumed" else None
    return view.item(Kind.KIT, holder.text("kit")) if holder else None


def _of_kit(view: View, kit: Item) -> Iterator[Link]:
    held = view.item(Kind.CONTENTS, kit.code)
    vials = held.texts("vials") if held and held.state != VOIDED else []
    for vial in (view.item(Kind.VIAL, code) for code in vials):
        if vial is not None and vial.state == "consumed":
            yield from _of_vial(view, vial, kit)


def _of_vial(view: View, vial: Item, kit: Item) -> Iterator[Link]:
    lot = view.item(Kind.LOT, vial.parent) if vial.parent else None
    for syringe in (view.item(Kind.SYRINGE, code) for code in kit.texts("syringes")):
        if syringe is None or syringe.state == VOIDED:
            continue
        yield Link(
            donor=lot.parent if lot else None,
            lot=vial.parent,
            vial=vial.code,
            kit=kit.code,
            participant=kit.parent or "",
            period=kit.number("period"),
            syringe=syringe.code,
            joint=syringe.text("joint_given") or syringe.text("joint"),
            outcome=syringe.text("outcome"),
            given_ul=syringe.number("given_ul"),
            recipient=syringe.text("given_to") or None,
        )
