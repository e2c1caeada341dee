"""Is this GS1 key right, and what is its check digit? GTIN, SSCC, GLN and GSRN share one rule."""

from __future__ import annotations

import re

from inventory.domain.identifiers.gs1_refusals import KeyFormatError


def check_digit(digits: str) -> str:
    """The last digit of a GS1 key (GTIN, SSCC, GLN, GSRN): weights 3, 1 from the right, modulo 10 (7.9).

    Raises KeyFormatError for anything but digits.
    """
    if not re.fullmatch("[0-9]+", digits):
        raise KeyFormatError(digits)
    return str(-sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits))) % 10)


def gtin_check_digit(digits: str) -> str:
    """The fourteenth digit of a GTIN of thirteen. Raises KeyFormatError."""
    if len(digits) != 13:
        raise KeyFormatError(digits)
    return check_digit(digits)


def sscc(extension: str, company_prefix: str, reference: int) -> str:
    """The SSCC of 18 digits: extension digit, company prefix, zero-filled reference, check digit.

    Raises KeyFormatError when the reference does not fit between prefix and check digit.
    """
    body = extension + company_prefix + str(reference).zfill(17 - len(extension + company_prefix))
    if len(body) != 17 or len(extension) != 1:
        raise KeyFormatError(body)
    return body + check_digit(body)


def check_fits(digits: str) -> bool:
    """Whether the last digit is the check digit of the others. Raises KeyFormatError."""
    return check_digit(digits[:-1]) == digits[-1]


def begins_with_key(text: str) -> bool:
    """Whether `text` begins with a GTIN, SSCC, GLN or GSRN whose check digit fits: likely GS1."""
    key = re.match("(?:00(?=[0-9]{18})|01(?=[0-9]{14})|414(?=[0-9]{13})|8018(?=[0-9]{18}))", text)
    return key is not None and check_fits(text[key.end() :][: {"01": 14, "414": 13}.get(key[0], 18)])
