"""The mark on a value that the public record does not give: confirm it with the protocol.

`use_by_minutes = { value = 240, confirm_with_protocol = true }` is the value 240 with a mark. The mark
changes nothing about what the value does, so the two are separated here, before anything reads the value:
the tables go on with plain values, and the marks become a list of paths, which pages show and the digest
covers.
"""

from __future__ import annotations

from typing import Any

VALUE, MARK = "value", "confirm_with_protocol"


def separated(tables: Any, path: str = "") -> tuple[Any, list[str], list[str]]:
    """The tables with plain values, the paths that are marked, and `path: sentence` for each misused mark."""
    if isinstance(tables, dict) and VALUE in tables:
        return _value(tables, path)
    if isinstance(tables, dict):
        steps = [(key, part, f"{path}.{key}" if path else key) for key, part in tables.items()]
        parts = {key: separated(part, here) for key, part, here in steps}
        return ({key: part[0] for key, part in parts.items()}, *_joined(list(parts.values())))
    if isinstance(tables, list):
        rows = [separated(part, f"{path}[{i}]") for i, part in enumerate(tables)]
        return ([row[0] for row in rows], *_joined(rows))
    return tables, [], []


def _value(table: dict[str, Any], path: str) -> tuple[Any, list[str], list[str]]:
    mark = table.get(MARK, False)
    if table.keys() - {VALUE, MARK} or not isinstance(mark, bool):
        return table[VALUE], [], [f"{path}: beside value stands only confirm_with_protocol = true or false."]
    return table[VALUE], [path] if mark else [], []


def _joined(parts: list[tuple[Any, list[str], list[str]]]) -> tuple[list[str], list[str]]:
    return [mark for part in parts for mark in part[1]], [wrong for part in parts for wrong in part[2]]
