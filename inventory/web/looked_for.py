"""What an address looks for in the record, and from where on: of the history's page and of the API alike."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from inventory.services.acts import MalformedError
from inventory.services.looking import Wanted
from inventory.web.bodies import CODE

if TYPE_CHECKING:
    from inventory.services.looking import Found
    from inventory.web.auth import Asking

NAMES: Final = {"from_day": "from", "to_day": "to"}
"""How a part of the filter is named in the address, where that is not its own name."""


def wanted_in(request: Asking) -> Wanted:
    """What the address looks for.

    Raises:
        MalformedError: a part of it has not its form.
    """
    told = request.query_params
    given: dict[str, Any] = {}
    for each in fields(Wanted):
        text = told.get(NAMES.get(each.name, each.name), "").strip()
        given[each.name] = bool(text) if isinstance(each.default, bool) else text
    for name in ("by", "item", "action", "kind"):
        if given[name] and not CODE.fullmatch(given[name]):
            raise MalformedError([(name, "It is 1 to 64 visible ASCII characters.")])
    return Wanted(**given)


def query_of(wanted: Wanted) -> dict[str, str]:
    """The same as an address says it."""
    told = ((NAMES.get(each.name, each.name), getattr(wanted, each.name)) for each in fields(wanted))
    return {name: "1" if value is True else value for name, value in told if value}


_MARK: Final = re.compile(r"((?:[a-z]{1,16}:\d{1,15},)*)([0-9TZ:.-]{0,32})")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of the record ended: in each log before which entry, and before which instant."""

    before: dict[str, int] = field(default_factory=dict)
    until: str = ""

    @classmethod
    def of(cls, text: str) -> Mark:
        """The mark that an earlier page gave.

        Raises:
            MalformedError: it is none.
        """
        found = _MARK.fullmatch(text)
        if found is None:
            raise MalformedError([("before", "It is the mark that the page before gave.")])
        pairs = (each.partition(":") for each in found[1].split(",") if each)
        return cls({log: int(index) for log, _, index in pairs}, found[2])

    @classmethod
    def after(cls, found: Found) -> Mark:
        """Where the page after this one goes on; an empty mark where there is nothing more."""
        return cls(found.before, found.oldest) if found.before else cls()

    def __str__(self) -> str:
        """The same as an address says it; empty for the newest page."""
        return "".join(f"{log}:{index}," for log, index in sorted(self.before.items())) + self.until


def mark_in(request: Asking) -> Mark:
    """From where on the address looks; the newest where it does not say.

    Raises:
        MalformedError: it is no mark.
    """
    return Mark.of(request.query_params.get("before", ""))
