"""Everything that is not a success, as `application/problem+json` (RFC 9457), mapped in one place.

Rules this module keeps:
- A refusal of the domain keeps its code, status and sentence; what only the web refuses stands in `Trouble`.
- `type` is `/problems/` and the code, `title` the code's own sentence, `detail` what was seen this time.
- An answer tells no address, trace or stored value; what was not foreseen is told to the service's log alone.
- A thing that does not exist and one outside a person's rights are the same `Problem`, so the same bytes.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import orjson
from litestar import Response
from litestar.exceptions import HTTPException

from inventory.domain.identifiers import scan
from inventory.domain.identifiers.scan_refusals import ScanRefused
from inventory.domain.refusals import Refusal, Refused, failures_below
from inventory.services.acts import MalformedError
from inventory.services.enrolling import CodeWrongError, EnrolledBeforeError
from inventory.services.exporting import ExportRefusedError
from inventory.services.failures import SignInWaitsError
from inventory.services.labelling import NoLabelError, NotApprovedError, NothingThereError
from inventory.services.openings import NotOpenedError
from inventory.services.passwords import ResetMeanwhileError
from inventory.services.people import SecondFactorNeededError, SignInRefusedError
from inventory.services.proofs import LogUnknownError, OutOfRangeError
from inventory.store.attachments import FileChangedError
from inventory.store.batch import ClockBehindError
from inventory.store.condition import DatabaseMovedError, DiskFullError, disk_is_full
from inventory.store.keys import SealMissingError
from inventory.store.ledger import WriterBusyError, WriterClosedError
from inventory.store.signing import SignerMissingError
from labels import LabelRefused

LOGGER = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class Trouble(Enum):
    """What the web itself refuses: (HTTP status, sentence)."""

    MALFORMED = (
        400,
        "Nothing was recorded: the request does not have the form asked for. Correct the fields named.",
    )
    SCAN_REFUSED = (400, "Nothing was recorded: the scan could not be read.")
    KEY_MISSING = (400, "Nothing was recorded: send an Idempotency-Key, a new one for each act.")
    KEY_MALFORMED = (400, "Nothing was recorded: an Idempotency-Key is 1 to 200 visible ASCII characters.")
    CHECKPOINT_MALFORMED = (
        400,
        "Nothing was recorded: CellCustody-Checkpoint is written as open=SIZE, vault=SIZE.",
    )
    OUT_OF_RANGE = (400, "The log has no such entry or size.")
    UNAUTHENTICATED = (401, "Sign in first, and send the token as Authorization: Bearer TOKEN.")
    SIGN_IN_REFUSED = (401, "Name or password is wrong.")
    SECOND_FACTOR_NEEDED = (401, "Type the code of your second factor as well; enrol one if you have none.")
    PASSWORD_NEEDED = (
        401,
        "Set a password of your own first, at /password: the one you were given does no more.",
    )
    CROSS_SITE = (
        403,
        "Nothing was done: this came from no page of yours, or an old one. Open the page again, do it there.",
    )
    NOT_FOUND = (404, "There is nothing at this address.")
    METHOD_NOT_ALLOWED = (405, "This address does not take that method.")
    SECOND_FACTOR_KNOWN = (409, "You have a second factor. Two administrators can reset it.")
    SECOND_FACTOR_WRONG = (
        409,
        "The code is wrong, or no second factor waits for one. Type the code shown now.",
    )
    NO_LABEL = (409, "There is no label for this.")
    EXPORT_REFUSED = (409, "Nothing was taken out.")
    LABEL_REFUSED = (409, "The label was not made: it could not be printed and read back.")
    TOO_LARGE = (413, "Nothing was recorded: the request is larger than 1 MB. Send it in parts.")
    NOT_JSON = (415, "Nothing was recorded: send JSON, with Content-Type: application/json.")
    KEY_REUSED = (
        422,
        "Nothing was recorded: this Idempotency-Key came with another body before. Use a new key.",
    )
    TOO_MANY_FAILURES = (429, "Too many failures in a row. Wait a minute, then try again.")
    DEFECT = (
        500,
        "The service failed. Ask again with the same key, which records nothing twice; then report it.",
    )
    BUSY = (
        503,
        "Nothing was recorded: too many requests are waiting. Try again in a moment, with the same key.",
    )
    CLOSING = (503, "Nothing was recorded: the service is stopping. Try again with the same key.")
    CLOCK_BEHIND = (
        503,
        "Nothing was recorded: this host's clock is behind the log. Have the clock put right.",
    )
    SEAL_MISSING = (
        503,
        "Nothing was recorded: the key that seals the vault does not lie on this host. Have it put there.",
    )
    SIGNER_MISSING = (
        503,
        "Nothing was recorded: a key that signs the logs does not lie on this host. Have it put there.",
    )
    DATABASE_MOVED = (
        503,
        "Nothing was recorded: the database was moved or removed while it was served. Stop the service; put it back.",
    )
    DISK_FULL = (
        503,
        "Nothing was recorded: the disk that holds the database is full. Have room made on it, then try again.",
    )
    FILE_CHANGED = (
        503,
        "Nothing was shown or recorded: a file was changed where it is kept. Tell the administrator.",
    )
    NOT_READY = (503, "The service cannot work now.")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.value[0])

    @property
    def code(self) -> str:
        """The stable code."""
        return self.name.lower()


def labels_told_as() -> dict[str, list[str]]:
    """The codes under which a label is not made, each with what it tells of, in words."""
    found = [each for each in failures_below(LabelRefused) if not each.__subclasses__()]
    return {
        each.code: [(each.__doc__ or "").split("\n")[0]] for each in sorted(found, key=lambda one: one.code)
    }


SENT_AS = {Trouble.SCAN_REFUSED: tuple(scan.told_as()), Trouble.LABEL_REFUSED: tuple(labels_told_as())}
"""Troubles that are answered under the codes of what was wrong, and never under one of their own."""


def codes_of(trouble: Trouble) -> tuple[str, ...]:
    """The codes under which it is answered."""
    return SENT_AS.get(trouble, (trouble.code,))


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that is not a success; `more` are its extension members."""

    status: int
    code: str
    title: str
    detail: str
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """The members of the JSON object, in a fixed order."""
        return {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.more,
        }

    def response(self) -> Response[bytes]:
        """The answer."""
        return Response(
            orjson.dumps(self.members()),
            status_code=self.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE,
        )


class ProblemError(Exception):
    """A problem, raised where it was met."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


_HEADERS = {
    Trouble.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"},
    Trouble.SIGN_IN_REFUSED: {"WWW-Authenticate": "Bearer"},
    Trouble.SECOND_FACTOR_NEEDED: {"WWW-Authenticate": "Bearer"},
    Trouble.TOO_MANY_FAILURES: {"Retry-After": "60"},
    Trouble.BUSY: {"Retry-After": "1"},
    Trouble.CLOSING: {"Retry-After": "5"},
}


def of(trouble: Trouble, detail: str = "", **more: Any) -> Problem:
    """The problem of one of the web's own codes."""
    sentence = str(trouble.value[1])
    return Problem(
        trouble.status, trouble.code, sentence, detail or sentence, more, _HEADERS.get(trouble, {})
    )


def refused(refusal: Refusal, detail: str = "", **more: Any) -> Problem:
    """The problem of a code of the domain's catalogue; `detail` is its full sentence where one is known."""
    told = Refused(refusal)
    return Problem(told.status, told.code, told.sentence, detail or told.sentence, more)


def sentence_of(code: str) -> str:
    """The sentence of a code of the domain's catalogue, without what was seen."""
    return Refused(Refusal[code.upper()]).sentence


UNKNOWN = refused(Refusal.UNKNOWN_CODE)
"""A code that does not exist, or is outside the person's rights."""


def malformed(problems: list[tuple[str, str]]) -> Problem:
    """A request of the wrong form, each field named with a sentence."""
    told = [{"field": where, "detail": what} for where, what in problems]
    return of(Trouble.MALFORMED, "; ".join(f"{where}: {what}" for where, what in problems[:5]), errors=told)


_BY_STATUS = {
    401: Trouble.UNAUTHENTICATED,
    404: Trouble.NOT_FOUND,
    405: Trouble.METHOD_NOT_ALLOWED,
    413: Trouble.TOO_LARGE,
    415: Trouble.NOT_JSON,
    429: Trouble.TOO_MANY_FAILURES,
}


def problem_of(failure: Exception) -> Problem:
    """The one mapping from what went wrong to what is said about it."""
    match failure:
        case ProblemError():
            return failure.problem
        case MalformedError():
            return malformed(failure.problems)
        case ScanRefused():
            return replace(of(Trouble.SCAN_REFUSED, failure.sentence), code=failure.code)
        case OutOfRangeError():
            return of(Trouble.OUT_OF_RANGE, str(failure))
        case LogUnknownError():
            return of(Trouble.NOT_FOUND)
        case NothingThereError():
            return UNKNOWN
        case NotApprovedError():
            return refused(failure.refusal, str(failure))
        case NoLabelError():
            return of(Trouble.NO_LABEL, str(failure))
        case LabelRefused():
            return replace(of(Trouble.LABEL_REFUSED, failure.sentence), code=failure.code)
        case SecondFactorNeededError():
            return of(Trouble.SECOND_FACTOR_NEEDED)
        case EnrolledBeforeError():
            return of(Trouble.SECOND_FACTOR_KNOWN)
        case CodeWrongError():
            return of(Trouble.SECOND_FACTOR_WRONG)
        case ResetMeanwhileError():
            return of(Trouble.SIGN_IN_REFUSED, str(failure))
        case SignInRefusedError():
            return of(Trouble.SIGN_IN_REFUSED)
        case SignInWaitsError():
            return of(Trouble.TOO_MANY_FAILURES)
        case WriterBusyError():
            return of(Trouble.BUSY)
        case WriterClosedError():
            return of(Trouble.CLOSING)
        case NotOpenedError():
            return refused(failure.refusal, str(failure))
        case ExportRefusedError():
            return of(Trouble.EXPORT_REFUSED, str(failure))
        case SealMissingError():
            return of(Trouble.SEAL_MISSING)
        case SignerMissingError():
            return of(Trouble.SIGNER_MISSING)
        case ClockBehindError():
            return of(Trouble.CLOCK_BEHIND)
        case DatabaseMovedError():
            return of(Trouble.DATABASE_MOVED)
        case DiskFullError():
            return of(Trouble.DISK_FULL)
        case FileChangedError():
            return of(Trouble.FILE_CHANGED, str(failure))
        case _ if disk_is_full(failure):
            return of(Trouble.DISK_FULL)
        case HTTPException() if failure.status_code in _BY_STATUS:
            known = of(_BY_STATUS[failure.status_code])
            return replace(known, headers={**known.headers, **(failure.headers or {})})
        case HTTPException() if failure.status_code < 500:
            return malformed([("request", "it could not be read")])
    _tell_the_log(failure)
    return of(Trouble.DEFECT)


def _tell_the_log(failure: Exception) -> None:
    """Where it failed, without the message: a message may carry a stored value, and logs are read by many."""
    where = "".join(traceback.format_tb(failure.__traceback__))
    LOGGER.error("%s was not foreseen\n%s", type(failure).__name__, where)
