"""The lot file: one row a vial, as the manufacturer filled it.

Rules kept here:
- what is of human origin is told, row by row, as an act is asked for it (see `origin`);
- what belongs to the lot is the same in every row of the lot; cells and volume belong to the vial;
- a serial stands in the file once, and so does DIN with product code and division (ST-001: unique together).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field

from inventory.domain import origin
from inventory.domain.manifests.donor import DONOR_CODE
from inventory.domain.manifests.fields import (
    Code,
    Day,
    Text,
    VialSerial,
    decimal,
    matching,
    optional,
    whole,
)
from inventory.domain.manifests.problems import HEADER, RowProblem, refuse
from inventory.domain.manifests.tables import Row, differing, read_rows, repeated
from inventory.domain.profile import Profile

PRODUCT_CODE = matching(
    origin.PRODUCT_CODE, "must be an ISBT 128 product description code of five characters, such as S2598."
)
DIVISION = matching(
    origin.DIVISION,
    "must be an ISBT 128 division: two characters such as 00, or six.",
)
OF_LOT = (
    "product", "manufacturer", "donor_code", "din", "isbt_product_code", "passage", "cryo_medium",
    "dmso_basis_points", "filled_on", "expires_on",
)  # fmt: skip


class LotRow(Row):
    """One vial of a lot. Amounts are in cells, microlitres and basis points (1 % is 100)."""

    lot_number: Code
    product: Text
    manufacturer: Text
    donor_code: Annotated[str | None, BeforeValidator(optional(DONOR_CODE))]
    din: Annotated[str | None, BeforeValidator(optional(origin.donation_number))]
    isbt_product_code: Annotated[str | None, BeforeValidator(optional(PRODUCT_CODE))]
    division: Annotated[str | None, BeforeValidator(optional(DIVISION))]
    vial_serial: VialSerial
    cells: Annotated[
        int | None, BeforeValidator(optional(decimal(6, 1, 10**12))), Field(alias="cells_million")
    ]
    microlitres: Annotated[int, BeforeValidator(decimal(3, 1, 1_000_000)), Field(alias="volume_ml")]
    passage: Annotated[int | None, BeforeValidator(optional(whole(0, 50)))]
    cryo_medium: Text
    dmso_basis_points: Annotated[int, BeforeValidator(decimal(2, 0, 10_000)), Field(alias="dmso_percent")]
    filled_on: Day
    expires_on: Day


def read_lots(data: bytes, profile: Profile) -> tuple[LotRow, ...]:
    """The rows of a lot file, one a vial.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, LotRow)
    refuse(_of_products(rows, profile))
    refuse(_of_file(rows))
    return rows


def _of_file(rows: Sequence[LotRow]) -> Iterator[RowProblem]:
    yield from repeated(rows, "vial_serial", lambda row: row.vial_serial)
    yield from repeated(
        rows, "division", lambda row: (row.din, row.isbt_product_code, row.division) if row.din else None
    )
    yield from differing(rows, lambda row: row.lot_number, OF_LOT, "lot")


def _of_products(rows: Sequence[LotRow], profile: Profile) -> Iterator[RowProblem]:
    for number, row in enumerate(rows, start=HEADER + 1):
        product = profile.product(row.product)
        if product is None:
            yield RowProblem(number, "product", "is not a product of the study's profile.")
            continue
        told = {name: getattr(row, name) for name in (*origin.OF_LOT, *origin.OF_VIAL)}
        for name, what in origin.misfits(product, told):
            yield RowProblem(number, LotRow.model_fields[name].alias or name, what)
