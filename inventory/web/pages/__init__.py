"""The pages: what a browser is shown, over the same services as the API. docs/pages.md says how one is made."""

from litestar import Router

from inventory.web.pages import (
    acts,
    bedside,
    dispensing,
    events,
    history,
    items,
    label_counts,
    label_templates,
    lists,
    logs,
    look_backs,
    monitoring,
    open_tasks,
    pharmacy,
    preparation,
    print_form,
    print_jobs,
    quality,
    scan,
    second_factor,
    session,
    statics,
    storage,
    sums,
    temperatures,
    today,
)
from inventory.web.pages.filled import refuse_unproven

PAGES = Router(
    "/",
    before_request=refuse_unproven,
    route_handlers=[
        *statics.ROUTES,
        *session.ROUTES,
        *second_factor.ROUTES,
        *events.ROUTES,
        *today.ROUTES,
        *scan.ROUTES,
        *bedside.ROUTES,
        *storage.ROUTES,
        *pharmacy.ROUTES,
        *dispensing.ROUTES,
        *preparation.ROUTES,
        *quality.ROUTES,
        *temperatures.ROUTES,
        *look_backs.ROUTES,
        *sums.ROUTES,
        *items.ROUTES,
        *history.ROUTES,
        *label_templates.ROUTES,
        *print_form.ROUTES,
        *print_jobs.ROUTES,
        *label_counts.ROUTES,
        *logs.ROUTES,
        *monitoring.ROUTES,
        *open_tasks.ROUTES,
        *acts.ROUTES,
        *lists.ROUTES,
    ],
)

__all__ = ["PAGES"]
