"""Numbers as ranges: one spelling, and the same as a set of numbers whatever is added and taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.domain import ranges

NUMBERS = st.sets(st.integers(0, 30))

# before | added | taken | after
CASES = """
             | 3             |       | 3
    3        | 5             |       | 3 5
    3 5      | 4             |       | 3-5
    0-9      |               | 4 5   | 0-3 6-9
    0-9      |               | 0 9   | 1-8
    7        |               | 7     |
    0-2 8    | 3 4 5 6 7     |       | 0-8
"""


@pytest.mark.parametrize("case", [line for line in CASES.splitlines() if "|" in line])
def test_a_set_of_numbers_has_one_spelling(case: str) -> None:
    before, added, taken, after = (part.strip() for part in case.split("|"))
    numbers = ranges.joined(before, map(int, added.split()))
    assert ranges.parted(numbers, map(int, taken.split())) == after


@given(NUMBERS, NUMBERS, NUMBERS)
def test_ranges_are_the_set_whatever_is_added_and_taken(
    first: set[int], added: set[int], taken: set[int]
) -> None:
    text = ranges.parted(ranges.joined(ranges.joined("", first), added), taken)
    meant = (first | added) - taken
    assert {number for number in range(32) if ranges.holds(text, number)} == meant
    assert ranges.count(text) == len(meant)
    assert ranges.written(ranges.read(text)) == text
