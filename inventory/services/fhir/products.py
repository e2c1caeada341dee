"""Kits, syringes and vials as resources, and what was dispensed and given of them.

Rules this module keeps:
- A kit and its syringes are the same resource with the same words whatever they hold: a medication, blinded.
- A vial of cells is a biologically derived product; a vial without cells is a medication, and never anything
  else (FHIR R5, BiologicallyDerivedProduct §4.6.1). Both are told in unblinded exports alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inventory.domain.lives import disposition
from inventory.services.epcis.names import Names
from inventory.services.fhir.references import (
    URI_SYSTEM,
    Ids,
    Resource,
    concept,
    filled,
    first,
    identifier,
    millilitres,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.domain.items import Item
    from inventory.domain.profile import Product, Profile

BLINDED: Final = "Investigational product, blinded"
DONATION: Final = "https://www.isbt128.org/uri/DonationIdentificationNumber"
NOT_THERE_YET: Final = frozenset({"assigned", "ordered", "called_for"})
_OUTCOMES: Final = {"given": "completed", "partly_given": "stopped"}
_UNUSABLE: Final = frozenset(
    {"expected", "missing", "consumed", "sampled", "shipped_out", "wasted", "destroyed"}
)


class Products:
    """The products of one study."""

    def __init__(self, ids: Ids, profile: Profile) -> None:
        self._ids = ids
        self._profile = profile
        self._names = Names(profile)

    def kit(self, item: Item, syringes: Sequence[Item]) -> Resource:
        """A kit, made up of its syringes once it is prepared."""
        parts = [{"item": {"reference": self._ids.to("Medication", one.code)}} for one in syringes]
        return self._medication(item, ingredient=parts)

    def syringe(self, item: Item) -> Resource:
        """A syringe."""
        return self._medication(item, totalVolume=millilitres(item.number("filled_ul")))

    def _medication(self, item: Item, **more: object) -> Resource:
        status = "inactive" if item.state in {"cancelled", "destroyed", *NOT_THERE_YET} else "active"
        return self._ids.resource(
            "Medication",
            item.code,
            identifier=[identifier(URI_SYSTEM, self._names.of(item))],
            code=concept(BLINDED),
            status="entered-in-error" if item.state == "voided" else status,
            batch=filled({"lotNumber": self._profile.labels.packaging_batch, "expirationDate": item.due}),
            **more,
        )

    def vial(self, item: Item, lot: Item) -> Resource:
        """A vial, by whether its product has cells."""
        product = self._profile.product(lot.text("product"))
        named = [identifier(URI_SYSTEM, self._names.of(item, lot))]
        if product is None or not product.cellular:
            return self._ids.resource(
                "Medication",
                item.code,
                identifier=named,
                code=concept(product.name if product else lot.text("product")),
                status="entered-in-error" if item.state == "voided" else "active",
                totalVolume=millilitres(item.number("volume_ul")),
                batch=filled({"lotNumber": lot.code, "expirationDate": lot.due}),
            )
        return self._cells(item, lot, product, named)

    def _cells(self, item: Item, lot: Item, product: Product, named: list[Resource]) -> Resource:
        donation = lot.text("din")
        coldest = product.storage_limit_millidegrees / 1000
        status = (
            "unavailable" if item.state in _UNUSABLE or not disposition.usable(item.facts) else "available"
        )
        return self._ids.resource(
            "BiologicallyDerivedProduct",
            item.code,
            identifier=[*named, identifier(self._ids.system("lot"), lot.code)],
            productCategory={"system": "http://hl7.org/fhir/product-category", "code": "cells"},
            productCode=concept(product.name),
            productStatus={
                "system": "http://hl7.org/fhir/biologicallyderived-product-status",
                "code": status,
            },
            biologicalSourceEvent=identifier(DONATION, donation) if donation else None,
            division=item.text("division"),
            expirationDate=lot.due,
            storageTempRequirements={
                "high": {
                    "value": coldest,
                    "unit": "Cel",
                    "system": "http://unitsofmeasure.org",
                    "code": "Cel",
                }
            },
            property_=[
                {"type": concept("Number of cells"), "valueQuantity": {"value": item.number("cells")}},
            ]
            if item.number("cells")
            else None,
        )

    def dispense(self, kit: Item, by: str | None) -> Resource:
        """A kit that was dispensed for its participant."""
        return self._ids.resource(
            "MedicationDispense",
            kit.code,
            status="completed",
            medication={"reference": self._ids.to("Medication", kit.code)},
            subject=self._ids.to("Patient", kit.parent or ""),
            performer=[{"actor": self._ids.to("Practitioner", by)}] if by else None,
            location=self._ids.to("Location", "pharmacy"),
            quantity={"value": len(kit.texts("syringes")), "unit": "syringe"},
            whenPrepared=first(kit.facts.get("prepared_at")),
            whenHandedOver=first(kit.facts.get("dispensed_at")),
            destination=self._ids.to("Location", "bedside"),
        )

    def cells_dispensed(self, kit: Item, vial: Item, by: str | None) -> Resource:
        """A vial of cells that went into a kit which was dispensed."""
        return self._ids.resource(
            "BiologicallyDerivedProductDispense",
            f"{kit.code} {vial.code}",
            status="issued",
            product=self._ids.to("BiologicallyDerivedProduct", vial.code),
            patient=self._ids.to("Patient", kit.parent or ""),
            performer=[{"actor": self._ids.to("Practitioner", by)}] if by else None,
            location=self._ids.to("Location", "pharmacy"),
            preparedDate=first(kit.facts.get("prepared_at")),
            whenHandedOver=first(kit.facts.get("dispensed_at")),
        )

    def administration(self, syringe: Item, kit: Item, by: str | None) -> Resource:
        """A syringe that has its outcome: given, partly given, or not."""
        given = first(syringe.facts.get("given_at"))
        status = _OUTCOMES.get(syringe.text("outcome"), "not-done") if given else "not-done"
        site = syringe.text("joint_given") or syringe.text("joint")
        return self._ids.resource(
            "MedicationAdministration",
            syringe.code,
            status=status,
            statusReason=[concept(syringe.text("reason"), self._ids.system("reason"), syringe.text("reason"))]
            if syringe.text("reason")
            else None,
            medication={"reference": self._ids.to("Medication", syringe.code)},
            subject=self._ids.to("Patient", syringe.text("given_to") or kit.parent or ""),
            occurenceDateTime=given or first(syringe.facts.get("happened_at")),
            performer=[{"actor": {"reference": self._ids.to("Practitioner", by)}}] if by else None,
            dosage=filled(
                {"site": concept(site), "dose": millilitres(syringe.number("given_ul")) if given else None}
            ),
        )
