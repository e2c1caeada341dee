"""The task of preparing a kit: who has signed on to an order, and what its pick list showed them.

A task is one person's, for one order of one kit, and it is sealed: a pick list ties a kit to vials. It is opened
only by somebody who has signed on to the order, from the go-ahead until the kit is handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Kind, new
from inventory.domain.lives.shape import consequence
from inventory.domain.refusals import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Item
    from inventory.domain.lives.row import Case

IN_THE_LAB = ("called_for", "prepared")
"""The states of a kit in which the laboratory works on its order."""


def code_of(kit: str, person: str) -> str:
    """The code of a person's task of preparing that kit."""
    return f"{kit} {person}"


def is_current(task: Item | None, kit: Item) -> bool:
    """Whether the task is for the kit's present order, and was not voided."""
    return task is not None and task.state == "signed_on" and task.text("order") == _order_of(kit)


def _order_of(kit: Item) -> str:
    """What tells an order from others of the same kit: when it was recorded; empty where there is none."""
    return (kit.texts("ordered_at") or [""])[-1]


def signed_on(case: Case, kit: Item | None = None) -> Refused | None:
    """Whoever acts has signed on to the kit's order."""
    kit = kit or case.item
    task = case.get(Kind.TASK, code_of(kit.code, case.act.by))
    return None if is_current(task, kit) else Refused(Refusal.NOT_SIGNED_ON)


def sign_on(case: Case) -> Iterable[Item]:
    """The order is the task of whoever acts."""
    code = code_of(case.item.code, case.act.by)
    task = case.get(Kind.TASK, code) or new(Kind.TASK, code, "signed_on", parent=case.item.code)
    unread = {"opened_at": None, "take": None, "held": None}
    yield task.moved("signed_on").with_facts(order=_order_of(case.item), signed_on_at=case.times(), **unread)


TASK = (consequence("task-take", {"new": "signed_on"}, "The order became the task of whoever signed on."),)
