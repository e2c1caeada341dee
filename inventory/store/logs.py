"""Both logs while a batch appends to them: right edges, entries, seals, and the codes they are found under.

Rules this module keeps:
- The index of an entry is the size of its log before it, under the head row's lock: no gaps, no sequence.
- An open entry is stored as it is. Of a vault entry the log keeps the hash; the bytes are sealed beside it.
- A vault value enters the open log through the key's commitment alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from inventory.domain import canonical
from inventory.domain.items import Json, Log
from inventory.domain.lives.signing import FORMER, IN_FORCE
from inventory.domain.merkle import Edge, leaf_hash
from inventory.store.script import Insert, Table, Values

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from inventory.domain.items import Item
    from inventory.store.keys import VaultKey
    from inventory.store.requests import Head

OPEN_ENTRY = Table(
    "open_entry", (("index", "bigint"), ("leaf", "bytea"), ("leaf_hash", "bytea"), ("recorded_at", "text"))
)
VAULT_ENTRY = Table("vault_entry", (("index", "bigint"), ("leaf_hash", "bytea"), ("recorded_at", "text")))
SEALED_LEAF = Table(
    "sealed_leaf", (("leaf_hash", "bytea"), ("key_id", "text"), ("nonce", "bytea"), ("ciphertext", "bytea"))
)
OPEN_SUBJECT = Table("open_subject", (("subject", "text"), ("index", "bigint")))
VAULT_SUBJECT = Table("vault_subject", (("subject", "bytea"), ("index", "bigint")))


class Mark(NamedTuple):
    """How far both logs had grown at some moment."""

    edges: dict[Log, Edge]
    lengths: tuple[int, ...]


def vault_commitment(key: VaultKey, index: int, vault: Edge) -> str:
    """What the open entry of that index says of the vault as it stands then."""
    value = vault.size.to_bytes(8, "big") + vault.root()
    return key.commit("vault head", str(index), value).hex()


class Logs:
    """Both logs from one head on."""

    def __init__(self, head: Head, key: VaultKey) -> None:
        self.before = {log: head.edge(log) for log in Log}
        self.edges = dict(self.before)
        self.hashes: dict[Log, list[bytes]] = {log: [] for log in Log}
        self.handovers: list[tuple[Log, Edge, tuple[str, ...]]] = []
        self._key = key
        self._open: list[Values] = []
        self._vault: list[Values] = []
        self._sealed: list[Values] = []
        self._open_subjects: list[Values] = []
        self._vault_subjects: list[Values] = []
        self._grown: tuple[list[Any], ...] = (
            self._open, self._vault, self._sealed, self._open_subjects, self._vault_subjects,
            self.handovers, *self.hashes.values(),
        )  # fmt: skip

    def size(self, log: Log) -> int:
        """How many entries a log has: the index of its next one."""
        return self.edges[log].size

    def vault_commitment(self) -> str:
        """What the next open entry says of the vault as it stands: a commitment to its size and root."""
        return vault_commitment(self._key, self.size(Log.OPEN), self.edges[Log.VAULT])

    def refusals_commitment(self, chain_head: str | None) -> str:
        """What the next open entry says of its author's refusals: a commitment to the end of their chain.

        What the vault refused is counted by the chain, so an open entry that named it would tell that
        something was refused in between.
        """
        value = bytes.fromhex(chain_head or "")
        return self._key.commit("refusals", str(self.size(Log.OPEN)), value).hex()

    def append(self, log: Log, leaf: dict[str, Json], subjects: AbstractSet[str], now: str) -> None:
        """Append a leaf, to be found again under these codes."""
        data = canonical.encode(leaf)
        hashed, index = leaf_hash(data), self.size(log)
        self.edges[log] = self.edges[log].append(hashed)
        self.hashes[log].append(hashed)
        if log is Log.OPEN:
            self._open.append((index, data, hashed, now))
            self._open_subjects += [(subject, index) for subject in sorted(subjects)]
            return
        nonce, ciphertext = self._key.seal(data, hashed)
        self._vault.append((index, hashed, now))
        self._sealed.append((hashed, self._key.identity, nonce, ciphertext))
        self._vault_subjects += sorted((self._key.find("subject", subject), index) for subject in subjects)

    @property
    def grew(self) -> bool:
        """Whether either log has a new entry."""
        return bool(self._open or self._vault)

    def hand_over(self, study: Item, lost: AbstractSet[str]) -> None:
        """Note that here, in either log, one key takes the place of another: both are to sign it as it stands.

        One that is lost cannot.
        """
        for log in Log:
            keys = study.texts(FORMER[log])[-1], study.text(IN_FORCE[log])
            self.handovers.append((log, self.edges[log], tuple(key for key in keys if key not in lost)))

    def mark(self) -> Mark:
        """Where to go back to."""
        return Mark(dict(self.edges), tuple(map(len, self._grown)))

    def back_to(self, mark: Mark) -> None:
        """Take back what was appended since the mark."""
        self.edges = mark.edges
        for rows, length in zip(self._grown, mark.lengths, strict=True):
            del rows[length:]

    def inserts(self) -> list[Insert]:
        """The rows of the new entries."""
        return [
            Insert(OPEN_ENTRY, self._open),
            Insert(VAULT_ENTRY, self._vault),
            Insert(SEALED_LEAF, self._sealed),
            Insert(OPEN_SUBJECT, self._open_subjects),
            Insert(VAULT_SUBJECT, self._vault_subjects),
        ]
