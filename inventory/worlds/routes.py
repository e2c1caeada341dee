"""Every route of an application, as it stands: whatever is served has to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from litestar.routes import HTTPRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from litestar import Litestar

NOT_ASKED: Final = frozenset({"OPTIONS", "HEAD"})
"""Methods that the framework answers for each route alike; each is tried once beside the route's own."""


class Route(NamedTuple):
    """A method, and an address in which names stand in braces; `open` needs no sign-in."""

    method: str
    path: str
    open: bool = False


def routes_of(app: Litestar) -> Iterator[Route]:
    """Every route: by the addresses that it describes itself with, or by its own."""
    for route in app.routes:
        handlers = route.route_handlers if isinstance(route, HTTPRoute) else ()
        # The framework keeps those of one address in a set, whose order is each process's own.
        for handler in sorted(handlers, key=lambda each: sorted(each.http_methods)):
            described = [path for path in handler.opt.get("docs", {}) if path]
            for method in sorted(handler.http_methods - NOT_ASKED):
                for path in described or [route.path_format]:
                    yield Route(str(method), path, bool(handler.opt.get("open")))
