"""What is asked of the writer, and what it answers.

Rules this module keeps:
- A request is known by who asks and the key they chose, for as long as the study is kept.
- What is remembered under a key is the status and the answer, for acts that were recorded (201) and for acts
  that a rule refused (409); whoever was not entitled, or named what is not there, is not remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from inventory.domain import clocks
from inventory.domain.items import Json, Log

if TYPE_CHECKING:
    from inventory.domain.custody import Act
    from inventory.domain.items import Item
    from inventory.domain.merkle import Edge

RECORDED: Final = 201
REFUSED: Final = 409
KEY_REUSED: Final = 422
"""The status of an idempotency key that came with another body before."""
NOT_DONE: Final = 424
"""The status of an act that nothing forbade, in a group of which another act was refused (RFC 4918 §11.4)."""

BEHIND_AT_MOST_SECONDS: Final = 2
"""How far this host's clock may be behind the head's last instant."""


class ClockBehindError(Exception):
    """This host's clock is behind the log's head by more than allowed; nothing may be recorded."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This host's clock is {seconds:.0f} s behind the last entry of the log: nothing was recorded. "
            "Set the clock, then try again."
        )


class OpenedBeforeError(Exception):
    """The database holds a study already, and a second one was to be opened in it."""

    def __init__(self) -> None:
        super().__init__("This database holds a study already; it was not touched.")


@dataclass(frozen=True, slots=True)
class Request:
    """An act to be recorded, under the idempotency key of who asked, with the digest of what they sent.

    An `unseen` act names a code that is unknown to who asked, whether or not it exists. It is handed over alone;
    nothing is looked up or decided, so that either takes as long, and the refusal is kept.

    A `rehearsed` one is decided as any other and told so, and nothing of it is kept; all of a group are, or none.

    A `mendable` one may be asked again under its key once what it lacked is there: its refusal is kept, though it is
    rehearsed, and is not remembered under the key, though it is alone. All of a group are, or none.
    """

    act: Act
    key: str
    digest: bytes
    unseen: bool = False
    rehearsed: bool = False
    mendable: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The head row: sizes and right edges of both logs, and when the last entry was recorded."""

    open: Edge
    vault: Edge
    recorded_at: str

    def edge(self, log: Log) -> Edge:
        """The right edge of one log."""
        return self.open if log is Log.OPEN else self.vault


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request, and the heads after its batch.

    Attributes:
        status: 201 recorded; 409, 403 or 404 refused; `KEY_REUSED`; `NOT_DONE`.
        answer: of a recorded act `entries`, `kind`, `code`, `deviation`, `refusals`, and `detail`, what is shown
            of a rule that it broke; of a refused one `refusals` with sentences, `kind`, `code`; else nothing.
        replayed: whether this is what was answered before under the same key.
        item: what was acted on, as this act left it; None unless it was recorded now.
        head: both logs after the batch.
    """

    status: int
    answer: dict[str, Json]
    replayed: bool
    item: Item | None
    head: Head

    @property
    def sentences(self) -> list[str]:
        """Why nothing was recorded, a sentence for each rule that refused it; none where it was recorded."""
        told = self.answer.get("refusals")
        return [str(one["detail"]) for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def recorded_at(now: datetime, head: Head) -> str:
    """When what is written now counts as recorded: this moment, and never before the head's.

    Raises:
        ClockBehindError: this moment is more than `BEHIND_AT_MOST_SECONDS` before the head's.
    """
    instant = clocks.format_instant(now)
    if instant >= head.recorded_at:
        return instant
    refuse_behind(now, head.recorded_at)
    return head.recorded_at


def refuse_behind(now: datetime, last: str) -> None:
    """Refuse a moment that is further before the last entry than this host's clock may be.

    Raises:
        ClockBehindError: it is more than `BEHIND_AT_MOST_SECONDS` before it.
    """
    behind = (clocks.parse_instant(last) - now).total_seconds()
    if behind > BEHIND_AT_MOST_SECONDS:
        raise ClockBehindError(behind)


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)
