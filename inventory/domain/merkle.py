"""What does the tree of a log prove: RFC 6962 §2.1 (RFC 9162 §2.1) over SHA-256, pure.

What it holds: the two hashes, the right edge that a writer appends with, the tiles that keep the inner
hashes, and the proofs of inclusion and of consistency with their verification.

Rules kept here:
- A hash is 32 bytes; a row of hashes is their concatenation, left to right.
- The hash (level L, number n) is the root over the 256^L leaves from n * 256^L on; level 0 is leaf hashes.
  The tile (L, N) is the 256 hashes of level L from 256 * N on (C2SP tlog-tiles, height 8), so its root is
  the hash (L + 1, N).
- Nothing here reads: proofs get a `Read`, and say beforehand, as spans, what they will ask it for.
- A proof that does not prove raises; there is no boolean to forget.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
EMPTY_ROOT: Final = sha256(b"").digest()

Read = Callable[[int, int, int], bytes]
"""read(level, start, end): the row of the hashes (level, start) up to but not including (level, end)."""

Known = MutableMapping["Span", bytes]
"""Roots of complete subtrees, each by its span. They never change: a log may keep them for all its proofs."""

Range = tuple[int, int]
"""Leaves from the first number up to but not including the second; their root is one hash of a proof."""


class ProofRejected(ValueError):  # noqa: N818  # the name says what is wrong
    """The proof does not show what it was given for."""


class MalformedEdge(ValueError):  # noqa: N818  # the name says what is wrong
    """The bytes cannot be the right edge of a tree of that size."""

    def __init__(self, size: int, length: int) -> None:
        expected = size.bit_count() * HASH_BYTES
        super().__init__(f"The right edge of a log of {size} entries is {expected} bytes, not {length}.")


def leaf_hash(data: bytes) -> bytes:
    """H(0x00 || data), RFC 6962 §2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """H(0x01 || left || right), RFC 6962 §2.1."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: the roots of its complete subtrees, the largest first (a compact range).

    It is all that a writer needs to append and to know the root, and it grows with the logarithm of the size.
    """

    size: int
    peaks: tuple[bytes, ...]

    @classmethod
    def empty(cls) -> Edge:
        """The edge of a log without entries."""
        return cls(0, ())

    @classmethod
    def decode(cls, size: int, data: bytes) -> Edge:
        """The edge that `encode` wrote at this size. Raises MalformedEdge on a wrong length."""
        if size < 0 or len(data) != size.bit_count() * HASH_BYTES:
            raise MalformedEdge(size, len(data))
        return cls(size, tuple(_split(data)))

    def encode(self) -> bytes:
        """The peaks, concatenated: 32 bytes for each bit that is set in the size."""
        return b"".join(self.peaks)

    def append(self, leaf: bytes) -> Edge:
        """The edge after one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Edge:
        """The edge after these leaf hashes, in order."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            node, carry = leaf, size
            # Each set bit at the low end is a complete subtree as tall as the new node: they become one.
            while carry & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                carry >>= 1
            peaks.append(node)
            size += 1
        return Edge(size, tuple(peaks))

    def root(self) -> bytes:
        """The root of the tree (RFC 6962 §2.1, MTH); EMPTY_ROOT for no entries."""
        return _root(self.peaks)


@lru_cache(maxsize=16)
def _root(peaks: tuple[bytes, ...]) -> bytes:
    # Remembered, because every answer about one head asks for the same few roots.
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


@dataclass(frozen=True, slots=True)
class Tile:
    """One complete tile: 256 hashes of `level` from 256 * `number` on, concatenated."""

    level: int
    number: int
    hashes: bytes

    @property
    def root(self) -> bytes:
        """The hash (level + 1, number)."""
        return _fold(self.hashes)


class Span(NamedTuple):  # a tuple, because a proof makes dozens and looks each up
    """The hashes (level, start) up to but not including (level, end): never more than one tile holds."""

    level: int
    start: int
    end: int

    @property
    def tile(self) -> tuple[int, int]:
        """Level and number of the tile that these hashes lie in."""
        return self.level, self.start // TILE_WIDTH


def is_complete(level: int, number: int, size: int) -> bool:
    """True when a log of `size` entries has all 256 hashes of the tile (level, number)."""
    return (number + 1) * TILE_WIDTH <= size >> (TILE_HEIGHT * level)


def completed_tiles(size: int, leaves: Sequence[bytes], read: Read) -> list[Tile]:
    """The tiles that become complete when these leaf hashes are appended to a log of `size` entries.

    By level, then by number. `read` is asked only for hashes below `size`: see `completion_spans`.
    """
    tiles: list[Tile] = []
    level, row = 0, b"".join(leaves)
    while row:
        known = size >> (TILE_HEIGHT * level)
        first = known // TILE_WIDTH
        if (known + len(row) // HASH_BYTES) // TILE_WIDTH == first:
            break
        start = first * TILE_WIDTH
        row = (read(level, start, known) if start < known else b"") + row
        whole = len(row) // TILE_BYTES
        done = [Tile(level, first + i, row[i * TILE_BYTES : (i + 1) * TILE_BYTES]) for i in range(whole)]
        tiles += done
        level, row = level + 1, b"".join(tile.root for tile in done)
    return tiles


def completion_spans(size: int, count: int) -> list[Span]:
    """What `completed_tiles` reads when `count` leaves are appended to a log of `size` entries."""
    spans = []
    level, known, grown = 0, size, size + count
    while known // TILE_WIDTH != grown // TILE_WIDTH:
        start = known // TILE_WIDTH * TILE_WIDTH
        if start < known:
            spans.append(Span(level, start, known))
        level, known, grown = level + 1, known // TILE_WIDTH, grown // TILE_WIDTH
    return spans


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The leaves under each hash of the audit path, from the leaf up (RFC 6962 §2.1.1, PATH).

    Raises ValueError when the log of `size` entries has no entry `index`.
    """
    if not 0 <= index < size:
        raise ValueError(f"A log of {size} entries has no entry {index}.")
    path: list[Range] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split_point(high - low)
        if index < middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    return path[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The leaves under each hash of the consistency proof, in its order (RFC 6962 §2.1.2, SUBPROOF).

    Raises ValueError unless 0 < old <= size: there is nothing to prove from an empty log.
    """
    if not 0 < old <= size:
        raise ValueError(f"There is no consistency proof from {old} entries to {size}.")
    path: list[Range] = []
    low, high = 0, size
    while high != old:
        middle = low + _split_point(high - low)
        if old <= middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    # The verifier has the root of the old tree: when that is the last subtree it is left out.
    return ([(low, high)] if low else []) + path[::-1]


def inclusion_proof(index: int, size: int, read: Read, known: Known | None = None) -> list[bytes]:
    """The audit path of entry `index` in the tree of `size` entries (RFC 6962 §2.1.1), from the leaf up.

    What is in `known` is not read, and what is read is added to it. Raises as `inclusion_ranges`.
    """
    return _roots(inclusion_ranges(index, size), read, {} if known is None else known)


def consistency_proof(old: int, size: int, read: Read, known: Known | None = None) -> list[bytes]:
    """The proof that the tree of `size` entries extends that of `old` (RFC 6962 §2.1.2); empty when equal.

    What is in `known` is not read, and what is read is added to it. Raises as `consistency_ranges`.
    """
    return _roots(consistency_ranges(old, size), read, {} if known is None else known)


def spans(ranges: Iterable[Range], known: Container[Span] = ()) -> list[Span]:
    """What a proof over these ranges reads: a span for each tile it touches, by level and number."""
    hulls: dict[tuple[int, int], Span] = {}
    for low, high in ranges:
        for span in _subtrees(low, high):
            if span not in known:
                hull = hulls.get(span.tile, span)
                hulls[span.tile] = Span(span.level, min(hull.start, span.start), max(hull.end, span.end))
    return [hulls[tile] for tile in sorted(hulls)]


def prefetched(rows: Mapping[Span, bytes]) -> Read:
    """A reader over the rows fetched for `spans`, each row as long as its span says or longer."""
    by_tile = {span.tile: (span.start, row) for span, row in rows.items()}

    def read(level: int, start: int, end: int) -> bytes:
        first, row = by_tile[level, start // TILE_WIDTH]
        return row[(start - first) * HASH_BYTES : (end - first) * HASH_BYTES]

    return read


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash is entry `index` of the tree with this size and root (RFC 9162 §2.1.3.2).

    Raises ProofRejected.
    """
    _check_widths([leaf, root, *proof])
    if not 0 <= index < size:
        raise ProofRejected(f"A log of {size} entries has no entry {index}.")
    node, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofRejected(f"The proof of entry {index} holds more hashes than a log of {size} needs.")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _skip_missing_siblings(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofRejected(f"The proof of entry {index} holds fewer hashes than a log of {size} needs.")
    if computed != root:
        raise ProofRejected(f"Entry {index} is not in the log of {size} entries with that root.")


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> None:
    """Check that the tree of `size` with `root` extends that of `old` with `old_root` (RFC 9162 §2.1.4.2).

    Raises ProofRejected; so also from an empty log, which every log extends and no proof can show.
    """
    _check_widths([old_root, root, *proof])
    if not 0 < old <= size:
        raise ProofRejected(f"There is no consistency proof from {old} entries to {size}.")
    if old == size:
        if proof or old_root != root:
            raise ProofRejected(f"Two different logs of {size} entries were shown.")
        return
    path = [*([old_root] if old & (old - 1) == 0 else []), *proof]
    if not path:
        raise ProofRejected(f"The proof from {old} entries to {size} holds no hashes.")
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    computed_old = computed = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofRejected(f"The proof from {old} entries to {size} holds too many hashes.")
        if node & 1 or node == last:
            computed_old, computed = node_hash(sibling, computed_old), node_hash(sibling, computed)
            node, last = _skip_missing_siblings(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or computed_old != old_root or computed != root:
        raise ProofRejected(f"The log of {size} entries does not extend the log of {old} entries.")


def _skip_missing_siblings(node: int, last: int) -> tuple[int, int]:
    # The last node of a level without a sibling is carried up unhashed until it becomes a right child.
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _check_widths(hashes: Iterable[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofRejected(f"Every hash of a proof is {HASH_BYTES} bytes; one of these is not.")


def _split_point(count: int) -> int:
    """The largest power of two smaller than `count`, for count > 1 (RFC 6962 §2.1, k)."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtrees(low: int, high: int) -> list[Span]:
    """The complete subtrees of a range as spans of the level next below each, the largest first.

    `low` is a multiple of the largest power of two that is not above high - low; so it is in every proof.
    """
    found = []
    while low < high:
        height = (high - low).bit_length() - 1
        level, rest = divmod(height, TILE_HEIGHT)
        start = low >> (TILE_HEIGHT * level)
        found.append(Span(level, start, start + (1 << rest)))
        low += 1 << height
    return found


def _roots(ranges: Iterable[Range], read: Read, known: Known) -> list[bytes]:
    return [_range_root(low, high, read, known) for low, high in ranges]


def _range_root(low: int, high: int, read: Read, known: Known) -> bytes:
    subtrees = _subtrees(low, high)
    for span in subtrees:
        if span not in known:
            known[span] = _fold(read(span.level, span.start, span.end))
    return Edge(high - low, tuple(known[span] for span in subtrees)).root()


def _fold(row: bytes) -> bytes:
    """The root over a power of two of hashes."""
    # Two neighbours lie in the row as they are hashed, so a level is one pass over slices.
    while len(row) > HASH_BYTES:
        row = b"".join(
            [
                sha256(b"\x01" + row[i : i + 2 * HASH_BYTES]).digest()
                for i in range(0, len(row), 2 * HASH_BYTES)
            ]
        )
    return row


def _split(row: bytes) -> list[bytes]:
    return [row[i : i + HASH_BYTES] for i in range(0, len(row), HASH_BYTES)]
