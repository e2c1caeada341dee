"""What an address looks for in the record: the filter of the history, of its page and of the API alike."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from inventory.services.acts import MalformedError
from inventory.services.looking import Wanted
from inventory.web.bodies import CODE

if TYPE_CHECKING:
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
