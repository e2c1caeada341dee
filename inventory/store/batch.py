"""One batch of acts as one transaction: under the head's lock read, decide in order, write, move the head.

The script yields what it reads and writes and is sent rows; it does no I/O of its own, so SQLite and
PostgreSQL run the same code.

1. The driver has locked the head row: every custody commit does so first, whichever log it writes.
2. In statements after that, read the head and what the acts need, as much of it at once as can be named at once.
3. Decide the acts in order, each on the state the former left, with the person's rights as they are now.
4. Write final rows once per table, deletes before inserts, so that swaps do not trip uniqueness; with the first
   entry of another day the signed heads of the day that ended.
5. Write the head. The driver commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Item, Json, Kind, Log, Shelf
from inventory.domain.lives.people import GENESIS
from inventory.domain.lives.sealing import SEALS_WITH
from inventory.domain.lives.signing import CHANGES, REPLACED
from inventory.domain.merkle import Edge
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Role
from inventory.domain.stops import told
from inventory.store import checkpoints, leaves, writing
from inventory.store.deciding import Decided, decided
from inventory.store.loading import load_named
from inventory.store.logs import Logs
from inventory.store.memory import Memory
from inventory.store.requests import (
    KEY_REUSED,
    NOT_DONE,
    RECORDED,
    ClockBehindError,
    Head,
    OpenedBeforeError,
    Outcome,
    Request,
    recorded_at,
    utc_now,
)
from inventory.store.script import Fetch, Insert, Script
from inventory.store.state import State
from inventory.store.tiles import read_span

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from inventory.domain.custody import Act
    from inventory.domain.profile import Profile
    from inventory.store.keys import VaultKey
    from inventory.store.randomness import Random
    from inventory.store.script import Row
    from inventory.store.signing import Signing

__all__ = [
    "KEY_REUSED", "NOT_DONE", "Batch", "ClockBehindError", "Head", "OpenedBeforeError", "Outcome", "Request",
    "read_span", "utc_now",
]  # fmt: skip

NAMED_AT_ONCE = 100
"""Deciding and writing a vial takes 0.2 to 0.5 ms, and an ordinary batch a few."""

_HEAD = "SELECT open_size, open_edge, vault_size, vault_edge, recorded_at FROM head WHERE study = ?"
_Result = tuple[int, dict[str, Json], bool, Item | None]


class Batch:
    """The working of one batch. `script` is run once, by a driver, inside one transaction."""

    def __init__(
        self,
        groups: list[list[Request]],
        study: str,
        profile: Profile,
        key: VaultKey,
        random: Random,
        clock: Callable[[], datetime],
        signing: Signing,
    ) -> None:
        self._groups = groups
        self._study = study
        self._profile = profile
        self._key = key
        self._random = random
        self._clock = clock
        self._signing = signing
        self._now = ""
        self._memory = Memory(key)
        self._state = State(random, key, signing)
        self._logs: Logs

    @property
    def works_long(self) -> bool:
        """Whether so many things are named in its acts that deciding them would hold up others noticeably."""
        acts = (request.act for group in self._groups for request in group)
        return sum(map(_named, acts)) > NAMED_AT_ONCE

    def script(self) -> Script[list[list[Outcome]]]:
        """Run the batch; the outcomes come in the order of groups and requests.

        Raises:
            ClockBehindError: this host's clock is too far behind the log.
            OpenedBeforeError: a study is to be opened, and the log has entries.
            SealMissingError, SignerMissingError: what seals or signs at present does not lie in this host's key folder.
        """
        now = self._clock()
        requests = [request for group in self._groups for request in group]
        beside = Fetch(_HEAD, (self._study,)), self._memory.asked(requests)
        found, known = yield from load_named(self._state, requests, self._profile, self._key, now, *beside)
        head = _head(*found)
        self._now = recorded_at(now, head)
        self._logs = Logs(head, self._key)
        self._memory.learn(known)
        if head.open.size == 0:
            self._state.learn([_genesis()])
        elif any(request.act.by == GENESIS for request in requests):
            raise OpenedBeforeError
        study = self._state.item(Kind.STUDY, self._study)
        self._key.seal_with((study.text(SEALS_WITH) if study else "") or self._key.first)
        self._signing.told(study)
        results = yield from self._all()
        ended = yield from self._day_that_ended(head)
        yield from writing.write(
            self._study, self._logs, self._memory, self._state, self._key, self._now, ended
        )
        after = Head(self._logs.edges[Log.OPEN], self._logs.edges[Log.VAULT], self._now)
        return [[Outcome(*result, after) for result in group] for group in results]

    def committed(self) -> None:
        """What was written is there: what the study says of its signing keys counts for this process."""
        self._signing.told(self._state.item(Kind.STUDY, self._study))

    def _day_that_ended(self, head: Head) -> Script[list[Insert]]:
        if not self._logs.grew:
            return []
        zone = self._profile.site.time_zone
        return [
            (yield from checkpoints.of_the_day_that_ended(head, self._now, zone, self._signing.checkpoint)),
            checkpoints.of_handovers(self._logs, self._signing, self._now),
        ]

    def _all(self) -> Script[list[list[_Result]]]:
        results = []
        for group in self._groups:
            result = yield from self._together(group)
            results.append(result)
        return results

    def _together(self, group: list[Request]) -> Script[list[_Result]]:
        """Run a group: all of it, or, where one of several is refused, none of it but the refusals.

        Of a group that is rehearsed nothing at all is kept, unless it is mendable: then why it was refused is.
        """
        rehearsed = any(request.rehearsed for request in group)
        mendable = any(request.mendable for request in group)
        if len(group) == 1 and not rehearsed and not mendable:
            return [(yield from self._once(group[0]))]
        marks = self._logs.mark(), self._memory.mark(), self._state.mark()
        results: list[_Result] = []
        refused: list[Decided] = []
        for request in group:
            result = yield from self._once(request, refused)
            results.append(result)
        if not rehearsed and all(status == RECORDED for status, *_ in results):
            return results
        self._logs.back_to(marks[0])
        self._memory.back_to(marks[1])
        self._state.back_to(marks[2])
        if rehearsed and not mendable:
            return results
        for found in refused:
            self._memory.refuse(found.case.act, found.decision.refused, self._now)
        if rehearsed:
            return results
        return [
            result if result[0] != RECORDED or result[2] else (NOT_DONE, {}, False, None)
            for result in results
        ]

    def _once(self, request: Request, refused: list[Decided] | None = None) -> Script[_Result]:
        """Answer as before, or decide and record; what is refused is added to `refused`."""
        if request.unseen:
            return (*self._refuse(request, UNSEEN), False, None)
        known = self._memory.answer_to(request)
        if known is not None:
            if not self._memory.is_of(known, request):
                return KEY_REUSED, {}, False, None
            return known.status, known.answer, True, None
        found = yield from decided(self._state, request.act, self._now, self._profile, self._key)
        if found.decision.accepted:
            answer = self._record(request, found)
            return RECORDED, answer, False, self._state.item(*found.case.item.key)
        if refused is not None:
            refused.append(found)
        return (*self._refuse(request, found.decision.refused), False, None)

    def _record(self, request: Request, found: Decided) -> dict[str, Json]:
        refusals = self._memory.chain_head(request.act.by)
        written = leaves.append(found, self._logs, self._study, self._now, refusals, self._random)
        for log, leaf in written:
            self._state.wrote(log, self._logs.size(log) - 1, leaf)
        if request.act.action in CHANGES:
            lost = self._signing.lost.values() if request.act.action == REPLACED else ()
            self._logs.hand_over(found.decision.changes[0], set(lost))
        self._state.keep(found, {log: self._logs.size(log) - 1 for log, _ in written})
        decision = found.decision
        entries: list[Json] = [
            {"log": log.value, "index": leaf["index"], "recorded_at": self._now} for log, leaf in written
        ]
        answer: dict[str, Json] = {
            "entries": entries,
            "kind": found.case.item.kind.value,
            "code": found.case.item.code,
            "deviation": decision.deviation,
            "refusals": [each.code for each in decision.refused],
            "detail": told(decision.deviation, decision.refused) if decision.deviation else None,
        }
        self._memory.remember(request, RECORDED, answer)
        return answer

    def _refuse(self, request: Request, refused: tuple[Refused, ...]) -> tuple[int, dict[str, Json]]:
        answer: dict[str, Json] = {
            "refusals": [{"code": each.code, "detail": each.sentence} for each in refused],
            "kind": request.act.action.split("-", 1)[0],
            "code": request.act.code,
        }
        self._memory.refuse_and_remember(request, refused, self._now, answer)
        return refused[0].status, answer


def _head(row: Row | None = None) -> Head:
    """The head in its row; before the first entry there is no row."""
    if row is None:
        return Head(Edge.empty(), Edge.empty(), "")
    open_size, open_edge, vault_size, vault_edge, instant = row
    return Head(Edge.decode(open_size, bytes(open_edge)), Edge.decode(vault_size, bytes(vault_edge)), instant)


def _named(act: Act) -> int:
    """How many things the lists of an act's evidence name."""
    return sum(len(value) for value in vars(act.evidence).values() if isinstance(value, tuple))


UNSEEN = (Refused(Refusal.UNKNOWN_CODE),)
"""Why an act is refused of whose code the person may not know."""


def _genesis() -> Item:
    return Item(Kind.PERSON, GENESIS, "active", Shelf.OPEN, facts={"roles": [Role.ADMINISTRATOR.value]})
