"""Dispensing by two people: each scans kit, participant and every syringe in a turn of their own.

Rules this module keeps:
- The first person is told of each scan whether it belongs to the kit; a wrong one is a STOP.
- The second person sees nothing of what the first one scanned, and nothing that says what is right: what they
  scanned is compared when they sign, by the rule of the act, and a difference refuses it.
- Nothing is recorded but by `kit-dispense`, with both people's scans.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.identifiers import numbers, scan
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.services.acts import MalformedError, new_key
from inventory.web.auth import PAGE, Asking, reader_for, site_of
from inventory.web.desk import Told
from inventory.web.pages.acts import take
from inventory.web.pages.addressed import thing_in
from inventory.web.pages.demands import signed_with_code
from inventory.web.pages.filled import pairs_of
from inventory.web.pages.frame import page
from inventory.web.pages.items import offered
from inventory.web.pages.pharmacy import BY, DISPENSING, syringes_of
from inventory.web.pages.scan import past_due
from inventory.web.pages.scanned import scan_in, thing_scanned
from inventory.web.pages.troubles import outcome_of
from inventory.web.pages.turns import Turn, opened, sealed
from inventory.web.problems import ProblemError, Trouble, of, problem_of

if TYPE_CHECKING:
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

DISPENSE: Final = ACTIONS["kit-dispense"]
BESIDES: Final = 2
"""Kit and participant: what is scanned besides the syringes."""


@post("/pharmacy/{kit:str}/scan", status_code=200, opt=PAGE)
async def check(request: Asking) -> ASGIResponse:
    """Whether what the first person scanned belongs to this kit, and what is still to be scanned."""
    reader = reader_for(request, BY)
    kit = await thing_in(request, reader, Kind.KIT, part="kit")
    record = (await thing_scanned(request)).record
    turn, syringes = _turn_in(request, kit), await _handed_on(reader, kit)
    outcome = _verdict(kit, turn, syringes, record)
    if outcome == "ok" and kit.state == DISPENSING:
        turn = turn.and_first(record.code)
    return page(
        request, "pharmacy/scanned.html", kit=kit, record=record, outcome=outcome,
        late=past_due(kit, site_of(request.scope).now()), dispensing=kit.state == DISPENSING,
        turn=sealed(turn, request.auth), scanned=len(turn.first), of=BESIDES + len(syringes),
        wanted=_wanted(kit, turn, syringes), acts=offered(record) if record.code != kit.code else [],
    )  # fmt: skip


def _turn_in(request: Asking, kit: ItemRecord) -> Turn:
    text = request.query_params.get("turn", "")
    turn = opened(text, request.auth) if text else Turn(kit.code)
    return turn if turn.kit == kit.code else Turn(kit.code)


async def _handed_on(reader: Reader, kit: ItemRecord) -> list[ItemRecord]:
    """The kit's syringes; while it is being dispensed, those that are filled still: what broke is not handed on."""
    syringes = await syringes_of(reader, kit)
    return [each for each in syringes if each.state == "filled" or kit.state != DISPENSING]


def _verdict(kit: ItemRecord, turn: Turn, syringes: list[ItemRecord], record: ItemRecord) -> str:
    if record.code not in {kit.code, kit.parent, *(each.code for each in syringes)}:
        return "stop"
    return "check" if record.code in turn.first else "ok"


def _wanted(kit: ItemRecord, turn: Turn, syringes: list[ItemRecord]) -> list[str]:
    """What is still to be scanned, in words: never by a code that the eye could compare."""
    told = {kit.code: "the kit", kit.parent or "": "the participant"}
    told |= {each.code: f"the syringe for {each.facts.get('joint')}" for each in syringes}
    return [words for code, words in told.items() if code not in turn.first]


# The second person's turn
@get("/pharmacy/turn", opt=PAGE)
async def turn_of_second(request: Asking) -> ASGIResponse:
    """The second person begins: a page without a single code on it."""
    reader_for(request, BY)
    return page(request, "pharmacy/turn.html", **_shown(_begun(request)), turn=request.query_params["turn"])


@post("/pharmacy/turn/scan", status_code=200, opt=PAGE)
async def read(request: Asking) -> ASGIResponse:
    """Take what the second person scanned, and say no more of it than that it was read."""
    reader_for(request, BY)
    turn, (data, typed) = _begun(request), await scan_in(request)
    code = scan.normalise(data, typed=typed).code
    again = code in turn.second
    if not again and len(turn.second) < len(turn.first):
        turn = turn.and_second(code)
    return page(request, "pharmacy/read.html", again=again, problem=None, **await _form(request, turn))


@post("/pharmacy/turn", status_code=200, opt=PAGE)
async def sign(request: Asking) -> ASGIResponse:
    """Record the dispensing with both people's scans, which the act's own rule compares."""
    reader_for(request, BY)
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in await pairs_of(request):
        given[name].append(value)
    turn = opened("".join(given.pop("turn", [])), request.auth)
    try:
        told = await take(request, DISPENSE, {**given, **_scans(turn)})
    except Exception as failure:  # noqa: BLE001  (the mapping logs what nobody foresaw, and says the rest)
        told = problem_of(failure)
    if isinstance(told, Told):
        return page(request, "pharmacy/dispensed.html", 201, kit=turn.kit, told=told.members)
    if told.code in AGAIN:
        form = await _form(request, turn)
        return page(request, "pharmacy/read.html", told.status, again=False, problem=told, **form)
    return page(
        request, "pharmacy/refused.html", told.status, kit=turn.kit, problem=told, outcome=outcome_of(told)
    )


AGAIN: Final = frozenset(
    {
        Trouble.SIGN_IN_REFUSED.code,
        Trouble.SECOND_FACTOR_NEEDED.code,
        Trouble.MALFORMED.code,
        "second_person_same",
    }
)
"""Problems of who the second person is: they prove it once more, and nobody scans again."""


def _begun(request: Asking) -> Turn:
    """The turn that the address holds, the first person's part of it done.

    Raises:
        ProblemError: there is none.
    """
    turn = opened(request.query_params.get("turn", ""), request.auth)
    if not turn.first:
        raise ProblemError(of(Trouble.MALFORMED))
    return turn


def _shown(turn: Turn) -> dict[str, Any]:
    return {"read": len(turn.second), "of": len(turn.first)}


async def _form(request: Asking, turn: Turn) -> dict[str, Any]:
    """What the second person signs with, once everything is scanned."""
    site = site_of(request.scope)
    return {
        **_shown(turn),
        "turn": sealed(turn, request.auth),
        "key": await new_key(site, request.user.code),
        "occurred_at": clocks.format_instant(site.now()),
        "says": DISPENSE.says,
        "signed": DISPENSE.action in site.profile.signatures.acts,
        "asks_otp": signed_with_code(DISPENSE, site.profile),
    }


def _scans(turn: Turn) -> dict[str, list[str]]:
    """Both people's scans as fields of the act's form.

    Raises:
        MalformedError: somebody has not scanned everything.
    """
    if not turn.first or len(turn.second) != len(turn.first):
        raise MalformedError([("turn", "Both of you scan all of it first.")])
    participant, *syringes = _besides(turn.first, turn.kit)
    second = next((code for code in turn.second if _is_kit(code)), turn.second[0])
    return {
        "code": [turn.kit],
        "evidence.participant": [participant],
        "evidence.syringes": ["\n".join(syringes)],
        "second.scan": [second],
        "second.also": _besides(turn.second, second),
    }


def _besides(scans: tuple[str, ...], kit: str) -> list[str]:
    """The other scans: the participant's first, then the syringes'."""
    return sorted((code for code in scans if code != kit), key=_is_syringe)


def _is_kit(code: str) -> bool:
    return _kind(code) is numbers.Kind.KIT


def _is_syringe(code: str) -> bool:
    return _kind(code) is numbers.Kind.SYRINGE


def _kind(code: str) -> numbers.Kind | None:
    try:
        return numbers.parse(code).kind
    except numbers.NumberError:
        return None


ROUTES = [turn_of_second, read, sign, check]
