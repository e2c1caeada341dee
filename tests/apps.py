"""The application of a study, made once and lent to one study of the tests after the other.

Making one takes half a second, most of it copying three hundred routes; which study it serves is its state alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.datastructures import State

from inventory.app import close, create_app

if TYPE_CHECKING:
    from litestar import Litestar

    from inventory.services.site import Site

IDLE: list[Litestar] = []


def lent(site: Site) -> Litestar:
    """An application that serves this study and nothing else, as if it were new."""
    if not IDLE:
        return create_app(site)
    app = IDLE.pop()
    app.state = State({"site": site, "stopping": lambda: False})
    return app


async def given_back(app: Litestar) -> None:
    """Close the study; the application may serve another."""
    await close(app)
    IDLE.append(app)
