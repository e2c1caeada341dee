"""An example of whatever evidence an action asks for, made from the shape that the action itself declares.

So a new action has an example at once; a field for which none can be made is a defect of the suite, and stops
it, rather than a route that nobody looks at. What a shape does not say of its fields (which follows which, which is
needed beside which) is said here; an example that is refused for its form is a defect as well.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.evidence import Evidence
    from inventory.domain.lives.row import Row

KEY: Final = f"log+00000000+{'A' * 44}"
TEXTS: Final = ("X1", "word", "2026-01-05", "0" * 64, "0" * 8, KEY, "2026-01-05T09:00:00Z")
"""Tried in this order until one fits the field's pattern."""
OWN: Final = {
    "expires_on": "2031-01-05", "din": "A999922012346", "isbt_product_code": "YA001", "division": "000001",
}  # fmt: skip
"""What has to lie after another field's day, and codes whose form a pattern alone does not tell."""
ALSO: Final = frozenset({"determined_on", "determined_by", "result"})
"""Fields that may be left out, but not beside what is told in the others."""


class NoSampleError(Exception):
    """No example can be made for a field."""


def sample(row: Row, known: Mapping[str, Any]) -> dict[str, Any]:
    """The least evidence that has the form of this action; `known` gives fields by name where it fits.

    Raises:
        NoSampleError: a required field has a form of which this module knows no example.
    """
    schema = _schema(row.evidence)
    return _object(schema, schema, known)


@cache
def _schema(model: type[Evidence]) -> dict[str, Any]:
    return model.model_json_schema()


def _object(part: dict[str, Any], schema: dict[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    asked = {*part.get("required", ()), *ALSO}
    return {
        name: _value(name, one, schema, known) for name, one in part["properties"].items() if name in asked
    }


def _value(name: str, part: dict[str, Any], schema: dict[str, Any], known: Mapping[str, Any]) -> Any:
    if name in known:
        return known[name]
    if "$ref" in part:
        return _value(name, schema["$defs"][part["$ref"].rpartition("/")[2]], schema, known)
    if "anyOf" in part:
        return _value(name, part["anyOf"][0], schema, known)
    if "const" in part or "enum" in part:
        return part.get("const", next(iter(part.get("enum", ())), None))
    match part.get("type"):
        case "integer":
            return max(1, part.get("minimum", 1))
        case "boolean":
            return True
        case "array":
            return [_value(name.removesuffix("s"), part["items"], schema, known)]
        case "object":
            return _object(part, schema, known)
        case "string":
            return _text(name, part)
    raise NoSampleError(f"{name}: {part}")


def _text(name: str, part: dict[str, Any]) -> str:
    if part.get("format") == "date-time":
        return TEXTS[-1]
    for text in (OWN[name],) if name in OWN else TEXTS:
        if re.search(part.get("pattern", ""), text) and len(text) <= part.get("maxLength", len(text)):
            return text
    raise NoSampleError(f"{name}: {part}")
