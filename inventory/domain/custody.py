"""What may happen next: the one decision that reads the transition tables.

Rules this module keeps:
- Every act is decided by one row of one table; nothing else in the product knows a state's successor.
- A permission is refused when any of its rules fails. An observation is what already happened: from an
  entitled person it is always recorded, and the rules it broke become a deviation in the same entry. A late
  entry from paper makes an observation of a permission, but never of a decision, nor of what is done now.
- `decide` is pure and total: the same case gives the same decision, and no valid evidence makes it raise. It
  returns every rule that failed, by precedence. Whoever is not entitled learns that and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from inventory.domain import clocks, disclosed
from inventory.domain.evidence import past_fields
from inventory.domain.identifiers import outside
from inventory.domain.items import SHELF_OF, Item, Key, Kind, Shelf, new
from inventory.domain.lives import TRANSITIONS
from inventory.domain.lives.codes import given_by_others
from inventory.domain.lives.people import has_right, works
from inventory.domain.lives.row import NEW, Act, Case, Effect, Mode, Row, Rule, View
from inventory.domain.refusals import ABOUT_ASKING, Refusal, Refused, by_precedence
from inventory.domain.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.profile import Profile

RIGHTS = {"delegation": Refusal.DELEGATION_NOT_CURRENT, "training": Refusal.TRAINING_NOT_CURRENT}
"""The facts of a person that must be current, and what is refused when they are not."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be recorded, or why nothing is.

    `refused` holds every rule that failed. With `accepted` False nothing changes; with True and `refused`
    not empty the act is an observation that opened the deviation among `changes`.
    """

    accepted: bool
    refused: tuple[Refused, ...]
    changes: tuple[Item, ...] = ()
    deviation: str | None = None


class BrokenTableError(Exception):
    """An effect led where its row does not: a defect of the tables, never of the caller."""


def decide(case: Case) -> Decision:
    """Decide one act on the state it meets.

    1. Whoever is not entitled to the row is told so, and no other rule is asked.
    2. What the person may not know of is to them what does not exist.
    3. Ask every rule: who, what it is, how it was asked, then the row's own.
    4. A permission with any failed rule is refused, an urgent one unless the rule is of the person's rights; an
       observation only when it was asked wrongly.
    5. The effect says what is how afterwards; each item must have moved as a row of its table allows.
    6. What was recorded although it broke a rule opens a deviation.
    """
    held = duties(case.person, case.profile) & case.row.by
    if not held:
        return Decision(False, (Refused(Refusal.NOT_ENTITLED),))
    if not _may_know(case):
        case = replace(case, item=stand_in(case.row.kind, case.act.code, SHELF_OF[case.row.kind]))
    refused = by_precedence([each for each in _refusals(case, held) if each is not None])
    if any(_stops(case, each.refusal) for each in refused):
        return Decision(False, refused)
    changes = tuple(case.row.effect(case)) if case.item.state in case.row.moves else ()
    if not case.row.restores:
        for each in changes:
            _must_follow(case, each)
    if not refused:
        return Decision(True, (), changes)
    deviation = _deviation(case, refused)
    return Decision(True, refused, (*changes, deviation), deviation.code)


def _stops(case: Case, refusal: Refusal) -> bool:
    """Whether that refusal keeps the act from being recorded."""
    row = case.row
    if row.mode is Mode.OBSERVATION or (_from_paper(case) and not row.decision):
        return refusal in ABOUT_ASKING
    return not row.urgent or refusal not in RIGHTS.values()


def _from_paper(case: Case) -> bool:
    """Whether it tells from paper of what lies in the past, and not of what is done now."""
    # A clock may be that far off, so a shorter while says nothing. What is past is not refused: it happened.
    behind = (case.now - case.act.occurred_at).total_seconds()
    return case.act.evidence.late is not None and behind > case.profile.limits.clock_skew_seconds


def duties(person: Item, profile: Profile) -> frozenset[Role]:
    """The roles whose work this person does: their own, and those the profile adds to them."""
    names = person.texts("roles")
    if len(names) == 1:  # as of almost everybody, and every act asks four times
        return profile.duties_of[names[0]]
    return frozenset().union(*[profile.duties_of[name] for name in names])


def _refusals(case: Case, held: frozenset[Role]) -> Iterator[Refused | None]:
    if not works(case.person, case.now):
        yield Refused(Refusal.PERSON_LOCKED)
    for right, refusal in RIGHTS.items():
        if not all(_has_right(case, case.person, held, right, day) for day in _days(case)):
            yield Refused(refusal)
    yield _of_state(case)
    yield _of_code(case)
    yield from _of_second(case)
    yield from _of_signatures(case)
    yield from _of_asking(case)
    if case.item.state != NEW or case.row.creates:
        for rule in case.row.rules:
            yield rule(case)


def _days(case: Case) -> set[str]:
    """The days on which whoever acts needs their rights: that of recording, of what comes from paper also its own."""
    if case.act.evidence.late is None:
        return {case.today()}
    return {case.today(), clocks.local_day(case.act.occurred_at, case.profile.site.time_zone)}


def _has_right(case: Case, person: Item, held: frozenset[Role], right: str, day: str) -> bool:
    """Whether delegation or training counts on that day, or one of the roles held needs none."""
    return not held <= case.profile.requires(right) or has_right(person.facts, right, day)


def _may_know(case: Case) -> bool:
    """Whether the person may know of the item; of what belongs to a disclosed period only some may."""
    ordinary = case.item.shelf is Shelf.OPEN or SHELF_OF[case.item.kind] is not Shelf.OPEN
    if ordinary or case.unblinded():
        return True
    kit = _kit_of(case, case.item)
    return kit is not None and disclosed.shown(case.item) and case.person.code in kit.texts("entitled")


def _kit_of(case: Case, item: Item) -> Item | None:
    if item.kind is Kind.KIT:
        return item
    if item.kind is Kind.SYRINGE:
        return case.get(Kind.KIT, item.parent)
    syringe = case.get(Kind.SYRINGE, item.parent)
    return case.get(Kind.KIT, syringe.parent if syringe else item.parent)


def _of_state(case: Case) -> Refused | None:
    state = case.item.state
    if state in case.row.moves:
        return Refused(Refusal.ALREADY_KNOWN) if state == NEW and _carried_elsewhere(case) else None
    if state == NEW:
        return Refused(Refusal.UNKNOWN_CODE)
    if case.row.creates:
        return Refused(Refusal.ALREADY_KNOWN)
    return Refused(Refusal.WRONG_STATE, f"it is {state.replace('_', ' ')}")


def _carried_elsewhere(case: Case) -> bool:
    """Whether something of another kind, remembered on the same shelf, carries this code."""
    # A rule refuses what is given by others; that it is taken as well would tell of the laboratory's.
    if given_by_others(case.act.code) and not case.row.vault:
        return False
    shelf = SHELF_OF[case.row.kind]
    kinds = [kind for kind in Kind if SHELF_OF[kind] is shelf and kind is not case.row.kind]
    return any(case.get(kind, case.act.code) is not None for kind in kinds)


def _of_code(case: Case) -> Refused | None:
    """What is given a code gets one that an address can name; what was observed may carry a code as it was read."""
    given = case.row.creates and case.row.mode is Mode.PERMISSION
    return (
        Refused(Refusal.CODE_NOT_FIT, outside.NO_ADDRESS)
        if given and not outside.has_address(case.act.code)
        else None
    )


def _of_second(case: Case) -> Iterator[Refused]:
    if case.act.second is None:
        if case.row.action in case.profile.two_person:
            yield Refused(Refusal.SECOND_PERSON_MISSING)
        return
    if case.act.second == case.act.by:
        yield Refused(Refusal.SECOND_PERSON_SAME)
    if not _second_may(case):
        yield Refused(Refusal.SECOND_PERSON_NOT_ENTITLED)
    if case.act.second_scan != case.act.code:
        yield Refused(Refusal.SECOND_SCAN_DIFFERS)


def _second_may(case: Case) -> bool:
    second = case.second
    if second is None or not works(second, case.now):
        return False
    held = duties(second, case.profile) & case.row.by
    if not held or not _may_know(replace(case, person=second)):
        return False
    return all(_has_right(case, second, held, right, case.today()) for right in RIGHTS)


def _of_signatures(case: Case) -> Iterator[Refused]:
    for person in case.act.unproven:
        yield Refused(Refusal.SIGNATURE_WRONG, person)
    asked = case.profile.signatures
    if case.row.action in asked.acts:
        signed = {one.by for one in case.act.signed if one.satisfies(asked.proof)}
        for who in (case.act.by, case.act.second):
            if who and who not in signed and who not in case.act.unproven:
                yield Refused(Refusal.SIGNATURE_MISSING, who)


def _of_asking(case: Case) -> Iterator[Refused]:
    limits, evidence = case.profile.limits, case.act.evidence
    if case.act.occurred_at > clocks.latest(case.now, limits.clock_skew_seconds):
        yield Refused(Refusal.OCCURRED_IN_FUTURE)
    if ahead := list(_ahead(case)):
        yield Refused(Refusal.OCCURRED_IN_FUTURE, ", ".join(ahead))
    behind = (case.now - case.act.occurred_at).total_seconds()
    if behind > limits.late_entry_reason_after_minutes * 60 and evidence.late is None:
        yield Refused(Refusal.LATE_ENTRY_NEEDS_REASON)
    if evidence.note and case.item.shelf is Shelf.OPEN and not case.row.vault and case.unblinded():
        yield Refused(Refusal.FREE_TEXT_NOT_ALLOWED)


def _ahead(case: Case) -> Iterator[str]:
    """Each day or time that is told of what has happened and is still to come, a day where the site is."""
    latest = clocks.latest(case.now, case.profile.limits.clock_skew_seconds)
    for name in past_fields(case.row.evidence):
        told = getattr(case.act.evidence, name, None)
        if told is not None and clocks.first_instant(told, case.profile.site.time_zone) > latest:
            yield f"{name} is {told}"


def _deviation(case: Case, refused: tuple[Refused, ...]) -> Item:
    # What a vault row broke may tell the product, so its deviation stands in the vault as well.
    shelf = Shelf.OPEN if case.item.shelf is Shelf.OPEN and not case.row.vault else Shelf.VAULT
    return new(
        Kind.DEVIATION,
        _deviation_code(case),
        "open",
        shelf=shelf,
        parent=case.item.code,
        action=case.row.action,
        rules=[each.code for each in refused],
    )


def _deviation_code(case: Case) -> str:
    """A code that no deviation carries."""
    # Drawn for this act and no other, so that none in the vault takes a draw from one in the open log.
    owner = f"{case.act.action} {case.act.code} {case.act.by} {clocks.format_instant(case.now)}"
    for attempt in count():
        code = "D" + case.view.draw("deviation", f"{owner} {attempt}").hex()[:12].upper()
        if case.get(Kind.DEVIATION, code) is None:
            break
    return code


def _must_follow(case: Case, after: Item) -> None:
    before = case.view.item(after.kind, after.code)
    source = before.state if before else NEW
    if after.state != source and not follows(after.kind, source, after.state):
        raise BrokenTableError(f"{case.row.action} led {after.kind} from {source} to {after.state}")


@cache
def follows(kind: Kind, source: str, target: str) -> bool:
    """Whether some row of that kind's table leads from one state to the other."""
    return any(target in row.moves.get(source, ()) for row in TRANSITIONS.values() if row.kind is kind)


def allowed(item: Item, person: Item, profile: Profile) -> tuple[str, ...]:
    """The actions this person may try on this item as it stands, by name: role and state only."""
    return _allowed(item.kind, item.state, duties(person, profile))


@cache
def _allowed(kind: Kind, state: str, held: frozenset[Role]) -> tuple[str, ...]:
    rows = (row for row in TRANSITIONS.values() if row.kind is kind)
    return tuple(sorted(row.action for row in rows if held & row.by and state in row.moves))


def stand_in(kind: Kind, code: str, shelf: Shelf) -> Item:
    """What a decision meets where nothing is known under that code."""
    return replace(new(kind, code, NEW), shelf=shelf)


__all__ = [
    "NEW",
    "Act",
    "Case",
    "Decision",
    "Effect",
    "Key",
    "Mode",
    "Row",
    "Rule",
    "View",
    "allowed",
    "decide",
]
