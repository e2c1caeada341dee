"""What things are called outside: GS1 Digital Link URIs where the label carries a GS1 key, our own URNs elsewhere.

Rules this module keeps:
- An object's URI is the one that a scan of its label gives: GTIN and serial, (01)(21). All kits and syringes of
  a study have the profile's one GTIN, so a URI tells one from another and nothing else.
- A vial has its product's GTIN, as on its label, which stays in the laboratory.
- What no GS1 key is known for (places, boxes, parties, participants, devices) has a URN of the study.

Source: GS1 Digital Link 1.1 §4 (order and escaping), CBV 2.0 §8 (identifiers), RFC 8141 (URN).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from inventory.domain.items import Item, Kind

if TYPE_CHECKING:
    from inventory.domain.profile import Profile

NAMESPACE: Final = "urn:cellcustody:epcis:"
PREFIX: Final = "cellcustody"
_RESOLVER: Final = "https://id.gs1.org"


def own(word: str) -> str:
    """A word of ours where the vocabulary of CBV 2.0 has none: it knows no thawing and no administering."""
    return f"{NAMESPACE}{word}"


class Names:
    """The URIs of one study's things."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def urn(self, kind: str, code: str) -> str:
        """Our own name of a thing."""
        return f"urn:cellcustody:{self._profile.study.id}:{kind}:{quote(code, safe='')}"

    def location(self, where: str) -> str:
        """A part of the site: laboratory, pharmacy or bedside."""
        return self.urn("location", f"{self._profile.site.code}/{where}")

    def of(self, item: Item, lot: Item | None = None) -> str:
        """An object's URI; a vial's needs its lot."""
        if item.kind in {Kind.KIT, Kind.SYRINGE}:
            return _instance(self._profile.labels.gtin, item.code)
        gtin = self._gtin(lot) if item.kind is Kind.VIAL and lot else None
        return _instance(gtin, item.code) if gtin else self.urn(item.kind.value, item.code)

    def of_class(self, lot: Item) -> str:
        """All vials of a lot as a class: GTIN and batch, (01)(10)."""
        gtin = self._gtin(lot)
        return f"{_RESOLVER}/01/{gtin}/10/{quote(lot.code, safe='')}" if gtin else self.urn("lot", lot.code)

    def _gtin(self, lot: Item) -> str | None:
        product = self._profile.product(lot.text("product"))
        return product.gtin if product else None


def _instance(gtin: str, serial: str) -> str:
    return f"{_RESOLVER}/01/{gtin}/21/{quote(serial, safe='')}"
