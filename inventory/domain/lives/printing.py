"""The life of a print job: drafted, checked, queued, claimed by the agent beside the printer, sent, confirmed, closed.

Rules this module keeps:
- What was asked of the job when it was drafted (`drafting`) is asked again where time has passed since.
- Whatever the printer may have printed without anybody seeing it is void, and printed again as a copy that says so.
- A job is closed when somebody counted: printed = applied + void + destroyed + on hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from inventory.domain.evidence import Code, Digest, Evidence, Reasoned, Shape
from inventory.domain.items import Item, Json
from inventory.domain.lives.drafting import (
    TO_BE,
    JobDrafted,
    JobRedrafted,
    draft,
    next_label,
    none_yet,
    one_already,
    printer_fits,
    redraft,
    stock_on_it,
    template_approved,
)
from inventory.domain.lives.labelled import OUT, labels_of
from inventory.domain.lives.labels import labels_in
from inventory.domain.lives.rolls import roll_on
from inventory.domain.lives.shape import brought, consequence, decision, each, field
from inventory.domain.lives.templates import name_of
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import A, C, P, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.lives.row import Case

STAFF = (T, Q, P, C)
"""Who has labels printed."""

Faults = Literal[
    "unreachable", "paper_out", "ribbon_out", "head_open", "paused", "temperature", "buffer_full", "busy", "jam",
    "silent", "hung_up", "refused", "stopped", "restarted", "label_unfit",
]  # fmt: skip
"""What an agent may say of a printer: words from a list, because it stands in the open log too."""

Count = Annotated[int, Field(strict=True, ge=0, le=1_000)]


class CheckedLabel(Shape):
    """A label of the job, and the SHA-256 of its PNG, which is what will be printed."""

    label: Code
    digest: Digest


class JobChecks(Shape):
    """What the service rendered and read back; `reason` why one of the labels cannot be printed."""

    labels: tuple[CheckedLabel, ...] = ()
    reason: str | None = None


class JobChecked(Evidence):
    """Nothing is asked of the person. `checks` are the service's; what comes from outside is dropped."""

    checks: SkipJsonSchema[JobChecks | None] = None


class JobFailed(Evidence):
    """How many of the waiting labels came out, how many of the next may have, and what was wrong."""

    came: Count
    doubt: Count
    fault: Faults


class JobCounted(Evidence):
    """What was counted on the bench, label by label."""

    applied: Count
    void: Count
    destroyed: Count
    on_hand: Count


def _waiting(case: Case) -> list[Item]:
    return [label for label in labels_in(case, case.item) if label.state == "planned"]


def _checks(case: Case) -> JobChecks | None:
    evidence = case.act.evidence
    return evidence.checks if isinstance(evidence, JobChecked) else None


def _all_readable(case: Case) -> Refused | None:
    """Every label that is to be printed was rendered, read back and found right."""
    checks = _checks(case)
    if checks is None or checks.reason:
        return Refused(Refusal.LABEL_UNFIT, (checks.reason or "") if checks else "they were not checked")
    if [one.label for one in checks.labels] != [label.code for label in _waiting(case)]:
        return Refused(Refusal.LABEL_UNFIT, "not all of them were checked")
    return None


def _keep_checks(case: Case) -> Iterable[Item]:
    checks = _checks(case)
    if checks is not None:
        digests: Json = {one.label: one.digest for one in checks.labels}
        yield case.moved(digests=digests, checked_at=case.times(), checked_by=case.act.by)


def _queue(case: Case) -> Iterable[Item]:
    """The job lies at its printer until it is over there."""
    yield replace(case.moved(), place=case.item.text("printer"))


def _away(case: Case, **facts: Json) -> Item:
    """The job, over at its printer."""
    return replace(case.moved(**facts), place=None)


def _own_agent(case: Case) -> Refused | None:
    """Whoever claims it is the agent of its printer."""
    mine = case.item.text("agent") == case.act.by
    return None if mine else Refused(Refusal.NOT_YOUR_PRINTER)


def _claim(case: Case) -> Iterable[Item]:
    roll = roll_on(case, case.item.text("printer"))
    yield case.moved(claimed_at=case.times(), roll=roll.code if roll else None)


def _sent(case: Case, label: Item) -> Item:
    return _on_roll(case, label.moved("sent").with_facts(sent_at=case.times()))


def _doubtful(case: Case, label: Item) -> Item:
    return _on_roll(case, label.moved("void").with_facts(reason="in_doubt", void_at=case.times()))


def _on_roll(case: Case, label: Item) -> Item:
    return replace(label, place=case.item.text("roll") or None)


def _all_sent(case: Case) -> Iterator[Item]:
    yield _away(case, sent_at=case.times())
    yield from (_sent(case, label) for label in _waiting(case))


def _no_more_than_waiting(case: Case) -> Refused | None:
    """No more came out, or may have, than were waiting."""
    told, waiting = field(case, "came", int) + field(case, "doubt", int), len(_waiting(case))
    return Refused(Refusal.COUNT_DIFFERS, f"{told} of {waiting}") if told > waiting else None


def _part_sent(case: Case) -> Iterator[Item]:
    came, doubt = field(case, "came", int), field(case, "doubt", int)
    waiting = _waiting(case)
    yield _away(case, failed_at=case.times(), fault=brought(case, "fault"))
    yield from (_sent(case, label) for label in waiting[:came])
    yield from (_doubtful(case, label) for label in waiting[came : came + doubt])


def _all_doubtful(case: Case) -> Iterator[Item]:
    """Nobody knows how far the agent came: each label that was waiting may have come out."""
    yield _away(case, failed_at=case.times(), fault=None)
    yield from (_doubtful(case, label) for label in _waiting(case))


def _to_replace(case: Case) -> list[Item]:
    """The labels of the job that are in doubt and have no successor yet."""
    name = name_of(case.item.text("template"))
    doubtful = [label for label in labels_in(case, case.item) if label.text("reason") == "in_doubt"]
    return [label for label in doubtful if labels_of(case, label.text("thing"), name)[-1].code == label.code]


def _something_left(case: Case) -> Refused | None:
    """There is a label to be printed."""
    left = _waiting(case) or _to_replace(case)
    return None if left else Refused(Refusal.NOTHING_TO_REPRINT, "every label came out")


def _resume(case: Case) -> Iterator[Item]:
    name = name_of(case.item.text("template"))
    fresh = [next_label(case, old.text("thing"), name, case.item.shelf) for old in _to_replace(case)]
    codes: list[Json] = [*case.item.texts("labels"), *(label.code for label in fresh)]
    yield case.moved(labels=codes, digests=None, fault=None)
    yield from fresh


def _give_up(case: Case) -> Iterator[Item]:
    """What was not printed never is; the job ends with what came out of it."""
    cancelled = [label.moved("cancelled") for label in _waiting(case)]
    labels = [label for label in labels_in(case, case.item) if label.state in OUT]
    job = replace(case.item, place=None).with_facts(reason=brought(case, "reason"))
    if not labels:
        yield job.moved("void")
    elif any(label.state == "sent" for label in labels):
        yield job.moved("sent")
    else:
        yield job.moved("confirmed").with_facts(confirmed_at=case.times())
    yield from cancelled


COUNTED = ("applied", "void", "destroyed", "on_hand")


def _adds_up(case: Case) -> Refused | None:
    """What was counted is what is recorded: printed = applied + void + destroyed + on hand."""
    labels = labels_in(case, case.item)
    recorded = {state: sum(label.state == state for label in labels) for state in COUNTED}
    told = {state: field(case, state, int) for state in COUNTED}
    wrong = [
        f"{state.replace('_', ' ')}: {told[state]} counted, {recorded[state]} recorded" for state in COUNTED
    ]
    differing = [line for line, state in zip(wrong, COUNTED, strict=True) if told[state] != recorded[state]]
    return Refused(Refusal.LABELS_UNACCOUNTED, "; ".join(differing)) if differing else None


def _close(case: Case) -> Iterable[Item]:
    told = {state: field(case, state, int) for state in COUNTED}
    yield case.moved(**told, printed=sum(told.values()), closed_at=case.times())


JOB = (
    decision(
        "job-draft", {"new": "drafted"}, STAFF,
        "Labels were asked for that their things do not have yet.",
        evidence=JobDrafted, rules=(*TO_BE, none_yet), effect=draft,
    ),
    decision(
        "job-reprint", {"new": "drafted"}, STAFF,
        "Labels were asked for again, with the reason; those before them are void.",
        evidence=JobRedrafted, rules=(*TO_BE, one_already), effect=redraft,
    ),
    decision(
        "job-check", {"drafted": "checked"}, STAFF,
        "Every label of the job was rendered, read back and found right.",
        evidence=JobChecked, rules=(template_approved, _all_readable), effect=_keep_checks,
    ),
    decision(
        "job-queue", {"checked": "queued"}, STAFF,
        "The job may be printed.", rules=(template_approved, printer_fits, stock_on_it), effect=_queue,
    ),
    decision(
        "job-claim", {"queued": "claimed"}, (A,),
        "The agent beside the printer took the job.",
        rules=(_own_agent, template_approved, printer_fits, stock_on_it), effect=_claim,
    ),
    decision(
        "job-send", {"claimed": "sent"}, (A,),
        "Every label went to the printer, which says that all came out.", rules=(_own_agent,), effect=_all_sent,
    ),
    decision(
        "job-fail", {"claimed": "failed"}, (A,),
        "The printer failed: what may have come out is void, what did not is still to be printed.",
        evidence=JobFailed, rules=(_own_agent, _no_more_than_waiting), effect=_part_sent,
    ),
    decision(
        "job-give-up", {"claimed": "failed"}, STAFF,
        "Nobody hears of the agent: every label that was waiting is in doubt, and void.", effect=_all_doubtful,
    ),
    decision(
        "job-resume", {"failed": "drafted"}, STAFF,
        "What was not printed is printed after all; what is in doubt is printed again, as a marked copy.",
        rules=(_something_left,), effect=_resume,
    ),
    decision(
        "job-abandon", each(("drafted", "checked", "queued", "failed"), ("void", "sent", "confirmed")), STAFF,
        "What was not printed is not printed any more.", evidence=Reasoned, effect=_give_up,
    ),
    consequence("job-confirm", {"sent": "confirmed"}, "Every label of the job was seen."),
    decision(
        "job-close", {"confirmed": "closed"}, STAFF,
        "The labels were counted: printed = applied + void + destroyed + on hand.",
        evidence=JobCounted, rules=(_adds_up,), effect=_close,
    ),
)  # fmt: skip
