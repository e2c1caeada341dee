"""The life of a deviation: opened by a broken rule or reported by a person, assessed, closed.

One that concerns the vault stands in the vault, under a code that no deviation of the open log may have: so
nobody learns by trying that it is there. Assessments are words from lists; a note beside them is free
text, which unblinded people write into the vault only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from inventory.domain.evidence import Code, Evidence, LabReasoned, Reasoned, Shape
from inventory.domain.items import Item, Kind, Shelf, new
from inventory.domain.lives.codes import lab_code, open_code
from inventory.domain.lives.shape import brought, decision, field, keep, observation
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, D, I, M, P, Q, S, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class About(Shape):
    """What a deviation concerns."""

    kind: Literal["kit", "syringe", "participant", "device"]
    code: Code


class LabAbout(Shape):
    """What a deviation in the laboratory concerns."""

    kind: Literal["lot", "vial", "shipment", "place", "box", "excursion", "donor", "kit"]
    code: Code


class Reported(Reasoned):
    """A deviation that a person reports."""

    about: About


class LabReported(LabReasoned):
    """A deviation that the laboratory reports."""

    about: LabAbout


class Assessed(Evidence):
    """An assessment of a deviation: what it means and what was done."""

    impact: Literal["none", "minor", "major", "serious_breach"]
    cause: Literal["person", "procedure", "equipment", "material", "environment", "unknown"]
    remedy: Literal[
        "none", "retrained", "procedure_changed", "equipment_repaired", "material_set_aside", "reported"
    ]


def _about_known(case: Case) -> Refused | None:
    """What it concerns is known, and may be named in this log."""
    kind, code = _about(case)
    item = case.get(kind, code)
    named = item is not None and (case.row.vault or item.shelf is Shelf.OPEN)
    return None if named else Refused(Refusal.CODE_NOT_FIT, f"{kind} {code} is not known here")


def _about(case: Case) -> tuple[Kind, str]:
    about = field(case, "about", Shape)
    return Kind(about.model_dump()["kind"]), about.model_dump()["code"]


def _report(case: Case) -> Iterable[Item]:
    kind, code = _about(case)
    shelf = Shelf.VAULT if case.row.vault else Shelf.OPEN
    deviation = new(Kind.DEVIATION, case.item.code, "open", shelf=shelf, parent=code)
    yield deviation.with_facts(about=kind.value, reason=brought(case, "reason"))


DEVIATION = (
    observation(
        "deviation-report", {"new": "open"}, (C, I, P, T, Q, S, D, M),
        "A deviation was reported.", evidence=Reported, rules=(open_code, _about_known), effect=_report,
    ),
    observation(
        "deviation-report-lab", {"new": "open"}, (T, Q, S, D, M),
        "A deviation of the laboratory was reported.",
        evidence=LabReported, rules=(lab_code, _about_known), effect=_report, vault=True,
    ),
    decision(
        "deviation-assess", {"open": "assessed"}, (Q, C, P, I),
        "The deviation was assessed.",
        evidence=Assessed, effect=keep("impact", "cause", "remedy", stamp="assessed_at"),
    ),
    decision(
        "deviation-close", {"assessed": "closed"}, (Q, C),
        "The deviation was closed.", effect=keep(stamp="closed_at"),
    ),
)  # fmt: skip
