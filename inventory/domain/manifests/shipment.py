"""The shipment file: the pre-advice of one or more shipments, one row a vial.

A day in `expected_from` or `expected_to` means the whole local day of the site; a time carries its offset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from inventory.domain import clocks
from inventory.domain.manifests.fields import Code, Text, VialSerial, day, instant
from inventory.domain.manifests.problems import HEADER, RowProblem, refuse
from inventory.domain.manifests.tables import Row, differing, read_rows, repeated
from inventory.domain.profile import Profile

OF_SHIPMENT = (
    "sender",
    "receiver",
    "carrier",
    "shipper_id",
    "seal",
    "logger_id",
    "expected_from",
    "expected_to",
)


def day_or_instant(text: str) -> date | datetime:
    """A day, or a time with offset."""
    return day(text) if clocks.is_day(text) else instant(text)


When = Annotated[date | datetime, BeforeValidator(day_or_instant)]


class ShipmentRow(Row):
    """One vial that is on its way."""

    shipment: Code
    sender: Annotated[Text, Field(alias="from")]
    receiver: Annotated[Text, Field(alias="to")]
    carrier: Text
    shipper_id: Code
    seal: Code
    logger_id: Code
    expected_from: When
    expected_to: When
    vial_serial: VialSerial


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment with its vials, in the order of the file, which first names it in `row`; the window is in UTC."""

    row: int
    code: str
    sender: str
    receiver: str
    carrier: str
    shipper_id: str
    seal: str
    logger_id: str
    expected_from: datetime
    expected_to: datetime
    vials: tuple[str, ...]


def read_shipments(data: bytes, profile: Profile) -> tuple[Shipment, ...]:
    """The shipments of a file, in order of their first rows.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    rows = read_rows(data, ShipmentRow)
    refuse(_of_file(rows))
    groups: dict[str, list[ShipmentRow]] = {}
    begins: dict[str, int] = {}
    for number, row in enumerate(rows, start=HEADER + 1):
        groups.setdefault(row.shipment, []).append(row)
        begins.setdefault(row.shipment, number)
    zone = profile.site.time_zone
    return tuple(_shipment(begins[code], group, zone) for code, group in groups.items())


def _of_file(rows: Sequence[ShipmentRow]) -> Iterator[RowProblem]:
    yield from repeated(rows, "vial_serial", lambda row: row.vial_serial)
    yield from differing(rows, lambda row: row.shipment, OF_SHIPMENT, "shipment")


def _shipment(number: int, rows: Sequence[ShipmentRow], time_zone: str) -> Shipment:
    first = rows[0]
    return Shipment(
        row=number,
        code=first.shipment,
        sender=first.sender,
        receiver=first.receiver,
        carrier=first.carrier,
        shipper_id=first.shipper_id,
        seal=first.seal,
        logger_id=first.logger_id,
        expected_from=clocks.first_instant(first.expected_from.isoformat(), time_zone),
        expected_to=clocks.last_instant(first.expected_to.isoformat(), time_zone),
        vials=tuple(row.vial_serial for row in rows),
    )
