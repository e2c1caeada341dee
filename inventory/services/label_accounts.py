"""Label reconciliation: what became of every label, by job, roll and template (21 CFR 211.125, FACT-JACIE CM7.2).

Printed = applied + void + destroyed + on hand; what was printed and not seen since stands apart, because it is the
difference that somebody has to look for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from inventory.domain.items import Kind
from inventory.services.sheets import sheet
from inventory.store.gate import PAGE_AT_MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

SEEN: Final = ("applied", "void", "destroyed", "on_hand")


@dataclass(frozen=True, slots=True)
class Account:
    """The labels of one job, roll or template. `unseen` were sent to a printer and not scanned or accounted for."""

    of: str
    printed: int
    applied: int
    void: int
    destroyed: int
    on_hand: int
    unseen: int
    waiting: int
    cancelled: int

    @property
    def balanced(self) -> bool:
        """Whether everything that was printed is accounted for."""
        return self.unseen == 0


KEYS: Final[dict[str, Callable[[ItemRecord], str]]] = {
    "job": lambda label: label.parent or "",
    "roll": lambda label: label.place or "",
    "template": lambda label: str(label.facts.get("template")),
}
"""By what labels are counted together; a label that came from no roll (cut sheets, or not printed) has none."""


async def accounts(reader: Reader, by: str) -> list[Account]:
    """The accounts of all labels this person may see, by `job`, `roll` or `template`."""
    labels: list[ItemRecord] = []
    after = ""
    while page := await reader.page(Kind.LABEL, after, PAGE_AT_MOST):
        labels += page
        after = page[-1].code
    return counted(labels, KEYS[by])


def counted(labels: Iterable[ItemRecord], key: Callable[[ItemRecord], str]) -> list[Account]:
    """The accounts of these labels under that key, in its order."""
    found: dict[str, Counter[str]] = {}
    for label in labels:
        found.setdefault(key(label), Counter())[label.state] += 1
    return [_account(of, states) for of, states in sorted(found.items()) if of]


def _account(of: str, states: Counter[str]) -> Account:
    seen = {state: states[state] for state in SEEN}
    printed = sum(seen.values()) + states["sent"]
    return Account(
        of=of,
        printed=printed,
        **seen,
        unseen=states["sent"],
        waiting=states["planned"],
        cancelled=states["cancelled"],
    )


def as_csv(found: Iterable[Account]) -> bytes:
    """The accounts as a table."""
    return sheet(Account.__slots__, map(asdict, found))
