"""What ISBT 128 says of cells from a donor: donation, product, division, and one symbol that holds them.

Rules kept here:
- Donation number, product code and division are on paper both as text and in a symbol (ICCBBA ST-001 §6.1, the
  traceability minimum); the check character beside the donation number is computed, or nothing is printed.
- Facility numbers that ICCBBA publishes as examples belong to nobody: outside demonstrations they are refused.
- A division of six characters goes into a structure of its own, and the product code then says `99` (ST-001 2.4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from labels.content import Environment
from labels.digits import din_character
from labels.payloads import Payload, Symbology
from labels.refusals import ContentInvalid, FacilityNotLicensed

EXAMPLES = frozenset({"A9995", "A9996", "A9997", "A9998", "A9999", "Z5499"})
"""Facility numbers of ICCBBA's published examples."""

FACILITY = re.compile(r"[A-NP-Z1-9][A-NP-Z0-9]{2}\d{2}", re.ASCII)
DIN = re.compile(r"[A-NP-Z1-9][A-NP-Z0-9]{2}\d{2}\d{2}\d{6}", re.ASCII)
"""A donation identification number without its flags (ST-001, data structure 001)."""
PRODUCT = re.compile(r"[A-Z][A-Z0-9]{4}[A-Z0-9]", re.ASCII)
DIVISION = re.compile(r"[A-Z0][a-z0]|[A-Z0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Isbt:
    """A donation's product: `din` of 13 characters, `product` code and collection type, `facility` that made it."""

    din: str
    product: str
    facility: str

    def __post_init__(self) -> None:
        require("DIN", DIN, self.din, "a 13-character donation identification number")
        require("product code", PRODUCT, self.product, "an ISBT 128 product code with its collection type")
        require("facility", FACILITY, self.facility, "an ISBT 128 facility number of five characters")

    def require_licensed(self, environment: Environment | None) -> None:
        """Refuse an example's facility number on a label for use."""
        for number in (self.facility, self.din[:5]):
            if environment is None and number in EXAMPLES:
                raise FacilityNotLicensed(number)

    def texts(self, division: str) -> dict[str, str]:
        """The DIN in groups as people read it, its check character apart (it is printed boxed), and the product."""
        grouped = f"{self.din[:5]} {self.din[5:7]} {self.din[7:]}"
        product = f"{self.product} {division}".strip()
        return {"din": grouped, "din_check": din_character(self.din), "isbt_product": product}

    def of_division(self, division: str, expires_on: date) -> Payload:
        """One container: DIN, product code, division and expiry in one message."""
        require("division", DIVISION, division, "an ISBT 128 division of two or six characters")
        short = len(division) == 2
        product = f"=<{self.product}{division if short else '99'}"
        divided = () if short else (f"=,{division}",)
        return message(f"={self.din}00", product, *divided, expiry(expires_on))

    def of_lot(self, expires_on: date) -> Payload:
        """All that was made: DIN, undivided product code, expiry and the facility that made it."""
        return message(
            f"={self.din}00", f"=<{self.product}00", expiry(expires_on), f"&+{self.facility}000000"
        )


NO_TEXTS = {"din": "", "din_check": "", "isbt_product": ""}
"""What is printed of a product without a donor."""


def message(*structures: str) -> Payload:
    """A compound message (data structure 023), its kind left undefined, as a plain Data Matrix."""
    return Payload(Symbology.DATA_MATRIX, f"=+{len(structures):02}000" + "".join(structures))


def expiry(day: date) -> str:
    """Data structure 004: `=>cyyjjj`, the last three digits of the year and the day in it."""
    return f"=>{day.year % 1000:03}{day.timetuple().tm_yday:03}"


def require(field: str, shape: re.Pattern[str], value: str, meant: str) -> None:
    """Refuse a value of another shape."""
    if not shape.fullmatch(value):
        raise ContentInvalid(field, f"'{value}' is not {meant}")
