"""The keys of a study: what signs its logs and what seals its vault; files outside the database.

Rules this module keeps:
- Keys always come from the system's random source, whatever else a test may seed.
- Folder and files are their owner's alone; a folder that others can enter is refused, and a file that they can read.
- The vault key is one secret of 32 bytes; the keys for finding, for commitments and for the first sealing are
  derived from it (RFC 5869), so that none of them can stand in for another. Those two never change: entries and
  keyed columns that nothing may rewrite hang on them.
- What seals is changed by rotation: each further sealing key is a file of its own, `seal-ID.key`. A file that
  was put into the folder is found by a process that runs already.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inventory.domain.items import Log
from inventory.domain.notes import Signer
from inventory.store.keyfiles import KeysRefused, read, refuse_open, write
from inventory.store.lasting import sync
from inventory.store.signing import Signing, load_signing

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["Keys", "KeysRefused", "SealMissingError", "VaultKey", "add_seal", "create", "load", "retire_seal"]

_NAME = re.compile(r"[0-9a-f]{8}")
_SECRET_BYTES = 32


class SealMissingError(KeysRefused):
    """What the study seals with at present does not lie in this host's key folder."""

    def __init__(self, identity: str) -> None:
        super().__init__(
            f"The study seals with the key {identity}, and seal-{identity}.key does not lie in this host's key "
            "folder: nothing was recorded. Put it there."
        )


def _derived(secret: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"cellcustody {purpose}".encode()).derive(secret)


@dataclass
class _Ring:
    """The sealing keys that are held, by their names, and which of them seals at present."""

    secrets: dict[str, bytes] = field(repr=False)
    in_force: str
    folder: Path | None
    sealers: dict[str, AESGCM] = field(default_factory=dict)

    def sealer(self, identity: str) -> AESGCM:
        """The key of that name, ready for use."""
        if identity not in self.sealers:
            self.sealers[identity] = AESGCM(_derived(self.secrets[identity], "seal"))
        return self.sealers[identity]

    def look_again(self) -> bool:
        """Whether there are sealing keys in the folder that were not held yet."""
        found = _seals_in(self.folder) if self.folder else {}
        new = found.keys() - self.secrets.keys()
        self.secrets.update((name, found[name]) for name in new)
        return bool(new)


@dataclass(frozen=True)
class VaultKey:
    """The vault's secret, what is derived from it, and the keys that seal.

    Attributes:
        first: the name of the first sealing key, which is derived from the secret.
        secret: 32 bytes.
        folder: where further sealing keys lie, if any can.
    """

    first: str
    secret: bytes = field(repr=False)
    folder: Path | None = None

    @cached_property
    def _ring(self) -> _Ring:
        ring = _Ring({self.first: self.secret}, self.first, self.folder)
        ring.look_again()
        return ring

    @cached_property
    def _finder(self) -> bytes:
        return _derived(self.secret, "find")

    @cached_property
    def _committer(self) -> bytes:
        return _derived(self.secret, "commit")

    @property
    def identity(self) -> str:
        """The name of the key that seals at present, as far as this process was told."""
        return self._ring.in_force

    @property
    def seal_secrets(self) -> dict[str, bytes]:
        """The secret of each sealing key that is held, by name; `verify` needs them to read the vault."""
        self._ring.look_again()
        return dict(self._ring.secrets)

    def seals_in_folder(self) -> tuple[str, ...]:
        """The names of the sealing keys that lie in the folder now; the first one has no file of its own."""
        return tuple(_seals_in(self.folder)) if self.folder else ()

    def holds(self, identity: str) -> bool:
        """Whether a sealing key of that name is held."""
        return identity in self._ring.secrets or (self._ring.look_again() and identity in self._ring.secrets)

    def seal_with(self, identity: str) -> None:
        """Seal with the key of that name from here on.

        Raises:
            SealMissingError: it is not held.
        """
        if not self.holds(identity):
            raise SealMissingError(identity)
        self._ring.in_force = identity

    def seal(self, plain: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """Nonce and ciphertext (AES-256-GCM, NIST SP 800-38D) under the key in force, bound to `bound_to`."""
        nonce = os.urandom(12)  # what `secrets` calls, without its two steps in between: every act seals
        return nonce, self._ring.sealer(self.identity).encrypt(nonce, plain, bound_to)

    def unseal(self, nonce: bytes, ciphertext: bytes, bound_to: bytes) -> bytes:
        """The plain bytes, whichever of the keys that are held sealed them.

        Raises:
            cryptography.exceptions.InvalidTag: none of them did, other binding, or altered bytes.
        """
        with suppress(InvalidTag):
            return self._ring.sealer(self.identity).decrypt(nonce, ciphertext, bound_to)
        self._ring.look_again()
        for name in self._ring.secrets:
            with suppress(InvalidTag):
                return self._ring.sealer(name).decrypt(nonce, ciphertext, bound_to)
        raise InvalidTag

    def find(self, *words: str) -> bytes:
        """The keyed hash under which something is found without being named (HMAC-SHA-256)."""
        return hmac.digest(self._finder, "\x00".join(words).encode(), "sha256")

    def salt(self, purpose: str, owner: str) -> bytes:
        """The 32-byte salt of the commitment for this purpose and owner; vault alone, until opened."""
        return hmac.digest(self._committer, f"{purpose}\x00{owner}".encode(), "sha256")

    def commit(self, purpose: str, owner: str, value: bytes) -> bytes:
        """The one door for vault values into the open log: 32 bytes that bind and tell nothing."""
        return hashlib.sha256(self.salt(purpose, owner) + value).digest()


@dataclass(frozen=True)
class Keys:
    """All keys of a study."""

    signing: Signing
    vault: VaultKey

    @property
    def signers(self) -> dict[Log, Signer]:
        """Of each log, what signs it at present, as far as this process was told."""
        return self.signing.signers


def create(folder: Path, origin: str) -> Keys:
    """New keys in an empty folder, which is made its owner's alone (mode 0700), or becomes so where it is there.

    Raises:
        KeysRefused: the folder holds keys already, or is another's.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise KeysRefused(
            f"{folder} is not empty: keys are never overwritten. Where no study was opened with them, because "
            "`init` was cut off, remove the folder and try again."
        )
    try:
        folder.chmod(0o700)
    except PermissionError:
        raise KeysRefused(
            f"{folder} belongs to somebody else, who could put other keys into it. Let it belong to whoever runs "
            "`cellcustody`, or name another in CELLCUSTODY_KEYS."
        ) from None
    for log in Log:
        write(folder / f"{log}.skey", Signer.generate(f"{origin}/{log}").save())
    write(folder / "vault.key", f"{secrets.token_hex(4)} {secrets.token_hex(32)}")
    sync(folder)
    sync(folder.parent)
    return load(folder)


def load(folder: Path) -> Keys:
    """The keys in that folder.

    Raises:
        KeysRefused: a file is missing, malformed, or readable by others, or others can enter the folder.
    """
    try:
        refuse_open(folder)
        identity, text = read(folder / "vault.key").split()
        secret = bytes.fromhex(text)
        if not _NAME.fullmatch(identity) or len(secret) != _SECRET_BYTES:
            raise ValueError("vault.key is no vault key.")
        signing = load_signing(folder)
        _seals_in(folder)
        return Keys(signing, VaultKey(identity, secret, folder))
    except FileNotFoundError as missing:
        raise KeysRefused(f"{missing.filename} is missing. Restore the keys from their own backup.") from None
    except ValueError as malformed:
        raise KeysRefused(f"A key file in {folder} is malformed: {malformed}") from None


def add_seal(folder: Path) -> str:
    """A new sealing key in the folder; its name. Nothing is sealed with it until the study says so."""
    identity = secrets.token_hex(4)
    path = folder / f"seal-{identity}.key"
    part = path.with_name(f"{path.name}.part")
    write(part, secrets.token_hex(32))
    part.replace(path)
    sync(folder)
    return identity


def retire_seal(folder: Path, identity: str) -> Path | None:
    """Put a sealing key aside that opens nothing any more; where it lies now, None where no file of it lay there."""
    path, aside = folder / f"seal-{identity}.key", folder / f"retired-{identity}.key"
    try:
        path.replace(aside)
    except FileNotFoundError:  # the first key has none, and another rotation may have put it aside
        return None
    sync(folder)
    return aside


def _seals_in(folder: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.glob("seal-*.key")):
        identity = path.stem.removeprefix("seal-")
        with suppress(FileNotFoundError):  # a rotation has put it aside since
            found[identity] = bytes.fromhex(read(path))
            if not _NAME.fullmatch(identity) or len(found[identity]) != _SECRET_BYTES:
                raise ValueError(f"{path.name} is no sealing key.")
    return found
