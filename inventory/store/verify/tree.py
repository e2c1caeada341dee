"""The RFC 6962 tree over the leaf hashes of a log, computed with code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256


class Tree:
    """RFC 6962 §2.1, recursively; the roots of large complete subtrees are kept, as many trees share them."""

    def __init__(self) -> None:
        self.leaves = bytearray()
        self.kept: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return len(self.leaves) // 32

    def root(self, size: int | None = None) -> bytes:
        """The root over the first so many leaves, over all of them where it is not said."""
        size = self.size if size is None else size
        return self.over(0, size) if size else sha256(b"").digest()

    def over(self, low: int, high: int) -> bytes:
        """The root over the leaves from `low` up to but not including `high`."""
        width = high - low
        if width == 1:
            return bytes(self.leaves[low * 32 : high * 32])
        if width == 2:  # half of all nodes, without a call for each leaf
            return sha256(b"\x01" + self.leaves[low * 32 : high * 32]).digest()
        if (low, high) in self.kept:
            return self.kept[low, high]
        middle = low + (1 << ((width - 1).bit_length() - 1))
        root = sha256(b"\x01" + self.over(low, middle) + self.over(middle, high)).digest()
        if width >= 256 and width & (width - 1) == 0:
            self.kept[low, high] = root
        return root

    def peaks(self) -> Iterator[tuple[int, int]]:
        """The leaves under each complete subtree, the largest first."""
        low = 0
        for bit in reversed(range(self.size.bit_length())):
            if self.size >> bit & 1:
                yield low, low + (1 << bit)
                low += 1 << bit

    def heads(self) -> Iterator[bytes]:
        """Size (8 bytes, big-endian) and root at every size from 0 on, as commitments hold them."""
        edge: list[bytes] = []
        yield bytes(8) + self.root(0)
        for size in range(1, self.size + 1):
            edge.append(self.over(size - 1, size))
            for _ in range((size & -size).bit_length() - 1):
                right = edge.pop()
                edge[-1] = sha256(b"\x01" + edge[-1] + right).digest()
            root = edge[-1]
            for left in reversed(edge[:-1]):
                root = sha256(b"\x01" + left + root).digest()
            yield size.to_bytes(8, "big") + root

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Level and number of each complete tile."""
        level, count = 0, self.size // 256
        while count:
            yield from ((level, number) for number in range(count))
            level, count = level + 1, count // 256

    def tile(self, level: int, number: int) -> bytes:
        """The 256 hashes of a complete tile."""
        width = 256**level
        first = number * 256 * width
        return b"".join(self.over(first + i * width, first + (i + 1) * width) for i in range(256))
