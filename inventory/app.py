"""The composition root: an open study becomes an application, and the application a server."""

from __future__ import annotations

import gc
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from litestar import Litestar

from inventory.services.opening import refuse_another_study
from inventory.services.site import open_site
from inventory.store.settings import Settings
from inventory.web import api, health, pages
from inventory.web.auth import sign_in_needed
from inventory.web.bodies import BODY_AT_MOST
from inventory.web.headers import add_secure_headers
from inventory.web.packets import WholeAnswers
from inventory.web.pages.troubles import answer
from inventory.web.spanning import span_codes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from litestar.handlers import BaseRouteHandler

    from inventory.services.site import Site

COLLECT_AFTER = 20_000
"""How many more containers than before make the collector of garbage look."""
GRACE_SECONDS = 10
"""How long a request under way may take once the server was told to stop."""


def create_app(site: Site, *more: BaseRouteHandler) -> Litestar:
    """The application of an open study, with these routes beside its own; it closes the study when it ends."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await close(app)

    app = _app(lifespan, *more)
    _serve_site(app, site)
    return app


def app_from_environment() -> Litestar:
    """The application of the study that the environment names, opened when the server starts.

    Raises:
        SettingRefused: a setting cannot be used.
    """
    settings = Settings.from_environment(os.environ)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        _serve_site(app, await open_site(settings))
        try:
            await refuse_another_study(app.state["site"])
            _stay()
            yield
        finally:
            await close(app)

    return _app(lifespan)


def _serve_site(app: Litestar, site: Site) -> None:
    app.state.update({"site": site, "stopping": lambda: False})


async def close(app: Litestar) -> None:
    """Finish what the application's study has under way, and let go of it."""
    await app.state["site"].close()


def _app(
    lifespan: Callable[[Litestar], AbstractAsyncContextManager[None]], *more: BaseRouteHandler
) -> Litestar:
    app = Litestar(
        [api.API, pages.PAGES, *health.ROUTES, *more],
        lifespan=[lifespan],
        middleware=[sign_in_needed],
        before_send=[add_secure_headers],
        exception_handlers={Exception: answer},
        request_max_body_size=BODY_AT_MOST,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    span_codes(app)
    return app


CARRIED: Final[dict[str, Any]] = {
    "http": WholeAnswers,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": GRACE_SECONDS,
}
"""How the application is carried, by one process or several: what the server adds is decided here."""


def server_of(app: Litestar, host: str, port: int, **options: Any) -> uvicorn.Config:
    """The server's settings for one process."""
    return uvicorn.Config(app, host=host, port=port, **CARRIED, **options)


def server_for(app: Litestar, host: str, port: int, **options: Any) -> uvicorn.Server:
    """The server that carries the application, which knows when it is told to stop: what streams, ends then."""
    server = uvicorn.Server(server_of(app, host, port, **options))
    app.state["stopping"] = lambda: server.should_exit
    return server


async def serve(app: Litestar, host: str, port: int) -> None:
    """Serve until the process is told to stop; what is under way is finished first."""
    server = server_for(app, host, port)
    _stay()
    await server.serve()


def _stay() -> None:
    """Tell the collector of garbage that what stands now stands until the end, and to look less often.

    A request leaves no cycles behind, and looking for some at the default pace takes a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)
