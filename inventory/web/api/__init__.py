"""The JSON API, version 1."""

from litestar import Router

from inventory.web import openapi
from inventory.web.api import (
    custody,
    emergencies,
    exposures,
    labels,
    logs,
    lookback,
    printing,
    record,
    sessions,
    stock,
    things,
)

API = Router(
    "/api/v1",
    route_handlers=[
        *sessions.ROUTES,
        *things.ROUTES,
        *custody.ROUTES,
        *emergencies.ROUTES,
        *exposures.ROUTES,
        *logs.ROUTES,
        *record.ROUTES,
        *lookback.ROUTES,
        *stock.ROUTES,
        *labels.ROUTES,
        *printing.ROUTES,
        *openapi.ROUTES,
    ],
)

__all__ = ["API"]
