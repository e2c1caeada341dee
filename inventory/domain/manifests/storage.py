"""The storage file: places by path, site / room / tank / rack / box, and how warm a tank may become.

A box's last step is its own code, which it keeps wherever it is carried, so it stands in the file once.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from inventory.domain.identifiers import numbers, outside
from inventory.domain.manifests.fields import OptionalMillidegrees, optional, whole
from inventory.domain.manifests.problems import ColumnError, refuse
from inventory.domain.manifests.tables import Row, read_rows, repeated

Side = Annotated[int | None, BeforeValidator(optional(whole(1, numbers.LARGEST_ORDINAL)))]
KINDS = ("site", "room", "tank", "rack", "box")


class PlaceRow(Row):
    """One place. `rows` and `columns` are a box's grid; the limit is in millidegrees Celsius."""

    path: Annotated[str, BeforeValidator(outside.place_path)]
    kind: Literal["site", "room", "tank", "rack", "box"]
    rows: Side
    columns: Side
    limit_millidegrees: Annotated[OptionalMillidegrees, Field(alias="limit_celsius")]

    @property
    def parent(self) -> str | None:
        """The path of the place that this one stands in; None for a site. It may be registered already."""
        return self.path.rpartition("/")[0] or None

    @property
    def name(self) -> str:
        """The last step of the path; for a box, its code."""
        return self.path.rpartition("/")[2]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.path.count("/") != KINDS.index(self.kind):
            raise ColumnError("path", f"must have {KINDS.index(self.kind) + 1} steps for this kind of place.")
        if self.kind == "box" and None in (self.rows, self.columns):
            raise ColumnError("rows", "is needed for a box, and so is columns.")
        if self.kind != "box" and (self.rows, self.columns) != (None, None):
            raise ColumnError("rows", "must be empty for what is not a box, and so must columns.")
        return self


def read_places(data: bytes) -> tuple[PlaceRow, ...]:
    """The rows of a storage file, in its order.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, PlaceRow)
    refuse(repeated(rows, "path", lambda row: row.path))
    refuse(repeated(rows, "path", lambda row: row.name if row.kind == "box" else None))
    return tuple(rows)
