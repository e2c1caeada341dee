"""A FHIR bundle of everything that these entries tell: first the things as they are, then every act in its order.

Rules this module keeps:
- Who may read an entry is decided before it comes here. From the open log alone come subjects, kits, syringes
  and what was given; vials, groups and what went into which kit appear only where the vault's entries are given.
- Every reference leads to an entry of the same bundle.
- The same entries at the same moment give the same bytes.

Source: FHIR R5 (5.0.0); which resource for what: blinded and unblinded subjects, products and acts as HL7's
scope notes on Medication and BiologicallyDerivedProduct tell them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from inventory.domain import entries
from inventory.domain.items import Item, Kind
from inventory.services.fhir import people
from inventory.services.fhir.acts import TOLD, Acts
from inventory.services.fhir.products import Products
from inventory.services.fhir.references import Ids, Resource, identifier, ordered
from inventory.services.printed import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inventory.domain.profile import Profile
    from inventory.services.printed import Leaf

Hashed = tuple["Leaf", str]
_PERFORMED: Final = frozenset({"kit-dispense", "syringe-give", "syringe-not-give", "syringe-drop"})


def bundle(leaves: Sequence[Hashed], profile: Profile, created: str, *, unblinded: bool) -> bytes:
    """The bundle as JSON in UTF-8; each entry of the record is given with its leaf hash in hex."""
    told = _Told(leaves, profile, unblinded=unblinded)
    whole = {
        "resourceType": "Bundle",
        "id": told.ids.id("Bundle", created),
        "identifier": identifier(told.ids.system("export"), created),
        "type": "collection",
        "timestamp": created,
        "entry": ordered([*told.things(), *told.acts()]),
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2) + b"\n"


class _Told:
    """What the entries come to, and who did what."""

    def __init__(self, leaves: Sequence[Hashed], profile: Profile, *, unblinded: bool) -> None:
        self._leaves = leaves
        self._profile = profile
        self._unblinded = unblinded
        self._state = entries.replay([leaf for leaf, _ in leaves])
        self._performed = {leaf["item"]: leaf["by"] for leaf, _ in leaves if leaf["action"] in _PERFORMED}
        self.ids = Ids(profile.study.id)
        self._products = Products(self.ids, profile)

    def _all(self, kind: Kind) -> list[Item]:
        return sorted((one for one in self._state.values() if one.kind is kind), key=lambda one: one.code)

    def _kits(self) -> list[Item]:
        """Every kit that ever had a participant: a number alone is nothing that anybody could be given."""
        return [kit for kit in self._all(Kind.KIT) if kit.parent]

    def _vials(self) -> list[tuple[Item, Item]]:
        """Every vial with its lot."""
        return [(vial, self._state[Kind.LOT, vial.parent or ""]) for vial in self._all(Kind.VIAL)]

    # Things
    def things(self) -> Iterator[Resource]:
        """Everything as it is."""
        yield from people.site(self.ids, self._profile)
        for study in self._all(Kind.STUDY):
            yield people.study(self.ids, self._profile, study, unblinded=self._unblinded)
        yield from (people.person(self.ids, one) for one in self._all(Kind.PERSON))
        yield from (people.device(self.ids, one) for one in self._all(Kind.DEVICE))
        for participant in self._all(Kind.PARTICIPANT):
            arm = self._state.get((Kind.ARM, participant.code))
            yield people.patient(self.ids, participant)
            yield people.subject(
                self.ids, participant, self._profile.study.id, arm.text("arm") if arm else None
            )
        yield from (self._products.vial(vial, lot) for vial, lot in self._vials())
        for kit in self._kits():
            yield from self._of_kit(kit)

    def _of_kit(self, kit: Item) -> Iterator[Resource]:
        syringes = [one for one in self._all(Kind.SYRINGE) if one.parent == kit.code]
        yield self._products.kit(kit, [one for one in syringes if one.code in kit.texts("syringes")])
        yield from map(self._products.syringe, syringes)
        if "dispensed_at" in kit.facts:
            by = self._performed.get(kit.code)
            yield self._products.dispense(kit, by)
            for vial in self._cells_in(kit):
                yield self._products.cells_dispensed(kit, vial, by)
        for syringe in syringes:
            if syringe.text("outcome"):
                by = self._performed.get(syringe.code)
                yield self._products.administration(syringe, kit, by)

    def _contents(self, kit: str) -> list[Item]:
        held = self._state.get((Kind.CONTENTS, kit))
        return [self._state[Kind.VIAL, code] for code in held.texts("vials")] if held else []

    def _cells_in(self, kit: Item) -> list[Item]:
        return [vial for vial in self._contents(kit.code) if self._type_of(vial) != "Medication"]

    def _type_of(self, vial: Item) -> str:
        lot = self._state[Kind.LOT, vial.parent or ""]
        product = self._profile.product(lot.text("product"))
        return "BiologicallyDerivedProduct" if product and product.cellular else "Medication"

    # Acts
    def acts(self) -> Iterator[Resource]:
        """Every act that changed something of this bundle, and every one by which somebody came to know."""
        acts = Acts(self.ids, self._profile.site.code, names_in(leaf for leaf, _ in self._leaves))
        for leaf, leaf_hash in self._leaves:
            targets = self._targets(leaf)
            if targets:
                yield acts.provenance(leaf, leaf_hash, targets, self._used(leaf))
            if leaf["action"] in TOLD:
                yield acts.audit(leaf, self._participant(leaf))

    def _participant(self, leaf: Leaf) -> str | None:
        """Whom an act is about: the participant it names, or whom that belongs to."""
        changed = [(Kind(str(one["kind"])), str(one["code"])) for one in entries.changes_of(leaf)]
        owners = [self._state[key].parent for key in changed]
        known = [code for code in (leaf["item"], *owners) if (Kind.PARTICIPANT, code or "") in self._state]
        return known[0] if known else None

    def _targets(self, leaf: Leaf) -> list[Resource]:
        changed = [(Kind(str(one["kind"])), str(one["code"])) for one in entries.changes_of(leaf)]
        found = [each for kind, code in changed for each in self._resources_of(kind, code)]
        named = {one["reference"]: one for one in found}
        return list(named.values())

    def _resources_of(self, kind: Kind, code: str) -> Iterator[Resource]:
        item = self._state[kind, code]
        match kind:
            case Kind.STUDY:
                yield self.ids.to("ResearchStudy", code)
            case Kind.PERSON:
                yield self.ids.to("Practitioner", code)
            case Kind.DEVICE:
                yield self.ids.to("Device", code)
            case Kind.PARTICIPANT:
                yield self.ids.to("ResearchSubject", code)
            case Kind.KIT if item.parent:
                yield self.ids.to("Medication", code)
            case Kind.SYRINGE:
                yield self.ids.to("Medication", code)
            case Kind.VIAL:
                yield self.ids.to(self._type_of(item), code)
            case Kind.LOT:
                vials = [vial for vial, lot in self._vials() if lot.code == code]
                yield from (self.ids.to(self._type_of(vial), vial.code) for vial in vials)
            case Kind.ARM:
                yield self.ids.to("ResearchSubject", code)

    def _used(self, leaf: Leaf) -> list[Resource]:
        """What went into the kit, where the entry that prepared it tells so."""
        if leaf["action"] != "kit-prepare":
            return []
        changed = [str(one["code"]) for one in entries.changes_of(leaf) if one["kind"] == Kind.VIAL.value]
        vials = [self._state[Kind.VIAL, code] for code in changed]
        return [self.ids.to(self._type_of(vial), vial.code) for vial in vials]
