"""Accountability is folded from entries: every vial in one category, every line with its balance."""

from __future__ import annotations

import csv
import io
import json

import pytest

from inventory.domain import entries
from inventory.domain import profile as profiles
from inventory.domain.items import Item, Kind, new
from inventory.services.accountability import CATEGORIES, category, report
from inventory.services.site import profile_text

PROFILE = profiles.load(profile_text(None))
TODAY = "2026-06-01"
LOT = new(Kind.LOT, "L1", "released", due="2026-12-31")


def _vial(code: str = "V1", state: str = "stored", disposition: str = "usable") -> Item:
    return new(Kind.VIAL, code, state, parent="L1", disposition=disposition)


class Told:
    """A log that is told act by act, each with the items as they are afterwards."""

    def __init__(self) -> None:
        self.leaves: list[dict] = []
        self.state: dict[tuple[Kind, str], Item] = {}

    def __call__(self, action: str, item: str, *after: Item) -> None:
        changes = []
        for each in after:
            changes.append(entries.change(self.state.get(each.key), each))
            self.state[each.key] = each
        index = len(self.leaves)
        self.leaves.append(
            {
                "log": "vault",
                "index": index,
                "action": action,
                "item": item,
                "by": "tess",
                "with": None,
                "occurred_at": f"2026-05-01T10:{index:02}:00.000000Z",
                "changes": changes,
                "recorded_at": f"2026-05-01T10:{index:02}:00.000000Z",
            }
        )


CASES = """
expected   usable       released    in_transit
received   usable       released    available
stored     usable       released    available
stored     usable       conditionally_released available
stored     usable       quarantined quarantined
stored     usable       on_hold     quarantined
stored     usable       recalled    quarantined
stored     quarantined  released    quarantined
stored     rejected     released    awaiting_destruction
picked     usable       released    in_process
thawing    usable       released    in_process
thawed     usable       released    in_process
thawed     rejected     released    awaiting_destruction
wasted     usable       released    awaiting_destruction
sampled    usable       released    sampled
shipped_out usable      released    shipped_out
missing    usable       released    missing
destroyed  usable       released    destroyed
consumed   usable       released    in_a_kit
"""


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_a_vial_is_in_the_category_of_its_state_disposition_and_lot(case):
    state, disposition, lot, expected = case.split()
    assert expected in CATEGORIES
    known = {LOT.key: LOT.moved(lot)}
    assert category(_vial("V1", state, disposition), known, TODAY) == expected


def test_a_vial_of_an_expired_lot_is_not_available():
    assert category(_vial(), {LOT.key: LOT}, "2026-12-31") == "available"
    assert category(_vial(), {LOT.key: LOT}, "2027-01-01") == "quarantined"


@pytest.mark.parametrize(
    ("kit_state", "outcome", "expected"),
    [("prepared", "", "in_a_kit"), ("administered", "given", "given"), ("destroyed", "given", "given"),
     ("not_administered", "not_given", "in_a_kit"), ("destroyed", "not_given", "destroyed")],
)  # fmt: skip
def test_a_consumed_vial_shares_the_fate_of_its_kit(kit_state, outcome, expected):
    syringe = new(Kind.SYRINGE, "Y1", "filled", parent="K1", outcome=outcome or None)
    known = [
        LOT,
        new(Kind.KIT, "K1", kit_state, syringes=["Y1"]),
        syringe,
        new(Kind.HOLDER, "V1", "held", kit="K1"),
    ]
    assert category(_vial(state="consumed"), {item.key: item for item in known}, TODAY) == expected


def test_every_vial_is_counted_once_and_a_voided_one_never():
    told = Told()
    told("lot-register", "L1", LOT, *(_vial(f"V{n}", "expected") for n in range(5)))
    told("vial-receive", "V0", _vial("V0", "received"))
    told("vial-lose", "V1", _vial("V1", "missing"))
    told("lot-void", "V4", _vial("V4", "voided"))
    counts = report(told.leaves, PROFILE, TODAY).vials["L1"]
    assert counts == dict.fromkeys(CATEGORIES, 0) | {"in_transit": 2, "available": 1, "missing": 1, "all": 4}


def test_each_line_says_what_came_or_went_and_what_is_left():
    told = Told()
    told("lot-register", "L1", LOT, *(_vial(f"V{n}", "expected") for n in range(3)))
    for n in range(3):
        told("vial-receive", f"V{n}", _vial(f"V{n}", "received"))
    told("vial-store", "V0", _vial("V0", "stored"))
    told("vial-lose", "V0", _vial("V0", "missing"))
    told("vial-find", "V0", _vial("V0", "stored", "quarantined"))
    told("vial-destroy", "V1", _vial("V1", "destroyed"))
    lines = report(told.leaves, PROFILE, TODAY).lines
    assert [(line.action, line.code, line.quantity, line.balance) for line in lines] == [
        ("vial-receive", "V0", 1, 1), ("vial-receive", "V1", 1, 2), ("vial-receive", "V2", 1, 3),
        ("vial-lose", "V0", -1, 2), ("vial-find", "V0", 1, 3), ("vial-destroy", "V1", -1, 2),
    ]  # fmt: skip


def test_vials_used_for_a_kit_are_one_line_with_its_participant():
    told = Told()
    told(
        "x",
        "L1",
        LOT,
        _vial("V1", "thawed"),
        _vial("V2", "thawed"),
        new(Kind.KIT, "K1", "called_for", parent="P-1"),
    )
    told("kit-prepare", "K1", _vial("V1", "consumed"), _vial("V2", "consumed"))
    line = report(told.leaves, PROFILE, TODAY).lines[-1]
    assert (line.code, line.participant, line.quantity, line.balance) == ("V1 V2", "P-1", -2, 0)


def test_a_kits_syringes_balance_by_count_and_volume():
    told = Told()
    kit = new(Kind.KIT, "K1", "returned", parent="P-1", period=1, syringes=["Y1", "Y2"])
    given = new(
        Kind.SYRINGE, "Y1", "returned", filled_ul=1000, given_ul=900, remainder_ul=60, outcome="given"
    )
    left = new(Kind.SYRINGE, "Y2", "returned", filled_ul=1000, remainder_ul=1000, outcome="not_given")
    told("x", "K1", kit, given, left)
    (row,) = report(told.leaves, PROFILE, TODAY).kits
    assert {name: row[name] for name in ("syringes", "given", "filled_ul", "given_ul", "remainder_ul")} == {
        "syringes": 2, "given": 1, "filled_ul": 2000, "given_ul": 900, "remainder_ul": 1060,
    }  # fmt: skip
    assert (row["differences_ul"], row["difference_reasons"]) == ({"Y1": 40}, {})


def test_what_one_syringe_lacks_and_another_has_too_much_is_no_balance():
    told = Told()
    kit = new(Kind.KIT, "K1", "reconciled", parent="P-1", period=1, syringes=["Y1", "Y2"])
    full = new(Kind.SYRINGE, "Y1", "returned", filled_ul=1000, given_ul=1000, remainder_ul=300)
    empty = new(Kind.SYRINGE, "Y2", "returned", filled_ul=1000, spilled_ul=700, difference_reason="swapped")
    told("x", "K1", kit, full, empty)
    (row,) = report(told.leaves, PROFILE, TODAY).kits
    assert (row["differences_ul"], row["difference_reasons"]) == ({"Y1": -300, "Y2": 300}, {"Y2": "swapped"})
    assert row["spilled_ul"] == 700


def test_the_table_and_the_whole_say_the_same():
    told = Told()
    told("lot-register", "L1", LOT, _vial("V1", "expected"))
    told("vial-receive", "V1", _vial("V1", "received"))
    found = report(told.leaves, PROFILE, TODAY)
    rows = list(csv.DictReader(io.StringIO(found.as_csv().decode())))
    whole = json.loads(found.as_json())
    assert [
        {name: str("" if value is None else value) for name, value in each.items()} for each in whole["lines"]
    ] == rows
    assert whole["vials"]["L1"]["available"] == 1


def test_a_cell_that_would_run_as_a_formula_is_disarmed():
    from inventory.services.sheets import sheet

    assert sheet(["a", "b"], [{"a": "=1+1", "b": -1}]) == b"a,b\r\n'=1+1,-1\r\n"
