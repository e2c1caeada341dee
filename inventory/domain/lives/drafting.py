"""Which labels a print job is to be of, and may it be: what is asked of a job before it is there.

Rules this module keeps:
- Only the approved version of a template is printed, on a printer that is connected, with its stock on it; what is
  unblinded is printed in the laboratory alone.
- A blinded job is of one kit; any other is shuffled, so that no pile of labels tells an order.
- A label is made once. One that is made again replaces another, which is void, and is a copy that says so.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from pydantic import Field

from inventory.domain.evidence import Code, Evidence
from inventory.domain.items import Item, Kind, Shelf, new
from inventory.domain.lives.labelled import (
    IN_USE_YET,
    LABELLED,
    copies_out,
    fit_for_label,
    label_code,
    labels_of,
    thing_of,
)
from inventory.domain.lives.labels import Why, confirmed
from inventory.domain.lives.rolls import roll_on
from inventory.domain.lives.shape import brought, field
from inventory.domain.lives.templates import name_of
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.lives.row import Case

JOB_CODE = re.compile(r"J[0-9A-F]{12}")
"""J and twelve hexadecimal digits: drawn, so that it says nothing."""


class JobDrafted(Evidence):
    """Which labels, from which version of which template, on which printer."""

    template: Code
    printer: Code
    things: tuple[Code, ...] = Field(min_length=1, max_length=200)


class JobRedrafted(JobDrafted):
    """Labels to be printed again, and why."""

    reason: Why


def _code_drawn(case: Case) -> Refused | None:
    """The code is J and twelve hexadecimal digits."""
    fits = JOB_CODE.fullmatch(case.act.code)
    return None if fits else Refused(Refusal.CODE_NOT_FIT, "a job's code is J and twelve hexadecimal digits")


def _template(case: Case) -> Item | None:
    template = case.get(Kind.TEMPLATE, brought(case, "template") or case.item.text("template"))
    hidden = template is not None and template.shelf is not Shelf.OPEN and not case.unblinded()
    return None if hidden else template


def template_approved(case: Case) -> Refused | None:
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


def none_yet(case: Case) -> Refused | None:
    """None of them has such a label yet: a second one is a reprint."""
    name = name_of(brought(case, "template"))
    for code in _things(case):
        if any(label.state != "cancelled" for label in labels_of(case, code, name)):
            return Refused(Refusal.LABEL_EXISTS, code)
    return None


def one_already(case: Case) -> Refused | None:
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


def printer_fits(case: Case) -> Refused | None:
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


def stock_on_it(case: Case) -> Refused | None:
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


def draft(case: Case) -> Iterator[Item]:
    """The job, and a label for each of its things, in an order that tells nothing."""
    template, printer, shelf = _template(case), _printer(case), _shelf(case)
    if template is None or printer is None:
        return
    name, content = name_of(template.code), template.text("content")
    planned = [next_label(case, code, name, shelf) for code in _in_order(case)]
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


def next_label(case: Case, thing: str, name: str, shelf: Shelf) -> Item:
    """The label of a thing that comes after those it had: a copy of those that are out, or may be."""
    labels = labels_of(case, thing, name)
    copy = copies_out(labels) + 1
    code = label_code(thing, name, len(labels) + 1)
    return new(
        Kind.LABEL, code, "planned", shelf=shelf, parent=case.item.code, thing=thing, template=name, copy=copy
    )


def redraft(case: Case) -> Iterator[Item]:
    """The same, with the labels that these are to replace made void; their jobs may be confirmed by that."""
    yield from draft(case)
    gone = [label for code in _things(case) for label in _current(case, code)]
    void = [
        label.moved("void").with_facts(reason=brought(case, "reason"), void_at=case.times()) for label in gone
    ]
    yield from void
    for code in dict.fromkeys(label.parent for label in gone):
        job = case.get(Kind.JOB, code)
        if job is not None:
            yield from confirmed(case, job, void)


TO_BE = (_code_drawn, template_approved, _things_fit, _one_kit, _names_short, printer_fits)
