"""What has to be told of a product that has cells, and of no other, and in which form: where they come from.

By nothing else could a vial be traced to its donor. A vehicle with a donor would be held back with them.

Source: 21 CFR 1271.290 (tracking); ISBT 128 ST-001 (DIN, product code and division together name one container).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inventory.domain.identifiers import IdentifierError
from inventory.domain.identifiers.isbt128_din import Din

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.domain.profile import Product

DONOR_CODE: Final = r"(?=.*[0-9])[A-Z0-9](-?[A-Z0-9]){1,19}"
NO_DONOR_CODE: Final = (
    "must be a code of capital letters, digits and single hyphens with at least one digit, never a name."
)
PRODUCT_CODE: Final = r"[A-Z][A-Z0-9]{4}"
DIVISION: Final = r"[A-Z0][a-z0]|[A-Z0-9]{6}"
OF_LOT: Final = ("donor_code", "din", "isbt_product_code", "passage")
OF_VIAL: Final = ("division", "cells")


def donation_number(text: str) -> str:
    """The 13 characters of a DIN, written with or without its check character or its flags (ST-001 2.3).

    Raises:
        ValueError: it is none.
    """
    keyed = len(text) == 14 or " " in text or "-" in text
    try:
        return (Din.keyed(text) if keyed else Din.parse(text)).number
    except IdentifierError as error:
        raise ValueError(
            "must be a donation identification number of 13 characters; if its check character or flags "
            "stand behind it, they must fit."
        ) from error


def misfits(product: Product, told: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each field of those told, None where it is empty, that does not fit the product, with what is wrong.

    The division of a vial without cells may be told: it is a number within the lot.
    """
    for name, value in told.items():
        if product.cellular and value is None:
            yield name, "is empty, and a product of cells needs it."
        if not product.cellular and value is not None and name != "division":
            yield name, "must be empty for a product without cells."
    fixed = product.isbt_product_code
    if fixed and told.get("isbt_product_code") not in {None, fixed}:
        yield "isbt_product_code", f"is not {fixed}, as the study's profile has it."
