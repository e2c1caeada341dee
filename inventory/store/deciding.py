"""One act decided on the state it meets, with everything loaded that the decision looked at.

Rules this module keeps:
- The decision is the domain's. What is added here holds for every act, whatever its row: no two things on one
  shelf carry the same code, and nothing takes what another holds (see `claims`).
- A try that lacked something counts for nothing; what it lacked is loaded, all at once, and it is made again.
- A decision that wants again what was loaded, or something more each time, is a defect: it is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from inventory.domain import clocks, entries
from inventory.domain.custody import BrokenTableError, Case, Decision, decide, stand_in
from inventory.domain.items import SHELF_OF, Kind, Log, Shelf
from inventory.domain.lives import TRANSITIONS
from inventory.domain.refusals import Refusal, Refused
from inventory.store.claims import REFUSED_AS, Claim, difference
from inventory.store.loading import load

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.domain.custody import Act
    from inventory.domain.items import Item
    from inventory.domain.profile import Profile
    from inventory.store.keys import VaultKey
    from inventory.store.script import Script
    from inventory.store.state import State, Want


TRIES_AT_MOST: Final = 1_000
"""Each try follows one link further, from a syringe to its kit to its vials to their lots: five at most. Numbers
drawn that are all taken, as a seed may give them, take a try each.
"""


class UndecidedError(Exception):
    """However much is loaded, the decision wants more: a defect of its rules. Nothing was recorded."""

    def __init__(self, action: str) -> None:
        super().__init__(
            f"{action} could not be decided, whatever was looked up: nothing was recorded. Tell the administrator."
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """An act's case and decision, with what each log is to say of it.

    Attributes:
        changes: each change with the log that states it.
        subjects: the codes under which each log's entry is found again: what changed, and what it belongs to.
        taken: the claims that the changes take.
        let_go: the claims that they let go.
    """

    case: Case
    decision: Decision
    changes: list[tuple[Log, entries.Change]]
    subjects: dict[Log, set[str]]
    taken: set[Claim]
    let_go: set[Claim]


def decided(state: State, act: Act, now: str, profile: Profile, key: VaultKey) -> Script[Decided]:
    """Decide an act at that instant; the state is not changed.

    Raises:
        UndecidedError: however much is loaded, the decision wants more.
    """
    state.next_act()
    instant = clocks.parse_instant(now)
    wanted: set[Want] = set()
    for _ in range(TRIES_AT_MOST):
        state.next_try()
        found = _tried(state, act, instant, profile)
        if found is not None and not state.missing:
            state.settle()
            return found
        if state.missing <= wanted:
            break
        wanted |= state.missing
        yield from load(state, sorted(state.missing), key)
    raise UndecidedError(act.action)


def _tried(state: State, act: Act, now: datetime, profile: Profile) -> Decided | None:
    """The decision on what is loaded; None where that was too little to decide at all."""
    try:
        return _decided_now(state, act, now, profile)
    except Exception:
        # On an incomplete state a rule or an effect may fail in any way: that says nothing yet.
        if state.missing:
            return None
        raise


def _decided_now(state: State, act: Act, now: datetime, profile: Profile) -> Decided:
    case = _case(state, act, now, profile)
    decision = decide(case)
    pairs = [(state.item(*item.key), item) for item in decision.changes]
    taken, let_go = difference(pairs)
    clash = _clash(state, pairs) or _held_by_another(state, taken, let_go)
    if clash:
        decision, pairs = Decision(False, (clash,)), []
    changes = [(after.log, entries.change(before, after)) for before, after in pairs]
    subjects = _subjects(state, case.item, decision.changes)
    return Decided(case, decision, changes, subjects, taken, let_go)


def _case(state: State, act: Act, now: datetime, profile: Profile) -> Case:
    row = TRANSITIONS[act.action]
    return Case(
        row=row,
        act=act,
        item=state.item(row.kind, act.code) or stand_in(row.kind, act.code, SHELF_OF[row.kind]),
        person=state.item(Kind.PERSON, act.by) or stand_in(Kind.PERSON, act.by, Shelf.OPEN),
        second=state.item(Kind.PERSON, act.second) if act.second else None,
        now=now,
        profile=profile,
        view=state,
    )


def _held_by_another(state: State, taken: set[Claim], let_go: set[Claim]) -> Refused | None:
    """That something would be claimed which another holds, or which two things claim at once."""
    free = {claim.held for claim in let_go}
    for claim in sorted(taken):
        # What was given is known from the syringe itself: whoever takes that claim did not hold it before.
        known = claim.held in free or claim.held[0] == "administration"
        if not known and state.holder(claim.held[0], *claim.held[1]):
            return Refused(REFUSED_AS[claim.held[0]])
    for one, following in pairwise(sorted(claim.held for claim in taken)):
        if one == following:
            return Refused(REFUSED_AS[one[0]])
    return None


def _clash(state: State, pairs: list[tuple[Item | None, Item]]) -> Refused | None:
    """That what is to come into being carries a code that something on its shelf carries, or is given, too.

    Raises:
        BrokenTableError: an effect names a thing that exists twice.
    """
    new = [after for before, after in pairs if before is None]
    known = [after.key for before, after in pairs if before is not None]
    if len(set(known)) != len(known):
        raise BrokenTableError("an effect changes one thing twice")
    codes = {(item.shelf, item.kind if item.shelf is Shelf.SEALED else "", item.code) for item in new}
    plain = [item for item in new if item.shelf is not Shelf.SEALED]
    # Of jobs there are some on either shelf: one in the vault is not there for whoever may not know of it.
    elsewhere = any(before.shelf is not after.shelf for before, after in pairs if before is not None)
    if elsewhere or len(codes) != len(new) or any(state.is_taken(item) for item in plain):
        return Refused(Refusal.ALREADY_KNOWN)
    return None


def _subjects(state: State, item: Item, changes: tuple[Item, ...]) -> dict[Log, set[str]]:
    found: dict[Log, set[str]] = {log: set() for log in Log}
    for changed in (item, *changes):
        subjects = found[changed.log]
        subjects.add(changed.code)
        if changed.kind is Kind.SYRINGE and changed.parent:
            kit = state.item(Kind.KIT, changed.parent)
            subjects |= {changed.parent, (kit.parent if kit else None) or changed.parent}
            subjects |= {
                changed.text("given_to") or changed.parent
            }  # a wrong recipient's history tells it too
        elif changed.kind in _FOUND_UNDER_PARENT and changed.parent:
            subjects |= {changed.parent, *changed.texts("recipients")}
            before = state.item(*changed.key)
            known = before.texts("entitled") if before else []
            subjects.update(entitling(one) for one in changed.texts("entitled") if one not in known)
            if changed.kind is Kind.LABEL:
                subjects.add(changed.text("thing"))
    return found


def entitling(person: str) -> str:
    """Under what the entries are found that entitle this person for a disclosed period; no code has a space."""
    return f"entitled {person}"


_FOUND_UNDER_PARENT = frozenset(
    {
        Kind.KIT,
        Kind.DEVIATION,
        Kind.EXCURSION,
        Kind.ALERT,
        Kind.CONTENTS,
        Kind.TASK,
        Kind.UNBLINDING,
        Kind.ENVELOPE,
        Kind.JOB,
        Kind.LABEL,
        Kind.QUERY,
    }
)
