"""Reading by script: what a decision would look at, read outside the writer over the engine in use.

A rule that also answers a question (which vials is this order to take?) is asked here on the stored state, so
that the page and the decision cannot differ. What is read is the state of a moment; only the writer's counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from inventory.domain.custody import Act
from inventory.domain.items import Item, Kind
from inventory.domain.lives import TRANSITIONS, contents
from inventory.domain.lives.row import Case
from inventory.domain.lives.vial import Picked
from inventory.store.deciding import TRIES_AT_MOST, UndecidedError
from inventory.store.dialects import fetch_for_sqlite
from inventory.store.loading import load
from inventory.store.randomness import system_random
from inventory.store.script import Fetch, Row, Script
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
    step = next(script)
    try:
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


def picks(kit: Item, person: Item, profile: Profile, key: VaultKey, now: datetime) -> Script[list[Item]]:
    """The vials that the order of that kit is to take at this moment, as `vial-pick` will judge them."""
    state = State(system_random, key)
    row, evidence = TRANSITIONS["vial-pick"], Picked(kit=kit.code, position="-")
    act = Act(row.action, kit.code, person.code, now, evidence)
    case = Case(row, act, kit, person, None, now, profile, state)
    for _ in range(TRIES_AT_MOST):
        state.missing.clear()
        found = contents.pick_list(case, kit)
        lots = {vial.code: case.get(Kind.LOT, vial.parent or "") for vial in found}
        if not state.missing:
            return [
                vial.with_facts(expires_on=lot.due if (lot := lots[vial.code]) else None) for vial in found
            ]
        yield from load(state, list(state.missing), key)
    raise UndecidedError(row.action)
