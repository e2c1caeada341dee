"""The life of one label: planned in a job, sent to a printer, scanned back, applied, or void and destroyed.

Rules this module keeps:
- A label counts when it was read off paper: whoever scans it back or applies it brings what the scanner said.
- What may have come out and was not seen is void, in words; nothing that is void is ever applied.
- When the last label of a job that was sent is no longer unseen, the job is confirmed in the same entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import StringConstraints

from inventory.domain.evidence import Evidence
from inventory.domain.items import Item, Kind
from inventory.domain.lives.shape import brought, consequence, decision, each, observation
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, I, P, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inventory.domain.lives.row import Case, Effect

Why = Literal["damaged", "jammed", "lost", "misprinted", "stock_change", "unreadable", "in_doubt"]
"""Why a label is void or printed again."""

UNSEEN = ("planned", "sent")
"""The states of a label of which nobody has said yet what became of it."""


Raw = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x1d\x20-\x7e]+$")]


class ScannedBack(Evidence):
    """What the scanner sent when it read the label, raw: the service reads it as the code of a thing.

    A vial bears two symbols, its own and that of ISBT 128, and either is right.
    """

    scanned: Raw


class LabelVoided(Evidence):
    """Why nobody may use it."""

    reason: Why


def labels_in(case: Case, job: Item) -> list[Item]:
    """The labels of a job, in the order in which they are printed."""
    found = [case.get(Kind.LABEL, code) for code in job.texts("labels")]
    return [label for label in found if label is not None]


def confirmed(case: Case, job: Item, changed: Sequence[Item]) -> Iterable[Item]:
    """The job, confirmed, where these changes leave none of its labels unseen; nothing before that."""
    after = {label.code: label for label in changed}
    labels = [after.get(label.code, label) for label in labels_in(case, job)]
    if job.state == "sent" and all(label.state not in UNSEEN for label in labels):
        yield job.moved("confirmed").with_facts(confirmed_at=case.times())


def _reads_as_meant(case: Case) -> Refused | None:
    """The symbol on paper holds the code of the thing that this label is for."""
    scanned, meant = brought(case, "scanned"), case.item.text("thing")
    return (
        None
        if scanned == meant
        else Refused(Refusal.LABEL_DIFFERS, f"it reads {scanned}, and is for {meant}")
    )


def _becomes(stamp: str, *facts: str) -> Effect:
    def effect(case: Case) -> Iterable[Item]:
        label = case.moved(**{name: brought(case, name) for name in facts}, **{stamp: case.times()})
        yield label
        job = case.get(Kind.JOB, label.parent)
        if job is not None:
            yield from confirmed(case, job, [label])

    return effect


LABEL = (
    consequence("label-plan", {"new": "planned"}, "A label is to be printed."),
    consequence("label-send", {"planned": "sent"}, "The label was sent to the printer, which says that it came out."),
    consequence("label-doubt", {"planned": "void"}, "Nobody knows whether the label came out: it is void."),
    consequence("label-cancel", {"planned": "cancelled"}, "The label was never printed."),
    decision(
        "label-scan-back", {"sent": "on_hand"}, (T, Q, P, C),
        "The label was scanned back: it is there and reads as meant.",
        evidence=ScannedBack, rules=(_reads_as_meant,), effect=_becomes("scanned_at"),
    ),
    decision(
        "label-apply", each(("sent", "on_hand"), "applied"), (T, Q, P, C, I),
        "The label was put on its thing and scanned there.",
        evidence=ScannedBack, rules=(_reads_as_meant,), effect=_becomes("applied_at"),
    ),
    observation(
        "label-spoil", each(("sent", "on_hand", "applied"), "void"), (T, Q, P, C, I),
        "The label was made void: nobody may use it.", evidence=LabelVoided, effect=_becomes("void_at", "reason"),
    ),
    consequence(
        "label-replace", each(("sent", "on_hand", "applied"), "void"),
        "The label is printed again, so this one is void.",
    ),
    decision(
        "label-never-came", each(("sent", "void"), "cancelled"), (T, Q, P, C),
        "The label never came out of the printer, as somebody says who looked for it.",
        effect=_becomes("missed_at"),
    ),
    decision(
        "label-destroy", each(("void", "on_hand"), "destroyed"), (T, Q, P, C),
        "The paper was destroyed.", effect=_becomes("destroyed_at"),
    ),
)  # fmt: skip
