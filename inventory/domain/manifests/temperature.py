"""The temperature file of a logger: times with offset, degrees Celsius, in any order, no time twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from inventory.domain.manifests.fields import Instant, Millidegrees
from inventory.domain.manifests.problems import HEADER, RowProblem, refuse
from inventory.domain.manifests.tables import Row, read_rows, repeated


class Reading(Row):
    """One reading, in UTC and millidegrees Celsius."""

    at: Annotated[Instant, Field(alias="timestamp")]
    millidegrees: Annotated[Millidegrees, Field(alias="celsius")]


def read_temperatures(data: bytes, latest: datetime | None = None) -> tuple[Reading, ...]:
    """The readings of a logger's file, oldest first, none of them after the `latest` time that may be told.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, Reading)
    refuse(_of_file(rows, latest))
    return tuple(sorted(rows, key=lambda row: row.at))


def _of_file(rows: Sequence[Reading], latest: datetime | None) -> Iterator[RowProblem]:
    yield from repeated(rows, "timestamp", lambda row: row.at)
    for number, row in enumerate(rows, start=HEADER + 1):
        if latest is not None and row.at > latest:
            yield RowProblem(number, "timestamp", "lies in the future. Check the logger's clock.")
