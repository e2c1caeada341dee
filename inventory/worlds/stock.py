"""What lies in the tanks of a world: three lots of each product, enough for a trial in which all get the same.

The first product with cells lies in a tank of its own, so that an excursion there is a shortage of that product
and of no other; its first lot expires first, is picked first, and is recalled later on. The first lots alone are
posted as a supply before anybody is enrolled, so that the balance runs out while there still is enough of all.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from inventory.domain.identifiers import numbers

if TYPE_CHECKING:
    from inventory.domain.profile import Product, Profile

SEED = 6001853
FILLED = "2025-09-18"
EXPIRES = ("2027-06-30", "2028-12-31", "2028-12-31")
"""Of each product's lots in turn."""
THIRD = 6
"""For how many kits a third lot is enough, unless the others are for fewer."""
GRID = 10
DONOR = "D-0107"
CELLS = 45_000_000


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot with its vials and the box they go to."""

    number: str
    product: Product
    expires_on: str
    vials: tuple[str, ...]
    tank: str
    box: str

    @property
    def shipment(self) -> str:
        """The shipment that it comes with."""
        return f"SH-{self.number}"

    def registered(self) -> dict[str, Any]:
        """What `lot-register` asks for."""
        filled = [{"serial": vial, "volume_ul": self.product.fill_microlitres} for vial in self.vials]
        vials = [self._with_cells(vial, place) for place, vial in enumerate(filled, start=1)]
        return {
            "product": self.product.code, "manufacturer": "Maker", "cryo_medium": "Plasma-Lyte A",
            "dmso_basis_points": self.product.dmso_basis_points, "filled_on": FILLED,
            "expires_on": self.expires_on,
            "vials": vials, **self._origin(),
        }  # fmt: skip

    def _with_cells(self, vial: dict[str, Any], place: int) -> dict[str, Any]:
        return {**vial, "division": f"{place:06}", "cells": CELLS} if self.product.cellular else vial

    def _origin(self) -> dict[str, Any]:
        if not self.product.cellular:
            return {}
        code = self.product.isbt_product_code or "YA001"
        din = f"A999926{crc32(self.number.encode()) % 10**6:06}"
        return {"donor_code": DONOR, "din": din, "isbt_product_code": code, "passage": 3}


def fragile(profile: Profile) -> Product:
    """The product that events befall: the first with cells, or simply the first."""
    return next((product for product in profile.products if product.cellular), profile.products[0])


def lots(profile: Profile, kits: int) -> list[Lot]:
    """Three lots of each product, the first two enough for so many kits each; the same for the same profile."""
    source = random.Random(SEED)  # noqa: S311  (made up, and the same in all worlds)
    sizes = [many * profile.kit.vials_per_kit for many in (kits, kits, min(kits, THIRD))]
    found = []
    for product in profile.products:
        tank = f"{profile.site.code}/{'T1' if product is fragile(profile) else 'T2'}"
        for ordinal, (size, expires_on) in enumerate(zip(sizes, EXPIRES, strict=True), start=1):
            vials = tuple(numbers.draw(numbers.Kind.VIAL, source.randrange) for _ in range(size))
            box = numbers.draw(numbers.Kind.BOX, source.randrange)
            found.append(Lot(f"{product.code}-{ordinal}", product, expires_on, vials, tank, box))
    return found


def position(lot: Lot, ordinal: int) -> str:
    """Where the lot's vial with that ordinal, from 0, is put."""
    return numbers.position_code(lot.box, ordinal // GRID + 1, ordinal % GRID + 1)
