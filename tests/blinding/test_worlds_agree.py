"""Worlds that differ in the arm alone look the same to every blinded person.

All glance at every turn of the script. At its end everything is looked at, in the ordinary form by a third of
the people in each world: the first is told once for each third, the other tables are dealt out among them, and
one of each is told on PostgreSQL, whose worlds look like SQLite's. The full form tells every table to everybody
on both engines. Whoever adds a route, a page or an act runs this file first.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inventory.demo import procedure
from inventory.domain.lives import ACTIONS
from inventory.store.keys import Keys
from inventory.worlds import cast
from inventory.worlds.masks import MASKS
from inventory.worlds.running import WORLDS, Worlds, on_sqlite
from inventory.worlds.tables import arm_tables
from tests.blinding.conftest import FULL, in_database
from tests.conftest import Database
from tests.domain.lab import profile

Party = tuple[str, ...]
THIRDS: tuple[Party, ...] = (("anders",), ("petra", "cleo", "carla"), ("ilse", "abel", "cho"))
PARTIES = (tuple(sorted(cast.LOOKING)),) if FULL else THIRDS
KINDS = ("kit", "syringe", "vial", "lot", "donor", "box", "shipment", "excursion", "deviation")
NOT_TOLD = """
    Accounts, devices, keys and the end of the study: one and the same whatever anybody is given
        study-open study-close study-rotate-key study-rotate-signing-keys study-replace-signing-keys
        person-grant person-revoke person-limit person-lock person-unlock person-reset-password person-reset-factor
        device-calibrate device-qualify device-take-out device-put-back device-retire device-void
        kit-discard envelope-retire envelope-void template-retire participant-void unblinding-void
    Labels and visits in other ways than the script's, by the same rows of the same tables
        roll-take-off roll-close job-give-up job-resume label-scan-back label-spoil label-never-came label-destroy
        visit-untick visit-note query-reopen
    The laboratory's, in the vault from beginning to end
        lot-release-conditionally lot-extend shipment-refuse place-close place-reopen place-measure box-move box-retire
        vial-return vial-look-back donor-void lot-void shipment-void place-void box-void excursion-void
        participant-entitle
"""
"""Acts that no world records. All are tried by whoever watches: of what is there, of what is hidden, of nothing."""
MANY = 3_000
"""Fewer sights than this in a world would mean that hardly anything was looked at."""


def tellings() -> Iterator[tuple[Party, int, str]]:
    """Who looks, at which table, on which engine."""
    for turn, party in enumerate(PARTIES):
        mine = range(1 + turn, WORLDS, len(PARTIES))
        yield from ((party, number, "sqlite") for number in (mine if FULL else mine[:-1]))
        yield from ((party, number, "postgresql") for number in (mine if FULL else mine[-1:]))


@pytest.fixture(scope="module")
def firsts() -> dict[Party, Worlds]:
    """The first world of each party, once it was told."""
    return {}


async def first_for(party: Party, firsts: dict[Party, Worlds], keys: Keys) -> Worlds:
    """What a party saw in the first world, which is told on SQLite."""
    if party not in firsts:
        firsts[party] = Worlds(None, lambda: on_sqlite(None), keys, watching=party)
        await firsts[party].tell(firsts[party].tables(1)[0])
    return firsts[party]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("party", "number", "new_database"), list(tellings()), indirect=["new_database"])
async def test_another_world_looks_like_the_first(
    party: Party,
    number: int,
    new_database: Callable[[], Database],
    keys: Keys,
    firsts: dict[Party, Worlds],
) -> None:
    worlds = await first_for(party, firsts, keys)
    worlds.place = lambda: in_database(new_database)
    before = worlds.comparing.compared
    assert [str(each) for each in (await worlds.tell(worlds.tables(WORLDS)[number]))[:5]] == []
    assert worlds.comparing.compared > before + MANY


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("party", PARTIES, ids="+".join)
async def test_every_route_is_asked_by_every_blinded_role(
    party: Party, keys: Keys, firsts: dict[Party, Worlds]
) -> None:
    watching = {person.code for person in cast.WATCHING} & set(party)
    by_route: dict[str, set[str]] = {}
    for who, route in (await first_for(party, firsts, keys)).covered:
        if not route.open:
            by_route.setdefault(f"{route.method} {route.path}", set()).add(who)
    assert len(by_route) > 300
    assert {route for route, asked in by_route.items() if asked != watching} == set()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("party", PARTIES, ids="+".join)
async def test_what_is_hidden_is_asked_for_by_its_real_code(
    party: Party, keys: Keys, firsts: dict[Party, Worlds]
) -> None:
    worlds = await first_for(party, firsts, keys)
    assert worlds.hidden
    asked = {sight.what for sight in worlds.comparing.first[(), ()]}
    for kind in KINDS:
        assert any(f"GET /api/v1/items/{code}" in asked for code in worlds.hidden[kind]), kind


@pytest.mark.asyncio(loop_scope="session")
async def test_every_mask_is_needed(keys: Keys, firsts: dict[Party, Worlds]) -> None:
    sights = (await first_for(PARTIES[0], firsts, keys)).comparing.first[(), ()]
    names = {name.lower() for sight in sights for name, _ in sight.answer.headers}
    assert {mask.header for mask in MASKS} <= names


def test_every_act_is_told_in_a_world_or_listed_with_the_reason_why_not() -> None:
    files = [*Path(cast.__file__).parent.glob("*.py"), Path(procedure.__file__)]
    written = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    listed = {word for line in NOT_TOLD.splitlines() if line.startswith(" " * 8) for word in line.split()}
    assert set(ACTIONS) - written == listed


def test_every_blinded_role_has_somebody_who_looks() -> None:
    roles = {person.code: person.role for person in cast.WATCHING}
    assert {roles[who] for party in PARTIES for who in party if who in roles} == {
        role.name for role in profile().roles if role.blinded
    }
    assert {who for party in PARTIES for who in party} == cast.LOOKING


def test_every_table_is_told() -> None:
    assert {number for _, number, _ in tellings()} == set(range(1, WORLDS))
    assert {engine for _, _, engine in tellings()} == {"sqlite", "postgresql"}


def test_ten_tables_are_free_and_unbalanced_and_the_same_every_time() -> None:
    tables = arm_tables(profile(), 8, WORLDS)
    assert tables == arm_tables(profile(), 8, WORLDS)
    assert len(set(tables)) == WORLDS
    assert set(tables[0]) == {"B"}, "the arm with a second period comes first"
    mixed = [table for table in tables if len(set(table)) > 1]
    assert len(mixed) >= 9, "ten are free random, of which one may come out as one arm alone"
    shares = {table.count("A") for table in mixed}
    assert len(shares) > 4, "a permutation keeps the counts, and these do not"
    with pytest.raises(ValueError, match="fewer than 5"):
        arm_tables(profile(), 2, 5)
