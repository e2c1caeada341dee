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
    one_time_password: str | None = Field(
        default=None,
        description="of `person-reset-password`: told this once, good for a day and for /password alone",
    )
    pick_list: PickList | None = Field(default=None, description="of `kit-open-pick-list`: what it opened")


class Treatment(Shown):
    """What an arm gives in a period."""

    period: int
    product: str
    name: str


class Revealed(Shown):
    """What an act told to whoever recorded it; of a drill nothing but that it was one."""

    participant: str
    drill: bool
    arm: str | None
    title: str | None
    treatments: list[Treatment]


class Revealing(Recorded):
    """What became of an act that tells something to whoever records it."""

    revealed: Revealed | None = Field(description="told this once; null in a replay")


class Printing(Recorded):
    """What became of an act that prints something which only its paper may show."""

    pdf: str | None = Field(description="the paper, in base64; told this once, null in a replay")


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
    """One answer an act, in the order in which they came: `status` and what that status brings.

    What was recorded (201) or refused by a rule (409) says with `replayed` whether it was answered before.
    """

    answers: list[dict[str, Any]]


class Token(Shown):
    """A new session's token; it is told this once."""

    token: str
    only_for: str | None = Field(
        default=None,
        description="`second_factor`: good for enrolling one, `password`: for setting one's own at /password; no more",
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


class Saw(Shown):
    """A monitor who saw an entry, and at which visit."""

    by: str
    visit: str


class RecordEntry(HistoryEntry):
    """An entry of the record, what made it void, and who saw it."""

    voided_by: int | None = Field(description="the entry of the same log that made it void")
    seen: list[Saw]


class RefusedAct(Shown):
    """An act that was refused: in no log, and numbered by whoever asked for it."""

    by: str
    seq: int
    recorded_at: str
    action: str
    code: str = Field(description="empty where the reader may not know what was named")
    refusals: list[str]


class Record(Shown):
    """A page of the record, the newest first."""

    entries: list[RecordEntry]
    refusals: list[RefusedAct]
    next: str | None = Field(description="send it as `before` for the next page; null at the end")


class SeenOfLog(Shown):
    """How much of a log was seen at a visit."""

    log: str
    entries: str = Field(description="the numbers of the entries, as ranges: 4-5 7-9")
    count: int
    of: int


class VisitNote(Shown):
    """Words about a visit, and when they were recorded."""

    at: str
    text: str


class Visit(Shown):
    """A monitoring visit with what was seen, noted and asked at it."""

    visit: Item
    seen: list[SeenOfLog]
    notes: list[VisitNote]
    queries: list[Item]


class Notice(Shown):
    """That a code was broken."""

    code: str
    unblinding: str
    participant: str
    role: str
    drill: bool
    read_at: str | None = Field(description="when the person who asks acknowledged it")


class Notices(Shown):
    """The notices for one person, those first that they have not acknowledged."""

    notices: list[Notice]


class OpenTask(Shown):
    """An act that is waited for."""

    action: str
    code: str = Field(description="of what it is done on")
    participant: str = Field(description="whom it concerns; empty where a look-back is what tells it")


class OpenTasks(Shown):
    """What waits for one person, or for others of their role."""

    tasks: list[OpenTask]


class ExposedOne(Shown):
    """What an observer can say of one participant."""

    participant: str
    certain: bool = Field(description="whether the scheme allows one arm alone")
    guess: str
    chance: str = Field(description="that the guess is right, with four decimals, rounded down")


class Reading(Shown):
    """What one observer can say of those who are still blinded to them."""

    blinded: int
    certain: int
    guessed_right: str = Field(description="the share that the best guesses get right")
    participants: list[ExposedOne]


class Meter(Shown):
    """Three readings of the exposure meter."""

    today: Reading = Field(description="to somebody who was told all that anybody was told")
    planned: Reading = Field(description="to the same, each just before their own month 6")
    people: dict[str, Reading] = Field(description="to each blinded person who was told of somebody")


class Answered(Shown):
    """One code break, and how long it took."""

    code: str
    participant: str
    drill: bool
    way: str
    answered_by: str
    asked_at: str
    answered_at: str
    seconds: int
    in_time: bool


class ResponseTimes(Shown):
    """How long code breaks took, and what the drills come to."""

    limit_seconds: int
    drills: int
    drills_in_time: int
    median_seconds: int | None
    longest_seconds: int | None
    answered: list[Answered]


class ProductStock(Shown):
    """What there is of one product."""

    product: str
    pessimistic_vials: int = Field(description="as if every kit had used this product")
    pessimistic_kits: int
    available_vials: int = Field(description="in storage, usable, of a lot that may be used")
    short: bool = Field(
        description="too few for the kits on order, or for one more: pausing ordering is advised"
    )


class Stock(Shown):
    """How much there is."""

    word: str = Field(description="`ok`, `low` or `none`; `not_told` before the first order")
    ordering: str = Field(description="`open` or `paused`, for everybody")
    products: list[ProductStock] | None = Field(description="null for whoever may not know of products")


class Link(Shown):
    """One syringe, from where its contents came to whom it went."""

    donor: str | None
    lot: str | None
    vial: str
    kit: str
    participant: str = Field(description="for whom the kit was")
    period: int
    syringe: str
    joint: str = Field(description="the joint it was injected into; where it was not, the one planned")
    outcome: str
    given_ul: int
    recipient: str | None = Field(description="to whom it was given; null where it was not")


class LookBack(Shown):
    """The way from a thing to its recipients, or from a participant back, by kit and syringe."""

    code: str
    links: list[Link]


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


class QueuedLabel(Shown):
    """A label to be printed, and the SHA-256 of its PNG in hex."""

    label: str
    digest: str


class QueuedJob(Shown):
    """A job that waits for its printer."""

    job: str
    state: str = Field(description="`queued`, or `claimed` where this agent took it before")
    printer: str
    dpi: int
    labels: list[QueuedLabel]


class PrintQueue(Shown):
    """The jobs that wait for an agent."""

    jobs: list[QueuedJob]


class LabelAccount(Shown):
    """The labels of one job, roll or template."""

    of: str
    printed: int
    applied: int
    void: int
    destroyed: int
    on_hand: int
    unseen: int = Field(description="printed, and not scanned or accounted for since")
    waiting: int
    cancelled: int
    balanced: bool


class LabelAccounts(Shown):
    """What became of every label."""

    by: str
    accounts: list[LabelAccount]


class Health(Shown):
    """That it works."""

    status: str
