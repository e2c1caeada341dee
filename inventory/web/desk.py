"""Recording an act for one person: the body read, the act handed on, the outcome told as they may see it.

Rules this module keeps:
- For a blinded person a code outside their rights is an unknown one before anything is decided about it; that
  they named it is kept, whether or not it exists. So is one that their evidence names.
- A replay is told like the first answer, with the item as it is and receipts of the logs as they are now.
- Of the entries and receipts, those of the logs the person may read are told and no others.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from inventory.domain import clocks
from inventory.domain.evidence import Code, Shape
from inventory.domain.items import Kind, Log
from inventory.domain.refusals import Refusal
from inventory.services import passwords, people
from inventory.services.acts import Asked, MalformedError, evidence_of, keep_unseen, receipts, request_of
from inventory.services.envelopes import sheet
from inventory.services.unseen import as_seen
from inventory.store.batch import KEY_REUSED
from inventory.web.bodies import read, shaped
from inventory.web.problems import UNKNOWN, Problem, ProblemError, Trouble, of, refused

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.domain.custody import Row
    from inventory.services.site import Site
    from inventory.store.batch import Outcome
    from inventory.store.gate import Reader
    from inventory.store.records import Revealed

OPENS_PICK_LIST = "kit-open-pick-list"
"""The act whose answer shows what it opened: there is no other way to see a pick list."""

REPLAYED = {"Idempotent-Replay": "true"}
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_SIZE = r"(open|vault)=([0-9]{1,15})"
_CHECKPOINT = re.compile(rf"{_SIZE}(?: *, *{_SIZE})?")


class ActBody(Shape):
    """What every act's body holds; the evidence is the action's own."""

    code: Code
    occurred_at: str
    evidence: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """An act that was recorded, now or before, as it is told."""

    members: dict[str, Any]
    replayed: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one person's acts are taken: the study, what they may read, and the checkpoints they hold."""

    site: Site
    reader: Reader
    known: dict[Log, int]

    async def take(self, row: Row, body: Any, key: str) -> Told | Problem:
        """Record the act that this JSON asks for.

        Raises:
            MalformedError, ScanRefused: the JSON does not have the form of the action.
            WriterBusyError, WriterClosedError, ClockBehindError: nothing was recorded.
            ActFailedError: the same key tells later what became of it.
        """
        asked = self._asked(row, body, key)
        if await self._out_of_sight(row, asked.code):
            await keep_unseen(self.site, asked.by, row.action, asked.code)
            return UNKNOWN
        request = await request_of(self.site, asked)
        act = await as_seen(request.act, self.reader)
        if act is not request.act:
            request = replace(request, act=act)
        outcome = (await self.site.ledger.submit([request]))[0]
        if outcome.status == KEY_REUSED:
            return of(Trouble.KEY_REUSED)
        return await (self._told(row, outcome) if outcome.status == 201 else self._refused(outcome))

    def _asked(self, row: Row, body: Any, key: str) -> Asked:
        told = shaped(ActBody, read(body))
        at = _instant(told.occurred_at)
        evidence = evidence_of(row.action, told.evidence)
        return Asked(self.reader.person.code, row.action, told.code, at, evidence, key)

    async def _out_of_sight(self, row: Row, code: str) -> bool:
        if self.reader.unblinded or row.creates:
            return False
        return not await self.reader.sees(code)

    async def _told(self, row: Row, outcome: Outcome) -> Told:
        answer: dict[str, Any] = outcome.answer
        logs, item = self.reader.logs, outcome.item
        members = {
            "entries": [entry for entry in answer["entries"] if entry["log"] in logs],
            "item": await (self.reader.as_written(item) if item else self.reader.item(answer["code"])),
            "deviation": answer["deviation"],
            "refusals": answer["refusals"],
            "detail": answer["detail"],
            "receipts": await receipts(self.site, self.reader, outcome, self.known),
        }
        if row.action == passwords.ACTION:
            # Once, but where it was cut off before there was one to tell.
            anew = not outcome.replayed or await people.awaits_password(answer["code"])
            members |= {"one_time_password": await passwords.reset(self.site, answer["code"])} if anew else {}
        if row.action == OPENS_PICK_LIST:
            members["pick_list"] = await self.reader.pick_list(answer["code"])
        if row.reveals:
            # Once: who has to see it again looks again, which is an entry of its own.
            told = None if outcome.replayed else await self._revealed(answer)
            on_paper = row.kind is Kind.ENVELOPE
            members |= {"pdf": self._sheet(answer["code"], told)} if on_paper else {"revealed": told}
        return Told(members, outcome.replayed)

    def _sheet(self, seal: str, told: Revealed | None) -> str | None:
        return base64.b64encode(sheet(seal, told, self.site.profile)).decode() if told else None

    async def _revealed(self, answer: dict[str, Any]) -> Revealed | None:
        (index,) = (entry["index"] for entry in answer["entries"] if entry["log"] == Log.OPEN)
        return await self.reader.revealed(index, self.site.now())

    async def _refused(self, outcome: Outcome) -> Problem:
        answer: dict[str, Any] = outcome.answer
        told = answer["refusals"]
        first = Refusal[told[0]["code"].upper()]
        if first is Refusal.UNKNOWN_CODE:
            return UNKNOWN
        item = await self.reader.item(answer["code"])
        problem = refused(
            first,
            told[0]["detail"],
            refusals=[each["code"] for each in told],
            allowed_actions=item.allowed_actions if item else (),
        )
        return replace(problem, headers=REPLAYED) if outcome.replayed else problem


def _instant(text: str) -> datetime:
    try:
        return clocks.parse_instant(text)
    except clocks.NotAnInstantError as wrong:
        raise MalformedError([("occurred_at", str(wrong))]) from None


def key_in(text: object) -> str:
    """An idempotency key.

    Raises:
        ProblemError: it is missing or malformed.
    """
    if text is None or text == "":
        raise ProblemError(of(Trouble.KEY_MISSING))
    if not isinstance(text, str) or not _KEY.fullmatch(text):
        raise ProblemError(of(Trouble.KEY_MALFORMED))
    return text


def sizes_in(text: str) -> dict[Log, int]:
    """The sizes of the checkpoints a client holds, as `open=SIZE, vault=SIZE` or one of them.

    Raises:
        ProblemError: it is written otherwise.
    """
    if not text:
        return {}
    found = _CHECKPOINT.fullmatch(text.strip())
    if found is None or found[1] == found[3]:
        raise ProblemError(of(Trouble.CHECKPOINT_MALFORMED))
    pairs = [(found[1], found[2]), (found[3], found[4])]
    return {Log(name): int(size) for name, size in pairs if name}
