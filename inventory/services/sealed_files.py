"""A file encrypted whole, under a secret of 32 bytes or a passphrase.

The file: one line of JSON (what it is, how its key is derived), then chunks of AES-256-GCM in the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): the nonce is 7 bytes of prefix, 4 of counter and 1
that marks the last chunk; the line is the additional data of each. So no chunk can be cut off, moved or
exchanged. Each file has a key of its own (RFC 5869), so that the counter alone makes its nonces unique.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FORMAT: Final = "cellcustody-backup-1"
CHUNK: Final = 1 << 20
TAG, PREFIX, SALT = 16, 7, 32
SCRYPT_COST: Final = (1 << 17, 8, 1)
"""n, r and p: OWASP's first choice of parameters for scrypt; it takes 128 MiB."""
LINE_AT_MOST: Final = 1000

Header = Mapping[str, Any]


class NotSealedError(Exception):
    """The file is none of ours."""

    def __init__(self) -> None:
        super().__init__("This file is no backup of CellCustody. Nothing was restored.")


class WrongKeyError(Exception):
    """The file does not open."""

    def __init__(self) -> None:
        super().__init__(
            "The backup does not open: it was made under another key, or its bytes were changed or cut off. "
            "Nothing was restored."
        )


def sealed(data: bytes, secret: bytes, *, passphrase: bool) -> Iterator[bytes]:
    """The parts of an encrypted file, in order."""
    header = {
        "format": FORMAT,
        "key": "passphrase" if passphrase else "vault",
        "salt": secrets.token_hex(SALT),
        "prefix": secrets.token_hex(PREFIX),
    }
    line, key = orjson.dumps(header) + b"\n", _key(header, secret)
    yield line
    count = max(1, -(-len(data) // CHUNK))
    for counter in range(count):
        nonce = _nonce(header, counter, last=counter == count - 1)
        yield key.encrypt(nonce, data[counter * CHUNK : (counter + 1) * CHUNK], line)


def opened(path: Path, secret: bytes) -> Iterator[bytes]:
    """The parts of what was sealed, in order; each was authenticated before it is given.

    Raises:
        NotSealedError: the file is none of ours.
        WrongKeyError: another key, or other bytes.
    """
    with path.open("rb") as file:
        header, line = _header(file)
        key = _key(header, secret)
        chunk, counter = file.read(CHUNK + TAG), 0
        while True:
            following = file.read(CHUNK + TAG)
            try:
                yield key.decrypt(_nonce(header, counter, last=not following), chunk, line)
            except InvalidTag:
                raise WrongKeyError from None
            if not following:
                return
            chunk, counter = following, counter + 1


def is_by_passphrase(path: Path) -> bool:
    """Whether the file opens with a passphrase; otherwise with the vault's secret.

    Raises:
        NotSealedError: the file is none of ours.
    """
    with path.open("rb") as file:
        return bool(_header(file)[0]["key"] == "passphrase")


def _key(header: Header, secret: bytes) -> AESGCM:
    salt = bytes.fromhex(header["salt"])
    if header["key"] == "passphrase":
        secret = Scrypt(salt, 32, *SCRYPT_COST).derive(secret)
    return AESGCM(HKDF(SHA256(), 32, salt, b"cellcustody backup").derive(secret))


def _nonce(header: Header, counter: int, *, last: bool) -> bytes:
    return bytes.fromhex(header["prefix"]) + counter.to_bytes(4, "big") + bytes([last])


def _header(file: IO[bytes]) -> tuple[Header, bytes]:
    line = file.readline(LINE_AT_MOST)
    try:
        header = orjson.loads(line)
        lengths = len(bytes.fromhex(header["prefix"])), len(bytes.fromhex(header["salt"]))
        known = header["format"] == FORMAT and header["key"] in {"vault", "passphrase"}
    except (ValueError, KeyError, TypeError):
        raise NotSealedError from None
    if not known or lengths != (PREFIX, SALT):
        raise NotSealedError
    return header, line
