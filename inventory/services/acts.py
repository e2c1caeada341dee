"""Recording an act: what a person says they did, checked for form, handed to the writer, given receipts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson
from pydantic import TypeAdapter, ValidationError

from inventory.domain import clocks, stops
from inventory.domain.custody import Act
from inventory.domain.evidence import Code, Evidence
from inventory.domain.identifiers import scan
from inventory.domain.items import Json, Log
from inventory.domain.lives import ACTIONS
from inventory.domain.refusals import Refusal
from inventory.services import people, printing, signing
from inventory.store import answers
from inventory.store.batch import Outcome, Request

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.services.site import Site
    from inventory.store.gate import Reader


class MalformedError(Exception):
    """The request has not the form its action asks for; `problems` names each field with a sentence."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{where}: {what}" for where, what in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Asked:
    """An act as it was asked for: the person, the action, the fields, and the key it is remembered under."""

    by: str
    action: str
    code: str
    occurred_at: datetime
    evidence: Evidence
    key: str

    def digest(self) -> bytes:
        """What tells this request from another under the same key (what proves who asks is left out)."""
        told = self.evidence.model_dump(mode="json", exclude={"second": _PROOFS, "signature": True})
        body = [self.action, self.code, clocks.format_instant(self.occurred_at), told]
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


_PROOFS: Final = {"token", "signature"}


def unframed(value: Any) -> Any:
    """The same JSON, with each text that a scanner framed (AIM prefix) read as the code it carries.

    Raises:
        ScanRefused: a scanned text is ambiguous or malformed.
    """
    if isinstance(value, str):
        framed = value.startswith("]") or any(ord(character) < 32 for character in value)
        return scan.normalise(value).code if framed else value
    if isinstance(value, dict):
        return {name: unframed(one) for name, one in value.items()}
    if isinstance(value, list):
        return [unframed(one) for one in value]
    return value


def code_of(text: str) -> str:
    """What a person typed as a code, where it can be one.

    Raises:
        MalformedError: it cannot.
    """
    try:
        return _CODE.validate_python(text)
    except ValidationError:
        raise MalformedError(
            [("code", f"{text!r} is no code: 1 to 64 letters, digits and signs of ASCII, without a blank.")]
        ) from None


_CODE: Final = TypeAdapter(Code)


def evidence_of(action: str, brought: Any) -> Evidence:
    """The evidence an action asks for, from JSON.

    Raises:
        MalformedError: a field is missing, unknown or out of its range.
    """
    try:
        return ACTIONS[action].evidence.model_validate(brought)
    except ValidationError as invalid:
        raise MalformedError(misfits(invalid, "evidence.")) from None


def misfits(invalid: ValidationError, before: str = "") -> list[tuple[str, str]]:
    """Each field that does not fit, by its address, with what the rule says that it breaks."""
    return [
        (
            (before + ".".join(map(str, one["loc"]))).removesuffix("."),
            one["msg"].removeprefix("Value error, "),
        )
        for one in invalid.errors()
    ]


async def record(site: Site, asked: Asked) -> Outcome:
    """Hand an act to the writer and wait until it is committed or refused.

    Raises:
        WriterBusyError, WriterClosedError, ClockBehindError: nothing was recorded.
        ActFailedError: the same key tells later what became of it.
    """
    return (await site.ledger.submit([await request_of(site, asked)]))[0]


async def would_break(site: Site, asked: Asked) -> list[Refusal]:
    """The rules that an observation would break if it were recorded now; nothing is kept of the asking.

    None for who is not entitled to it, and of how it is asked nothing is said.

    Raises:
        WriterBusyError, WriterClosedError, ClockBehindError: nothing was asked.
    """
    request = replace(await request_of(site, asked), rehearsed=True)
    told = (await site.ledger.submit([request]))[0].answer["refusals"]
    codes = [one["code"] if isinstance(one, dict) else one for one in told] if isinstance(told, list) else []
    broken = [Refusal[str(code).upper()] for code in codes]
    return [refusal for refusal in broken if refusal in stops.WORDS]


async def keep_unseen(site: Site, by: str, action: str, code: str) -> None:
    """Keep in the person's chain of refusals that they named a code which is unknown to them, and for what.

    It takes as long for a code that exists as for one that does not.

    Raises:
        WriterBusyError, WriterClosedError, ClockBehindError: it was not kept.
    """
    act = Act(action, code, by, site.now(), Evidence())
    await site.ledger.submit([Request(act, "", b"", unseen=True)])


async def new_key(site: Site, person: str) -> str:
    """A key for that person's next request, under which nothing is remembered."""
    while True:
        key = site.random("idempotency", person).hex()
        # Seeded values begin anew with each process: what was used under another one is taken.
        if not await answers.is_remembered(person, key):
            return key


async def request_of(site: Site, asked: Asked) -> Request:
    """The request for an act, its second person known by their own token, its signatures proven.

    Raises:
        SignInWaitsError: somebody who signs had too many failures in a row.
    """
    second = asked.evidence.second
    other = await people.person_of(site, second.token) or "nobody" if second else None
    typed = {asked.by: asked.evidence.signature, other: second.signature if second else None}
    proven = {by: await signing.sign(site, by, one) for by, one in typed.items() if by and one}
    act = Act(
        action=asked.action,
        code=asked.code,
        by=asked.by,
        occurred_at=asked.occurred_at,
        evidence=await printing.prepared(site, asked),
        second=other,
        second_scan=second.scan if second else None,
        second_also=second.also if second else (),
        signed=tuple(one for one in proven.values() if one is not None),
        unproven=tuple(by for by, one in proven.items() if one is None),
    )
    return Request(act, asked.key, asked.digest())


async def receipts(
    site: Site, reader: Reader, outcome: Outcome, known: dict[Log, int]
) -> dict[str, dict[str, Json]]:
    """A receipt for each log this person may read: the checkpoint, and the proof that it extends theirs."""
    found: dict[str, dict[str, Json]] = {}
    for log in reader.logs:
        edge = outcome.head.edge(log)
        proof: list[Json] | None = None
        old = known.get(log)
        if old is not None and 0 < old <= edge.size:
            proof = [step.hex() for step in await reader.consistency(log, old, edge.size)]
        found[log.value] = {"checkpoint": site.receipt(log, edge), "consistency": proof}
    return found
