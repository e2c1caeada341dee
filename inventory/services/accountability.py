"""Accountability: what came in, what went out, and what is where, so that nothing is left over.

Rules this module keeps:
- Everything is folded from the entries it is given; who may read those is decided before. From the open log
  alone come the kits; vials appear only where the vault's entries are given too.
- A vial is in exactly one category, so the categories of a lot add up to the vials of its manifest.
- A line has the columns of the NCI's Drug Accountability Record Form (NIH 2564): date, participant, quantity,
  balance, lot, recorder; its balance is what was on hand after that entry (21 CFR 312.57(a), 312.62(a)).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from inventory.domain import entries
from inventory.domain.items import Item, Kind
from inventory.domain.lives import disposition
from inventory.domain.lives.returning import balance_ul
from inventory.domain.lives.states import RELEASED
from inventory.services.sheets import sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inventory.domain.items import Key
    from inventory.domain.profile import Profile
    from inventory.services.printed import Leaf

    State = Mapping[Key, Item]

AT_PHARMACY: Final = frozenset({"at_pharmacy", "returned", "reconciled"})
"""A kit in one of these states is on hand at the pharmacy."""
IN_LAB: Final = frozenset({"received", "stored", "picked", "thawing", "thawed", "wasted"})
"""A vial in one of these states is on hand in the laboratory."""

CATEGORIES: Final = (
    "in_transit", "quarantined", "available", "in_process", "in_a_kit", "given", "sampled",
    "awaiting_destruction", "destroyed", "missing", "shipped_out",
)  # fmt: skip
ALONE: Final = {
    "expected": "in_transit",
    "picked": "in_process",
    "thawing": "in_process",
    "thawed": "in_process",
    "wasted": "awaiting_destruction",
    "sampled": "sampled",
    "shipped_out": "shipped_out",
    "missing": "missing",
    "destroyed": "destroyed",
}
"""The states of a vial that decide its category alone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what came to hand (quantity above 0) or left it, and the balance after it."""

    line: int
    occurred_at: str
    recorded_at: str
    lot: str
    action: str
    code: str
    participant: str | None
    quantity: int
    balance: int
    by: str
    second: str | None
    log: str
    entry: int


@dataclass(frozen=True, slots=True)
class Report:
    """The lines, each lot's vials by category, and each prepared kit's syringes with their volumes."""

    lines: tuple[Line, ...]
    vials: dict[str, dict[str, int]]
    kits: tuple[dict[str, Any], ...]

    def as_csv(self) -> bytes:
        """The lines as a table."""
        return sheet(Line.__slots__, map(asdict, self.lines))

    def as_json(self) -> bytes:
        """All of it."""
        return orjson.dumps(self, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def report(leaves: Sequence[Leaf], profile: Profile, today: str) -> Report:
    """The accountability that these entries give, in the order of recording, on that day (`YYYY-MM-DD`)."""
    state = entries.replay(leaves)
    kits = [item for item in state.values() if item.kind is Kind.KIT and item.texts("syringes")]
    return Report(
        lines=tuple(_lines(leaves, profile.labels.packaging_batch)),
        vials=_by_lot(state, today),
        kits=tuple(_kit(kit, state) for kit in sorted(kits, key=lambda kit: kit.code)),
    )


# The lines
def _lines(leaves: Sequence[Leaf], batch: str) -> Iterator[Line]:
    """What each entry brought to hand or took away: kits by packaging batch, vials by lot."""
    known: dict[Key, Item] = {}
    balances: Counter[str] = Counter()
    count = 0
    for leaf in leaves:
        moved: dict[str, list[tuple[Item, int]]] = {}
        for change in entries.changes_of(leaf):
            key = Kind(str(change["kind"])), str(change["code"])
            before = known.get(key)
            after = known[key] = entries.apply(before, change)
            step = _on_hand(after) - _on_hand(before)
            if step:
                lot = batch if after.kind is Kind.KIT else after.parent or ""
                moved.setdefault(lot, []).append((after, step))
        for lot, items in sorted(moved.items()):
            count += 1
            balances[lot] += sum(step for _, step in items)
            yield _line(count, leaf, lot, items, balances[lot], known)


def _on_hand(item: Item | None) -> int:
    if item is None or item.kind not in {Kind.KIT, Kind.VIAL}:
        return 0
    return int(item.state in (AT_PHARMACY if item.kind is Kind.KIT else IN_LAB))


def _line(
    number: int, leaf: Leaf, lot: str, items: list[tuple[Item, int]], balance: int, known: State
) -> Line:
    kit = known.get((Kind.KIT, leaf["item"]))
    return Line(
        line=number,
        occurred_at=leaf["occurred_at"],
        recorded_at=leaf["recorded_at"],
        lot=lot,
        action=leaf["action"],
        code=" ".join(sorted(item.code for item, _ in items)),
        participant=kit.parent if kit else None,
        quantity=sum(step for _, step in items),
        balance=balance,
        by=leaf["by"],
        second=leaf["with"],
        log=leaf["log"],
        entry=leaf["index"],
    )


# The vials
def _by_lot(state: State, today: str) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for item in state.values():
        if item.kind is Kind.VIAL and item.state != "voided":
            found.setdefault(item.parent or "", Counter())[category(item, state, today)] += 1
    return {
        lot: {**{name: counts[name] for name in CATEGORIES}, "all": counts.total()}
        for lot, counts in sorted(found.items())
    }


def category(vial: Item, state: State, today: str) -> str:
    """The one category of `CATEGORIES` in which this vial is."""
    if disposition.standing(vial.facts) == "rejected" and vial.state in IN_LAB:
        return "awaiting_destruction"
    if vial.state == "consumed":
        return _of_consumed(vial, state)
    if vial.state in ALONE:
        return ALONE[vial.state]
    lot = state.get((Kind.LOT, vial.parent or ""))
    usable = lot is not None and lot.state in RELEASED and (lot.due or today) >= today
    return "available" if usable and disposition.usable(vial.facts) else "quarantined"


def _of_consumed(vial: Item, state: State) -> str:
    holder = state.get((Kind.HOLDER, vial.code))
    kit = state.get((Kind.KIT, holder.text("kit"))) if holder else None
    if kit is None:
        return "in_a_kit"
    if any(syringe.text("outcome") == "given" for syringe in _syringes(kit, state)):
        return "given"
    return "destroyed" if kit.state == "destroyed" else "in_a_kit"


# The kits
def _syringes(kit: Item, state: State) -> list[Item]:
    return [state[Kind.SYRINGE, code] for code in kit.texts("syringes") if (Kind.SYRINGE, code) in state]


def _kit(kit: Item, state: State) -> dict[str, Any]:
    """A kit's syringes, by count and volume; what is not accounted for is the difference, of each for itself."""
    syringes = _syringes(kit, state)
    names = ("filled_ul", "given_ul", "remainder_ul", "spilled_ul")
    volumes = {name: sum(syringe.number(name) for syringe in syringes) for name in names}
    over = kit.state in {"returned", "reconciled", "destroyed"}
    off = {syringe.code: balance for syringe in syringes if over and (balance := balance_ul(syringe))}
    return {
        "kit": kit.code,
        "participant": kit.parent,
        "period": kit.number("period"),
        "state": kit.state,
        "syringes": len(syringes),
        "given": sum(syringe.text("outcome") == "given" for syringe in syringes),
        **volumes,
        "differences_ul": off if over else None,
        "difference_reasons": {
            one.code: one.text("difference_reason") for one in syringes if one.text("difference_reason")
        },
    }
