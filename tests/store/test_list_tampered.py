"""The randomisation list is changed in the database after the start, by somebody who may write anything there.

Each forger goes further than the one before: the state, the entry, its hash with the log's edge, both logs with
every commitment. All of them hold the vault's key, which no database holds; none has the log's signing key.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import pytest_asyncio

from inventory.domain import canonical
from inventory.domain.items import Kind, Log
from inventory.domain.lives.study import ListRow, list_root
from inventory.domain.merkle import Edge, leaf_hash
from inventory.services.proofs import Auditing
from inventory.store import rows
from inventory.store.gate import Reader, person
from inventory.store.keys import VaultKey
from inventory.store.verify import verify
from inventory.store.verify.report import Report
from tests import furniture
from tests.conftest import Database
from tests.replayed import reading, trust
from tests.sites import Cast, opened_cast
from tests.store.forging import forge

Leaf = dict[str, Any]
STRATUM = "JAX"
LATER = (4, 5)
"""Two rows of different arms that nobody has been given yet."""
LEAVES = {
    Log.OPEN: 'SELECT leaf FROM open_entry ORDER BY "index"',
    Log.VAULT: (
        "SELECT s.nonce, s.ciphertext, s.leaf_hash FROM vault_entry e JOIN sealed_leaf s "
        'ON s.leaf_hash = e.leaf_hash ORDER BY e."index"'
    ),
}


@dataclass
class Forger:
    """Whoever may write anything into the database, past every trigger, and holds the vault's key."""

    cast: Cast

    @property
    def key(self) -> VaultKey:
        return self.cast.site.keys.vault

    async def write(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        await forge(self.cast.database, *statements)

    async def leaves(self, log: Log) -> list[Leaf]:
        found = await self.cast.fetch(LEAVES[log])
        if log is Log.OPEN:
            return [orjson.loads(bytes(row[0])) for row in found]
        return [orjson.loads(self.key.unseal(*map(bytes, row))) for row in found]

    async def listed(self) -> int:
        """The vault's entry that loaded the list."""
        vault = await self.leaves(Log.VAULT)
        return next(leaf["index"] for leaf in vault if leaf["action"] == "study-load-randomization")

    # What is forged
    async def state(self) -> None:
        """The list as it is remembered."""
        listed = await self.cast.item(Kind.LIST, STRATUM)
        arms = _swapped(listed.texts("arms"))
        found, _, _, nonce, ciphertext = rows.seal(listed.with_facts(arms=list(arms)), self.key)
        await self.write(
            ("UPDATE sealed_item SET nonce = ?, ciphertext = ? WHERE key = ?", (nonce, ciphertext, found))
        )

    async def entry(self) -> None:
        """The entry that loaded it, under the hash that it had."""
        vault, index = await self.leaves(Log.VAULT), await self.listed()
        known = leaf_hash(canonical.encode(vault[index]))
        nonce, ciphertext = self.key.seal(canonical.encode(_edited(vault[index])), known)
        await self.write(
            (
                "UPDATE sealed_leaf SET nonce = ?, ciphertext = ? WHERE leaf_hash = ?",
                (nonce, ciphertext, known),
            )
        )

    async def vault(self) -> None:
        """The entry with its hash, and the head of the vault's log."""
        vault, index = await self.leaves(Log.VAULT), await self.listed()
        forged = [_edited(leaf) if leaf["index"] == index else leaf for leaf in vault]
        known, now = (leaf_hash(canonical.encode(leaves[index])) for leaves in (vault, forged))
        nonce, ciphertext = self.key.seal(canonical.encode(forged[index]), now)
        await self.write(
            (
                "UPDATE sealed_leaf SET leaf_hash = ?, nonce = ?, ciphertext = ? WHERE leaf_hash = ?",
                (now, nonce, ciphertext, known),
            ),
            ('UPDATE vault_entry SET leaf_hash = ? WHERE "index" = ?', (now, index)),
            ("UPDATE head SET vault_edge = ?", (_edge(forged).encode(),)),
        )

    async def everything(self, commit: Callable[[str, str, bytes], bytes]) -> None:
        """All of that, and the open log with the root of the forged list and every commitment to the vault."""
        opened, heads = await self.leaves(Log.OPEN), _heads(await self.leaves(Log.VAULT))
        sizes = _sizes(opened, heads, self.key)
        await self.vault()
        await self.state()
        vault = await self.leaves(Log.VAULT)
        told = next(leaf for leaf in vault if leaf["action"] == "study-load-randomization")["evidence"][
            "rows"
        ]
        root = list_root(commit, [ListRow(**row) for row in told]).hex()
        before = (await self.cast.item(Kind.STUDY, self.cast.site.profile.study.id)).text("list_root")
        now = _heads(vault)
        forged = [
            _retold(leaf, before, root, self.key.commit("vault head", str(index), now[sizes[index]]).hex())
            for index, leaf in enumerate(opened)
        ]
        rewritten = 'UPDATE open_entry SET leaf = ?, leaf_hash = ? WHERE "index" = ?'
        await self.write(
            *((rewritten, (canonical.encode(one), _hash(one), one["index"])) for one in forged),
            ("UPDATE head SET open_edge = ?", (_edge(forged).encode(),)),
            ("UPDATE item SET facts = replace(facts, ?, ?) WHERE kind = 'study'", (before, root)),
        )


def _swapped(arms: list[str]) -> list[str]:
    one, two = LATER
    assert arms[one] != arms[two]
    arms[one], arms[two] = arms[two], arms[one]
    return arms


def _edited(leaf: Leaf) -> Leaf:
    """The leaf that loaded the list, as if it had been another one."""
    forged: Leaf = orjson.loads(orjson.dumps(leaf))
    (change,) = (one for one in forged["changes"] if one["kind"] == "list" and one["code"] == STRATUM)
    arms = change["now"]["facts"]["arms"] = _swapped(change["now"]["facts"]["arms"])
    mine = [row for row in forged["evidence"]["rows"] if row["stratum"] == STRATUM]
    for row, arm in zip(mine, arms, strict=True):
        row["arm"] = arm
    return forged


def _retold(leaf: Leaf, before: str, root: str, vault: str) -> Leaf:
    text = orjson.dumps({**leaf, "vault": vault}).replace(before.encode(), root.encode())
    forged: Leaf = orjson.loads(text)
    return forged


def _hash(leaf: Leaf) -> bytes:
    return leaf_hash(canonical.encode(leaf))


def _edge(leaves: list[Leaf]) -> Edge:
    assert len(leaves) < 256, "no tile is complete yet"
    return Edge.empty().extend(map(_hash, leaves))


def _heads(leaves: list[Leaf]) -> list[bytes]:
    """Size and root at every size of the log, as commitments hold them."""
    edges = [_edge(leaves[:size]) for size in range(len(leaves) + 1)]
    return [edge.size.to_bytes(8, "big") + edge.root() for edge in edges]


def _sizes(opened: list[Leaf], heads: list[bytes], key: VaultKey) -> list[int]:
    """The size of the vault that each open entry committed to."""
    found = [
        [
            size
            for size, head in enumerate(heads)
            if key.commit("vault head", str(index), head).hex() == leaf["vault"]
        ]
        for index, leaf in enumerate(opened)
    ]
    return [size for (size,) in found]


@pytest_asyncio.fixture
async def begun(database: Database) -> AsyncIterator[Cast]:
    """A study in which somebody has been randomised."""
    async with opened_cast(database) as cast:
        await furniture.list_and_kits(cast)
        await furniture.enrol(cast)
        assert (await verified(cast)).findings == ()
        yield cast


async def verified(cast: Cast, kept: Mapping[str, str] | None = None) -> Report:
    """What `verify` finds, with checkpoints that were kept elsewhere."""

    def check() -> Report:
        known = trust(cast.site)
        with reading(cast.database.url) as found:
            return verify(found, type(known)(known.vkeys, known.vault_secrets, kept or {}))

    return await asyncio.to_thread(check)


async def told(cast: Cast, kept: Mapping[str, str] | None = None) -> dict[str, str]:
    """The first sentence of each step that found something."""
    findings = (await verified(cast, kept)).findings
    return {finding.check: finding.sentence for finding in reversed(findings)}


async def test_a_list_that_was_swapped_in_the_state_is_not_what_replay_gives(begun: Cast) -> None:
    await Forger(begun).state()
    found = await told(begun)
    assert list(found) == ["5 state"]
    assert found["5 state"].startswith(f"list {STRATUM} has facts = ")


async def test_an_entry_that_was_edited_has_not_its_hash(begun: Cast) -> None:
    forger = Forger(begun)
    index = await forger.listed()
    await forger.entry()
    await forger.state()
    assert await told(begun) == {"1 entries": f"Entry {index}: its leaf does not have its leaf hash."}


async def test_a_vault_that_was_rewritten_is_not_the_one_that_the_open_log_committed_to(begun: Cast) -> None:
    forger = Forger(begun)
    await forger.vault()
    await forger.state()
    found = await told(begun)
    assert set(found) == {"7 binding", "8 openings"}
    assert found["8 openings"].startswith("The randomisation list is not the one that was committed to")


async def test_a_list_that_was_salted_anew_opens_to_no_root(begun: Cast) -> None:
    other = VaultKey("other", bytes(range(32)))
    await Forger(begun).everything(other.commit)
    assert (await told(begun))["8 openings"].startswith("The randomisation list is not the one")


@pytest.mark.parametrize("log", list(Log))
async def test_both_logs_rewritten_alike_are_found_by_a_checkpoint_kept_elsewhere(
    begun: Cast, log: Log
) -> None:
    uma = await person("uma")
    assert uma is not None
    reader = Reader(uma, begun.site.profile, begun.site.keys.vault)
    kept = {"the sponsor's copy": await Auditing(begun.site, reader, log).checkpoint()}
    assert await told(begun, kept) == {}
    await Forger(begun).everything(begun.site.keys.vault.commit)
    assert await told(begun) == {}, "nothing in the database itself tells of it"
    found = await told(begun, kept)
    assert list(found) == ["4 checkpoints"]
    assert "the sponsor's copy" in found["4 checkpoints"]
