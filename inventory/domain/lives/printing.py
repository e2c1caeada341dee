"""The life of a print job: drafted, checked, queued, claimed by the agent beside the printer, sent, confirmed, closed.

Rules this module keeps:
- Only the approved version of a template is printed, on a printer that is connected, with its stock on it; what is
  unblinded is printed in the laboratory alone.
- A blinded job is of one kit; any other is shuffled, so that no pile of labels tells an order.
- Whatever the printer may have printed without anybody seeing it is void, and printed again as a copy that says so.
- A job is closed when somebody counted: printed = applied + void + destroyed + on hand.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from inventory.domain.evidence import Code, Digest, Evidence, Reasoned, Shape
from inventory.domain.items import Item, Json, Kind, Shelf, new
from inventory.domain.lives.labelled import (
    IN_USE_YET,
    LABELLED,
    OUT,
    copies_out,
    fit_for_label,
    label_code,
    labels_of,
    thing_of,
)
from inventory.domain.lives.labels import Why, confirmed, labels_in
from inventory.domain.lives.rolls import roll_on
from inventory.domain.lives.shape import brought, consequence, decision, each, field
from inventory.domain.lives.templates import name_of
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import A, C, P, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.lives.row import Case

JOB_CODE = re.compile(r"J[0-9A-F]{12}")
"""J and twelve hexadecimal digits: drawn, so that it says nothing."""

STAFF = (T, Q, P, C)
"""Who has labels printed."""

Faults = Literal[
    "unreachable", "paper_out", "ribbon_out", "head_open", "paused", "temperature", "buffer_full", "busy", "jam",
    "silent", "hung_up", "refused", "stopped", "restarted", "label_unfit",
]  # fmt: skip
"""What an agent may say of a printer: words from a list, because it stands in the open log too."""

Count = Annotated[int, Field(strict=True, ge=0, le=1_000)]


class JobDrafted(Evidence):
    """Which labels, from which version of which template, on which printer."""

    template: Code
    printer: Code
    things: tuple[Code, ...] = Field(min_length=1, max_length=200)


class JobRedrafted(JobDrafted):
    """Labels to be printed again, and why."""

    reason: Why


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


# What is asked of a job that is to be
def _code_drawn(case: Case) -> Refused | None:
    """The code is J and twelve hexadecimal digits."""
    fits = JOB_CODE.fullmatch(case.act.code)
    return None if fits else Refused(Refusal.CODE_NOT_FIT, "a job's code is J and twelve hexadecimal digits")


def _template(case: Case) -> Item | None:
    template = case.get(Kind.TEMPLATE, brought(case, "template") or case.item.text("template"))
    hidden = template is not None and template.shelf is not Shelf.OPEN and not case.unblinded()
    return None if hidden else template


def _template_approved(case: Case) -> Refused | None:
    """The template's version is approved."""
    template = _template(case)
    approved = template is not None and template.state == "approved"
    return None if approved else Refused(Refusal.TEMPLATE_NOT_APPROVED)


def _things(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(field(case, "things", tuple)))


def _content(case: Case) -> str:
    template = _template(case)
    return template.text("content") if template is not None else ""


def _things_fit(case: Case) -> Refused | None:
    """Each thing is known, named once, and may have this label in its present state."""
    content, things = _content(case), _things(case)
    if content not in LABELLED:
        return None
    if len(things) != len(field(case, "things", tuple)):
        return Refused(Refusal.CODE_NOT_FIT, "a thing is named twice")
    found = (fit_for_label(case, content, code) for code in things)
    return next((refused for refused in found if refused), None)


def _one_kit(case: Case) -> Refused | None:
    """Blinded labels are those of one kit, or of one participant."""
    content, things = _content(case), _things(case)
    if content not in LABELLED or not LABELLED[content].blinded:
        return None
    of = {_kit_of(case, content, code) for code in things}
    return None if len(of) == 1 else Refused(Refusal.ONE_KIT_A_JOB)


def _kit_of(case: Case, content: str, code: str) -> str:
    thing = thing_of(case, content, code)
    return code if thing is None or content != "syringe" else thing.parent or code


def _names_short(case: Case) -> Refused | None:
    """The labels' codes fit a code."""
    name = name_of(brought(case, "template"))
    too_long = next((code for code in _things(case) if len(label_code(code, name, 1)) > 60), None)
    return Refused(Refusal.CODE_NOT_FIT, f"{too_long} is too long to be labelled") if too_long else None


def _current(case: Case, code: str) -> list[Item]:
    """The labels of a thing from this template that are, or are about to be, in use."""
    labels = labels_of(case, code, name_of(brought(case, "template")))
    return [label for label in labels if label.state in IN_USE_YET]


def _none_yet(case: Case) -> Refused | None:
    """None of them has such a label yet: a second one is a reprint."""
    name = name_of(brought(case, "template"))
    for code in _things(case):
        if any(label.state != "cancelled" for label in labels_of(case, code, name)):
            return Refused(Refusal.LABEL_EXISTS, code)
    return None


def _one_already(case: Case) -> Refused | None:
    """Each of them has such a label, and none is waiting to be printed."""
    name = name_of(brought(case, "template"))
    for code in _things(case):
        labels = labels_of(case, code, name)
        if not copies_out(labels):
            return Refused(Refusal.NOTHING_TO_REPRINT, code)
        if any(label.state == "planned" for label in labels):
            return Refused(Refusal.LABEL_EXISTS, f"{code} is waiting to be printed")
    return None


def _shelf(case: Case) -> Shelf:
    """The open shelf for blinded labels of what stands there; the vault for all else."""
    content = _content(case)
    things = [thing_of(case, content, code) for code in _things(case)] if content in LABELLED else []
    blinded = bool(things) and LABELLED[content].blinded
    return Shelf.OPEN if blinded and all(one and one.shelf is Shelf.OPEN for one in things) else Shelf.VAULT


def _printer(case: Case) -> Item | None:
    return case.get(Kind.DEVICE, brought(case, "printer") or case.item.text("printer"))


def _printer_fits(case: Case) -> Refused | None:
    """The printer is connected, has the template's resolution, and stands in the laboratory for what stays there."""
    printer, template = _printer(case), _template(case)
    if printer is None or printer.state != "in_service" or not printer.text("agent"):
        return Refused(Refusal.PRINTER_NOT_FIT, "it is not connected")
    if template is not None and str(printer.number("dpi")) not in template.texts("dpi"):
        return Refused(Refusal.PRINTER_NOT_FIT, f"the template is not made for {printer.number('dpi')} dpi")
    vault = (case.item.shelf if case.item.text("template") else _shelf(case)) is Shelf.VAULT
    if vault and not printer.facts.get("in_lab"):
        return Refused(
            Refusal.PRINTER_NOT_FIT, "these labels stay in the laboratory, and it stands elsewhere"
        )
    return None


def _stock_on_it(case: Case) -> Refused | None:
    """The template's stock is mounted on the printer; cut sheets need no roll."""
    template, printer = _template(case), _printer(case)
    if template is None or printer is None or template.text("feed") == "sheet":
        return None
    roll = roll_on(case, printer.code)
    if roll is None:
        return Refused(Refusal.PRINTER_NOT_FIT, f"no roll is mounted; it needs {template.text('stock')}")
    if roll.text("stock") != template.text("stock"):
        told = f"the roll on it is {roll.text('stock')}, and the template needs {template.text('stock')}"
        return Refused(Refusal.PRINTER_NOT_FIT, told)
    return None


# What becomes of it
def _in_order(case: Case) -> tuple[str, ...]:
    """The things in the order of printing: a kit's own order, or shuffled."""
    things = _things(case)
    if LABELLED[_content(case)].blinded:
        return things
    seed = case.view.draw("print order", case.act.code)
    return tuple(sorted(things, key=lambda code: hashlib.sha256(seed + code.encode()).digest()))


def _draft(case: Case) -> Iterator[Item]:
    template, printer, shelf = _template(case), _printer(case), _shelf(case)
    if template is None or printer is None:
        return
    name, content = name_of(template.code), template.text("content")
    planned = [_next_label(case, code, name, shelf) for code in _in_order(case)]
    first = thing_of(case, content, planned[0].text("thing"))
    kit = (
        (first.parent if content == "syringe" else first.code)
        if first and LABELLED[content].blinded
        else None
    )
    job = new(Kind.JOB, case.item.code, "drafted", shelf=shelf, parent=kit)
    yield job.with_facts(
        template=template.code,
        content=content,
        printer=printer.code,
        dpi=printer.number("dpi"),
        agent=printer.text("agent"),
        labels=[label.code for label in planned],
        drafted_at=case.times(),
        reason=brought(case, "reason") or None,
    )
    yield from planned


def _next_label(case: Case, thing: str, name: str, shelf: Shelf) -> Item:
    """The label of a thing that comes after those it had: a copy of those that are out, or may be."""
    labels = labels_of(case, thing, name)
    copy = copies_out(labels) + 1
    code = label_code(thing, name, len(labels) + 1)
    return new(
        Kind.LABEL, code, "planned", shelf=shelf, parent=case.item.code, thing=thing, template=name, copy=copy
    )


def _redraft(case: Case) -> Iterator[Item]:
    """The same, with the labels that these are to replace made void; their jobs may be confirmed by that."""
    yield from _draft(case)
    gone = [label for code in _things(case) for label in _current(case, code)]
    void = [
        label.moved("void").with_facts(reason=brought(case, "reason"), void_at=case.times()) for label in gone
    ]
    yield from void
    for code in dict.fromkeys(label.parent for label in gone):
        job = case.get(Kind.JOB, code)
        if job is not None:
            yield from confirmed(case, job, void)


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
    fresh = [_next_label(case, old.text("thing"), name, case.item.shelf) for old in _to_replace(case)]
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


TO_BE = (_code_drawn, _template_approved, _things_fit, _one_kit, _names_short, _printer_fits)

JOB = (
    decision(
        "job-draft", {"new": "drafted"}, STAFF,
        "Labels were asked for that their things do not have yet.",
        evidence=JobDrafted, rules=(*TO_BE, _none_yet), effect=_draft,
    ),
    decision(
        "job-reprint", {"new": "drafted"}, STAFF,
        "Labels were asked for again, with the reason; those before them are void.",
        evidence=JobRedrafted, rules=(*TO_BE, _one_already), effect=_redraft,
    ),
    decision(
        "job-check", {"drafted": "checked"}, STAFF,
        "Every label of the job was rendered, read back and found right.",
        evidence=JobChecked, rules=(_template_approved, _all_readable), effect=_keep_checks,
    ),
    decision(
        "job-queue", {"checked": "queued"}, STAFF,
        "The job may be printed.", rules=(_template_approved, _printer_fits, _stock_on_it), effect=_queue,
    ),
    decision(
        "job-claim", {"queued": "claimed"}, (A,),
        "The agent beside the printer took the job.",
        rules=(_own_agent, _template_approved, _printer_fits, _stock_on_it), effect=_claim,
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
