"""What a person brings with an act: the fields each row of a table asks for.

Rules this module keeps:
- Nothing unknown is accepted; amounts are integers in the smallest unit (microlitres, cells, millidegrees).
- What people write themselves is read as it is stored: see `texts`.
- Reasons are words from a closed list. Those of the open log say nothing that only one product can cause; the
  laboratory's go to the vault. A note is free text, and no unblinded person writes one into the open log.
- A day or time of what has happened is of a type that says so; one that is planned or due is not.
- What ends before it begins is refused by the field of its end, whoever sends it: a form, a program or a file.
- The second person is a person of their own sign-in who scans again; what they scanned is compared here.
- Tokens, passwords and codes are brought with an act and never stated by an entry: `stated` leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
)

from inventory.domain import clocks, texts
from inventory.domain.items import Json


def _real_day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _day_or_instant(text: str) -> str:
    if clocks.is_day(text):
        return _real_day(text)
    clocks.parse_instant(text)
    return text


Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]
Line = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": texts.LINE}),
    BeforeValidator(texts.composed),
    AfterValidator(texts.line),
]
Note = Annotated[
    str,
    Field(min_length=1, max_length=1000, json_schema_extra={"pattern": texts.NOTE}),
    BeforeValidator(texts.composed),
    AfterValidator(texts.note),
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
Day = Annotated[str, StringConstraints(pattern=r"^(19|20|21)\d\d-\d\d-\d\d$"), AfterValidator(_real_day)]
When = Annotated[str, StringConstraints(pattern=r"^(19|20|21)\d\d-"), AfterValidator(_day_or_instant)]
"""A day, or an instant with its offset (RFC 3339)."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Marks the type of a day or time of what has happened: an act that tells one that is still to come is refused."""


PastDay = Annotated[Day, Happened()]
PastWhen = Annotated[When, Happened()]
FURTHEST_ZONE = timedelta(hours=14)
"""No zone's day begins or ends further from the day of UTC."""


def not_before(beginning: str) -> AfterValidator:
    """Asks of a day or an instant that it does not lie before what that earlier field of the evidence says.

    Which zone the site's days are of is not known here: a day beside an instant may be of any.
    """

    def asked(end: str, told: ValidationInfo) -> str:
        begin = told.data.get(beginning)
        if begin is None:  # itself malformed, and told as such
            return end
        margin = timedelta() if clocks.is_day(begin) == clocks.is_day(end) else FURTHEST_ZONE
        if clocks.first_instant(begin, "UTC") > clocks.last_instant(end, "UTC") + margin:
            raise ValueError(f"lies before {beginning}.")
        return end

    return AfterValidator(asked)


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Microlitres = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
Cells = Annotated[int, Field(strict=True, ge=0, le=10**13)]
Permille = Annotated[int, Field(strict=True, ge=0, le=1000)]
Millicelsius = Annotated[int, Field(strict=True, ge=-273_150, le=200_000)]

Reason = Literal[
    "consent_withdrawn", "lost_to_follow_up", "participant_absent", "participant_unwell",
    "investigator_decision", "order_changed", "delayed", "pregnancy_test_positive", "use_by_passed",
    "not_available", "joint_not_accessible", "broken", "dropped",
    "spilled", "damaged", "label_unreadable", "wrong_item", "incomplete", "expired", "not_found",
    "scanned_wrong_code", "recorded_wrongly", "duplicate_record", "did_not_happen",
    "system_down", "network_down", "device_failed", "urgent_care", "forgotten",
    "left_study", "role_changed", "account_review", "maintenance", "calibration", "end_of_life",
    "supply_review", "safety_review", "quality_decision", "study_complete", "other",
]  # fmt: skip
"""Why, in words that any product can cause."""

LabReason = Literal[
    Reason, "leaking", "contaminated", "below_limit", "inspection_failed", "ice_left", "thawed_early",
    "time_out_exceeded", "temperature_excursion", "test_failed", "supplier_notice", "donor_notice",
    "under_investigation", "assessment_complete", "found_elsewhere", "seal_differs",
]  # fmt: skip
"""Why, for the vault."""


class Shape(BaseModel):
    """A shape that accepts nothing it does not name."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Signature(Shape):
    """What proves whoever signs: their password, a code of their second factor, or both."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=1000)] | None = None
    otp: Annotated[SecretStr, Field(min_length=1, max_length=20)] | None = None


Scanned = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Second(Shape):
    """The second person: the token of their own sign-in, what they scanned themselves, their signature.

    `scan` is of the thing itself; `also` holds what belongs to it, where they scanned that too.
    """

    token: Annotated[str, StringConstraints(min_length=16, max_length=200)]
    scan: Scanned
    also: tuple[Scanned, ...] = Field(default=(), max_length=30)
    signature: Signature | None = None


class Late(Shape):
    """A signed late entry from paper: which sheet, and why it was not recorded at the time."""

    sheet: Code
    reason: Reason


FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,79}$")]


class Typed(Shape):
    """Codes that a person typed where they are scanned as a rule: in which fields, and beside which scanner."""

    fields: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=50)]
    scanner: Code | None = None


class Evidence(Shape):
    """What every act may bring; rows add their own fields."""

    APART: ClassVar[frozenset[str]] = frozenset()
    """Fields that no entry states: the effect puts them where they belong."""

    second: Second | None = None
    signature: Signature | None = None
    late: Late | None = None
    typed: Typed | None = None
    note: Note | None = None


PROOFS = frozenset({"second", "signature"})
"""The fields by which people prove who they are."""


@cache
def past_fields(model: type[Evidence]) -> tuple[str, ...]:
    """The fields that tell when something happened."""
    fields = model.model_fields.items()
    return tuple(name for name, one in fields if _is_past(one.annotation) or _is_past(one))


def _is_past(told: Any) -> bool:
    marks: tuple[Any, ...] = getattr(told, "metadata", ()) or getattr(told, "__metadata__", ())
    return any(isinstance(mark, Happened) for mark in marks) or any(map(_is_past, get_args(told)))


def stated(evidence: Evidence) -> dict[str, Json]:
    """The evidence as an entry states it: without what proved who brought it, what stands apart, and nulls."""
    left_out = {*PROOFS, *evidence.APART}
    told: dict[str, Json] = evidence.model_dump(mode="json", exclude=left_out, exclude_none=True)
    return told


class Reasoned(Evidence):
    """An act that needs a reason."""

    reason: Reason


class LabReasoned(Evidence):
    """An act of the laboratory that needs a reason."""

    reason: LabReason


class Instanted(Shape):
    """A result with the time it was obtained."""

    at: AwareDatetime
