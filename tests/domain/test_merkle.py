"""The tree on the published vectors, and on random sizes against RFC 6962 §2.1 written down recursively."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.domain import merkle
from inventory.domain.merkle import Edge, MalformedEdge, ProofRejected, Span, Tile

VECTORS = Path(__file__).parents[1] / "vectors"
EIGHT = json.loads((VECTORS / "rfc6962_8leaves.json").read_text())
PROBES = [json.loads(line) for line in (VECTORS / "merkle_proof_probes.jsonl").read_text().splitlines()]
EITHER_WAY = "sizes-are-equal-one-and-proof-is-empty"

LEAVES = [sha256(b"leaf %d" % number).digest() for number in range(70_000)]


# RFC 6962 §2.1 as it stands there, over leaf hashes: the oracle.


def split(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], known: bool = True) -> list[bytes]:
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def level_hash(level: int, number: int) -> bytes:
    width = 256**level
    return mth(LEAVES[number * width : (number + 1) * width])


@cache
def levels() -> dict[int, list[bytes]]:
    """The roots of whole tiles by their level, the leaves among them."""
    return {0: LEAVES, 1: [level_hash(1, n) for n in range(len(LEAVES) >> 8)], 2: [level_hash(2, 0)]}


def reading(size: int, seen: list[Span] | None = None) -> merkle.Read:
    """A reader of a log of `size` entries that refuses what the log cannot have and notes what is asked."""

    def read(level: int, start: int, end: int) -> bytes:
        assert 0 <= start < end <= size >> (8 * level), "asked beyond the log"
        assert start // 256 == (end - 1) // 256, "asked across tiles"
        if seen is not None:
            seen.append(Span(level, start, end))
        return b"".join(levels()[level][start:end])

    return read


def hexes(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


# The published vectors.


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_of_eight_leaves_are_ours(size: int) -> None:
    leaves = [merkle.leaf_hash(data) for data in hexes(EIGHT["leaves_hex"])[:size]]
    assert Edge.empty().extend(leaves).root().hex() == EIGHT["roots_by_size_hex"][size]


def eight(level: int, start: int, end: int) -> bytes:
    assert level == 0
    return b"".join(hexes(EIGHT["node_hashes_by_level_hex"][0])[start:end])


@pytest.mark.parametrize("name", EIGHT["inclusion_proofs_hex"])
def test_the_published_inclusion_proofs_are_ours(name: str) -> None:
    index, size = map(int, name.split("/"))
    assert merkle.inclusion_proof(index, size, eight) == hexes(EIGHT["inclusion_proofs_hex"][name])


@pytest.mark.parametrize("name", EIGHT["consistency_proofs_hex"])
def test_the_published_consistency_proofs_are_ours(name: str) -> None:
    old, size = map(int, name.split("->"))
    assert merkle.consistency_proof(old, size, eight) == hexes(EIGHT["consistency_proofs_hex"][name])


def unpack(value: str | None) -> bytes:
    return base64.b64decode(value or "")


def run_inclusion(probe: dict[str, Any]) -> None:
    proof = [unpack(each) for each in probe["proof"] or []]
    leaf, root = unpack(probe["leafHash"]), unpack(probe["root"])
    merkle.verify_inclusion(probe["leafIdx"], probe["treeSize"], leaf, proof, root)


def run_consistency(probe: dict[str, Any]) -> None:
    proof = [unpack(each) for each in probe["proof"] or []]
    old_root, root = unpack(probe["root1"]), unpack(probe["root2"])
    merkle.verify_consistency(probe["size1"], probe["size2"], proof, old_root, root)


RUNNERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "inclusion": run_inclusion,
    "consistency": run_consistency,
}


def probes(kind: str) -> list[Any]:
    found = [probe for probe in PROBES if probe["kind"] == kind]
    assert len(found) == 98
    return [pytest.param(probe, id=probe["file"]) for probe in found if EITHER_WAY not in probe["file"]]


@pytest.mark.parametrize("probe", [*probes("inclusion"), *probes("consistency")])
def test_every_published_probe_gets_its_published_verdict(probe: dict[str, Any]) -> None:
    if probe["wantErr"]:
        with pytest.raises(ProofRejected):
            RUNNERS[probe["kind"]](probe)
    else:
        RUNNERS[probe["kind"]](probe)


# Sizes at which the shape of the tree changes, and some between.

SIZES = st.one_of(
    st.integers(1, 600),
    st.sampled_from([255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 65_793, 70_000]),
    st.integers(1, 70_000),
)


@st.composite
def inner(draw: st.DrawFn, lowest: int) -> tuple[int, int]:
    """A size, and a number from `lowest` up to but not including size + lowest."""
    size = draw(SIZES)
    return draw(st.integers(lowest, size + lowest - 1)), size


@settings(max_examples=40, deadline=None)
@given(SIZES)
def test_the_root_is_the_rfcs(size: int) -> None:
    assert Edge.empty().extend(LEAVES[:size]).root() == mth(LEAVES[:size])


@settings(max_examples=40, deadline=None)
@given(inner(0))
def test_an_inclusion_proof_is_the_rfcs_and_verifies(case: tuple[int, int]) -> None:
    index, size = case
    proof = merkle.inclusion_proof(index, size, reading(size))
    assert proof == path(index, LEAVES[:size])
    merkle.verify_inclusion(index, size, LEAVES[index], proof, mth(LEAVES[:size]))


@settings(max_examples=40, deadline=None)
@given(inner(1))
def test_a_consistency_proof_is_the_rfcs_and_verifies(case: tuple[int, int]) -> None:
    old, size = case
    proof = merkle.consistency_proof(old, size, reading(size))
    assert proof == subproof(old, LEAVES[:size])
    merkle.verify_consistency(old, size, proof, mth(LEAVES[:old]), mth(LEAVES[:size]))


def test_all_proofs_of_all_small_trees_are_the_rfcs() -> None:
    for size in range(1, 34):
        root = mth(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, reading(size))
            assert proof == path(index, LEAVES[:size])
            merkle.verify_inclusion(index, size, LEAVES[index], proof, root)
        for old in range(1, size + 1):
            proof = merkle.consistency_proof(old, size, reading(size))
            assert proof == subproof(old, LEAVES[:size])
            merkle.verify_consistency(old, size, proof, mth(LEAVES[:old]), root)


@settings(max_examples=200, deadline=None)
@given(inner(0), st.data())
def test_one_flipped_bit_of_an_inclusion_proof_is_rejected(
    case: tuple[int, int], data: st.DataObject
) -> None:
    index, size = case[0] % 600, min(case[1], 600)
    index %= size
    root = Edge.empty().extend(LEAVES[:size]).root()
    proof = merkle.inclusion_proof(index, size, reading(size))
    parts = [LEAVES[index], root, *proof]
    parts = flip(parts, data.draw(st.integers(0, len(parts) * 256 - 1)))
    with pytest.raises(ProofRejected):
        merkle.verify_inclusion(index, size, parts[0], parts[2:], parts[1])


@settings(max_examples=200, deadline=None)
@given(inner(1), st.data())
def test_one_flipped_bit_of_a_consistency_proof_is_rejected(
    case: tuple[int, int], data: st.DataObject
) -> None:
    size = min(case[1], 600)
    old = 1 + (case[0] - 1) % size
    roots = [Edge.empty().extend(LEAVES[:count]).root() for count in (old, size)]
    parts = [*roots, *merkle.consistency_proof(old, size, reading(size))]
    parts = flip(parts, data.draw(st.integers(0, len(parts) * 256 - 1)))
    with pytest.raises(ProofRejected):
        merkle.verify_consistency(old, size, parts[2:], parts[0], parts[1])


def flip(parts: list[bytes], bit: int) -> list[bytes]:
    part, offset = divmod(bit, 256)
    changed = bytearray(parts[part])
    changed[offset // 8] ^= 1 << (offset % 8)
    return [*parts[:part], bytes(changed), *parts[part + 1 :]]


def test_a_proof_from_a_taller_tree_does_not_stand_for_a_smaller_log() -> None:
    with pytest.raises(ProofRejected, match="more hashes than a log of 1 needs"):
        merkle.verify_inclusion(0, 1, LEAVES[1], [LEAVES[0]], mth(LEAVES[:2]))
    with pytest.raises(ProofRejected, match="from 3 entries to 4 holds too many hashes"):
        merkle.verify_consistency(3, 4, subproof(7, LEAVES[:8]), mth(LEAVES[:7]), mth(LEAVES[:8]))


def test_a_root_that_is_not_32_bytes_is_rejected_even_when_both_are_the_same() -> None:
    with pytest.raises(ProofRejected, match="32 bytes"):
        merkle.verify_consistency(1, 1, [], b"twelve bytes", b"twelve bytes")


def test_a_rewritten_entry_breaks_the_proof_from_before() -> None:
    rewritten = [*LEAVES[:3], sha256(b"another").digest(), *LEAVES[4:9]]
    proof = subproof(5, rewritten)
    with pytest.raises(ProofRejected, match="The log of 9 entries does not extend the log of 5 entries"):
        merkle.verify_consistency(5, 9, proof, mth(LEAVES[:5]), mth(rewritten))


@pytest.mark.parametrize(("old", "size"), [(0, 0), (0, 5), (-1, 5), (6, 5)])
def test_there_is_no_consistency_proof_from_nothing_or_to_a_smaller_log(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.consistency_proof(old, size, reading(5))
    with pytest.raises(ProofRejected, match="no consistency proof"):
        merkle.verify_consistency(old, size, [], mth([]), mth(LEAVES[:5]))


@pytest.mark.parametrize("index", [-1, 5])
def test_an_entry_that_a_log_does_not_have_has_no_proof(index: int) -> None:
    with pytest.raises(ValueError, match="has no entry"):
        merkle.inclusion_proof(index, 5, reading(5))
    with pytest.raises(ProofRejected, match="has no entry"):
        merkle.verify_inclusion(index, 5, LEAVES[0], [], mth(LEAVES[:5]))


# The right edge.


def test_the_empty_edge_has_the_published_empty_root() -> None:
    assert Edge.empty().root() == merkle.EMPTY_ROOT == mth([])


def test_appending_one_by_one_gives_the_edge_of_appending_at_once() -> None:
    edge = Edge.empty()
    for size in range(600):
        assert edge == Edge.empty().extend(LEAVES[:size])
        edge = edge.append(LEAVES[size])


@given(st.integers(0, 600), st.integers(0, 600))
def test_an_edge_read_back_grows_like_the_one_that_was_written(size: int, more: int) -> None:
    written = Edge.empty().extend(LEAVES[:size])
    again = Edge.decode(size, written.encode())
    assert again == written
    assert again.extend(LEAVES[size : size + more]) == Edge.empty().extend(LEAVES[: size + more])


@pytest.mark.parametrize("length", [0, 32, 63, 65, 96])
def test_an_edge_of_a_wrong_length_is_refused(length: int) -> None:
    with pytest.raises(MalformedEdge, match=f"a log of 5 entries is 64 bytes, not {length}"):
        Edge.decode(5, bytes(length))


def test_an_edge_of_a_negative_size_is_refused() -> None:
    with pytest.raises(MalformedEdge):
        Edge.decode(-1, bytes(32))


# Tiles.


def all_tiles(size: int) -> list[Tile]:
    return [
        Tile(level, number, b"".join(hashes[number * 256 : number * 256 + 256]))
        for level, hashes in levels().items()
        for number in range((size >> (8 * level)) // 256)
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6), st.sampled_from([0, 250, 65_000, 65_500]))
def test_batch_by_batch_the_completed_tiles_are_exactly_those_of_the_whole_log(
    batches: list[int], start: int
) -> None:
    size, made = start, all_tiles(start)
    for count in batches:
        asked: list[Span] = []
        made += merkle.completed_tiles(size, LEAVES[size : size + count], reading(size, asked))
        assert asked == merkle.completion_spans(size, count)
        size += count
    assert sorted(made, key=lambda tile: (tile.level, tile.number)) == all_tiles(size)


def test_the_root_of_a_tile_is_the_hash_above_it() -> None:
    assert [tile.root for tile in all_tiles(65_536)] == [*levels()[1][:256], *levels()[2]]


@pytest.mark.parametrize(
    ("level", "number", "size", "complete"),
    [(0, 0, 255, False), (0, 0, 256, True), (0, 1, 511, False), (1, 0, 65_535, False), (1, 0, 65_536, True)],
)
def test_a_tile_is_complete_with_its_last_hash(level: int, number: int, size: int, complete: bool) -> None:
    assert merkle.is_complete(level, number, size) is complete


@settings(max_examples=60, deadline=None)
@given(inner(0), inner(1))
def test_the_spans_named_beforehand_are_enough_for_the_proof(
    entry: tuple[int, int], sizes: tuple[int, int]
) -> None:
    wanted = merkle.spans(merkle.inclusion_ranges(*entry))
    proof = merkle.inclusion_proof(*entry, fetched(wanted, entry[1]))
    assert proof == merkle.inclusion_proof(*entry, reading(entry[1]))
    wanted = merkle.spans(merkle.consistency_ranges(*sizes))
    proof = merkle.consistency_proof(*sizes, fetched(wanted, sizes[1]))
    assert proof == merkle.consistency_proof(*sizes, reading(sizes[1]))


@settings(max_examples=60, deadline=None)
@given(st.lists(inner(1), min_size=2, max_size=6))
def test_what_one_proof_has_read_is_not_read_for_the_next(cases: list[tuple[int, int]]) -> None:
    known: dict[Span, bytes] = {}
    for old, size in cases:
        ranges = merkle.consistency_ranges(old, size)
        proof = merkle.consistency_proof(old, size, fetched(merkle.spans(ranges, known), size), known)
        assert proof == merkle.consistency_proof(old, size, reading(size))
        assert merkle.spans(ranges, known) == []


def fetched(wanted: list[Span], size: int) -> merkle.Read:
    read = reading(size)
    return merkle.prefetched({span: read(span.level, span.start, span.end) for span in wanted})


@pytest.mark.parametrize("size", [1_000_000, 1_048_576, 16_777_215, 10**9])
def test_a_proof_touches_at_most_two_tiles_a_level(size: int) -> None:
    levels = (size.bit_length() + 7) // 8
    for number in range(1, size, size // 999):
        for ranges in (merkle.inclusion_ranges(number, size), merkle.consistency_ranges(number, size)):
            wanted = merkle.spans(ranges)
            assert len(wanted) <= 2 * levels
            assert all(span.end <= size >> (8 * span.level) for span in wanted)
            assert all(span.start // 256 == (span.end - 1) // 256 for span in wanted)
