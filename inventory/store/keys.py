"""The keys of a study: what signs its logs and what seals its vault; files outside the database.

Rules this module keeps:
- Keys always come from the system's random source, whatever else a test may seed.
- The folder is readable by its owner alone; a key file that others can read is refused.
- The vault key is one secret of 32 bytes; the keys for sealing, for finding and for commitments are derived
  from it (RFC 5869), so that none of them can stand in for another.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inventory.domain.items import Log
from inventory.domain.notes import Signer

if TYPE_CHECKING:
    from pathlib import Path


class KeysRefused(Exception):  # noqa: N818  (a refusal, as everywhere here)
    """The key folder cannot be used; the sentence says why."""


@dataclass(frozen=True)
class VaultKey:
    """The vault's secret, and what is derived from it."""

    identity: str
    secret: bytes

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, None, f"cellcustody {purpose}".encode()).derive(self.secret)

    @cached_property
    def sealing(self) -> bytes:
        """The key that seals leaves and items; `verify` needs it to read the vault."""
        return self._derive("seal")

    @cached_property
    def _sealer(self) -> AESGCM:
        return AESGCM(self.sealing)

    @cached_property
    def _finder(self) -> bytes:
        return self._derive("find")

    @cached_property
    def _committer(self) -> bytes:
        return self._derive("commit")

    def seal(self, plain: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """Nonce and ciphertext (AES-256-GCM, NIST SP 800-38D), bound to `bound_to`."""
        nonce = secrets.token_bytes(12)
        return nonce, self._sealer.encrypt(nonce, plain, bound_to)

    def unseal(self, nonce: bytes, ciphertext: bytes, bound_to: bytes) -> bytes:
        """The plain bytes.

        Raises:
            cryptography.exceptions.InvalidTag: other key, other binding, or altered bytes.
        """
        return self._sealer.decrypt(nonce, ciphertext, bound_to)

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

    signers: dict[Log, Signer]
    vault: VaultKey


def create(folder: Path, origin: str) -> Keys:
    """New keys in an empty folder, which is made with mode 0700.

    Raises:
        KeysRefused: the folder holds keys already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise KeysRefused(f"{folder} is not empty: keys are never overwritten.")
    for log in Log:
        _write(folder / f"{log}.skey", Signer.generate(f"{origin}/{log}").save())
    _write(folder / "vault.key", f"{secrets.token_hex(4)} {secrets.token_hex(32)}")
    return load(folder)


def load(folder: Path) -> Keys:
    """The keys in that folder.

    Raises:
        KeysRefused: a file is missing, malformed, or readable by others.
    """
    try:
        identity, secret = _read(folder / "vault.key").split()
        signers = {log: Signer.load(_read(folder / f"{log}.skey").strip()) for log in Log}
        return Keys(signers, VaultKey(identity, bytes.fromhex(secret)))
    except FileNotFoundError as missing:
        raise KeysRefused(f"{missing.filename} is missing. Restore the keys from their own backup.") from None
    except ValueError as malformed:
        raise KeysRefused(f"A key file in {folder} is malformed: {malformed}") from None


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise KeysRefused(f"{path} can be read by others. Set its mode to 0600.")
    return path.read_text()
