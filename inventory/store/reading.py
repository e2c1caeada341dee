"""Reading by script: what a decision would look at, read outside the writer over the engine in use.

What is told to people is found by the very rules that decide, so that the two cannot differ. It is the state of
a moment; only the writer's counts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from inventory.domain.custody import Act
from inventory.domain.evidence import Evidence
from inventory.domain.items import Item, Kind
from inventory.domain.lives import TRANSITIONS, lookback, release, supply
from inventory.domain.lives.row import Case
from inventory.store.deciding import TRIES_AT_MOST, UndecidedError
from inventory.store.dialects import fetch_for_sqlite
from inventory.store.loading import USABLE, load
from inventory.store.randomness import system_random
from inventory.store.records import ProductStock
from inventory.store.script import AtOnce, Fetch, Row, Script
from inventory.store.state import State
from inventory.store.tables import HeadRow

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.domain.profile import Profile
    from inventory.store.keys import VaultKey

T = TypeVar("T")


async def read(script: Script[T]) -> T:
    """Run a script that only reads, over Piccolo's engine."""
    rows: list[Row] = []
    try:
        step = next(script)
        while True:
            if isinstance(step, AtOnce):
                rows = [await _fetched(fetch) for fetch in step.fetches]
            elif isinstance(step, Fetch):
                rows = await _fetched(step)
            else:
                raise TypeError("a script that reads yields nothing to write")
            step = script.send(rows)
    except StopIteration as done:
        result: T = done.value
        return result


async def _fetched(fetch: Fetch) -> list[Row]:
    args = tuple([None] if arg == [] else arg for arg in fetch.args)  # PostgreSQL knows no empty list
    sql, args = fetch_for_sqlite(fetch.sql, args)
    found = await HeadRow.raw(sql.replace("?", "{}"), *args)
    return [tuple(row.values()) for row in found]


def stock(person: Item, profile: Profile, key: VaultKey, now: datetime) -> Script[list[ProductStock]]:
    """Of each product the pessimistic balance as an order would find it now, and what can be picked."""
    state = State(system_random, key)
    act = Act("study-post-supply", profile.study.id, person.code, now, Evidence())
    case = Case(TRANSITIONS[act.action], act, person, person, None, now, profile, state)
    for _ in range(TRIES_AT_MOST):
        state.missing.clear()
        balance, awaited, lots = supply.balance(case), state.kits_awaited(), state.released_lots()
        usable = {lot.code: lot.text("product") for lot in lots if release.usable(case, lot) is None}
        if not state.missing:
            found = yield _PICKABLE
            vials = Counter[str]()
            for lot, count in found:
                vials[usable.get(lot, "")] += int(count)
            return [
                _of_product(product, left, vials[product], awaited, profile.kit.vials_per_kit)
                for product, left in balance.items()
            ]
        yield from load(state, list(state.missing), key)
    raise UndecidedError("stock")


def _of_product(product: str, left: int, available: int, awaited: int, a_kit: int) -> ProductStock:
    return ProductStock(product, left, left // a_kit, available, available // a_kit < max(1, awaited))


_PICKABLE = Fetch(
    "SELECT parent, count(*) FROM vault_item WHERE kind = 'vial' AND state = 'stored' "  # noqa: S608  (names of our own)
    f"AND {USABLE} GROUP BY parent"
)
"""How many vials of each lot are stored and usable."""


def links(item: Item, key: VaultKey) -> Script[list[lookback.Link]]:
    """Every syringe by which something of that donor, lot or vial reached somebody, or that participant."""
    state = State(system_random, key)
    for _ in range(TRIES_AT_MOST):
        state.missing.clear()
        of_participant = item.kind is Kind.PARTICIPANT
        found = lookback.backward(state, item.code) if of_participant else lookback.forward(state, item)
        if not state.missing:
            return sorted(found, key=lambda link: (link.kit, link.syringe, link.vial))
        yield from load(state, list(state.missing), key)
    raise UndecidedError("look-back")
