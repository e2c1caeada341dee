"""The donor file: a donor by code, and the determination of eligibility (21 CFR 1271.50)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from inventory.domain import origin
from inventory.domain.manifests.fields import OptionalDay, OptionalText, matching
from inventory.domain.manifests.problems import refuse
from inventory.domain.manifests.tables import Row, read_rows, repeated

DONOR_CODE = matching(origin.DONOR_CODE, origin.NO_DONOR_CODE)


def statements(text: str) -> tuple[str, ...]:
    """The statements of one cell, separated by semicolons; none from an empty cell."""
    found = tuple(part.strip() for part in text.split(";")) if text else ()
    if not all(found):
        raise ValueError("has an empty statement between semicolons.")
    return found


class DonorRow(Row):
    """One determination."""

    donor_code: Annotated[str, BeforeValidator(DONOR_CODE)]
    eligibility: Literal["eligible", "ineligible", "incomplete"]
    determined_on: OptionalDay
    determined_by: OptionalText
    label_statements: Annotated[tuple[str, ...], BeforeValidator(statements)]


def read_donors(data: bytes) -> tuple[DonorRow, ...]:
    """The rows of a donor file.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, DonorRow)
    refuse(repeated(rows, "donor_code", lambda row: row.donor_code))
    return rows
