"""Check digits of what is printed: that of a GTIN and the character beside a DIN.

A wrong character on paper outlives every correction in a database, so the label computes its own and does not
take the caller's word for it.
"""

from __future__ import annotations

MOD_37_2 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def gtin_digit(first: str) -> str:
    """The digit that completes a GTIN (GS1 General Specifications, 7.9: weights 3, 1, 3 from the right)."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(first)))
    return str(-total % 10)


def din_character(din: str) -> str:
    """The check character of a 13-character DIN (ISO/IEC 7064 MOD 37-2; ICCBBA ST-001, Appendix A)."""
    remainder = 0
    for character in din:
        remainder = (remainder + MOD_37_2.index(character)) * 2 % 37
    return MOD_37_2[(38 - remainder) % 37]
