"""The sums of the reconciliation, over things written by hand: each case is worked out beside it."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.domain.items import Kind
from inventory.services.reconciliation import box_line, kit_line, lot_line, reconciliation_of
from inventory.store.records import ItemRecord
from tests.furniture import manifest, position, serials
from tests.services.ward import Ward

TOLERANCE = 50


def thing(kind: Kind, code: str, state: str, parent: str | None = None, **facts: Any) -> ItemRecord:
    return ItemRecord(kind, code, state, parent, None, None, facts, ())


LOT = thing(Kind.LOT, "L-1", "released")


def vials(*states: str) -> list[ItemRecord]:
    """A vial in each state; one in brackets never arrived."""
    return [
        thing(
            Kind.VIAL,
            f"V-{number}",
            state.strip("()"),
            "L-1",
            **({} if "(" in state else {"received_at": ["a", "b"]}),
        )
        for number, state in enumerate(states, start=1)
    ]


def test_every_received_vial_stands_in_one_column_and_the_columns_add_up() -> None:
    line = lot_line(
        LOT,
        vials(
            "received", "stored", "stored", "picked", "thawing", "thawed", "consumed", "consumed", "sampled",
            "shipped_out", "wasted", "destroyed", "missing", "(expected)", "(missing)",
        ),
    )  # fmt: skip
    columns = (
        line.stored,
        line.in_process,
        line.used,
        line.sampled,
        line.shipped_out,
        line.awaiting_destruction,
        line.destroyed,
    )
    assert columns == (3, 3, 2, 1, 1, 1, 1)
    assert (line.received, line.missing, line.difference, line.not_arrived) == (13, 1, 0, 2)
    assert line.lost == ("V-13", "V-15")
    assert line.off


async def _line(ward: Ward, lot: str) -> tuple[int, int, int, int]:
    lines = {line.lot: line for line in (await reconciliation_of(await ward.reader("quinn"))).lots}
    line = lines[lot]
    return line.received, line.stored, line.not_arrived, line.difference


async def test_a_vial_that_was_missing_from_its_shipment_and_found_has_arrived(ward: Ward) -> None:
    mine = serials("CELLS-2", 3)
    await ward.does("tina", "lot-register", "CELLS-2", **manifest("BM-MSC", mine))
    await ward.does("tina", "vial-lose", mine[0], reason="not_found")
    assert await _line(ward, "CELLS-2") == (0, 0, 3, 0)
    await ward.does("tina", "vial-find", mine[0], position=position(50))
    await ward.does("quinn", "vial-clear", mine[0], reason="assessment_complete")
    assert await _line(ward, "CELLS-2") == (1, 1, 2, 0)


async def test_a_vial_whose_manifest_was_voided_is_waited_for_no_more(ward: Ward) -> None:
    mine = serials("CELLS-2", 3)
    wrong = await ward.does("tina", "lot-register", "CELLS-2", **manifest("BM-MSC", [*mine, "CELLS-2-X"]))
    (entry,) = wrong.answer["entries"]
    told = {"log": entry["log"], "index": entry["index"], "reason": "recorded_wrongly"}
    await ward.does("quinn", "lot-void", "CELLS-2", second="quentin", **told)
    await ward.does("tina", "lot-register", "CELLS-2", **manifest("BM-MSC", mine))
    assert await _line(ward, "CELLS-2") == (0, 0, 3, 0)


def test_a_vial_in_no_known_state_is_a_difference() -> None:
    line = lot_line(LOT, vials("stored", "lent"))
    assert (line.received, line.stored, line.difference, line.off) == (2, 1, 1, True)
    assert not lot_line(LOT, vials("stored", "destroyed")).off


KITS = """
    state       filled  given  back  spilled  reason   worst  off    waits
    confirmed   1000    0      0     0        -        -      no     no
    returned    1000    1000   0     0        -        0      no     yes
    returned    1000    940    10    0        -        50     no     yes
    returned    1000    940    9     0        -        51     yes    yes
    returned    1000    940    0     9        -        51     yes    yes
    reconciled  1000    880    0     0        swapped  120    no     no
    destroyed   1000    0      1051  0        -        51     yes    no
"""


@pytest.mark.parametrize("line", KITS.strip().splitlines()[1:], ids=str.strip)
def test_a_kit_is_off_where_a_syringe_is_off_by_more_than_the_tolerance_without_its_reason(line: str) -> None:
    state, filled, given, back, spilled, reason, worst, off, waits = line.split()
    volumes = {
        "filled_ul": int(filled),
        "given_ul": int(given),
        "remainder_ul": int(back),
        "spilled_ul": int(spilled),
    }
    told = {} if reason == "-" else {"difference_reason": reason}
    over = {"confirmed": "filled", "destroyed": "destroyed"}.get(state, "returned")
    syringe = thing(Kind.SYRINGE, "Y-1", over, "K-1", **volumes, **told)
    found = kit_line(thing(Kind.KIT, "K-1", state, "P-001"), [syringe], TOLERANCE)
    assert found.worst_ul == (None if worst == "-" else int(worst))
    assert (found.off, found.waits) == (off == "yes", waits == "yes")


def test_two_swapped_syringes_are_off_though_their_sum_is_not() -> None:
    pair = [
        thing(Kind.SYRINGE, code, "returned", "K-1", filled_ul=1000, given_ul=given, remainder_ul=left)
        for code, given, left in (("Y-1", 1000, 200), ("Y-2", 800, 0))
    ]
    found = kit_line(thing(Kind.KIT, "K-1", "returned", "P-001"), pair, TOLERANCE)
    assert (found.filled_ul, found.given_ul + found.remainder_ul) == (2000, 2000)
    assert (found.worst_ul, found.off) == (200, True)


def test_a_box_tells_what_its_last_count_found() -> None:
    found = box_line(
        thing(
            Kind.BOX,
            "B-1",
            "in_use",
            name="Box",
            counted_at=["x", "y"],
            missing=["V-1"],
            unexpected=[],
            misplaced=[],
        )
    )
    assert (found.counted_at, found.missing, found.unexpected, found.misplaced) == ("x", ("V-1",), (), ())
