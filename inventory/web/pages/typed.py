"""Codes that a person typed into a form where they are scanned as a rule.

Rules this module keeps:
- A typed number needs its check character, and is then written as a scan would be: without groups, in capitals.
- What has no check character (a place, a participant) is taken as it is; every typed code is told by the entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.domain.identifiers import numbers
from inventory.services.acts import MalformedError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

TYPED: Final = "typed"
"""The field that names the others into which a person typed."""
SCANNER: Final = "scanner"
"""The field that names the scanner of that workbench, where one was checked there."""


def typed_in(given: MutableMapping[str, list[str]]) -> dict[str, Any]:
    """What the entry tells of typed codes, as a part of its evidence; the numbers among `given` are put right.

    Raises:
        MalformedError: a typed number is wrong by its check character.
    """
    names = [name for name in dict.fromkeys(given.get(TYPED, ())) if any(given.get(name, ()))]
    problems: list[tuple[str, str]] = []
    for name in names:
        given[name] = [_put_right(text, name, problems) for text in given[name]]
    if problems:
        raise MalformedError(problems)
    if not names:
        return {}
    scanner = next(iter(given.get(SCANNER, ())), "").strip()
    fields = [name.removeprefix("evidence.") for name in names]
    return {TYPED: {"fields": fields, **({SCANNER: scanner} if scanner else {})}}


def _put_right(text: str, name: str, problems: list[tuple[str, str]]) -> str:
    return "\n".join(_number(line.strip(), name, problems) for line in text.splitlines())


def _number(text: str, name: str, problems: list[tuple[str, str]]) -> str:
    if not numbers.resembles(text):
        return text
    try:
        return numbers.parse(text).code
    except numbers.NumberError as wrong:
        problems.append((name, str(wrong)))
        return text
