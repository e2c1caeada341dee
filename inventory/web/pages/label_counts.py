"""Labels counted: every roll of blanks, and by job, roll or template what became of what was printed.

Rules this module keeps:
- The difference stands in front: what was printed and nobody has seen since is what somebody has to look for.
- A count is of what the person may see; nothing else is hinted at by a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.services import label_accounts
from inventory.services.lists import everything
from inventory.web.auth import PAGE, Asking, reader_for
from inventory.web.pages.frame import page
from inventory.web.pages.items import offered
from inventory.web.pages.menu import LABELS
from labels.stocks import stocks

if TYPE_CHECKING:
    from inventory.store.records import ItemRecord


@dataclass(frozen=True, slots=True)
class RollCount:
    """A roll and how many of its labels were printed on, may have been, or were cancelled afterwards."""

    roll: ItemRecord
    printed: int

    @property
    def left(self) -> int:
        """The blanks that should be on its core."""
        return _count(self.roll, "labels") - self.printed - _count(self.roll, "wasted")


def _count(record: ItemRecord, name: str) -> int:
    value = record.facts.get(name)
    return value if isinstance(value, int) else 0


@get("/labels/rolls", opt=PAGE)
async def rolls(request: Asking) -> ASGIResponse:
    """The register of rolls: where each is, and what should be left on it."""
    reader = reader_for(request, LABELS)
    printed = {one.of: one.printed for one in await label_accounts.accounts(reader, "roll")}
    found = [RollCount(roll, printed.get(roll.code, 0)) for roll in await everything(reader, Kind.ROLL)]
    found.sort(key=lambda one: (one.roll.state == "closed", one.roll.state != "mounted", one.roll.code))
    rows = [{"count": one, "acts": offered(one.roll)} for one in found]
    return page(request, "labels/rolls.html", rows=rows, stocks=stocks())


@get("/labels/accounts", opt=PAGE)
async def accounts(request: Asking) -> ASGIResponse:
    """Reconciliation: printed = applied + void + destroyed + on hand, and the difference."""
    reader = reader_for(request, LABELS)
    asked = request.query_params.get("by", "")
    by = asked if asked in label_accounts.KEYS else "job"
    found = await label_accounts.accounts(reader, by)
    found.sort(key=lambda one: (-one.unseen, one.of))
    return page(request, "labels/accounts.html", by=by, found=found, unseen=sum(one.unseen for one in found))


@get("/labels/accounts.csv", opt=PAGE)
async def accounts_csv(request: Asking) -> ASGIResponse:
    """The same as a table for a spreadsheet."""
    reader = reader_for(request, LABELS)
    asked = request.query_params.get("by", "")
    found = await label_accounts.accounts(reader, asked if asked in label_accounts.KEYS else "job")
    return ASGIResponse(body=label_accounts.as_csv(found), media_type="text/csv")


ROUTES = [rolls, accounts, accounts_csv]
