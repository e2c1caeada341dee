"""Addresses that name a code with strokes in it: `BM/24-017` is a lot's number, and a part of a route is one step.

Rules this module keeps:
- The routes are asked as they stand; only where none fits is a code taken to span several steps.
- Of the routes that fit then, the one that says most behind the code is meant: no code ends as an address does
  (`outside.has_address`), so there is one reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar.exceptions import NotFoundException
from litestar.routes import HTTPRoute
from litestar.types.internal_types import PathParameterDefinition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from litestar import Litestar

CODES: Final = frozenset({"code", "shipment", "participant", "visit"})
"""The parts of addresses that are codes in which a stroke may stand: those that others give, or people make up."""
_STROKE: Final = "\x00"
"""Stands for a stroke of a code while the routes are asked; no code holds one."""


def span_codes(app: Litestar) -> None:
    """Let the application's routes find codes that hold strokes."""
    # What the router asks, and keeps the answers of: nothing before it knows which routes there are.
    router = app.asgi_router
    router.handle_routing = _Spanning(router.handle_routing, app)  # type: ignore[assignment]  # asked as what it replaces


class _Spanning:
    def __init__(self, routing: Callable[..., tuple[Any, ...]], app: Litestar) -> None:
        self._routing = routing
        self._ends = sorted(_ends(app), key=lambda ends: sum(map(len, ends)), reverse=True)

    def __call__(self, path: str, method: Any) -> tuple[Any, ...]:
        """What answers at the address, as the framework tells it.

        Raises:
            NotFoundException: no route fits, however the address is read.
            MethodNotAllowedException: one fits, and does not take that method.
        """
        try:
            return self._routing(path=path, method=method)
        except NotFoundException:
            folded = self._folded(path)
            if folded is None:
                raise
        answering, handler, _, parts, template = self._routing(path=folded, method=method)
        unfolded = {name: str(part).replace(_STROKE, "/") for name, part in parts.items()}
        return answering, handler, path, unfolded, template

    def _folded(self, path: str) -> str | None:
        if _STROKE in path:
            return None
        for before, behind in self._ends:
            if path.startswith(before) and path.endswith(behind):
                code = path[len(before) : len(path) - len(behind)]
                if "/" in code.strip("/"):
                    return f"{before}{code.replace('/', _STROKE)}{behind}"
        return None


def _ends(app: Litestar) -> Iterator[tuple[str, str]]:
    """What stands before and behind the code in each route that has one."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            before, code, behind = _parted(route.path_components)
            if code and not any(isinstance(step, PathParameterDefinition) for step in behind):
                yield "".join(f"/{step}" for step in before) + "/", "".join(f"/{step}" for step in behind)


def _parted(steps: Iterable[str | PathParameterDefinition]) -> tuple[list[Any], str, list[Any]]:
    """The steps before the code, the code's name and the steps behind it; no name where there is no code."""
    all_of_it = [*steps]
    for at, step in enumerate(all_of_it):
        if isinstance(step, PathParameterDefinition):
            spans = step.type is str and step.name in CODES
            return all_of_it[:at], step.name if spans else "", all_of_it[at + 1 :]
    return all_of_it, "", []
