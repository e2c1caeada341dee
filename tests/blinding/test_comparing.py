"""How two worlds are compared: what is a difference, and between which worlds."""

from __future__ import annotations

import pytest

from inventory.worlds.asking import Answer
from inventory.worlds.comparing import Comparing, Sight


def seen(
    what: str = "GET /x", *, status: int = 200, body: bytes = b"", date: bytes = b"Mon", knows=()
) -> Sight:
    return Sight("now", "anders", what, Answer(status, ((b"date", date), (b"x-a", b"b")), (body,)), knows)


@pytest.mark.parametrize(
    ("first", "here", "told"),
    [
        (seen(), seen(date=b"Tue"), set()),
        (seen(), seen(date=b"Tuesday"), {"headers"}),
        (seen(), seen(status=404), {"status"}),
        (seen(body=b"ab"), seen(body=b"ba"), {"body"}),
        (seen(body=b"aaaaaaaaaaaa"), seen(body=b"abcdefghijkl"), {"body", "length when compressed"}),
        (seen("GET /x"), seen("GET /y"), {"order of what was seen"}),
    ],
)
def test_two_sights_differ_in_whatever_was_not_masked(first: Sight, here: Sight, told: set[str]) -> None:
    comparing = Comparing()
    assert comparing.add(1, ("A",), [first]) == []
    assert {difference.what for difference in comparing.add(2, ("B",), [here])} == told


def test_one_sight_more_is_a_difference_and_so_is_one_less() -> None:
    for first, here in (([seen()], [seen(), seen()]), ([seen(), seen()], [seen()])):
        comparing = Comparing()
        comparing.add(1, ("A",), first)
        assert [one.what for one in comparing.add(2, ("B",), here)] == ["order of what was seen"]


def test_the_same_bytes_in_other_pieces_are_a_difference() -> None:
    whole, cut = Answer(200, (), (b"ab",)), Answer(200, (), (b"a", b"b"))
    comparing = Comparing()
    comparing.add(1, ("A",), [Sight("now", "anders", "GET /x", whole)])
    found = comparing.add(2, ("B",), [Sight("now", "anders", "GET /x", cut)])
    assert [one.what for one in found] == ["pieces"]


def test_whoever_knows_one_arm_is_compared_where_that_arm_is_the_same() -> None:
    comparing = Comparing()
    comparing.add(1, ("A", "A"), [seen(body=b"1", knows=(0,))])
    assert comparing.add(2, ("B", "A"), [seen(body=b"2", knows=(0,))]) == []
    assert comparing.add(3, ("A", "B"), [seen(body=b"2", knows=(0,))]) != []
