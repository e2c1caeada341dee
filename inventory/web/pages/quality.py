"""Quality assurance: what waits for a judgement, the work of a release, and deviations from open to closed.

Rules this module keeps:
- It is for quality assurance, who acts, and for unblinded auditors, who read; to everybody else no such page exists.
- Nothing is judged here: each button leads to the form of the act, whose rules decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.services.lists import everything
from inventory.services.reconciliation import reconciliation_of
from inventory.services.release_work import certificate, tests_of
from inventory.web.answers import in_bytes
from inventory.web.auth import PAGE, Asking, unblinded_reader_for
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.frame import page
from inventory.web.pages.items import offered, timeline
from inventory.web.pages.lists import begun_by
from inventory.web.pages.menu import QUALITY
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.store.records import ItemRecord

JUDGED: Final = ("quarantined", "conditionally_released", "on_hold")
"""The states of a lot that wait for a judgement."""
SHOWN: Final = 30
RELEASES: Final = (
    "lot-record-results", "lot-release", "lot-release-conditionally", "lot-hold", "lot-resume", "lot-reject",
    "lot-recall", "lot-extend",
)  # fmt: skip


@get("/quality", opt=PAGE)
async def board(request: Asking) -> ASGIResponse:
    """Everything that waits for quality assurance."""
    reader = unblinded_reader_for(request, QUALITY)
    added = await reconciliation_of(reader)
    return page(
        request, "quality/board.html",
        lots=[lot for lot in await everything(reader, Kind.LOT) if lot.state in JUDGED],
        deviations=_open(await everything(reader, Kind.DEVIATION)),
        excursions=_open(await everything(reader, Kind.EXCURSION)),
        alerts=_open(await everything(reader, Kind.ALERT)),
        off_lots=[line for line in added.lots if line.off], off_kits=[line for line in added.kits if line.off],
        boxes=added.boxes, begun=begun_by(reader, Kind.LOT, Kind.DEVIATION, Kind.EXCURSION),
    )  # fmt: skip


def _open(found: Iterable[ItemRecord]) -> list[ItemRecord]:
    return [one for one in found if one.state in {"open", "acknowledged"}]


# Release
@get("/quality/lots/{code:str}", opt=PAGE)
async def release(request: Asking) -> ASGIResponse:
    """What stands between a lot and its release."""
    reader = unblinded_reader_for(request, QUALITY)
    lot = await thing_in(request, reader, Kind.LOT)
    tests = await tests_of(reader, lot)
    donor = await reader.item(lot.parent) if lot.parent else None
    return page(
        request, "quality/lot.html", lot=lot, tests=tests, donor=donor,
        missing=[test for test in tests if test.verdict == "missing"],
        pending=[test for test in tests if test.verdict == "pending"],
        failed=[test for test in tests if test.verdict == "fail"],
        acts=_acts(lot), two=reader.profile.two_person,
        entries=timeline(reader, await reader.history(lot.code) or [], lot.code),
    )  # fmt: skip


def _acts(lot: ItemRecord) -> list[Any]:
    return [each for each in offered(lot) if each.action in RELEASES]


@get("/quality/certificates/{digest:str}/{code:path}", opt=PAGE)
async def pages(request: Asking) -> ASGIResponse:
    """The signed pages of a certificate."""
    reader = unblinded_reader_for(request, QUALITY)
    lot, digest = await thing_in(request, reader, Kind.LOT), str(request.path_params["digest"])
    found = await certificate(reader, lot.code, digest.removesuffix(".pdf"))
    if found is None:
        raise ProblemError(UNKNOWN)
    return in_bytes(found, "application/pdf", digest)


# Deviations
@get("/quality/deviations", opt=PAGE)
async def deviations(request: Asking) -> ASGIResponse:
    """Deviations that are open, assessed, and the last that were closed."""
    reader = unblinded_reader_for(request, QUALITY)
    found = await everything(reader, Kind.DEVIATION)
    parted = [
        (state, [_told(one) for one in found if one.state == state])
        for state in ("open", "assessed", "closed")
    ]
    return page(
        request, "quality/deviations.html", parted=parted, shown=SHOWN, begun=begun_by(reader, Kind.DEVIATION)
    )


def _told(deviation: ItemRecord) -> dict[str, Any]:
    rules: Any = deviation.facts.get("rules")
    broke = [str(each) for each in rules] if isinstance(rules, list) else []
    acts = [each for each in offered(deviation) if each.action in {"deviation-assess", "deviation-close"}]
    return {"record": deviation, "broke": broke, "acts": acts}


ROUTES = [board, release, pages, deviations]
