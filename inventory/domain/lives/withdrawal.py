"""Withdrawing all kits that are paused together, in one act of one who knows why.

Kits pause together when something that one of them holds is held back (a hold, a recall, an excursion). When it
will not be released in time, all of them are withdrawn, the good ones too, and each may be replaced: whoever is
blinded sees every kit in use treated alike, and not which of them it was for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.evidence import Reasoned
from inventory.domain.items import Kind
from inventory.domain.lives import bedside, contents
from inventory.domain.lives.shape import decision, stay, two_people
from inventory.domain.lives.states import IN_USE
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Q

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Item
    from inventory.domain.lives.row import Case


def _some_are_paused(case: Case) -> Refused | None:
    """Kits in use are paused."""
    waiting = [kit for kit in contents.paused(case) if kit.state in IN_USE]
    return None if waiting else Refused(Refusal.NOTHING_PAUSED)


def _withdraw(case: Case) -> Iterable[Item]:
    for kit in contents.paused(case):
        if kit.state in IN_USE:
            for item in bedside.rest_not_given(case, kit):
                yield item.with_facts(withdrawn_at=case.times()) if item.kind is Kind.KIT else item


TOGETHER = decision(
    "study-withdraw-kits", stay("open"), (Q,),
    "Every kit in use was withdrawn, to be replaced: nothing that is left of them is given.",
    evidence=Reasoned, rules=(_some_are_paused, two_people), effect=_withdraw,
)  # fmt: skip
