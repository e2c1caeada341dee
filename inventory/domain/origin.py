"""What has to be told of a product that has cells, and of no other: where they come from, and how many there are.

Of nothing else could a vial be traced to its donor. A vehicle with a donor would be held back with them.

Source: 21 CFR 1271.290 (tracking); ISBT 128 ST-001 (DIN, product code and division together name one container).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.domain.profile import Product

OF_LOT: Final = ("donor_code", "din", "isbt_product_code", "passage")
OF_VIAL: Final = ("division", "cells")


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
