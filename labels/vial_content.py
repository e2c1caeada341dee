"""What vials and lots say: the labels that only unblinded people see, and that never leave the laboratory.

Rules kept here: a vial's own symbol holds GTIN and serial, as on every other label; what ISBT 128 asks for stands
in a symbol of its own, and only where the product comes from a donation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from labels.content import Environment, LabelContent, environment_text, require_text
from labels.isbt import NO_TEXTS, Isbt
from labels.payloads import Payload, Symbology, gs1_lot_payload, gs1_payload, require_gs1
from labels.refusals import ContentInvalid

SHORT = 5
"""How many characters of the serial stand on a cap: its last, the check character among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VialContent(LabelContent):
    """A vial: product, lot, expiry, own serial; `isbt` and `division` for cells, neither without a donor."""

    kind: ClassVar[str] = "vial"
    optional: ClassVar[frozenset[str]] = frozenset({"cap", "isbt"})
    product: str
    lot: str
    expires_on: date
    gtin: str
    serial: str
    isbt: Isbt | None = None
    division: str = ""
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("product", self.product)
        require_text("lot", self.lot)
        require_gs1(self.gtin, self.serial)
        if self.isbt is not None:
            self.isbt.require_licensed(self.environment)

    def texts(self) -> Mapping[str, str]:
        """The slots of a cryovial's side, and of its cap."""
        own = {"serial": self.serial, "product": self.product, "lot": self.lot, "cap": self.serial[-SHORT:]}
        donated = self.isbt.texts(self.division) if self.isbt else NO_TEXTS
        return own | {"expiry": self.expires_on.isoformat()} | donated | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """GTIN and serial as GS1 Data Matrix; for cells one of ISBT 128; on the cap, which is small, the serial."""
        own, cap = gs1_payload(self.gtin, self.serial), Payload(Symbology.DATA_MATRIX, self.serial)
        donated = {"isbt": self.isbt.of_division(self.division, self.expires_on)} if self.isbt else {}
        return {"datamatrix": own, "cap": cap, **donated}


@dataclass(frozen=True, slots=True, kw_only=True)
class LotContent(LabelContent):
    """A lot's outer label: what it is, until when, how cold, and what its donor's record asks to be said.

    `statements` are the donor's (21 CFR 1271.60(d)(2), 1271.65(b)(2)): here they accompany every vial of the lot.
    """

    kind: ClassVar[str] = "lot"
    optional: ClassVar[frozenset[str]] = frozenset({"isbt"})
    lot: str
    product: str
    name: str
    manufacturer: str
    storage: str
    expires_on: date
    gtin: str
    statements: str = ""
    isbt: Isbt | None = None
    environment: Environment | None = None

    def __post_init__(self) -> None:
        for field in ("lot", "product", "name", "manufacturer", "storage"):
            require_text(field, getattr(self, field))
        require_gs1(self.gtin, self.lot)
        if self.expires_on.year // 100 != 20:
            raise ContentInvalid("expiry", "GS1 writes two digits of the year")
        if self.isbt is not None:
            self.isbt.require_licensed(self.environment)

    def texts(self) -> Mapping[str, str]:
        """The slots of a lot label."""
        own = {"lot": self.lot, "product": self.product, "name": self.name, "manufacturer": self.manufacturer}
        more = {"storage": self.storage, "expiry": self.expires_on.isoformat(), "statements": self.statements}
        donated = self.isbt.texts("") if self.isbt else NO_TEXTS
        facility = {"facility": self.isbt.facility if self.isbt else ""}
        return own | more | donated | facility | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """GTIN, expiry and lot as GS1 Data Matrix, the lot number as Code 128, and for cells ISBT 128."""
        donated = {"isbt": self.isbt.of_lot(self.expires_on)} if self.isbt else {}
        return {
            "datamatrix": gs1_lot_payload(self.gtin, self.expires_on, self.lot),
            "code128": Payload(Symbology.CODE_128, self.lot),
            **donated,
        }
