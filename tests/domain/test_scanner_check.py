"""What is said of a scanner by what it made of the test sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import pytest

from inventory.domain.items import Kind
from inventory.domain.lives.devices import Reading
from inventory.domain.scanner_check import TEST_SHEET, Capture, finding, judged
from tests.domain.walks import study

BY_NAME = {each.name: each for each in TEST_SHEET}

# symbol | what came | finding
CASES = """
    digits          | ]C0CC-0123456789            |
    digits          | CC-0123456789               | no_identifier
    digits          | ]C0CC)!"#$%/&()=            | differs
    digits          | ]d1CC-0123456789            | other_identifier
    digits          |                             | not_read
    letters         | ]C0ABCDEFGHIJKLMNOPQRSTUVWXYZ |
    letters         | ]C0ABCDEFGHIJKLMNOPQRSTUVWXZY | differs
    letters         | ]C0QBCDEFGHIJKL?NOPARSTUVZXYW | differs
    case            | ]c0ABCabcXYZxyz             | case_changed
    case            | ]C0ABCABCXYZXYZ             | case_changed
    gs1-data-matrix | ]d210TEST-2␝21CC2           |
    gs1-data-matrix | ]d210TEST-2{GS}21CC2        |
    gs1-data-matrix | ]d210TEST-2<GS>21CC2        |
    gs1-data-matrix | ]d210TEST-221CC2            | separator_lost
    gs1-data-matrix | ]d110TEST-2␝21CC2           | other_identifier
"""


@pytest.mark.parametrize("line", [line for line in CASES.splitlines() if line.strip()])
def test_each_way_to_read_a_symbol_wrong_has_its_word(line: str) -> None:
    name, came, word = (part.strip() for part in line.split("|"))
    assert finding(BY_NAME[name], came) == word


@dataclass
class Read:
    symbol: str
    came: str
    capture: str = "prefix"

    @property
    def identifier(self) -> str:
        return self.came[1:3] or "none"

    @property
    def read(self) -> str:
        return self.came[3:]


def all_read(**other: str) -> list[Read]:
    return [Read(each.name, each.expected, other.get("capture", "prefix")) for each in TEST_SHEET]


def test_a_prefix_works_only_where_every_symbol_came_right_with_it() -> None:
    assert judged(all_read()) == (Capture.PREFIX, [])
    assert judged([*all_read(), Read("qr", BY_NAME["qr"].expected, "speed")]) == (Capture.SPEED, [])
    assert judged(all_read()[1:]) == (Capture.NONE, ["digits: not_read"])


def test_the_last_reading_of_a_symbol_counts() -> None:
    wrong = Read("qr", "]Q1CC-QR-0124")
    assert judged([*all_read(), wrong]) == (Capture.NONE, ["qr: differs"])
    assert judged([wrong, *all_read()]) == (Capture.PREFIX, [])


def test_a_record_names_the_symbols_of_the_sheet_and_no_other() -> None:
    assert set(get_args(Reading.model_fields["symbol"].annotation)) == set(BY_NAME)


def readings(**changed: str) -> list[dict[str, object]]:
    return [
        {
            "symbol": each.name,
            "identifier": each.identifier[1:],
            "read": changed.get(each.name, each.text),
            "capture": "prefix",
            "milliseconds": 4,
        }
        for each in TEST_SHEET
    ]


def test_the_register_keeps_what_came_and_says_whether_the_scanner_is_fit() -> None:
    lab = study()
    lab.must("device-register", "SC-1", kind="scanner", serial="SN-9")
    lab.must("device-qualify", "SC-1", readings=readings())
    facts = lab.get(Kind.DEVICE, "SC-1").facts
    assert (facts["qualified"], facts["capture"], facts["findings"]) == (True, "prefix", [])
    lab.must("device-qualify", "SC-1", readings=readings(letters="ABCDEFGHIJKLMNOPQRSTUVWXZY"))
    facts = lab.get(Kind.DEVICE, "SC-1").facts
    assert (facts["qualified"], facts["capture"], facts["findings"]) == (False, "none", ["letters: differs"])
    assert len(str(facts["qualified_at"])) > 20


def test_what_is_no_scanner_is_not_checked_as_one() -> None:
    lab = study()
    lab.must("device-register", "BATH-2", kind="thaw-device", serial="SN-8", calibration_due="2027-01-01")
    assert lab.refusals("device-qualify", "BATH-2", readings=readings()) == ["device_unknown"]
