"""The life of a lot: from the manifest through quarantine and tests to release, hold, rejection or recall.

A lot's disposition reaches its vials by being looked up at each decision, so a hold or a recall holds back
every vial and every kit made from it at once, without a second write (21 CFR 1271.265; ICH E6(R3) 3.15.3).
The expiry date is the lot's and is written nowhere else, so that an extension reaches every vial as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from inventory.domain import origin
from inventory.domain.evidence import (
    Cells,
    Code,
    Day,
    Digest,
    Evidence,
    LabReasoned,
    Line,
    Microlitres,
    PastDay,
    Shape,
)
from inventory.domain.identifiers import IdentifierError, outside
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import alert, lookback, release, states
from inventory.domain.lives.row import VOIDED, Case
from inventory.domain.lives.shape import (
    brought,
    decision,
    each,
    field,
    keep,
    observation,
    stay,
    told,
)
from inventory.domain.lives.states import RELEASED
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import M, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable


TestName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]
"""A test's name is a key of the lot's results, and keys of an entry are ASCII."""
SHOWN = 6
"""So many of the fields of a manifest that do not fit are named; a lot may have two thousand vials."""


class NewVial(Shape):
    """One vial of a lot's manifest; division and cells only where the product has them."""

    serial: Code
    division: Annotated[Code, StringConstraints(pattern=rf"^({origin.DIVISION})$")] | None = None
    cells: Cells | None = None
    volume_ul: Microlitres


class LotRegistered(Evidence):
    """A lot as its manifest gives it; what a product does not have is left out."""

    product: Code
    manufacturer: Line
    donor_code: Code | None = None
    din: Annotated[Code, AfterValidator(origin.donation_number)] | None = None
    isbt_product_code: Annotated[Code, StringConstraints(pattern=rf"^{origin.PRODUCT_CODE}$")] | None = None
    passage: int | None = Field(default=None, strict=True, ge=0, le=50)
    cryo_medium: Line
    dmso_basis_points: int = Field(strict=True, ge=0, le=10_000)
    filled_on: PastDay
    expires_on: Day
    vials: tuple[NewVial, ...] = Field(min_length=1, max_length=2000)

    @field_validator("expires_on")
    @classmethod
    def _later_than_it_was_filled(cls, day: str, told: ValidationInfo) -> str:
        if day <= told.data.get("filled_on", ""):
            raise ValueError("must be later than filled_on.")
        return day


class TestResult(Shape):
    """One line of a certificate of analysis."""

    test: TestName
    method: Line | None = None
    specification: Line | None = None
    result: Line | None = None
    unit: Line | None = None
    verdict: Literal["pass", "fail", "pending", "not_applicable"]

    @field_validator("verdict")
    @classmethod
    def _of_a_result(cls, verdict: str, told: ValidationInfo) -> str:
        if verdict in {"pass", "fail"} and told.data.get("result", "") is None:
            raise ValueError("pass and fail need the result that was judged.")
        return verdict


class ResultsRecorded(Evidence):
    """A certificate of analysis, with the digests of the file it was read from and of its signed pages."""

    issued_on: PastDay
    results: tuple[TestResult, ...] = Field(min_length=1, max_length=100)
    document: Digest | None = None
    certificate: Digest | None = None

    @field_validator("results")
    @classmethod
    def _each_test_once(cls, results: tuple[TestResult, ...]) -> tuple[TestResult, ...]:
        # Its name is the key of its verdict: of two, only the last would count, whatever the first says.
        first: dict[str, int] = {}
        for place, one in enumerate(results, start=1):
            if first.setdefault(one.test, place) != place:
                raise ValueError(f"result {place} is of the same test as result {first[one.test]}.")
        return results


class ReleasedConditionally(Evidence):
    """A release with long tests pending, and until when they must be followed up."""

    follow_up_by: Day


class ExpiryExtended(Evidence):
    """A new expiry date with the certificate that supports it."""

    expires_on: Day
    document: Digest


def _product_known(case: Case) -> Refused | None:
    """The product is one of the study's profile."""
    return None if case.profile.product(brought(case, "product")) else Refused(Refusal.NOT_IN_PROFILE)


def _of_human_origin(case: Case) -> Refused | None:
    """Donor, DIN, ISBT 128 code, passage, divisions and cells are told of a product with cells and of no other."""
    product, evidence = case.profile.product(brought(case, "product")), case.act.evidence
    if product is None:
        return None
    wrong = [*origin.misfits(product, {name: getattr(evidence, name) for name in origin.OF_LOT})]
    for vial in field(case, "vials", tuple):
        found = origin.misfits(product, {name: getattr(vial, name) for name in origin.OF_VIAL})
        wrong += [(f"{name} of {vial.serial}", what) for name, what in found]
    told = " ".join(f"{name} {what}" for name, what in wrong[:SHOWN])
    return Refused(Refusal.NOT_IN_PROFILE, told.removesuffix(".")) if wrong else None


def _serials_fit(case: Case) -> Refused | None:
    """Every serial can be told from a number of ours, and stands in the manifest once."""
    serials = [vial.serial for vial in field(case, "vials", tuple)]
    if len(set(serials)) != len(serials):
        return Refused(Refusal.CODE_NOT_FIT, "a serial stands in the manifest twice")
    for serial in serials:
        try:
            outside.vial_serial(serial)
        except IdentifierError as unfit:
            return Refused(Refusal.CODE_NOT_FIT, str(unfit))
    return None


def _serials_unknown(case: Case) -> Refused | None:
    """No vial of the manifest is known already."""
    known = [(one.serial, case.get(Kind.VIAL, one.serial)) for one in field(case, "vials", tuple)]
    taken = [serial for serial, vial in known if vial is not None and vial.state != VOIDED]
    return Refused(Refusal.ALREADY_KNOWN, ", ".join(taken[:3])) if taken else None


def _expires_later(case: Case) -> Refused | None:
    """The new expiry date is later than the present one."""
    earlier = brought(case, "expires_on") <= (case.item.due or "")
    return Refused(Refusal.EXPIRY_NOT_LATER, case.item.due or "") if earlier else None


def _register(case: Case) -> Iterable[Item]:
    donor, expires = brought(case, "donor_code") or None, brought(case, "expires_on")
    lot = new(Kind.LOT, case.item.code, "quarantined", parent=donor, due=expires)
    yield lot.with_facts(**told(case, "vials", "donor_code", "expires_on"))
    for vial in field(case, "vials", tuple):
        filled = vial.model_dump(exclude={"serial"}, exclude_none=True)
        yield new(Kind.VIAL, vial.serial, "expected", parent=lot.code, disposition="usable").with_facts(
            **filled
        )


def _record_results(case: Case) -> Iterable[Item]:
    verdicts, results = dict(release.verdicts_of(case.item)), field(case, "results", tuple)
    verdicts.update({one.test: one.verdict for one in results if verdicts.get(one.test) != "fail"})
    lot = case.item.with_facts(results=verdicts)
    held = lot.moved("on_hold").with_facts(held_from=lot.state) if lot.state in RELEASED else lot
    # One that does not apply, or is pending again, tells no more than that the lot would not be released today.
    unfit = any(rule(replace(case, item=held)) is not None for rule in release.PROVEN)
    failed = any(one.verdict == "fail" for one in results)
    after = held if failed or unfit else lot
    yield after
    if failed or after.state != lot.state:
        yield from alert.raised(case, after, lookback.forward(case.view, after))


def _hold(case: Case) -> Iterable[Item]:
    yield case.moved(held_from=case.item.state, reason=brought(case, "reason"))


def _resume(case: Case) -> Iterable[Item]:
    back = case.item.moved(release.held_from(case.item))
    yield back.with_facts(held_from=None, reason=brought(case, "reason"))


def _extend(case: Case) -> Iterable[Item]:
    yield replace(case.item, due=brought(case, "expires_on")).with_facts(extension=brought(case, "document"))


OPEN_TO_JUDGEMENT = states.LOT[:4]
"""Neither rejected nor recalled: nothing leads out of those two."""

LOT = (
    decision(
        "lot-register", {"new": "quarantined"}, (T, Q, M),
        "The lot was entered from its manifest, in quarantine.",
        evidence=LotRegistered,
        # In a closed study too: what was on its way still arrives, and has to be destroyed on record.
        rules=(_product_known, _of_human_origin, _serials_fit, _serials_unknown),
        effect=_register,
    ),
    observation(
        "lot-record-results",
        {
            **stay("quarantined", "on_hold", "rejected", "recalled"),
            "conditionally_released": ("conditionally_released", "on_hold"),
            "released": ("released", "on_hold"),
        },
        (Q, T),
        "Test results were entered; a test that failed, or is open again, holds a released lot.",
        evidence=ResultsRecorded, rules=(release.failures_stand,), effect=_record_results,
    ),
    decision(
        "lot-release", each(("quarantined", "conditionally_released"), "released"), (Q,),
        "The lot was released: every release test passes and the donor is eligible.",
        rules=release.OUTRIGHT,
        effect=keep(stamp="released_at"),
    ),
    decision(
        "lot-release-conditionally", {"quarantined": "conditionally_released"}, (Q,),
        "The lot was released with long tests pending.",
        evidence=ReleasedConditionally,
        rules=release.CONDITIONALLY,
        effect=keep("follow_up_by", stamp="released_at"),
    ),
    decision(
        "lot-hold", each(RELEASED, "on_hold"), (Q, M),
        "The lot was put on hold, and everything made from it with it.",
        evidence=LabReasoned, effect=alert.alerting(_hold),
    ),
    decision(
        "lot-resume", {"on_hold": RELEASED}, (Q,),
        "The hold was lifted.",
        evidence=LabReasoned, rules=release.AGAIN, effect=_resume,
    ),
    decision(
        "lot-reject", each(OPEN_TO_JUDGEMENT, "rejected"), (Q,),
        "The lot was rejected.", evidence=LabReasoned, effect=alert.alerting(keep("reason")),
    ),
    decision(
        "lot-recall", each(OPEN_TO_JUDGEMENT, "recalled"), (Q,),
        "The lot was recalled.", evidence=LabReasoned, effect=alert.alerting(keep("reason")),
    ),
    decision(
        "lot-extend", stay(*OPEN_TO_JUDGEMENT), (Q,),
        "The expiry date was extended on a new certificate.",
        evidence=ExpiryExtended, rules=(_expires_later,), effect=_extend,
    ),
    alert.look_back(Kind.LOT, states.LOT),
)  # fmt: skip

__all__ = ["LOT", "RELEASED", "LotRegistered", "ResultsRecorded"]
