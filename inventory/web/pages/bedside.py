"""At the bedside, on a phone: the participant, then each syringe, right or wrong, given or not, joint by joint.

Rules this module keeps:
- The server compares; no code is ever filled in for the eye to compare. What does not belong to the participant
  is a STOP, and whose it is instead is not said. What is theirs is green only while it may be given.
- What happened is recorded by the forms of the tables; here they are one touch away, with what was scanned.
- These pages alone may use the camera: it is one more scanner, and what it reads goes the way of any scan.
- A set stays open until every syringe of it was given or has a reason, and here until what was given unscanned or
  elsewhere than planned is explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain.items import Kind
from inventory.domain.lives.explaining import waits_for
from inventory.domain.lives.states import OVER
from inventory.domain.roles import Role
from inventory.domain.stops import WORDS
from inventory.services.acts import Asked, evidence_of, would_break
from inventory.services.lists import everything
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.pages.acts import SCANNED
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.controls import unit_of
from inventory.web.pages.frame import in_html, page
from inventory.web.pages.items import GIVE, offered
from inventory.web.pages.scan import past_due
from inventory.web.pages.scanned import thing_scanned
from inventory.web.pages.with_camera import page_with_camera
from inventory.web.pages.words import instant_of, utc
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

EXPLAIN_GIVING: Final = "syringe-explain"
"""How the bedside explains; volume that is missing is explained elsewhere."""
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

    @property
    def unexplained(self) -> int:
        """How many syringes were given unscanned or elsewhere, and nobody said yet how that came."""
        return sum(is_unexplained(one) for one in self.syringes)

    @property
    def standing(self) -> str:
        """Whether the set adds up: unreconciled, open (a syringe is unaccounted for), or all accounted for."""
        if self.unexplained:
            return "unreconciled"
        return "open" if self.told < len(self.syringes) else "all_accounted_for"

    def context(self) -> dict[str, Any]:
        """What templates show of it."""
        at = instant_of(self.kit.due or "")
        acts = [each for each in offered(self.kit) if each.action in ACTS]
        lines = [_line(self, one) for one in self.syringes]
        return {
            "set": self,
            "due_ms": utc(at) if at and self.kit.state in HERE and self.told < len(self.syringes) else "",
            "acts": acts,
            "lines": lines,
        }


def is_unexplained(syringe: ItemRecord) -> bool:
    """Whether it leaves its set unreconciled."""
    return EXPLAIN_GIVING in waits_for(syringe.facts)


def _line(found: Set, syringe: ItemRecord) -> dict[str, Any]:
    """A syringe of the set, with the one thing that is wanted of it and needs no scan first."""
    known = _known(found, syringe)
    may = {each.action for each in offered(syringe)}
    unscanned = f"/acts/{GIVE}/{syringe.code}?{urlencode(known)}" if GIVE in may else ""
    explain = f"/acts/{EXPLAIN_GIVING}/{syringe.code}" if EXPLAIN_GIVING in may else ""
    return {"syringe": syringe, "unscanned": unscanned, "explain": explain}


def _known(found: Set, syringe: ItemRecord) -> dict[str, str]:
    """What the form of an injection is filled in with."""
    whole = Decimal(int(str(syringe.facts["filled_ul"]))) / unit_of("given_ul")[0]
    return {"participant": found.participant, "joint": str(syringe.facts["joint"]), "given_ul": str(whole)}


ACTS: Final = ("kit-accept-at-bedside", "kit-refuse-at-bedside", "kit-confirm", "kit-not-give")
"""What is done with the whole kit at the bedside."""


async def _sets(reader: Reader) -> list[Set]:
    """Every kit that is at the bedside, then those that are unreconciled, as far as this person may see them."""
    left = {one.parent for one in await everything(reader, Kind.SYRINGE) if is_unexplained(one)}
    kits = [kit for kit in await everything(reader, Kind.KIT) if kit.state in HERE or kit.code in left]
    return [await _set(reader, kit) for kit in sorted(kits, key=_gone)]


async def _sets_of(reader: Reader, participant: str) -> list[Set]:
    """The participant's kits that are at the bedside, or were and have not come back, or are unreconciled."""
    kits = [kit for kit in await everything(reader, Kind.KIT) if kit.parent == participant]
    sets = [await _set(reader, kit) for kit in sorted(kits, key=_gone)]
    return [each for each in sets if each.kit.state in {*HERE, *OVER} or each.unexplained]


def _gone(kit: ItemRecord) -> bool:
    return kit.state not in HERE


async def _set(reader: Reader, kit: ItemRecord) -> Set:
    codes = kit.facts.get("syringes")
    found = [await reader.item(str(code)) for code in codes] if isinstance(codes, list) else []
    return Set(kit, tuple(one for one in found if one is not None))


async def _set_of(request: Asking, reader: Reader) -> tuple[Set, list[Set]]:
    """The kit at the bedside of the participant that the address names, and others of theirs that are unreconciled.

    Raises:
        ProblemError: there is none for this person.
    """
    participant = await thing_in(request, reader, Kind.PARTICIPANT, part="participant")
    theirs = await _sets_of(reader, participant.code)
    if not theirs:
        raise ProblemError(UNKNOWN)
    return theirs[0], [each for each in theirs[1:] if each.unexplained]


@get("/bedside", opt=PAGE)
async def start(request: Asking) -> ASGIResponse:
    """Who is expected at the bedside now; the participant's card or wristband is scanned first."""
    return page_with_camera(request, "bedside/start.html", sets=await _sets(reader_for(request, BY)))


@post("/bedside/scan", status_code=200, opt=PAGE)
async def find(request: Asking) -> ASGIResponse:
    """Go to the participant that was scanned; whatever else was scanned has to wait for them."""
    reader = reader_for(request, BY)
    record = (await thing_scanned(request)).record
    if record.kind is not Kind.PARTICIPANT:
        return page(request, "bedside/first.html", record=record)
    if not await _sets_of(reader, record.code):
        return page(request, "bedside/none.html", record=record)
    return in_html("", headers={"HX-Redirect": f"/bedside/{record.code}"})


@get("/bedside/{participant:str}", opt=PAGE)
async def bedside(request: Asking) -> ASGIResponse:
    """One participant's kit: what was given, what waits."""
    found, others = await _set_of(request, reader_for(request, BY))
    return page_with_camera(request, "bedside/set.html", **found.context(), others=others)


@post("/bedside/{participant:str}/scan", status_code=200, opt=PAGE)
async def check(request: Asking) -> ASGIResponse:
    """Whether what was scanned is this participant's, and what may be done with it now."""
    reader = reader_for(request, BY)
    found, _ = await _set_of(request, reader)
    _, record, scan = await thing_scanned(request)
    now = site_of(request.scope).now()
    context: dict[str, Any] = {
        "record": record, "outcome": _verdict(found, record), "typed": scan.typed,
        "late": past_due(record, now) or past_due(found.kit, now),
        "unconfirmed": record.kind is Kind.SYRINGE and found.kit.state != "confirmed",
        "broken": await _would_break(request, reader, found, record),
        "choices": _choices(found, record, typed=scan.typed),
    }  # fmt: skip
    return page(request, "bedside/verdict.html", **found.context(), **context)


def _verdict(found: Set, record: ItemRecord) -> str:
    if record.code == found.participant:
        return "ok"
    ours = {found.kit.code, *(one.code for one in found.syringes)}
    if record.code not in ours:
        return "stop"
    return "ok" if record.code == found.kit.code or record.state == WAITS else "check"


async def _would_break(request: Asking, reader: Reader, found: Set, record: ItemRecord) -> list[str]:
    """What an injection of the scanned syringe would break now, by its own rules: what is not right is not green."""
    if record.kind is not Kind.SYRINGE or _verdict(found, record) != "ok":
        return []
    site = site_of(request.scope)
    whole = {"given_ul": record.facts["filled_ul"], "joint": record.facts["joint"]}
    evidence = evidence_of(GIVE, {"participant": found.participant, **whole})
    asked = Asked(reader.person.code, GIVE, record.code, site.now(), evidence, key="")
    return [WORDS[refusal] for refusal in await would_break(site, asked)]


def _choices(found: Set, record: ItemRecord, *, typed: bool) -> list[dict[str, str]]:
    """What may be recorded of the scanned thing, its form filled in with what was scanned."""
    if _verdict(found, record) == "stop" or record.kind is Kind.PARTICIPANT:
        return []
    known = _known(found, record) if record.kind is Kind.SYRINGE else {"participant": found.participant}
    known |= {} if typed else {SCANNED: "1"}
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
