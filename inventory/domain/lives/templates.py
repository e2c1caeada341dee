"""The life of a label template's version: drafted, approved by two people, retired.

Rules this module keeps:
- A version's text never changes; what is to be mended is a new version. So what was used can always be shown.
- The checks are made by the service on the very text, before the act is decided; their reasons refuse it here.
- The text goes to the vault's log: it is somebody's words. Its digest binds it in the log of its labels.
- One version of a template is approved at a time, and lies in its place in the label set, which is its name:
  approving one retires the one that lay there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from inventory.domain.evidence import Code, Digest, Evidence, LabReasoned, PastDay, Shape
from inventory.domain.items import Item, Kind, Shelf, new
from inventory.domain.lives.labelled import LABELLED
from inventory.domain.lives.shape import brought, consequence, decision, each, field, two_people
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case

VERSIONED = re.compile(r"([a-z][a-z-]{1,30})\.v([1-9][0-9]{0,2})")
"""A version's code: the template's name and the version, such as `kit.v2`."""
TOLERANCE_UM = 500
"""How far a roll may measure from what the template is drawn for, in micrometres."""

Text = Annotated[
    str, StringConstraints(min_length=1, max_length=60_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")
]
Micrometres = Annotated[int, Field(strict=True, ge=1_000, le=1_000_000)]


class TemplateRead(Shape):
    """What the service read in the text; `reason` why it could not."""

    digest: Digest
    content: str = ""
    blinded: bool = False
    dpi: tuple[int, ...] = ()
    stock: str = ""
    feed: str = ""
    width_um: int = 0
    height_um: int = 0
    reason: str | None = None


class TemplateDrafted(Evidence):
    """A version's text, or none for the one that ships. `read` is the service's; from outside it is dropped."""

    text: Text | None = None
    read: SkipJsonSchema[TemplateRead | None] = None


class TemplateChecks(Shape):
    """What the service found on the sheet of extremes: a proof of its bitmaps, and every reason against it."""

    proof: Digest
    labels: int
    reasons: tuple[str, ...] = ()


class TemplateApproved(Evidence):
    """The roll in the printer as it was measured. `checks` are the service's; what comes from outside is dropped."""

    roll: Code
    measured_on: PastDay
    width_um: Micrometres
    height_um: Micrometres
    checks: SkipJsonSchema[TemplateChecks | None] = None


def name_of(code: str) -> str:
    """The template's name in a version's code; empty where it is none."""
    found = VERSIONED.fullmatch(code)
    return found[1] if found else ""


def _code_names_template(case: Case) -> Refused | None:
    """The code is a template of the study's label set with a version."""
    name = name_of(case.act.code)
    if not name:
        return Refused(Refusal.CODE_NOT_FIT, "a version is written like kit.v2")
    known = name in case.profile.labels.templates
    return None if known else Refused(Refusal.NOT_IN_PROFILE, f"the label set has no {name}")


def _read(case: Case) -> TemplateRead | None:
    evidence = case.act.evidence
    return evidence.read if isinstance(evidence, TemplateDrafted) else None


def _readable(case: Case) -> Refused | None:
    """The text is a template of that name and version, blinded where its labels leave the laboratory."""
    read = _read(case)
    if read is None or read.reason:
        return Refused(Refusal.TEMPLATE_UNFIT, read.reason or "" if read else "it was not read")
    labelled = LABELLED.get(read.content)
    if labelled is None:
        return Refused(Refusal.TEMPLATE_UNFIT, f"nothing has a label of the kind {read.content}")
    if labelled.blinded and not read.blinded:
        return Refused(Refusal.TEMPLATE_UNFIT, f"labels for a {read.content} are blinded")
    return None


def _draft(case: Case) -> Iterable[Item]:
    read = _read(case)
    if read is None:
        return
    open_shelf = LABELLED[read.content].blinded
    yield new(
        Kind.TEMPLATE,
        case.item.code,
        "draft",
        shelf=Shelf.OPEN if open_shelf else Shelf.VAULT,
        **read.model_dump(mode="json", exclude={"reason"}),
    )


def _checks(case: Case) -> TemplateChecks | None:
    evidence = case.act.evidence
    return evidence.checks if isinstance(evidence, TemplateApproved) else None


def _passes(case: Case) -> Refused | None:
    """Every check passed on its extremes, at each of its resolutions."""
    checks = _checks(case)
    if checks is None or checks.reasons:
        return Refused(Refusal.TEMPLATE_UNFIT, " ".join(checks.reasons) if checks else "it was not checked")
    return None


def _measured(case: Case) -> Refused | None:
    """The roll measures what the template is drawn for, within half a millimetre."""
    width, height = field(case, "width_um", int), field(case, "height_um", int)
    drawn = case.item.number("width_um"), case.item.number("height_um")
    if max(abs(width - drawn[0]), abs(height - drawn[1])) <= TOLERANCE_UM:
        return None
    seen, meant = (f"{across / 1000:g} x {down / 1000:g} mm" for across, down in ((width, height), drawn))
    return Refused(Refusal.TEMPLATE_UNFIT, f"the roll measures {seen}, and it is drawn for {meant}")


def approved(case: Case, name: str) -> Item | None:
    """The version of a template that is approved; None where none is."""
    return next(iter(case.view.lying(Kind.TEMPLATE, name)), None)


def _approve(case: Case) -> Iterable[Item]:
    checks, name = _checks(case), name_of(case.item.code)
    before = approved(case, name)
    if before is not None:
        yield replace(before.moved("retired"), place=None).with_facts(retired_at=case.times())
    if checks is not None:
        told = {
            "proof": checks.proof,
            "roll": brought(case, "roll"),
            "measured_on": brought(case, "measured_on"),
        }
        yield replace(case.moved(**told, approved_at=case.times()), place=name)


def _retire(case: Case) -> Iterable[Item]:
    retired = case.moved(reason=brought(case, "reason"), retired_at=case.times())
    yield replace(retired, place=None)


TEMPLATE = (
    decision(
        "template-draft", {"new": "draft"}, (T, Q),
        "A version of a label template was drafted.",
        evidence=TemplateDrafted, rules=(_code_names_template, _readable), effect=_draft, vault=True,
    ),
    decision(
        "template-approve", {"draft": "approved"}, (Q,),
        "The version was proven on its extremes, the roll measured, and approved by two people.",
        evidence=TemplateApproved, rules=(_passes, _measured, two_people), effect=_approve,
    ),
    decision(
        "template-retire", each(("draft", "approved"), "retired"), (Q,),
        "The version was retired; nothing is printed from it any more.", evidence=LabReasoned, effect=_retire,
        vault=True,
    ),
    consequence("template-supersede", {"approved": "retired"}, "A later version was approved."),
)  # fmt: skip
