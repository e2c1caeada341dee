"""What a label's symbols hold: GS1 element strings and codes of our own.

Rules kept here: a GTIN with a wrong check digit and a serial outside GS1 character set 82 never become a
payload, because the encoder would accept both.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from labels.digits import gtin_digit
from labels.refusals import ContentInvalid

CSET_82 = frozenset(string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_")
"""Characters of a GS1 serial number (GS1 General Specifications, figure 7.11-1)."""


class Symbology(StrEnum):
    """The two kinds of symbol that the labels carry."""

    DATA_MATRIX = "datamatrix"
    CODE_128 = "code128"


@dataclass(frozen=True, slots=True)
class Payload:
    """What one symbol holds.

    `text` is what a reader must return; `elements` are the GS1 application identifiers and their values,
    empty for a code of our own.
    """

    symbology: Symbology
    text: str
    elements: tuple[tuple[str, str], ...] = ()

    @property
    def identifier(self) -> str:
        """What a reader must report (ISO/IEC 15424): `]d2` GS1 Data Matrix, `]d1` plain, `]C0` Code 128."""
        if self.symbology is Symbology.CODE_128:
            return "]C0"
        return "]d2" if self.elements else "]d1"


def gs1_payload(gtin: str, serial: str) -> Payload:
    """GTIN (01) and serial (21) as one element string; after the fixed length of (01) comes no separator."""
    return Payload(Symbology.DATA_MATRIX, f"01{gtin}21{serial}", (("01", gtin), ("21", serial)))


def gs1_lot_payload(gtin: str, expires_on: date, lot: str) -> Payload:
    """GTIN (01), expiry (17, `yymmdd`) and lot (10); only the last has no fixed length, so none is separated."""
    day = f"{expires_on:%y%m%d}"
    elements = (("01", gtin), ("17", day), ("10", lot))
    return Payload(Symbology.DATA_MATRIX, "".join(ai + value for ai, value in elements), elements)


def require_gs1(gtin: str, serial: str) -> None:
    """Refuse a GTIN that is not 14 digits with its check digit, and a serial outside X..20 of CSET 82."""
    if len(gtin) != 14 or not (gtin.isascii() and gtin.isdigit()) or gtin_digit(gtin[:-1]) != gtin[-1]:
        raise ContentInvalid("GTIN", f"'{gtin}' is not 14 digits with a right check digit")
    if not 1 <= len(serial) <= 20 or not CSET_82.issuperset(serial):
        raise ContentInvalid("serial", f"'{serial}' is not 1 to 20 characters of GS1 character set 82")
