"""What an auditor gets over the wire proves itself: notes, entries, inclusion, consistency."""

from __future__ import annotations

import hashlib

import pytest

from inventory.domain import merkle
from inventory.domain.notes import Checkpoint, Verifier, open_note
from inventory.web import shapes
from tests.web.house import House

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.parametrize("log", ["open", "vault"])]


READS = {"open": "tess", "vault": "quinn"}
"""Who may read the entries of each log; the vault's are opened by an entry of their own."""


async def checkpoint(house: House, log: str) -> Checkpoint:
    """The log's checkpoint, its signature checked."""
    answer = await house["tess"].get(f"/api/v1/logs/{log}/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    signer = {each.value: held for each, held in house.site.keys.signers.items()}[log]
    return Checkpoint.parse(open_note(answer.text, [Verifier.parse(signer.vkey)])[0])


async def test_the_entries_are_those_under_the_checkpoint(house: House, log: str) -> None:
    held = await checkpoint(house, log)
    answer = await house[READS[log]].get(f"/api/v1/logs/{log}/entries?start=0&end={held.size}")
    told = shapes.Leaves.model_validate(answer.json(), strict=True)
    assert [entry.index for entry in told.entries] == list(range(held.size))
    hashes = [hashlib.sha256(b"\x00" + entry.leaf.encode()).digest() for entry in told.entries]
    assert [each.hex() for each in hashes] == [entry.leaf_hash for entry in told.entries]
    edge = merkle.Edge.empty()
    for each in hashes:
        edge = edge.append(each)
    assert edge.root() == held.root


async def test_a_range_ends_before_its_end_and_where_the_log_ends(house: House, log: str) -> None:
    for asked, expected in (
        ("start=2&end=4", [2, 3]),
        ("start={last}", ["last"]),
        ("start={last}&end={beyond}", ["last"]),
        ("start={size}", []),
        ("start=3&end=3", []),
        ("start=3&end=1", []),
        ("start=9007199254740991", []),
    ):
        size = (await checkpoint(house, log)).size
        query = asked.format(size=size, last=size - 1, beyond=size + 50)
        indexes = [size - 1 if one == "last" else one for one in expected]
        told = (await house[READS[log]].get(f"/api/v1/logs/{log}/entries?{query}")).json()
        assert [entry["index"] for entry in told["entries"]] == indexes, query


async def test_every_entry_is_proven_to_stand_in_the_tree(house: House, log: str) -> None:
    held = await checkpoint(house, log)
    entries = (await house[READS[log]].get(f"/api/v1/logs/{log}/entries")).json()["entries"]
    for entry in entries[:: max(1, held.size // 7)]:
        query = f"index={entry['index']}&size={held.size}"
        told = (await house["tess"].get(f"/api/v1/logs/{log}/proof/inclusion?{query}")).json()
        shapes.Inclusion.model_validate(told, strict=True)
        proof = [bytes.fromhex(each) for each in told["proof"]]
        leaf = bytes.fromhex(entry["leaf_hash"])
        merkle.verify_inclusion(entry["index"], held.size, leaf, proof, held.root)


async def test_every_earlier_size_is_proven_to_be_extended(house: House, log: str) -> None:
    held = await checkpoint(house, log)
    entries = (await house[READS[log]].get(f"/api/v1/logs/{log}/entries")).json()["entries"]
    edge = merkle.Edge.empty()
    for entry in entries:
        edge = edge.append(bytes.fromhex(entry["leaf_hash"]))
        if edge.size % 5 and edge.size != held.size:
            continue
        query = f"old={edge.size}&new={held.size}"
        told = (await house["tess"].get(f"/api/v1/logs/{log}/proof/consistency?{query}")).json()
        proof = [bytes.fromhex(each) for each in told["proof"]]
        merkle.verify_consistency(edge.size, held.size, proof, edge.root(), held.root)


@pytest.mark.parametrize(
    "asked",
    [
        "inclusion?index={size}&size={size}", "inclusion?index=0&size={more}", "inclusion?index=0&size=0",
        "consistency?old=0&new={size}", "consistency?old={size}&new=1", "consistency?old=1&new={more}",
    ],
)  # fmt: skip
async def test_what_the_log_does_not_have_cannot_be_proven(house: House, log: str, asked: str) -> None:
    size = (await checkpoint(house, log)).size
    answer = await house["tess"].get(f"/api/v1/logs/{log}/proof/{asked.format(size=size, more=size + 1)}")
    assert (answer.status_code, answer.json()["code"]) == (400, "out_of_range")
    assert str(size) in answer.json()["detail"]


@pytest.mark.parametrize(
    "asked", ["inclusion", "inclusion?index=1", "inclusion?index=x&size=2", "consistency?old=1&new=-2"]
)
async def test_a_proof_is_asked_for_with_two_numbers(house: House, log: str, asked: str) -> None:
    answer = await house["tess"].get(f"/api/v1/logs/{log}/proof/{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
