"""The one function that worlds replace, as it is: what it puts into the open log tells nothing of the vault.

Two worlds with opposite arms and the real `commit`: their open logs are the same but for the commitments, and
those bind (`verify` opens each with the key) and say nothing (none occurs twice, their bits are a coin's).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import sqrt
from typing import Any, NamedTuple

import orjson
import pytest
import pytest_asyncio

from inventory.domain.items import Log
from inventory.services.verification import verified
from inventory.store.keys import Keys, VaultKey
from inventory.store.verify.report import NO_CHECKPOINT, Report
from inventory.worlds import script, setting
from inventory.worlds.running import Worlds, on_sqlite
from inventory.worlds.world import EqualCommits, opened

COMMITTED = {"vault", "refusals", "contents", "list_root"}
KEY = VaultKey("1", bytes(range(32)))
pytestmark = pytest.mark.asyncio(loop_scope="module")


class Told(NamedTuple):
    """A world told with real commitments: its open leaves, and what verification says."""

    leaves: list[dict[str, Any]]
    report: Report


async def tell(keys: Keys, arms: tuple[str, ...]) -> Told:
    with on_sqlite(None) as settings:
        async with opened(settings, keys, arms, commits=lambda real: real) as world:
            await setting.furnish(world)
            await script.tell(world)
            reader = await world.hands.reader("anders")
            size = (await reader.edge(Log.OPEN)).size
            leaves = await reader.leaves(Log.OPEN, 0, size) or []
            return Told([orjson.loads(leaf) for leaf in leaves], verified(settings, keys))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def two_worlds(keys: Keys) -> list[Told]:
    tables = Worlds(None, lambda: on_sqlite(None), keys).tables(2)
    return [await tell(keys, arms) for arms in tables]


def commitments(value: Any, name: str = "") -> Iterator[str]:
    """Every commitment in a leaf."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from commitments(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from commitments(part, name)
    elif name in COMMITTED and isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value):
        yield value


def without(value: Any, name: str = "") -> Any:
    """The same leaf with a word in place of each commitment."""
    if isinstance(value, dict):
        return {key: without(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [without(part, name) for part in value]
    committed = name in COMMITTED and isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)
    return "a commitment" if committed else value


async def test_every_commitment_of_a_world_opens_to_what_the_vault_holds(two_worlds: list[Told]) -> None:
    for told in two_worlds:
        # Its readings are named by their digest alone.
        remarks = [one for one in told.report.remarks if not one.startswith("Of the files that entries")]
        assert (told.report.findings, remarks) == ((), [NO_CHECKPOINT])


async def test_open_logs_of_opposite_arms_differ_in_commitments_alone(two_worlds: list[Told]) -> None:
    one, two = (told.leaves for told in two_worlds)
    assert [without(leaf) for leaf in one] == [without(leaf) for leaf in two]
    assert one != two


async def test_no_commitment_occurs_twice(two_worlds: list[Told]) -> None:
    for told in two_worlds:
        made = [each for leaf in told.leaves for each in commitments(leaf)]
        stated = {name for leaf in told.leaves for name in COMMITTED & leaf.keys()}
        assert stated == {"vault", "refusals"}
        by_change = [each for leaf in told.leaves for each in commitments(leaf["changes"])]
        once = len(made) - len(by_change)
        assert once == 2 * len(told.leaves), "each entry states two of its own"
        assert len(set(made)) == once + len(set(by_change))


async def test_the_bits_of_commitments_are_a_coins(two_worlds: list[Told]) -> None:
    bits = "".join(
        f"{int(each, 16):0256b}" for each in {c for t in two_worlds for c in commitments(t.leaves)}
    )
    assert abs(bits.count("1") - len(bits) / 2) < 4 * sqrt(len(bits)) / 2


async def test_a_commitment_is_bound_to_purpose_owner_and_value() -> None:
    values = [
        KEY.commit(purpose, owner, value)
        for purpose in ("vault head", "refusals")
        for owner in ("1", "2")
        for value in (b"", b"\x00", b"A", b"B")
    ]
    assert len(set(values)) == len(values)
    assert {len(value) for value in values} == {32}
    assert KEY.commit("a", "b", b"c") == KEY.commit("a", "b", b"c")
    assert KEY.commit("a", "b", b"c") != VaultKey("1", bytes(32)).commit("a", "b", b"c")


async def test_the_worlds_own_commitment_ignores_the_value_and_tells_whether_two_are_the_same() -> None:
    one, two = EqualCommits("1", bytes(32)), EqualCommits("2", bytes(range(32)))
    assert one.commit("a", "b", b"cells") == two.commit("a", "b", b"none")
    assert one.commit("a", "b", b"none") != one.commit("a", "b", b"cells")
    assert one.commit("a", "c", b"cells") != one.commit("a", "b", b"cells")
