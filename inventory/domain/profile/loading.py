"""Read a profile from its text, or refuse it with one sentence for each thing that is wrong.

1. The text is TOML. 2. Marks stand beside values only (`marks.py`), and each reason in `[why]` explains a mark.
3. The tables have the shape of `Profile`. 4. The values fit together (`checks.py`).
Each step is taken only when the one before found nothing, and each reports everything it found.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import ValidationError

from inventory.domain.profile.checks import contradictions
from inventory.domain.profile.marks import separated
from inventory.domain.profile.model import Profile

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SENTENCES = {
    "missing": "is missing.",
    "extra_forbidden": "is not a setting of a study profile; check its spelling.",
    "int_type": "must be a whole number.",
    "string_type": "must be text in quotation marks.",
    "bool_type": "must be true or false.",
    "tuple_type": "must be a list.",
    "model_type": "must be a table.",
    "string_pattern_mismatch": "does not have the form that this setting asks for.",
    "too_short": "has too few valid entries.",
}


class ProfileRefused(ValueError):  # noqa: N818  (named for what happened, like every refusal here)
    """A profile that cannot be used; `problems` holds one `path: sentence` for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The study profile was refused.\n" + "\n".join(self.problems))


@lru_cache(maxsize=8)
def load(text: str) -> Profile:
    """The profile that this TOML text describes; a study that is opened over and over is told by one.

    Raises:
        ProfileRefused: the text is not TOML, not a profile, or contradicts itself.
    """
    tables, marks, misused = _separated(text)
    if misused:
        raise ProfileRefused(misused)
    foreign = [name for name in ("marks", "reasons") if name in tables]
    if foreign:
        raise ProfileRefused([f"{name}: {SENTENCES['extra_forbidden']}" for name in foreign])
    reasons = tables.pop("why", {})
    if not isinstance(reasons, dict):
        raise ProfileRefused(["why: must be a table."])
    profile = _shaped({**tables, "marks": marks, "reasons": reasons})
    if stray := _reasons_of_nothing(reasons, tables):
        raise ProfileRefused(stray)
    if problems := contradictions(profile):
        raise ProfileRefused(problems)
    return profile


def _reasons_of_nothing(reasons: dict[str, Any], tables: Any) -> list[str]:
    """A sentence for each reason whose path names no value; one of a value that is confirmed now may stay."""
    paths = set(_paths(tables, ""))
    return [f"why.{path}: there is no value at this path." for path in reasons if path not in paths]


def _paths(part: Any, path: str) -> Iterator[str]:
    yield path
    named: list[tuple[str, Any]] = []
    if isinstance(part, dict):
        named = [(f"{path}.{key}" if path else key, one) for key, one in part.items()]
    elif isinstance(part, list):
        named = [(f"{path}[{place}]", one) for place, one in enumerate(part)]
    for below, one in named:
        yield from _paths(one, below)


def _separated(text: str) -> tuple[Any, list[str], list[str]]:
    try:
        return separated(tomllib.loads(text))
    except (
        ValueError,
        RecursionError,
    ) as error:  # an integer of thousands of digits, a key of thousands of parts
        raise ProfileRefused([f"file: is not TOML: {error}."]) from error


def _shaped(tables: dict[str, Any]) -> Profile:
    try:
        # By way of JSON: its strict reading takes a list for a tuple, and that of Python objects does not.
        return Profile.model_validate_json(orjson.dumps(tables))
    except TypeError as error:
        raise ProfileRefused([f"file: holds a value that no setting takes: {error}."]) from error
    except ValidationError as error:
        raise ProfileRefused([f"{_path(e)}: {_sentence(e)}" for e in error.errors()]) from error


def _path(error: ErrorDetails) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"])
    return path.removeprefix(".") or "file"


def _sentence(error: ErrorDetails) -> str:
    message = error["msg"]
    return SENTENCES.get(error["type"], f"is refused: {message[0].lower()}{message[1:]}.")
