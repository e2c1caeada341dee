"""The evidence of an act out of a form that was filled in: the way back from `controls`.

Rules this module keeps:
- What was left empty was not given; a row of which nothing was given is no row. A list that has to be given and may
  be empty was given empty: that nobody is named is said so. An answer that the API takes for granted is missing.
- An amount is read exactly (decimal, never binary) and has to be a whole number of the smallest unit.
- A time without an offset is the site's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.web.pages.controls import (
    ASKED_APART,
    Schema,
    is_granted,
    may_be_empty,
    plain,
    rows_in,
    shape_of,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_DECIMAL = re.compile(r"[-−+]?[0-9]{1,16}(\.[0-9]{1,6})?")
_SPACES = re.compile(r"[\s  _]")
"""What stands between the digits of a long number. No comma: to many it is the decimal mark."""


@dataclass(slots=True)
class Filled:
    """A form as it came: every value by its name, the site's time zone, and what could not be read."""

    given: Mapping[str, list[str]]
    zone: str
    problems: list[tuple[str, str]] = field(default_factory=list)

    def evidence(self, schema: Schema) -> dict[str, Any]:
        """The evidence as JSON, by the schema of its model; `problems` tells what could not be read."""
        read = self._object(schema, schema, "", skip=ASKED_APART)
        for name, told in schema.get("properties", {}).items():
            if name not in read and is_granted(told, plain(told, schema)):
                self.problems.append((f"evidence.{name}", "Field required"))
        return read

    def _object(
        self, schema: Schema, whole: Schema, before: str, skip: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        read = {
            name: self._one(name, plain(told, whole), whole, before + name)
            for name, told in schema.get("properties", {}).items()
            if name not in skip
        }
        needed = schema.get("required", ())
        for name, told in schema.get("properties", {}).items():
            if name in needed and read.get(name, "") is None and may_be_empty(plain(told, whole), whole):
                read[name] = []
        return {name: value for name, value in read.items() if value is not None}

    def _one(self, name: str, kind: Schema, whole: Schema, address: str) -> Any:
        if kind.get("type") == "object":
            return self._object(kind, whole, f"{address}.") or None
        if kind.get("type") == "array":
            return self._many(name, plain(kind["items"], whole), whole, address)
        shape = shape_of(name, kind)[0]
        if shape == "check":
            return bool(self._texts(address))
        texts = self._texts(address)
        return self._value(texts[0], name, shape, address) if texts else None

    def _many(self, name: str, each: Schema, whole: Schema, address: str) -> list[Any] | None:
        if each.get("type") == "object":
            rows = (
                self._object(each, whole, f"{address}.{row}.") for row in range(rows_in(self.given, address))
            )
            found: list[Any] = [row for row in rows if row]
        else:
            shape = shape_of(name, each)[0]
            lines = [line.strip() for text in self._texts(address) for line in text.splitlines()]
            found = [self._value(line, name, shape, address) for line in lines if line]
        return found or None

    def _texts(self, address: str) -> list[str]:
        return [text.strip() for text in self.given.get(address, ()) if text.strip()]

    def _value(self, text: str, name: str, shape: str, address: str) -> Any:
        if shape == "amount":
            return self._amount(text, unit_of(name)[0], address)
        return in_zone(text, self.zone) if shape == "moment" else text

    def _amount(self, text: str, factor: int, address: str) -> int | None:
        digits = _SPACES.sub("", text)
        if _DECIMAL.fullmatch(digits):
            value = Decimal(digits.replace("−", "-")) * factor
            if value == value.to_integral_value():
                return int(value)
        self.problems.append(
            (f"evidence.{address}", "It is a number such as 12 or 1.5, no finer than it is kept.")
        )
        return None


def in_zone(text: str, zone: str) -> str:
    """An instant with its offset, from a time of day at the site; any other text as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) <= len("2026-11-22"):
        return text
    return clocks.format_instant(at if at.utcoffset() is not None else at.replace(tzinfo=ZoneInfo(zone)))
