"""At the bedside, on a phone: the participant, then each syringe, right or wrong, given or not, joint by joint.

Rules this module keeps:
- The server compares; no code is ever filled in for the eye to compare. What does not belong to the participant
  is a STOP, and whose it is instead is not said.
- What happened is recorded by the forms of the tables; here they are one touch away, with what was scanned.
- A set stays open until every syringe of it was given or has a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.domain.roles import Role
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.controls import unit_of
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.items import offered
from inventory.web.pages.scan import past_due
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.words import instant_of, utc
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

BY: Final = frozenset({Role.COORDINATOR, Role.INJECTOR})
HERE: Final = ("offered_to_bedside", "at_bedside", "confirmed", "partly_administered")
"""The states of a kit that is, or is about to be, at the bedside."""
WAITS: Final = "filled"
"""The state of a syringe of which nothing was said yet."""


@dataclass(frozen=True, slots=True)
class Set:
    """One participant's kit at the bedside, with its syringes."""

    kit: ItemRecord
    syringes: tuple[ItemRecord, ...]

    @property
    def participant(self) -> str:
        """Whose it is."""
        return self.kit.parent or ""

    @property
    def told(self) -> int:
        """Of how many syringes something was said."""
        return sum(one.state != WAITS for one in self.syringes)

    def context(self) -> dict[str, Any]:
        """What templates show of it."""
        at = instant_of(self.kit.due or "")
        acts = [each for each in offered(self.kit) if each.action in ACTS]
        return {"set": self, "due_ms": utc(at) if at else "", "acts": acts}


ACTS: Final = ("kit-accept-at-bedside", "kit-refuse-at-bedside", "kit-confirm", "kit-not-give")
"""What is done with the whole kit at the bedside."""


async def _sets(reader: Reader) -> list[Set]:
    """Every kit that is at the bedside, as far as this person may see it."""
    found, after = [], ""
    while kits := await reader.page(Kind.KIT, after):
        found += [await _set(reader, kit) for kit in kits if kit.state in HERE]
        after = kits[-1].code
    return found


async def _set(reader: Reader, kit: ItemRecord) -> Set:
    codes = kit.facts.get("syringes")
    found = [await reader.item(str(code)) for code in codes] if isinstance(codes, list) else []
    return Set(kit, tuple(one for one in found if one is not None))


async def _set_of(request: Asking, reader: Reader) -> Set:
    """The kit at the bedside of the participant that the address names.

    Raises:
        ProblemError: there is none for this person.
    """
    participant = await thing_in(request, reader, Kind.PARTICIPANT, part="participant")
    for each in await _sets(reader):
        if each.participant == participant.code:
            return each
    raise ProblemError(UNKNOWN)


@get("/bedside", opt=PAGE)
async def start(request: Asking) -> ASGIResponse:
    """Who is expected at the bedside now; the participant's card or wristband is scanned first."""
    return page(request, "bedside/start.html", sets=await _sets(reader_for(request, BY)))


@post("/bedside/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Go to the participant that was scanned; whatever else was scanned has to wait for them."""
    reader = reader_for(request, BY)
    record = (await thing_scanned(request)).record
    if record.kind is not Kind.PARTICIPANT:
        return page(request, "bedside/first.html", record=record)
    if not any(each.participant == record.code for each in await _sets(reader)):
        return page(request, "bedside/none.html", record=record)
    return in_html("", headers={"HX-Redirect": f"/bedside/{record.code}"})


@get("/bedside/{participant:str}", opt=PAGE)
async def bedside(request: Asking) -> ASGIResponse:
    """One participant's kit: what was given, what waits."""
    return page(request, "bedside/set.html", **(await _set_of(request, reader_for(request, BY))).context())


@post("/bedside/{participant:str}/scan", status_code=200, opt=PAGE)
async def check(request: Asking) -> ASGIResponse:
    """Whether what was scanned is this participant's, and what may be done with it now."""
    reader = reader_for(request, BY)
    found = await _set_of(request, reader)
    record = (await thing_scanned(request)).record
    now = site_of(request.scope).now()
    context: dict[str, Any] = {
        "record": record, "outcome": _verdict(found, record), "late": past_due(record, now),
    }  # fmt: skip
    return page(
        request, "bedside/verdict.html", **found.context(), **context, choices=_choices(found, record)
    )


def _verdict(found: Set, record: ItemRecord) -> str:
    if record.code == found.participant:
        return "ok"
    ours = {found.kit.code, *(one.code for one in found.syringes)}
    if record.code not in ours:
        return "stop"
    return "ok" if record.code == found.kit.code or record.state == WAITS else "check"


def _choices(found: Set, record: ItemRecord) -> list[dict[str, str]]:
    """What may be recorded of the scanned thing, its form filled in with what was scanned."""
    if _verdict(found, record) == "stop" or record.kind is Kind.PARTICIPANT:
        return []
    known = {"participant": found.participant}
    if record.kind is Kind.SYRINGE:
        whole = Decimal(int(str(record.facts["filled_ul"]))) / unit_of("given_ul")[0]
        known |= {"joint": str(record.facts["joint"]), "given_ul": str(whole)}
    wanted = offered(record) if record.kind is Kind.SYRINGE else found.context()["acts"]
    return [
        {
            "verb": each.verb,
            "says": each.says,
            "address": f"/acts/{each.action}/{record.code}?{urlencode(known)}",
        }
        for each in wanted
        if not each.action.endswith("-void")
    ]


ROUTES = [start, find, bedside, check]
