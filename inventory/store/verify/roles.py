"""Step 5, of people: whether whoever recorded an entry had the role that it names, by the entries before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from inventory.store.verify.report import Finding

if TYPE_CHECKING:
    from inventory.store.verify.entries import Log

_OPENER: Final = "init"
"""Who records the first entries of a study, before there is anybody, and no other."""


class Held:
    """The roles that people held, noted as the open log is read, with those whose work they do (`duties`)."""

    def __init__(self, duties: Mapping[str, frozenset[str]]) -> None:
        self._duties = duties
        self._begun = ""
        self._since: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)

    def note(self, person: str, roles: Sequence[str], at: str) -> None:
        """From that instant on these are the person's roles."""
        duties = (self._duties.get(role, frozenset()) for role in roles)
        self._since[person].append((at, frozenset().union(*duties)))

    def had(self, person: str, role: str, at: str) -> bool:
        """Whether the person did the work of that role then; entries of one instant count in any order."""
        self._begun = self._begun or at
        if person == _OPENER:
            return (role, at) == ("administrator", self._begun)
        for since, duties in reversed(self._since.get(person, ())):
            if since <= at and role in duties:
                return True
            if since < at:
                break
        return False


def check_roles(logs: Sequence[Log]) -> Iterator[Finding]:
    """Rights are rows as well: raised for one act and put back, they are told by the entry of that act alone."""
    for log in logs:
        for index, by, role in log.without_role[:1]:
            sentence = (
                f"Entry {index} was recorded by {by} as {role}, which by the entries before it they were not."
            )
            yield Finding("5 state", log.name, index, sentence)
