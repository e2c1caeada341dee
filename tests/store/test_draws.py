"""What is drawn depends on what was decided, never on what was loaded first."""

from __future__ import annotations

from dataclasses import replace

from inventory.services import people
from inventory.services.acts import new_key
from inventory.services.site import open_site
from inventory.store.keys import VaultKey
from inventory.store.randomness import SeededRandom, system_random
from inventory.store.state import State
from tests import furniture

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


async def test_a_process_begun_anew_draws_no_token_that_another_one_gave(cast):
    seed = cast.site.settings.test_seed
    anew = replace(cast.site, random=SeededRandom(seed))
    given = [await people.new_token(anew, "tina") for _ in range(3)]
    assert cast.tokens["tina"] not in given
    assert len(set(given)) == 3
    for token in (cast.tokens["tina"], *given):
        assert await people.person_of(anew, token) == "tina"


async def test_two_processes_at_one_instant_open_deviations_of_their_own(lab):
    await furniture.enrol(lab, "P-001")
    anew = await open_site(lab.site.settings, clock=lab.hands)
    try:
        told = {"learned": ["cora"], "way": "conversation"}
        opened = [
            (await cast.do("participant-report-unblinding", "P-001", by="cora", **told)).answer["deviation"]
            for cast in (lab, replace(lab, site=anew))
        ]
    finally:
        await anew.close()
    assert None not in opened
    assert len(set(opened)) == 2


async def test_a_form_of_a_process_begun_anew_has_a_key_that_was_not_used(cast):
    used = await new_key(cast.site, "max")
    await cast.must("study-plan-kits", cast.site.profile.study.id, by="max", key=used, count=1)
    anew = replace(cast.site, random=SeededRandom(cast.site.settings.test_seed))
    assert await new_key(anew, "max") != used
