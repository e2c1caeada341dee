"""The temperature file of a logger: times with offset, degrees Celsius, in any order, no time twice."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from inventory.domain.manifests.fields import Instant, Millidegrees
from inventory.domain.manifests.problems import refuse
from inventory.domain.manifests.tables import Row, read_rows, repeated


class Reading(Row):
    """One reading, in UTC and millidegrees Celsius."""

    at: Annotated[Instant, Field(alias="timestamp")]
    millidegrees: Annotated[Millidegrees, Field(alias="celsius")]


def read_temperatures(data: bytes) -> tuple[Reading, ...]:
    """The readings of a logger's file, oldest first.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, Reading)
    refuse(repeated(rows, "timestamp", lambda row: row.at))
    return tuple(sorted(rows, key=lambda row: row.at))
