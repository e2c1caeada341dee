"""What lies in an export bundle: its files, made from leaves and signed checkpoints alone.

Rules this module keeps:
- Line i of `events.jsonl` is leaf i, its exact bytes; canonical JSON holds no newline, so a line is a leaf.
- Whatever a file proves is computed from those leaves; nothing here asks a database.
- The same log and checkpoint give the same bytes: no file carries a date of its own making.

Formats: RFC 6962 §2.1 (tree and proofs), RFC 8785 (leaves), C2SP signed-note, tlog-checkpoint, tlog-proof.
"""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from itertools import pairwise
from typing import IO, Final

from inventory.domain import canonical, merkle
from inventory.domain.notes import tlog_proof

FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The date every member of the zip carries: the earliest the format knows."""

File = tuple[str, bytes]


@dataclass(frozen=True)
class LogExport:
    """One log as it leaves the house.

    Attributes:
        name: `open` or `vault`.
        vkeys: the public keys that signed it one after another; the last one signs it now.
        checkpoint: the signed note over all of `leaves`.
        leaves: every leaf, from the first.
        earlier: signed notes over fewer leaves, by size.
        asked: the indexes of the entries that a proof of inclusion is wanted for.
    """

    name: str
    vkeys: Sequence[str]
    checkpoint: str
    leaves: Sequence[bytes]
    earlier: Mapping[int, str] = field(default_factory=dict)
    asked: Iterable[int] = ()

    @cached_property
    def hashes(self) -> list[bytes]:
        """The leaf hashes, in order."""
        return [merkle.leaf_hash(leaf) for leaf in self.leaves]

    @cached_property
    def root(self) -> bytes:
        """The root over all leaves."""
        return merkle.Edge.empty().extend(self.hashes).root()

    @cached_property
    def read(self) -> merkle.Read:
        """What a proof reads its hashes from."""
        return read_of(self.hashes)


def read_of(hashes: Sequence[bytes]) -> merkle.Read:
    """A reader over these leaf hashes and the roots of the complete tiles above them."""
    rows = {0: b"".join(hashes)}
    for tile in merkle.completed_tiles(0, hashes, lambda *_: b""):
        rows[tile.level + 1] = rows.get(tile.level + 1, b"") + tile.root
    return lambda level, start, end: rows[level][start * merkle.HASH_BYTES : end * merkle.HASH_BYTES]


def files_of(log: LogExport) -> Iterator[File]:
    """The files of one log, by their names within its folder."""
    yield "log.vkey", "".join(f"{vkey}\n" for vkey in log.vkeys).encode()
    yield "checkpoint", log.checkpoint.encode()
    for size, note in sorted(log.earlier.items()):
        yield f"checkpoints/{size}", note.encode()
    yield "events.jsonl", b"".join(leaf + b"\n" for leaf in log.leaves)
    known: merkle.Known = {}
    sizes = sorted({size for size in (*log.earlier, len(log.leaves)) if size > 0})
    for old, new in pairwise(sizes):
        proof = merkle.consistency_proof(old, new, log.read, known)
        yield f"consistency/{old}.{new}", b"".join(base64.b64encode(each) + b"\n" for each in proof)
    for index in sorted(set(log.asked)):
        path = merkle.inclusion_proof(index, len(log.leaves), log.read, known)
        yield f"proofs/{index}.tlog-proof", tlog_proof(index, path, log.checkpoint).encode()


class UnopenableError(Exception):
    """An open entry commits to no head that the vault had when it was written."""


def openings(
    commitments: Sequence[str], vault: Sequence[bytes], opens: Callable[[int, bytes], bytes | None]
) -> Iterator[bytes]:
    """For each open entry, a line with what its commitment to the vault's head hides: salt, size and root.

    Args:
        commitments: of each open entry, the 64 hex digits under `vault`.
        vault: the leaf hashes of the vault log.
        opens: the salt when this value (size, 8 bytes, then root) is what entry `index` commits to.

    Raises:
        UnopenableError: the logs do not belong together.
    """
    edge, following = merkle.Edge.empty(), iter(vault)
    for index in range(len(commitments)):
        while (salt := opens(index, edge.size.to_bytes(8, "big") + edge.root())) is None:
            leaf = next(following, None)
            if leaf is None:
                raise UnopenableError(f"Open entry {index} commits to a head that the vault did not have.")
            edge = edge.append(leaf)
        line = {"index": index, "salt": salt.hex(), "size": edge.size, "root": edge.root().hex()}
        yield canonical.encode(line) + b"\n"


def verify_script() -> bytes:
    """`verify.sh`, the same in every bundle of this version."""
    return (resources.files("inventory.services") / "verify.sh").read_bytes()


def write_zip(out: IO[bytes], files: Iterable[File]) -> None:
    """Write the files as a zip, in the order given."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            member = zipfile.ZipInfo(name, FIRST_DAY)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(member, content)
