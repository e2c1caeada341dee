"""The pages that only the demonstration has: who there is, whose turn it is, a scanner on the screen.

Rules this module keeps:
- No other service has these routes; here everybody's password is printed anyway.
- What the scanner offers comes from the reader of whoever is signed in: nobody is offered what they may not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.demo import tour
from inventory.demo.cast import ADMINISTRATORS, CAST, PASSWORD
from inventory.domain import clocks
from inventory.domain.custody import duties
from inventory.domain.identifiers import gs1
from inventory.domain.items import Kind
from inventory.domain.roles import Role
from inventory.services import people
from inventory.services.lists import everything
from inventory.services.receiving import shipments_in_hand
from inventory.web import cookies
from inventory.web.auth import OPEN, PAGE, Asking, encrypted, reader_of, site_of
from inventory.web.pages.filled import unproven_pairs
from inventory.web.pages.frame import elsewhere, in_html, page, templates
from inventory.web.pages.session import SECONDS, own_page
from inventory.web.problems import ProblemError, Trouble, of

if TYPE_CHECKING:
    from inventory.demo.printers import Trays
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

ADDRESS = "/demo"
PLAYED = "cellcustody-played"
"""The cookie with the code of the kit that is being played."""
AHEAD_AT_MOST = 240
"""Minutes by which the clock of the demonstration may be put forward at once."""
SHOWN = 12
LEFT = frozenset({"planned", "destroyed", "cancelled", "reconciled"})
"""The states of kits that nobody has in hand."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to scan: what it is, its code, and what a scanner sends for it."""

    kind: str
    code: str
    data: str


OTHERS = (
    Offer("glove box", "4006381333931", "]E04006381333931"),
    Offer("unreadable", "V-7F3K", "V-7F3K"),
    *(Offer("command", each, each) for each in ("#OK", "#NEXT", "#CANCEL")),
)
"""What a person may scan by mistake, and the barcodes of commands."""

LAB_COMMANDS = tuple(
    Offer("command", each, each) for each in ("#FREE", "#CLEAR", "#SLIVER", "#SKIP", "#DONE")
)
"""The barcodes that hang beside a bath and a tank."""


class AheadClock:
    """The system's clock, put forward by what the newcomer let pass."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """This moment of the demonstration."""
        return datetime.now(UTC) + self._ahead

    def pass_minutes(self, minutes: int) -> None:
        """Let time pass."""
        self._ahead += timedelta(minutes=minutes)


@get(ADDRESS, opt={**OPEN, **PAGE})
async def start(request: Asking) -> ASGIResponse:
    """Everybody of the demonstration, and one kit's life, step by step."""
    site = site_of(request.scope)
    asked = request.query_params.get("kit", request.cookies.get(PLAYED, ""))
    kit = (await tour.kit_of(site, asked) if asked else None) or await tour.waiting(site)
    context: dict[str, Any] = {
        "study": site.profile.study, "environment": site.settings.environment.value, "password": PASSWORD,
        "people": {each.code: each for each in (*CAST, *ADMINISTRATORS)},
        "kit": kit, "turns": tour.turns_of(kit) if kit else [],
        "labels": tour.LABELS, "clock": clocks.local_time(site.now(), site.profile.site.time_zone, seconds=True),
    }  # fmt: skip
    played = {"Set-Cookie": f"{PLAYED}={kit.code}; Path={ADDRESS}; SameSite=Strict"} if kit else None
    return in_html(templates().get_template("demo/start.html").render(context), headers=played)


@post(f"{ADDRESS}/be", status_code=303, opt={**OPEN, **PAGE})
async def be(request: Asking) -> ASGIResponse:
    """Go on as somebody else, at the page that is their turn."""
    told = dict(await unproven_pairs(request))
    token = await people.sign_in(site_of(request.scope), told.get("who", ""), PASSWORD)
    kept = cookies.kept(token, SECONDS, encrypted=encrypted(request.scope))
    return elsewhere(own_page(told.get("next", "/")), {"Set-Cookie": kept})


@post(f"{ADDRESS}/ahead", status_code=303, opt={**OPEN, **PAGE})
async def ahead(request: Asking) -> ASGIResponse:
    """Put the clock of the demonstration forward; it is never put back."""
    told = dict(await unproven_pairs(request))
    minutes, clock = told.get("minutes", ""), site_of(request.scope).clock
    if not (minutes.isdigit() and int(minutes) <= AHEAD_AT_MOST and isinstance(clock, AheadClock)):
        raise ProblemError(of(Trouble.MALFORMED))
    clock.pass_minutes(int(minutes))
    return elsewhere(own_page(told.get("next", ADDRESS)))


@get(f"{ADDRESS}/codes", opt=PAGE)
async def codes(request: Asking) -> ASGIResponse:
    """The scanner on the screen: what this person could scan now."""
    site, reader = site_of(request.scope), reader_of(request)
    return page(request, "demo/codes.html", offered=[*await _offered(site, reader), *OTHERS])


@get(f"{ADDRESS}/papers", opt=PAGE)
async def papers(request: Asking) -> ASGIResponse:
    """What came out of the printers, to be scanned."""
    trays: Trays = request.app.state["trays"]
    return page(request, "demo/papers.html", papers=await trays.seen_by(reader_of(request)))


@get(f"{ADDRESS}/papers/{{name:path}}", opt=PAGE)
async def paper(request: Asking) -> ASGIResponse:
    """The picture of a label that came out, for whoever may see the label."""
    trays: Trays = request.app.state["trays"]
    asked = str(request.path_params["name"]).lstrip("/")
    for each in await trays.seen_by(reader_of(request)):
        if each.label == asked:
            return ASGIResponse(body=each.file.read_bytes(), media_type="image/png")
    raise ProblemError(of(Trouble.NOT_FOUND))


async def _offered(site: Site, reader: Reader) -> list[Offer]:
    """What lies before this person: their kits under way with what belongs to them, and vials they may take."""
    found: list[Offer] = []
    if Role.TECHNICIAN in duties(reader.person, reader.profile):
        devices = await everything(reader, Kind.DEVICE)
        found += [Offer("device", device.code, f"]C0{device.code}") for device in devices]
        found += LAB_COMMANDS
        for shipment in await shipments_in_hand(reader):
            found += [Offer("seal", str(shipment.facts["seal"]), f"]C0{shipment.facts['seal']}")]
            vials = shipment.facts["vials"]
            found += (
                [Offer("vial", str(one), _symbol(site, str(one))) for one in vials]
                if isinstance(vials, list)
                else []
            )
    for kit in await _under_way(reader):
        found += [Offer("kit", kit.code, _symbol(site, kit.code))]
        found += [Offer("participant", kit.parent, f"]C0{kit.parent}")] if kit.parent else []
        syringes = kit.facts.get("syringes")
        for code in syringes if isinstance(syringes, list) else ():
            found.append(Offer("syringe", str(code), _symbol(site, str(code))))
        opened = await reader.pick_list(kit.code)
        for pick in opened.take if opened else ():
            found.append(Offer("vial", pick.vial, _symbol(site, pick.vial)))
            found.append(Offer("position", pick.position, f"]d1{pick.position}"))
        for vial in opened.held if opened else ():
            found.append(Offer("vial", vial, _symbol(site, vial)))
    return found


async def _under_way(reader: Reader) -> list[ItemRecord]:
    """The last kits that are in somebody's hands, the first of those that wait for an order."""
    found: dict[bool, list[ItemRecord]] = {True: [], False: []}
    after = ""
    while read := await reader.page(Kind.KIT, after):
        for kit in read:
            if kit.state not in LEFT and kit.facts.get("period") == 1:
                found[kit.state != "assigned"].append(kit)
        after = read[-1].code
    return [*found[True], *found[False]][:SHOWN]


def _symbol(site: Site, code: str) -> str:
    """What a scanner sends for a GS1 Data Matrix label of ours (AIM prefix, GTIN and serial)."""
    return "]d2" + gs1.build([("01", site.profile.labels.gtin), ("21", code)])


ROUTES = [start, be, ahead, codes, papers, paper]
