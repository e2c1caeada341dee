"""The study's profile as people read it: value by value, with the marks of what must still be confirmed.

Rules this module keeps:
- What the vault knows (products, arms, the list, release) is shown to who reads the vault, and to nobody else.
- A marked value shows why it is marked: by the profile's own words, or by those that hold for every mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.profile import Profile

OF_THE_VAULT: Final = frozenset(
    {"products", "periods", "arms", "randomisation", "release_tests", "conditional_release"}
)
"""The parts of a profile that tell what is given to whom."""
TOLD_APART: Final = frozenset({"marks", "reasons", "roles"})
"""Parts that are no settings, or have a page of their own."""
WHY: Final = "The public record does not give it: a typical value stands here until somebody compares it."


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: its path in the profile, how it is written, whether it must be confirmed, and why."""

    path: str
    value: str
    marked: bool
    why: str


@dataclass(frozen=True, slots=True)
class Section:
    """The values of one table of the profile."""

    name: str
    settings: tuple[Setting, ...]


def sections(profile: Profile, *, whole: bool) -> Iterator[Section]:
    """The profile's tables in the order of the file; those of the vault where it is shown whole."""
    told = profile.model_dump(mode="json")
    for name, value in told.items():
        if name in TOLD_APART or (name in OF_THE_VAULT and not whole):
            continue
        settings = tuple(_setting(profile, path, one) for path, one in _flat(name, value))
        yield Section(name, settings)


def _setting(profile: Profile, path: str, value: str) -> Setting:
    marked = path in profile.marks
    return Setting(path, value, marked, profile.reasons.get(path, WHY) if marked else "")


def _flat(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(f"{path}.{key}", one)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for place, one in enumerate(value):
            yield from _flat(f"{path}[{place}]", one)
    else:
        yield path, _written(value)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == "" else str(value)
