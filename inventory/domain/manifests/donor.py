"""The donor file: a donor by code, and the determination of eligibility (21 CFR 1271.50)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from inventory.domain.manifests.fields import OptionalDay, OptionalText, matching
from inventory.domain.manifests.problems import ColumnError, refuse
from inventory.domain.manifests.tables import Row, read_rows, repeated

DONOR_CODE = matching(
    r"(?=.*[0-9])[A-Z0-9](-?[A-Z0-9]){1,19}",
    "must be a code of capital letters, digits and single hyphens with at least one digit, never a name.",
)


def statements(text: str) -> tuple[str, ...]:
    """The statements of one cell, separated by semicolons; none from an empty cell."""
    return tuple(part.strip() for part in text.split(";")) if text else ()


class DonorRow(Row):
    """One determination. `label_statements` are what 21 CFR 1271.60 or .65 puts on the label."""

    donor_code: Annotated[str, BeforeValidator(DONOR_CODE)]
    eligibility: Literal["eligible", "ineligible", "incomplete"]
    determined_on: OptionalDay
    determined_by: OptionalText
    label_statements: Annotated[tuple[str, ...], BeforeValidator(statements)]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.eligibility != "incomplete":
            for column in ("determined_on", "determined_by"):
                if getattr(self, column) is None:
                    raise ColumnError(column, "is needed unless the determination is incomplete.")
        if not all(self.label_statements):
            raise ColumnError("label_statements", "has an empty statement between semicolons.")
        if self.eligibility != "eligible" and not self.label_statements:
            raise ColumnError("label_statements", "is needed for a donor who is not eligible.")
        return self


def read_donors(data: bytes) -> tuple[DonorRow, ...]:
    """The rows of a donor file.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, DonorRow)
    refuse(repeated(rows, "donor_code", lambda row: row.donor_code))
    return rows
