"""What is drawn depends on what was decided, never on what was loaded first."""

from __future__ import annotations

from inventory.store.keys import VaultKey
from inventory.store.randomness import SeededRandom, system_random
from inventory.store.state import State

KEY = VaultKey("k", bytes(32))


def test_a_value_is_the_same_within_one_act_and_new_in_the_next():
    state = State(SeededRandom("seed"), KEY)
    first = state.draw("kit", "P-001")
    state.next_try()
    assert state.draw("kit", "P-001") == first
    state.settle()
    state.next_act()
    assert state.draw("kit", "P-001") != first


def test_what_only_a_try_that_counts_for_nothing_drew_is_drawn_again():
    state = State(SeededRandom("seed"), KEY)
    wasted = state.draw("deviation", "V1")
    state.next_try()
    state.draw("kit", "P-001")
    state.settle()
    state.next_act()
    assert state.draw("deviation", "V1") == wasted


def test_the_systems_values_are_never_the_same():
    assert len({system_random("kit", "P-001") for _ in range(100)}) == 100
