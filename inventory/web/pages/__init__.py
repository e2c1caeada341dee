"""The pages: what a browser is shown, over the same services as the API. docs/pages.md says how one is made."""

from litestar import Router

from inventory.web.pages import (
    acts,
    bedside,
    events,
    items,
    lists,
    logs,
    scan,
    second_factor,
    session,
    statics,
    today,
)

PAGES = Router(
    "/",
    route_handlers=[
        *statics.ROUTES,
        *session.ROUTES,
        *second_factor.ROUTES,
        *events.ROUTES,
        *today.ROUTES,
        *scan.ROUTES,
        *bedside.ROUTES,
        *items.ROUTES,
        *logs.ROUTES,
        *acts.ROUTES,
        *lists.ROUTES,
    ],
)

__all__ = ["PAGES"]
