"""The words that facts are made of, and are shown as: what a form offers, states, what waits to be explained."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from inventory.domain.lives import ACTIONS, STATES
from inventory.domain.lives.explaining import EXPLAINED_BY

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def _offered() -> frozenset[str]:
    """Every word with an underscore; one without reads the same in either way."""
    models = {row.evidence for row in ACTIONS.values()}
    told = {word for model in models for word in _words_in(model.model_json_schema())}
    known = told | set(EXPLAINED_BY) | {state for states in STATES.values() for state in states}
    return frozenset(word for word in known if "_" in word)


def _words_in(schema: Any) -> Iterator[str]:
    """The texts of every `enum` and `const`, wherever they stand in a JSON schema."""
    match schema:
        case dict():
            for name, part in schema.items():
                if name in {"enum", "const"}:
                    yield from (
                        each for each in (part if name == "enum" else [part]) if isinstance(each, str)
                    )
                else:
                    yield from _words_in(part)
        case list():
            for part in schema:
                yield from _words_in(part)


def is_offered(value: object) -> bool:
    """Whether a fact's value is one of the product's own words, and no code, name or text of somebody's."""
    return value in _offered()
