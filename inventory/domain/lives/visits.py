"""A monitoring visit: opened, what was seen at it ticked, closed; and the queries that a monitor raises.

Rules this module keeps:
- Auditors only look. A tick says that an entry was seen, a query asks about one: neither changes what it is about,
  and no row of theirs leads any thing under custody anywhere (docs/decisions).
- A visit is one monitor's own: nobody ticks or closes at another's.
- What an unblinded monitor sees and asks stands in the vault, under codes that begin with `LAB-`; a blinded one's
  stands in the open log, ticks entries of that log alone, and asks about what stands in it.
- Unblinded people answer a query of the open log with a word from a list: they write no free text there.
- Nothing here is voided: a tick is taken back by another act, a query is raised anew or closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from inventory.domain import ranges
from inventory.domain.evidence import Code, Day, Evidence, Note, Shape, not_before
from inventory.domain.items import Item, Kind, Log, Shelf, new
from inventory.domain.lives.codes import lab_code, open_code
from inventory.domain.lives.shape import brought, decision, each, field, keep, stay
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, D, I, M, P, Q, Role, S, T

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inventory.domain.lives.row import Case

B, U = Role.BLINDED_AUDITOR, Role.UNBLINDED_AUDITOR


class VisitOpened(Evidence):
    """What the visit is for, and from when to when."""

    purpose: Literal["initiation", "routine", "for_cause", "close_out", "audit", "inspection"]
    from_day: Day
    to_day: Annotated[Day, not_before("from_day")]


class Ticked(Evidence):
    """Entries of one log, by their numbers."""

    log: Log
    entries: tuple[Annotated[int, Field(ge=0)], ...] = Field(min_length=1, max_length=500)


class Noted(Evidence):
    """Words about the visit."""

    note: Note


class About(Shape):
    """What a query is about."""

    kind: Literal[
        "kit", "syringe", "participant", "device", "person", "deviation", "unblinding", "envelope", "study", "notice",
        "label", "job", "roll", "template",
    ]  # fmt: skip
    code: Code


class LabAbout(Shape):
    """What a query of an unblinded monitor is about."""

    kind: Literal[
        "lot", "vial", "shipment", "place", "box", "excursion", "donor", "kit", "syringe", "participant", "device",
        "person", "deviation", "unblinding", "envelope", "study", "notice", "alert", "label", "job", "roll", "template",
    ]  # fmt: skip
    code: Code


class Asking(Evidence):
    """A question, at which visit, and about which entry, where it is about one."""

    visit: Code
    entry: int | None = Field(default=None, strict=True, ge=0)
    question: Note


class Raised(Asking):
    """A question of a blinded monitor; its entry is one of the open log."""

    about: About


class LabRaised(Asking):
    """A question of an unblinded monitor, whose entry stands in either log."""

    about: LabAbout
    log: Log = Log.VAULT


class Answered(Evidence):
    """What the answer comes to; a note beside it says more, where the person may write one."""

    outcome: Literal["explained", "corrected", "will_be_corrected", "nothing_to_correct", "referred"]


# What must hold
def _own(case: Case) -> Refused | None:
    """The visit is the monitor's own."""
    return None if case.item.text("monitor") == case.act.by else Refused(Refusal.NOT_YOUR_VISIT)


def _recorded(case: Case) -> Refused | None:
    """The log has these entries, and is one that may be named there."""
    log, last = Log(brought(case, "log")), max(field(case, "entries", tuple))
    named = log is Log.OPEN or case.item.shelf is not Shelf.OPEN
    known = named and case.view.entry(log, last) is not None
    return None if known else Refused(Refusal.ENTRY_UNKNOWN)


def _at_own_visit(case: Case) -> Refused | None:
    """The visit that it is asked at is open, and the monitor's own."""
    visit = case.get(Kind.VISIT, brought(case, "visit"))
    open_now = visit is not None and visit.state == "open" and (visit.shelf is Shelf.OPEN or case.row.vault)
    mine = visit is not None and visit.text("monitor") == case.act.by
    return None if open_now and mine else Refused(Refusal.NOT_YOUR_VISIT)


def _about_known(case: Case) -> Refused | None:
    """What it is about is known, and may be named in this log."""
    kind, code = _about(case)
    item = case.get(kind, code)
    named = item is not None and (case.row.vault or item.shelf is Shelf.OPEN)
    return None if named else Refused(Refusal.CODE_NOT_FIT, f"{kind} {code} is not known here")


def _entry_known(case: Case) -> Refused | None:
    """The log has the entry that it is about, where it names one."""
    index = getattr(case.act.evidence, "entry", None)
    known = index is None or case.view.entry(_log(case), index) is not None
    return None if known else Refused(Refusal.ENTRY_UNKNOWN)


def _log(case: Case) -> Log:
    return Log(brought(case, "log") or Log.OPEN.value)


def _about(case: Case) -> tuple[Kind, str]:
    about = field(case, "about", Shape).model_dump()
    return Kind(about["kind"]), about["code"]


# What follows
def _begin(case: Case) -> Iterable[Item]:
    shelf = Shelf.VAULT if case.row.vault else Shelf.OPEN
    told = {name: brought(case, name) for name in ("purpose", "from_day", "to_day")}
    yield new(Kind.VISIT, case.item.code, "open", shelf=shelf, monitor=case.act.by, seen={}, **told)


def _seen(how: Callable[[str, Iterable[int]], str]) -> Callable[[Case], Iterable[Item]]:
    def effect(case: Case) -> Iterable[Item]:
        log, seen = brought(case, "log"), case.item.facts.get("seen")
        before = seen if isinstance(seen, dict) else {}
        after = how(str(before.get(log, "")), field(case, "entries", tuple))
        yield case.moved(seen={**before, log: after})

    return effect


def _raise(case: Case) -> Iterable[Item]:
    kind, code = _about(case)
    shelf = Shelf.VAULT if case.row.vault else Shelf.OPEN
    entry = getattr(case.act.evidence, "entry", None)
    query = new(Kind.QUERY, case.item.code, "open", shelf=shelf, parent=code, about=kind.value)
    yield query.with_facts(
        visit=brought(case, "visit"),
        entry=None if entry is None else f"{_log(case)} {entry}",
        question=brought(case, "question"),
        raised_by=case.act.by,
        raised_at=case.times(),
    )


def _answer(case: Case) -> Iterable[Item]:
    told = {"outcome": brought(case, "outcome"), "answer": case.act.evidence.note}
    yield case.moved(**told, answered_by=case.act.by, answered_at=case.times())


def _reopen(case: Case) -> Iterable[Item]:
    yield case.moved(asked_again=case.act.evidence.note, asked_again_at=case.times())


VISIT = (
    decision(
        "visit-open", {"new": "open"}, (B,),
        "A monitoring visit was begun.", evidence=VisitOpened, rules=(open_code,), effect=_begin,
    ),
    decision(
        "visit-open-lab", {"new": "open"}, (U,),
        "A monitoring visit was begun by somebody unblinded.",
        evidence=VisitOpened, rules=(lab_code,), effect=_begin, vault=True,
    ),
    decision(
        "visit-tick", stay("open"), (B, U),
        "These entries were seen at the visit.",
        evidence=Ticked, rules=(_own, _recorded), effect=_seen(ranges.joined),
    ),
    decision(
        "visit-untick", stay("open"), (B, U),
        "That these entries were seen was taken back.",
        evidence=Ticked, rules=(_own, _recorded), effect=_seen(ranges.parted),
    ),
    decision(
        "visit-note", stay("open"), (B, U),
        "A note was made at the visit.", evidence=Noted, rules=(_own,),
    ),
    decision(
        "visit-close", {"open": "closed"}, (B, U),
        "The visit was closed.", rules=(_own,), effect=keep(stamp="closed_at"),
    ),
)  # fmt: skip

QUERY = (
    decision(
        "query-raise", {"new": "open"}, (B,),
        "A monitor asked about the record.",
        evidence=Raised, rules=(open_code, _at_own_visit, _about_known, _entry_known), effect=_raise,
    ),
    decision(
        "query-raise-lab", {"new": "open"}, (U,),
        "An unblinded monitor asked about the record.",
        evidence=LabRaised, rules=(lab_code, _at_own_visit, _about_known, _entry_known), effect=_raise, vault=True,
    ),
    decision(
        "query-answer", {"open": "answered"}, (C, I, P, T, Q, S, D, M),
        "The query was answered.", evidence=Answered, effect=_answer,
    ),
    decision(
        "query-reopen", {"answered": "open"}, (B, U),
        "The answer did not do: the query is asked again.", effect=_reopen,
    ),
    decision(
        "query-close", each(("open", "answered"), "closed"), (B, U),
        "The query was closed.", effect=keep(stamp="closed_at"),
    ),
)  # fmt: skip
