"""The long form of timing is `python -m inventory.worlds`; here: that it would see a wait on every route."""

from __future__ import annotations

import pytest

from inventory.store.keys import Keys
from inventory.worlds.running import on_sqlite
from inventory.worlds.statistics import holm, wilcoxon
from inventory.worlds.timing import Turns, measure, telling
from tests.blinding.conftest import LONG

# Hollander, Wolfe, Chicken, example 3.1: a depression scale before and after treatment, nine patients.
BEFORE = (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
AFTER = (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)


@LONG
@pytest.mark.asyncio(loop_scope="session")
async def test_a_planted_wait_is_seen_on_every_route_that_is_timed(keys: Keys) -> None:
    timed = await measure(lambda: on_sqlite(None), keys, 60, leak=3e-3, kits=2)
    assert telling(timed) == {each.route for each in timed}
    assert min(each.shift for each in timed if each.tells) > 1e-3
    assert {"item", "stock", "page of today", "page of a form", "kit-confirm, refused"} <= telling(timed)


def test_signed_ranks_are_the_textbooks() -> None:
    differences = [one - two for one, two in zip(BEFORE, AFTER, strict=True)]
    assert wilcoxon(differences) == pytest.approx(0.0382, abs=1e-4)
    assert wilcoxon([-each for each in differences]) == wilcoxon(differences)
    assert wilcoxon([1, -1, 1, -1, 0]) == 1.0
    assert wilcoxon([0.0] * 30) == 1.0


def test_several_p_values_are_adjusted_by_holms_method() -> None:
    found = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})


def test_what_is_longer_by_chance_tells_nothing_and_what_always_is_tells() -> None:
    turns = Turns()
    for number in range(60):
        turns.took("chance", [2.0, 2.0], [2.0 + (-1) ** number, 2.0 + (-1) ** number])
        turns.took("work alone", [2.0, 2.001], [2.0 + (-1) ** number, 2.0])
    assert telling(turns.judged()) == {"work alone"}
