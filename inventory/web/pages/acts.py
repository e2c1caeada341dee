"""Acting from a page: a form for any action of the tables, and what became of it.

Rules this module keeps:
- The form goes to the same desk as the API's: the same rules, the same entry, the same refusals.
- The form holds the key under which the act is remembered: sent twice, it records once.
- A second person signs in for this one act, in the form, and their sign-in ends with it. Where the study has the
  act signed, what they typed to sign in is their signature too.
- Who may not do it, and of what they may not know, is told before a form is shown, in the API's words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from litestar import get, post
from litestar.response.base import ASGIResponse

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.services import people
from inventory.services.acts import MalformedError, new_key
from inventory.web.auth import PAGE, Asking, reader_of, refuse_unentitled, site_of
from inventory.web.desk import Desk, Told, key_in
from inventory.web.pages.addressed import code_in
from inventory.web.pages.controls import Control, Form, is_beside
from inventory.web.pages.demands import may_wait, signed_with_code, takes_note, takes_two
from inventory.web.pages.evidence import Filled, in_zone
from inventory.web.pages.filled import pairs_of
from inventory.web.pages.frame import page, wants_part
from inventory.web.pages.items import card_of, verb_of
from inventory.web.pages.troubles import outcome_of
from inventory.web.pages.typed import TYPED, typed_in
from inventory.web.pages.words import words
from inventory.web.problems import UNKNOWN, Problem, ProblemError, Trouble, of, problem_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from inventory.domain.custody import Row
    from inventory.domain.evidence import Evidence
    from inventory.store.records import ItemRecord

SECOND = "second."
SECOND_ASKED = ("username", "password", "scan")
SCANNED = "scanned"
"""In the address of a form: its thing was scanned, and so came to it."""
WHY_NOT_SCANNED = "not_scanned"
"""The field of an act that is wanted scanned, and asks why where it was not."""
IN_RUN = "in_run"
"""The field of a form that stands in a run of work: a scan that fills it sends it, and its answer is short. Its value
names the field of the evidence that the run knows itself (or is `1`): that one is not asked for."""


def row_of(request: Asking) -> Row:
    """The row that the address names, if the person's role does it.

    Raises:
        ProblemError: there is no such action, or the person's role does not do it.
    """
    return row_for(request, str(request.path_params["action"]))


def row_for(request: Asking, action: str) -> Row:
    """The row of that action, if the person's role does it.

    Raises:
        ProblemError: there is no such action, or the person's role does not do it.
    """
    row = ACTIONS.get(action)
    if row is None:
        raise ProblemError(of(Trouble.NOT_FOUND))
    refuse_unentitled(request.user, row, site_of(request.scope))
    return row


@cache
def schema_of(model: type[Evidence]) -> dict[str, Any]:
    """What a form of that evidence is made of; making it takes longer than all the rest of the page."""
    return model.model_json_schema()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form of one action on one thing, with what was given before and what was wrong with it."""

    request: Asking
    row: Row
    record: ItemRecord | None
    given: dict[str, list[str]]
    problem: Problem | None = None
    to: str = ""
    """Where the form is sent; empty for where every action is."""

    @property
    def status(self) -> int:
        """The status with which it is answered."""
        return self.problem.status if self.problem else 200

    async def answer(self) -> ASGIResponse:
        """The form as a page, or as the part that the page's own script asked for."""
        template = "parts/act.html" if wants_part(self.request.scope) else "act.html"
        return page(self.request, template, self.status, **await self.context())

    async def context(self) -> dict[str, Any]:
        """What the form's template shows, for a page that has the form on it."""
        site, reader = site_of(self.request.scope), reader_of(self.request)
        key = await new_key(site, reader.person.code)
        form = Form(reader, self.record, _without("evidence.", self.given), self._errors("evidence."))
        in_run = _first(self.given, IN_RUN)
        controls = self._asked(form.controls(schema_of(self.row.evidence)))
        shown = [each for each in controls if each.name != in_run]
        return {
            "row": self.row,
            "to": self.to or f"/acts/{self.row.action}",
            "verb": verb_of(self.row.action),
            "record": self.record,
            "controls": shown,
            "kept": {f"evidence.{each.name}": each.value for each in controls if each.name == in_run},
            "takes_two": takes_two(self.row, site.profile),
            "may_wait": may_wait(self.row, site.profile),
            "takes_note": takes_note(self.row, reader, self.record.code if self.record else ""),
            "note_first": self.row.kind is Kind.QUERY or self.row.evidence.model_fields["note"].is_required(),
            "signed": self.row.action in site.profile.signatures.acts,
            "signed_with": site.profile.signatures.proof.value,
            "given": {name: values[0] for name, values in self.given.items()},
            "errors": self._errors(""),
            "apart": self._apart(shown),
            "key": key,
            "occurred_at": clocks.format_instant(site.now()),
            "problem": self.problem,
            "outcome": outcome_of(self.problem) if self.problem else "",
            "asks_otp": signed_with_code(self.row, site.profile) or self._needs_code(),
            "in_run": in_run,
            "fields": "",
            "sends_itself": False,
            "typed": self.given.get("typed", []),
        }

    def _scanned(self) -> bool:
        """Whether the code itself was scanned, as far as whoever came to the form has said so."""
        return "code" not in self.given.get(TYPED, ())

    def _asked(self, controls: tuple[Control, ...]) -> tuple[Control, ...]:
        """The controls, without the one for why nothing was scanned where it was; else it has to be answered."""
        if self._scanned():
            return tuple(each for each in controls if each.name != WHY_NOT_SCANNED)
        return tuple(
            replace(each, required=True, enforced=True) if each.name == WHY_NOT_SCANNED else each
            for each in controls
        )

    def _needs_code(self) -> bool:
        return self.problem is not None and self.problem.code == Trouble.SECOND_FACTOR_NEEDED.code

    def _apart(self, shown: list[Control]) -> list[str]:
        """What was wrong, where no field of the form says it: of several fields together, or of one not shown."""
        beside = {"code"} if self.record is None else set()
        if takes_two(self.row, site_of(self.request.scope).profile):
            beside |= {SECOND + name for name in SECOND_ASKED}
        apart = {
            where.removeprefix("evidence").replace(".", " "): what
            for where, what in self._errors("").items()
            if where not in beside and not is_beside(where.removeprefix("evidence."), shown)
        }
        return [f"{words(field)}: {what}" if field else what for field, what in apart.items()]

    def _errors(self, before: str) -> dict[str, str]:
        told = self.problem.more.get("errors", ()) if self.problem else ()
        return {each["field"].removeprefix(before): plainly(each["detail"]) for each in told}


PLAINLY = (
    ("Field required", "This is needed."),
    ("String should match pattern", "It has characters that do not fit here, or is written otherwise."),
    ("Input should be a valid integer", "It is a whole number."),
)


def plainly(detail: str) -> str:
    """A sentence about a field in words of this product, where there is one."""
    return next((said for begin, said in PLAINLY if detail.startswith(begin)), detail)


def _without(before: str, given: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name.removeprefix(before): values for name, values in given.items() if name.startswith(before)}


async def _record_of(request: Asking, row: Row, code: str) -> ItemRecord | None:
    """The thing that the act is about; None for one that the act brings into being.

    Raises:
        ProblemError: it is unknown to this person.
    """
    found = await reader_of(request).item(code) if code else None
    if found is None and not row.creates:
        raise ProblemError(UNKNOWN)
    return found


@get(["/acts/{action:str}", "/acts/{action:str}/{code:path}"], opt=PAGE)
async def form(request: Asking) -> ASGIResponse:
    """The form of an action; what stands in the query is filled in."""
    row, code = row_of(request), code_in(request)
    asked = dict(request.query_params.items())
    scanned = bool(asked.pop(SCANNED, ""))
    given = {name if name == IN_RUN else f"evidence.{name}": [value] for name, value in asked.items()}
    given["code"] = [code]
    if WHY_NOT_SCANNED in row.evidence.model_fields and not scanned:
        given[TYPED] = ["code"]
    return await Sheet(request, row, await _record_of(request, row, code), given).answer()


@post("/acts/{action:str}", status_code=200, opt=PAGE)
async def act(request: Asking) -> ASGIResponse:
    """Record the act that a form asks for."""
    return await recorded(request, row_of(request), Sheet.answer)


async def recorded(
    request: Asking, row: Row, again: Callable[[Sheet], Awaitable[ASGIResponse]]
) -> ASGIResponse:
    """Record the act that a form asks for and say what became of it; refused, `again` shows the form once more."""
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in await pairs_of(request):
        given[name].append(value)
    try:
        told = await take(request, row, given)
    except Exception as failure:  # noqa: BLE001  (the mapping logs what nobody foresaw, and says the rest)
        told = problem_of(failure)
    if isinstance(told, Told):
        return await done(request, row, told, given)
    code = _first(given, "code")
    # What is to come into being is not the thing that carries its code already.
    record = await reader_of(request).item(code) if code and not row.creates else None
    return await again(Sheet(request, row, record, given, told))


async def take(request: Asking, row: Row, given: dict[str, list[str]]) -> Told | Problem:
    """Record the act that the fields of a form ask for.

    Raises:
        MalformedError, ScanRefused: the fields do not have the form of the action.
        ProblemError: the key is missing or malformed.
        SignInRefusedError, SignInWaitsError: the second person did not prove who they are.
        WriterBusyError, WriterClosedError, ClockBehindError: nothing was recorded.
    """
    site, typed = site_of(request.scope), typed_in(given)
    filled = Filled(_without("evidence.", given), site.profile.site.time_zone)
    evidence = filled.evidence(schema_of(row.evidence))
    if filled.problems:
        raise MalformedError(filled.problems)
    for part, names in (("late", ("sheet", "reason")), ("signature", ("password", "otp"))):
        told = {name: value for name in names if (value := _first(given, f"{part}.{name}"))}
        evidence |= {part: told} if told else {}
    evidence |= typed
    evidence |= {"note": note} if (note := _first(given, "note")) else {}
    at = _first(given, "earlier") and in_zone(_first(given, "earlier"), site.profile.site.time_zone)
    body = {"code": _first(given, "code"), "occurred_at": at or _first(given, "occurred_at")}
    desk = Desk(site, reader_of(request), {})
    key = key_in(_first(given, "key"))
    if not any(_first(given, SECOND + name) for name in ("username", "password", "scan")):
        return await desk.take(row, {**body, "evidence": evidence}, key)
    second = await _second(request, row, given)
    try:
        return await desk.take(row, {**body, "evidence": {**evidence, "second": second}}, key)
    finally:
        await people.sign_out(site, second["token"])


async def _second(request: Asking, row: Row, given: dict[str, list[str]]) -> dict[str, Any]:
    """The second person: their own sign-in, for this act alone, what they scanned, and their signature.

    Raises:
        MalformedError: one of its fields is missing.
        SignInRefusedError, SignInWaitsError: they did not prove who they are.
    """
    missing = [(SECOND + name, "Field required") for name in SECOND_ASKED if not _first(given, SECOND + name)]
    if missing:
        raise MalformedError(missing)
    site, name, otp = (
        site_of(request.scope),
        _first(given, SECOND + "username"),
        _first(given, SECOND + "otp"),
    )
    password = given[SECOND + "password"][0]
    scanned = {"scan": _first(given, SECOND + "scan"), "also": given.get(SECOND + "also", [])}
    if not signed_with_code(row, site.profile):
        token = await people.sign_in(site, name, password, otp or None)
        signed = {"signature": {"password": password}} if row.action in site.profile.signatures.acts else {}
        return {"token": token, **scanned, **signed}
    # A code is good once: it proves them where the act is signed, and nothing is recorded where it does not.
    person = await people.refuse_wrong_password(site, name, password)
    token = await people.let_in(site, person)
    return {"token": token, **scanned, "signature": {"password": password, "otp": otp or None}}


def _first(given: dict[str, list[str]], name: str) -> str:
    return given[name][0].strip() if given.get(name) else ""


async def done(request: Asking, row: Row, told: Told, given: dict[str, list[str]]) -> ASGIResponse:
    """What was recorded, as a page or as the part that goes where the form was."""
    item = told.members["item"]
    context = {
        "row": row,
        "told": told.members,
        "replayed": told.replayed,
        "outcome": "stop" if told.members["deviation"] or told.members["refusals"] else "ok",
        "in_run": bool(_first(given, IN_RUN)),
        **(card_of(item) if item else {"record": None}),
    }
    template = "parts/done.html" if wants_part(request.scope) else "done.html"
    return page(request, template, 201, **context)


ROUTES = [form, act]
