"""The pages: what a browser is shown, over the same services as the API. docs/pages.md says how one is made."""

from litestar import Router

from inventory.web.auth import Asking
from inventory.web.pages import (
    acts,
    administration,
    bedside,
    commands,
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
    outbox,
    password,
    pharmacy,
    preparation,
    print_form,
    print_jobs,
    quality,
    receipts,
    scan,
    scanner,
    second_factor,
    session,
    statics,
    stocktake,
    storage,
    sums,
    temperatures,
    today,
    typed_codes,
)
from inventory.web.pages.filled import refuse_unproven


async def _before(request: Asking) -> None:
    await refuse_unproven(request)
    await events.note_seen(request)


PAGES = Router(
    "/",
    before_request=_before,
    route_handlers=[
        *statics.ROUTES,
        *session.ROUTES,
        *second_factor.ROUTES,
        *password.ROUTES,
        *events.ROUTES,
        *today.ROUTES,
        *typed_codes.ROUTES,
        *scan.ROUTES,
        *scanner.ROUTES,
        *bedside.ROUTES,
        *commands.ROUTES,
        *storage.ROUTES,
        *pharmacy.ROUTES,
        *dispensing.ROUTES,
        *preparation.ROUTES,
        *quality.ROUTES,
        *temperatures.ROUTES,
        *look_backs.ROUTES,
        *sums.ROUTES,
        *receipts.ROUTES,
        *stocktake.ROUTES,
        *items.ROUTES,
        *history.ROUTES,
        *label_templates.ROUTES,
        *print_form.ROUTES,
        *print_jobs.ROUTES,
        *label_counts.ROUTES,
        *logs.ROUTES,
        *monitoring.ROUTES,
        *administration.ROUTES,
        *open_tasks.ROUTES,
        *outbox.ROUTES,
        *acts.ROUTES,
        *lists.ROUTES,
    ],
)

__all__ = ["PAGES"]
