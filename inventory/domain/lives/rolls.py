"""The life of a roll of blank labels: received, mounted on a printer, taken off, closed when its count adds up.

Labels received = labels printed on it + blanks wasted + blanks left. A roll of the laboratory stands in the vault: how
much is printed there is nobody else's to count.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from inventory.domain.evidence import Code, Evidence
from inventory.domain.items import Item, Kind, Shelf, new
from inventory.domain.lives.codes import lab_code, open_code
from inventory.domain.lives.labelled import OUT
from inventory.domain.lives.shape import brought, decision, field
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import C, M, P, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case

Blanks = Annotated[int, Field(strict=True, ge=0, le=100_000)]


class RollReceived(Evidence):
    """A roll: for which stock, how many labels, the supplier's number, and whether the laboratory keeps it."""

    stock: Code
    labels: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    supplier_batch: Code
    in_lab: bool


class RollMounted(Evidence):
    """On which printer."""

    printer: Code


class RollClosed(Evidence):
    """The blanks that were counted: wasted when loading and feeding, and left on the core."""

    wasted: Blanks
    left: Blanks


def roll_on(case: Case, printer: str) -> Item | None:
    """The roll that is mounted on a printer; None where none is."""
    return next(iter(case.view.lying(Kind.ROLL, printer)), None)


def _printer_free(case: Case) -> Refused | None:
    """The printer is registered and connected, stands where the roll is kept, and carries no other roll."""
    code = brought(case, "printer")
    printer = case.get(Kind.DEVICE, code)
    if printer is None or printer.state != "in_service" or not printer.text("agent"):
        return Refused(Refusal.PRINTER_NOT_FIT, f"{code} is not connected")
    if bool(printer.facts.get("in_lab")) != (case.item.shelf is Shelf.VAULT):
        return Refused(Refusal.PRINTER_NOT_FIT, f"{code} does not stand where this roll is kept")
    other = roll_on(case, code)
    return Refused(Refusal.PRINTER_NOT_FIT, f"{other.code} is on it") if other else None


def _printed(case: Case) -> int:
    return sum(label.state in OUT for label in case.view.lying(Kind.LABEL, case.item.code))


def _adds_up(case: Case) -> Refused | None:
    """Labels received are those printed, wasted and left."""
    wasted, left = field(case, "wasted", int), field(case, "left", int)
    received, printed = case.item.number("labels"), _printed(case)
    if received == printed + wasted + left:
        return None
    told = f"{received} received, {printed} printed, {wasted} wasted, {left} left"
    return Refused(Refusal.LABELS_UNACCOUNTED, told)


def _receive(case: Case) -> Iterable[Item]:
    in_lab = bool(field(case, "in_lab", bool))
    yield new(
        Kind.ROLL,
        case.item.code,
        "in_stock",
        shelf=Shelf.VAULT if in_lab else Shelf.OPEN,
        stock=brought(case, "stock"),
        labels=field(case, "labels", int),
        supplier_batch=brought(case, "supplier_batch"),
    )


def _mount(case: Case) -> Iterable[Item]:
    yield replace(case.moved(mounted_at=case.times()), place=brought(case, "printer"))


def _take_off(case: Case) -> Iterable[Item]:
    yield replace(case.moved(), place=None)


def _close(case: Case) -> Iterable[Item]:
    counts = {
        "wasted": field(case, "wasted", int),
        "left": field(case, "left", int),
        "printed": _printed(case),
    }
    yield case.moved(**counts, closed_at=case.times())


def _code_of_its_shelf(case: Case) -> Refused | None:
    """A roll of the laboratory begins with LAB-, and no other does."""
    return lab_code(case) if field(case, "in_lab", bool) else open_code(case)


def _kept_in_lab_by_its_people(case: Case) -> Refused | None:
    """Only people of the laboratory keep rolls there."""
    if not field(case, "in_lab", bool) or case.unblinded():
        return None
    return Refused(Refusal.PRINTER_NOT_FIT, "it is not yours to keep a roll in the laboratory")


ROLL = (
    decision(
        "roll-receive", {"new": "in_stock"}, (T, Q, P, C, M),
        "A roll of blank labels was received.",
        evidence=RollReceived, rules=(_code_of_its_shelf, _kept_in_lab_by_its_people), effect=_receive,
    ),
    decision(
        "roll-mount", {"in_stock": "mounted"}, (T, Q, P, C),
        "The roll was put on a printer.", evidence=RollMounted, rules=(_printer_free,), effect=_mount,
    ),
    decision(
        "roll-take-off", {"mounted": "in_stock"}, (T, Q, P, C),
        "The roll was taken off its printer.", effect=_take_off,
    ),
    decision(
        "roll-close", {"in_stock": "closed"}, (T, Q, P, C),
        "The blanks were counted, and everything on the roll is accounted for.",
        evidence=RollClosed, rules=(_adds_up,), effect=_close,
    ),
)  # fmt: skip
