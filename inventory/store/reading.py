"""Reading by script: what a decision would look at, read outside the writer over the engine in use.

What is told to people is found by the very rules that decide, so that the two cannot differ. It is the state of
a moment; only the writer's counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from inventory.domain.items import Item, Kind
from inventory.domain.lives import lookback
from inventory.store.deciding import TRIES_AT_MOST, UndecidedError
from inventory.store.dialects import fetch_for_sqlite
from inventory.store.loading import load
from inventory.store.randomness import system_random
from inventory.store.script import Fetch, Row, Script
from inventory.store.state import State
from inventory.store.tables import HeadRow

if TYPE_CHECKING:
    from inventory.store.keys import VaultKey

T = TypeVar("T")


async def read(script: Script[T]) -> T:
    """Run a script that only reads, over Piccolo's engine."""
    rows: list[Row] = []
    try:
        step = next(script)
        while True:
            if not isinstance(step, Fetch):
                raise TypeError("a script that reads yields nothing to write")
            args = tuple([None] if arg == [] else arg for arg in step.args)  # PostgreSQL knows no empty list
            sql, args = fetch_for_sqlite(step.sql, args)
            found = await HeadRow.raw(sql.replace("?", "{}"), *args)
            rows = [tuple(row.values()) for row in found]
            step = script.send(rows)
    except StopIteration as done:
        result: T = done.value
        return result


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
