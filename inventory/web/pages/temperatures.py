"""An excursion as quality assurance judges it: the logger's readings drawn and told, and what lay there.

Rules this module keeps:
- The picture and the table say the same, and both come from the file that the excursion's entry names.
- A gap in the readings is drawn and told as a gap, never as a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.domain.lives.disposition import standing
from inventory.services.lists import everything
from inventory.services.readings import limits_of, of_place, readings_of, stretches
from inventory.services.sheets import sheet
from inventory.web.answers import in_bytes
from inventory.web.auth import PAGE, Asking, unblinded_reader_for
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.chart import HEIGHT, LEFT, WIDTH, chart_of
from inventory.web.pages.frame import page
from inventory.web.pages.items import offered
from inventory.web.pages.menu import QUALITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord


@get("/quality/excursions", opt=PAGE)
async def excursions(request: Asking) -> ASGIResponse:
    """Every excursion, those that wait for an assessment first."""
    found = await everything(unblinded_reader_for(request, QUALITY), Kind.EXCURSION)
    found.sort(key=lambda each: str(each.facts.get("started_at")), reverse=True)
    found.sort(key=lambda each: each.state != "open")
    return page(request, "quality/excursions.html", found=found)


@get("/quality/excursions/{code:str}", opt=PAGE)
async def excursion(request: Asking) -> ASGIResponse:
    """One excursion: chart, table, and the vials that it touched."""
    reader = unblinded_reader_for(request, QUALITY)
    record = await thing_in(request, reader, Kind.EXCURSION)
    readings, limits = await readings_of(record), limits_of(reader)
    near = await of_place(reader, record.parent or "")
    return page(
        request, "quality/excursion.html", record=record, limits=limits,
        chart=chart_of(readings, near, limits, reader.profile.site.time_zone),
        stretches=[
            (each, clocks.format_instant(each.start), clocks.format_instant(each.end))
            for each in stretches(readings, limits)
        ],
        width=WIDTH, height=HEIGHT, left=LEFT, readings=len(readings), touched=await _touched(reader, record),
        acts=[each for each in offered(record) if each.action == "excursion-assess"], standing=standing,
    )  # fmt: skip


async def _touched(reader: Reader, record: ItemRecord) -> list[ItemRecord]:
    codes = record.facts.get("vials")
    named = {str(code) for code in codes} if isinstance(codes, list) else set()
    return [vial for vial in await everything(reader, Kind.VIAL) if vial.code in named]


@get("/quality/excursions/{code:str}/readings.csv", opt=PAGE)
async def readings_csv(request: Asking) -> ASGIResponse:
    """Every reading of the logger's file."""
    record = await thing_in(request, unblinded_reader_for(request, QUALITY), Kind.EXCURSION)
    rows: Iterator[dict[str, str | int | None]] = (
        {"at": clocks.format_instant(each.at), "millicelsius": each.millidegrees}
        for each in await readings_of(record)
    )
    return in_bytes(sheet(("at", "millicelsius"), rows), "text/csv", f"readings-{record.code}.csv")


ROUTES = [excursions, excursion, readings_csv]
