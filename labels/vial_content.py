"""What a vial's label says: the one label that only unblinded people see, and that never leaves the lab.

Rules kept here: the donation number is printed with a check character computed from it, or not at all; the
symbol holds GTIN and the vial's own serial, as on every other label, and nothing of lot or donation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from labels.content import CAUTION, Environment, LabelContent, environment_text, require_text
from labels.digits import din_character
from labels.payloads import Payload, gs1_payload, require_gs1
from labels.refusals import ContentInvalid

DIN = re.compile(r"[A-NP-Z1-9][A-NP-Z0-9]{2}\d{2}\d{2}\d{6}", re.ASCII)
"""A donation identification number without its flags (ICCBBA ST-001, data structure 001)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VialContent(LabelContent):
    """A vial: product, lot, expiry, own serial; `din` (13 characters) for cells, none without a donor."""

    kind: ClassVar[str] = "vial"
    product: str
    lot: str
    expires_on: date
    gtin: str
    serial: str
    din: str | None = None
    environment: Environment | None = None

    def __post_init__(self) -> None:
        require_text("product", self.product)
        require_text("lot", self.lot)
        require_gs1(self.gtin, self.serial)
        if self.din is not None and not DIN.fullmatch(self.din):
            raise ContentInvalid("DIN", f"'{self.din}' is not a 13-character donation identification number")

    def texts(self) -> Mapping[str, str]:
        """The slots of a cryovial's side label."""
        own = {"serial": self.serial, "product": self.product, "lot": self.lot, "caution": CAUTION}
        expiry = {"expiry": self.expires_on.isoformat()}
        return own | expiry | din_texts(self.din) | environment_text(self.environment)

    def payloads(self) -> Mapping[str, Payload]:
        """One GS1 Data Matrix: GTIN and serial."""
        return {"datamatrix": gs1_payload(self.gtin, self.serial)}


def din_texts(din: str | None) -> dict[str, str]:
    """The DIN in groups as people read it, and its check character apart, because it is printed boxed."""
    if din is None:
        return {"din": "", "din_check": ""}
    return {"din": f"{din[:5]} {din[5:7]} {din[7:]}", "din_check": din_character(din)}
