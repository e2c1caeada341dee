"""A thing as one person may see it: its state, its facts, what may be done with it, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import get
from litestar.response.base import ASGIResponse

from inventory.domain.lives import ACTIONS
from inventory.domain.lives.explaining import EXPLAINED_BY, waits_for
from inventory.web.api.things import HISTORY, HISTORY_CSV, HISTORY_PDF, OF_HISTORY
from inventory.web.auth import PAGE, Asking, reader_of
from inventory.web.pages.addressed import code_in
from inventory.web.pages.frame import page
from inventory.web.pages.words import words
from inventory.web.problems import UNKNOWN, ProblemError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.domain.items import Json
    from inventory.store.gate import Reader
    from inventory.store.records import EntryRecord, ItemRecord

FIRST: Final = 4
"""So many actions stand large on a card; the others are behind one more touch."""

LAST: Final = ("void", "destroy", "withdraw", "break-code", "report-unblinding", "replace", "retire", "close")
"""What is never the next step of a working day comes last, and never large."""

EXPLAIN: Final = frozenset(EXPLAINED_BY.values())
"""What is offered only where something waits to be explained by it."""

GIVE: Final = "syringe-give"
"""What is offered until it was done; a second report of it is kept wherever it comes from."""

ORDER: Final = {name: place for place, name in enumerate(ACTIONS)}
"""The tables' own order, which is that of a life."""


VERBS: Final = {
    "kit-call": "Call for it", "kit-not-give": "Record as not given", "syringe-not-give": "Record as not given",
    "syringe-drop": "Record as dropped", "vial-lose": "Report missing", "vial-find": "Report found",
    "vial-waste": "Record as wasted", "vial-clear": "Lift quarantine", "vial-thaw": "Start thaw",
    "vial-return": "Return to storage", "vial-thaw-by-mistake": "Record as thawed by mistake",
    "lot-extend": "Extend expiry", "lot-hold": "Put on hold", "lot-resume": "Lift hold", "box-spill": "Report a spill",
    "box-count": "Take stock", "deviation-report-lab": "Report one of the laboratory",
    "person-reset-factor": "Reset second factor", "person-reset-password": "Reset password",
    "participant-break-code": "Break the code (emergency)", "template-approve": "Approve by two people",
    "label-spoil": "Make void", "label-never-came": "Never came out", "label-scan-back": "It is there",
    "label-apply": "It is on its thing", "job-give-up": "Give up waiting for the agent",
    "job-resume": "Print the rest", "job-abandon": "Print no more of it", "job-close": "Count and close",
    "participant-report-unblinding": "Report that somebody learned", "envelope-check": "Look at it",
    "envelope-open": "Open it (emergency)", "unblinding-add-event": "Add the event's number",
    "unblinding-assess": "Assess the impact", "envelope-print": "Print an envelope",
    "visit-tick": "Tick as seen", "visit-untick": "Take ticks back", "visit-note": "Make a note",
    "query-raise-lab": "Raise", "visit-open-lab": "Open", "query-reopen": "Ask again",
}  # fmt: skip
"""Actions whose name says their verb badly where it stands alone on a button."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An action that may be tried: its name, its verb in words, and what it would record."""

    action: str
    verb: str
    says: str


def verb_of(action: str) -> str:
    """An action as its button says it: `kit-accept-at-pharmacy` → Accept at pharmacy."""
    return VERBS.get(action) or words(action.partition("-")[2])


def offered(record: ItemRecord) -> list[Offered]:
    """What this person may try with it as it stands, the ordinary first."""
    found = [name for name in record.allowed_actions if name in ACTIONS]
    waiting = waits_for(record.facts)
    found = [name for name in found if name not in EXPLAIN or name in waiting]
    if record.facts.get("outcome") == "given":
        found = [name for name in found if name != GIVE]
    found.sort(key=lambda name: (name.partition("-")[2] in LAST, ORDER[name]))
    return [Offered(name, verb_of(name), ACTIONS[name].says) for name in found]


def card_of(record: ItemRecord) -> dict[str, Any]:
    """What a card of the thing shows; the same for a scan, for an act and on its page."""
    actions = offered(record)
    large = [each for each in actions if each.action.partition("-")[2] not in LAST][:FIRST]
    rest = [each for each in actions if each not in large]
    told = sorted(record.facts.items(), key=_in_order)
    return {"record": record, "facts": told, "actions": large, "more_actions": rest}


def _in_order(fact: tuple[str, Json]) -> tuple[str, str]:
    """Facts by their names, and then what happened when, as it happened."""
    name, value = fact
    at = value[0] if isinstance(value, list) and len(value) == 2 and name.endswith("_at") else ""
    return (str(at), name)


@get("/items/{code:path}", opt=PAGE)
async def item(request: Asking) -> ASGIResponse:
    """The page of a thing, or its history as a file."""
    code = code_in(request)
    for ending, answer in FILES.items():
        if code.endswith(ending):
            return await answer(request, code.removesuffix(ending))
    record, entries = await _known(request, code)
    return page(request, "item.html", **card_of(record), entries=timeline(reader_of(request), entries, code))


async def _known(request: Asking, code: str) -> tuple[ItemRecord, list[EntryRecord]]:
    reader = reader_of(request)
    record, entries = await reader.item(code), await reader.history(code)
    if record is None or entries is None:
        raise ProblemError(UNKNOWN)
    return record, entries


FILES: Final = {
    "/history.json": OF_HISTORY[HISTORY],
    **{end: OF_HISTORY[end] for end in (HISTORY_CSV, HISTORY_PDF)},
}
"""The history as a file: the API's own answers, under an address that a browser may ask for."""


def timeline(reader: Reader, entries: Sequence[EntryRecord], code: str) -> list[dict[str, Any]]:
    """A thing's entries as its story: what was done, by whom, how it was before and after, what is void."""
    voided: dict[tuple[Any, Any], int] = {}
    for entry in entries:
        void: Any = entry.leaf.get("voids")
        if void:
            voided[void["log"], void["index"]] = entry.index
    return [
        {
            **_told(each, code),
            "void_by": voided.get((each.log, each.index)),
            "opens": each.log in reader.opened_logs,
        }
        for each in entries
    ]


def _told(entry: EntryRecord, code: str) -> dict[str, Any]:
    leaf: Any = entry.leaf
    changed = [each for each in leaf.get("changes", ()) if each.get("code") == code]
    now = changed[-1].get("now") or {} if changed else {}
    was = changed[0].get("was") or {} if changed else {}
    return {
        "log": entry.log,
        "index": entry.index,
        "recorded_at": entry.recorded_at,
        "occurred_at": leaf.get("occurred_at", entry.recorded_at),
        "action": leaf.get("action", ""),
        "verb": words(str(leaf.get("action", "")).replace("-", " ")),
        "by": leaf.get("by", ""),
        "role": words(leaf.get("role", "")),
        "with": leaf.get("with"),
        "was": was.get("state"),
        "now": now.get("state"),
        "deviation": leaf.get("deviation"),
        "voids": leaf.get("voids"),
        "late": (leaf.get("evidence") or {}).get("late"),
        "typed": (leaf.get("evidence") or {}).get("typed"),
        "closed": bool(leaf.get("closed")),
    }


ROUTES = [item]
