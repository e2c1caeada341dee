"""The clock of a set at the bedside runs while there is something left to give."""

from __future__ import annotations

import pytest

from inventory.domain.items import Kind
from inventory.store.records import ItemRecord
from inventory.web.pages.bedside import Set

DUE = "2026-11-22T15:10:00.000000Z"
FILLED = {"filled_ul": 1000, "joint": "L1-L2:left"}


@pytest.mark.parametrize(
    ("kit", "syringes", "runs"),
    [
        ("at_bedside", ("filled", "filled"), True),
        ("partly_administered", ("given", "filled"), True),
        ("partly_administered", ("given", "dropped"), False),
        ("administered", ("given", "given"), False),
    ],
)
def test_a_set_of_which_everything_was_said_has_no_clock(
    kit: str, syringes: tuple[str, ...], runs: bool
) -> None:
    found = Set(
        ItemRecord(Kind.KIT, "K-1", kit, "P-001", None, DUE, {}, ()),
        tuple(ItemRecord(Kind.SYRINGE, "Y-1", state, "K-1", None, None, FILLED, ()) for state in syringes),
    )
    assert bool(found.context()["due_ms"]) is runs
