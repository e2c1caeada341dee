"""The shapes of the API's answers, as its description publishes them and its tests hold them to."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shown(BaseModel):
    """A shape that holds nothing it does not name."""

    model_config = ConfigDict(extra="forbid")


class Item(Shown):
    """A thing under custody, as the person who asks may see it."""

    kind: str
    code: str
    state: str
    parent: str | None = Field(description="the code of what it comes from or belongs to")
    place: str | None
    due: str | None = Field(description="after this instant or date it may not be used or is overdue")
    facts: dict[str, Any]
    allowed_actions: list[str] = Field(description="what this person may try on it as it stands")


class Entry(Shown):
    """Where an act stands in a log."""

    log: str
    index: int
    recorded_at: str


class Receipt(Shown):
    """The signed checkpoint after the act, and the proof that it extends the one the client holds."""

    checkpoint: str = Field(description="C2SP tlog-checkpoint, a signed note")
    consistency: list[str] | None = Field(
        description="RFC 6962 §2.1.2, in hex; null without CellCustody-Checkpoint"
    )


class PickLine(Shown):
    """A vial to take."""

    vial: str
    position: str
    lot: str
    expires_on: str


class PickList(Shown):
    """What the opening of a kit's pick list shows."""

    opened_at: str
    take: list[PickLine] = Field(description="vials to take now, first expiring first")
    held: list[str] = Field(description="vials held for the kit already")


class Recorded(Shown):
    """What became of an act that was recorded."""

    entries: list[Entry] = Field(description="of the logs this person may read")
    item: Item | None
    deviation: str | None = Field(description="the deviation that this observation opened")
    refusals: list[str] = Field(description="the rules that this observation broke")
    detail: str | None = Field(description="what to show of them: Recorded, with its deviation, and STOP")
    receipts: dict[str, Receipt] = Field(description="by log, of the logs this person may read")
    pick_list: PickList | None = Field(default=None, description="of `kit-open-pick-list`: what it opened")


class FieldTrouble(Shown):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(Shown):
    """Why not (RFC 9457): scripts depend on `code`, people read `detail`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldTrouble] | None = None
    refusals: list[str] | None = Field(default=None, description="every rule that failed, by precedence")
    allowed_actions: list[str] | None = None


class Answers(Shown):
    """One answer an act, in the order in which they came: `status` and what that status brings."""

    answers: list[dict[str, Any]]


class Token(Shown):
    """A new session's token; it is told this once."""

    token: str
    only_for: str | None = Field(
        default=None, description="`second_factor`: good for enrolling one, and for nothing else"
    )


class Enrolment(Shown):
    """The secret of a second factor that waits to be confirmed; it is told this once."""

    secret: str = Field(description="in base32, to be typed")
    address: str = Field(description="`otpauth://`, to be shown as a picture")


class RecoveryCodes(Shown):
    """Codes that stand in for the app when it is lost, each good once; they are told this once."""

    recovery_codes: list[str]


class Me(Shown):
    """Who asks, and what they may do."""

    code: str
    name: str
    roles: list[str]
    blinding: str = Field(description="`blinded` or `unblinded`")
    logs: list[str]
    second_factor: bool = Field(description="whether they have enrolled one")
    actions: dict[str, list[str]] = Field(description="by kind, what their roles do")


class Page(Shown):
    """Some things of a list in the order of their codes."""

    items: list[Item]
    next: str | None = Field(description="send it as `after` for the next page; null at the end")


class HistoryEntry(Entry):
    """One entry of a history, with its leaf."""

    leaf: dict[str, Any]


class History(Shown):
    """Every entry that concerns a code, in the order of recording."""

    code: str
    entries: list[HistoryEntry]


class Leaf(Shown):
    """An entry as it stands in the log: the exact text that was hashed."""

    index: int
    leaf: str
    leaf_hash: str


class Leaves(Shown):
    """Consecutive entries of a log."""

    log: str
    start: int
    entries: list[Leaf]


class Inclusion(Shown):
    """The audit path of an entry (RFC 6962 §2.1.1), in hex."""

    log: str
    index: int
    size: int
    proof: list[str]


class Consistency(Shown):
    """The proof that a log extends what it was (RFC 6962 §2.1.2), in hex."""

    log: str
    old: int
    new: int
    proof: list[str]


class Health(Shown):
    """That it works."""

    status: str
