"""A file encrypted whole, under a secret of 32 bytes or a passphrase, written and read a piece at a time.

The file: one line of JSON (what it is, and which key opens it), 16 bytes that only this key makes of the line, then
frames. A frame is its number (4 bytes), its length with a mark on the last one (4 bytes) and as many bytes of
AES-256-GCM with their tag, in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): the nonce is 7
bytes of prefix, 4 of number and 1 that marks the last; the line and the frame's head are the additional data. So
nothing can be cut off, moved, exchanged or changed without being noticed, and what was done is told by its name.
Each file has a key of its own (RFC 5869), so that the number alone makes its nonces unique.

Rules this module keeps:
- No more than a frame is held in memory, on the way out and on the way in.
- What is handed out was authenticated before; who reads to the end knows that it is the end.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import IO, ClassVar, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FORMAT: Final = "cellcustody-backup-2"
FRAME: Final = 1 << 20
HEAD, TAG, PREFIX, SALT = 8, 16, 7, 32
LAST: Final = 1 << 31
PASSPHRASE: Final = "passphrase"  # noqa: S105  (the word that stands for one)
SCRYPT_COST: Final = (1 << 17, 8, 1)
"""n, r and p: OWASP's first choice of parameters for scrypt; it takes 128 MiB."""
LINE_AT_MOST: Final = 1000
_MORE, _END, _LINE = range(3)
"""The last byte of a nonce: of a frame, of the last one, of what the line is known by."""
_OURS: Final = re.compile(r"cellcustody-backup-\d+")
_KEY: Final = re.compile(rf"[0-9a-f]{{8}}|{PASSPHRASE}")


class SealedFileRefusedError(Exception):
    """A backup that is not restored: a sentence and its code."""

    code: ClassVar[str]

    def __init__(self, sentence: str) -> None:
        super().__init__(f"{sentence} Nothing was restored. ({self.code})")


class NotSealedError(SealedFileRefusedError):
    """The file is none of ours."""

    code = "backup_not_ours"

    def __init__(self) -> None:
        super().__init__("This file is no backup of CellCustody.")


class OtherVersionError(SealedFileRefusedError):
    """A backup that this version does not read."""

    code = "backup_other_version"


class WrongKeyError(SealedFileRefusedError):
    """The key at hand is not the one that sealed the file."""

    code = "backup_wrong_key"

    @classmethod
    def missing(cls, identity: str) -> WrongKeyError:
        """The key of that name does not lie here."""
        return cls(
            f"The backup is sealed with the key {identity}, which does not lie in this host's key folder. "
            f"Put it there (vault.key or seal-{identity}.key; one that was put aside is retired-{identity}.key)."
        )


class TruncatedError(SealedFileRefusedError):
    """Its end is missing."""

    code = "backup_truncated"

    def __init__(self, number: int) -> None:
        super().__init__(f"The backup ends within part {number + 1}: what followed was cut off.")


class OutOfOrderError(SealedFileRefusedError):
    """Its parts stand in another order than they were written in."""

    code = "backup_out_of_order"

    def __init__(self, number: int, found: int) -> None:
        super().__init__(f"Where part {number + 1} of the backup belongs stands part {found + 1}.")


class AlteredError(SealedFileRefusedError):
    """Bytes of it were changed."""

    code = "backup_altered"

    def __init__(self, number: int) -> None:
        super().__init__(f"Part {number + 1} of the backup is not what was written: its bytes were changed.")


@dataclass(frozen=True)
class Header:
    """The first line of a sealed file, which everybody can read.

    Attributes:
        key: the name of the sealing key that opens it, or `passphrase`.
        schema: the last migration of the database that it was made of.
        salt, prefix: hexadecimal, of this file alone.
        format: what kind of file this is, and which version of it.
    """

    key: str
    schema: str
    salt: str = field(default_factory=lambda: secrets.token_hex(SALT))
    prefix: str = field(default_factory=lambda: secrets.token_hex(PREFIX))
    format: str = FORMAT

    @cached_property
    def line(self) -> bytes:
        """The line as it is written, without its end."""
        return orjson.dumps(asdict(self))

    def derived(self, secret: bytes) -> AESGCM:
        """The key of this file alone."""
        salt = bytes.fromhex(self.salt)
        if self.key == PASSPHRASE:
            secret = Scrypt(salt, 32, *SCRYPT_COST).derive(secret)
        return AESGCM(HKDF(SHA256(), 32, salt, b"cellcustody backup").derive(secret))

    def nonce(self, number: int, kind: int) -> bytes:
        """The nonce of a frame, or of what the line is known by."""
        return bytes.fromhex(self.prefix) + number.to_bytes(4, "big") + bytes([kind])


def sealed(header: Header, secret: bytes, plain: Iterable[bytes]) -> Iterator[bytes]:
    """The parts of an encrypted file, in order, of plain parts of any size."""
    key = header.derived(secret)
    yield header.line + b"\n"
    yield key.encrypt(header.nonce(0, _LINE), b"", header.line)
    for number, (piece, last) in enumerate(_framed(plain)):
        head = number.to_bytes(4, "big") + (len(piece) | (LAST if last else 0)).to_bytes(4, "big")
        nonce = header.nonce(number, _END if last else _MORE)
        yield head + key.encrypt(nonce, piece, header.line + head)


def _framed(plain: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in pieces of one size; the last one, marked so, may be shorter or empty."""
    held = bytearray()
    for part in plain:
        held += part
        while len(held) > FRAME:
            yield bytes(held[:FRAME]), False
            del held[:FRAME]
    yield bytes(held), True


def header_of(file: IO[bytes]) -> Header:
    """The header of a sealed file, which is read up to the end of its first line.

    Raises:
        NotSealedError: the file is none of ours.
        OtherVersionError: its format is another one.
    """
    line = file.readline(LINE_AT_MOST)
    with suppress(ValueError, KeyError, TypeError):
        told = orjson.loads(line)
        if told["format"] != FORMAT and _OURS.fullmatch(told["format"]):
            raise OtherVersionError(
                f"The backup is of the form {told['format']}, and this version reads {FORMAT}. "
                "Restore it with the version that made it."
            )
        header = Header(**told)
        lengths = len(bytes.fromhex(header.prefix)), len(bytes.fromhex(header.salt))
        known = header.format == FORMAT and _KEY.fullmatch(header.key) and line == header.line + b"\n"
        if known and lengths == (PREFIX, SALT):
            return header
    raise NotSealedError


def opened(header: Header, secret: bytes, file: IO[bytes]) -> Iterator[bytes]:
    """The plain parts after the header, in order; each was authenticated before it is given.

    Raises:
        WrongKeyError, TruncatedError, OutOfOrderError, AlteredError: as they say.
    """
    key = header.derived(secret)
    _refuse_other_key(header, key, file.read(TAG))
    number, last = 0, False
    while not last:
        told = file.read(HEAD)
        stated, length = int.from_bytes(told[:4], "big"), int.from_bytes(told[4:], "big")
        last, length = bool(length & LAST), length & ~LAST
        body = file.read(min(length, FRAME) + TAG)
        if len(told) < HEAD or (len(body) < length + TAG and length <= FRAME):
            raise TruncatedError(number)
        try:
            piece = key.decrypt(header.nonce(stated, _END if last else _MORE), body, header.line + told)
        except InvalidTag:
            raise AlteredError(number) from None
        if stated != number:
            raise OutOfOrderError(number, stated)
        yield piece
        number += 1
    if file.read(1):
        raise AlteredError(number)


def _refuse_other_key(header: Header, key: AESGCM, tag: bytes) -> None:
    if len(tag) < TAG:
        raise TruncatedError(0)
    try:
        key.decrypt(header.nonce(0, _LINE), tag, header.line)
    except InvalidTag:
        raise WrongKeyError(
            "The backup does not open with that passphrase, or its first line was changed."
            if header.key == PASSPHRASE
            else f"The backup does not open with the key {header.key} that lies here, or its first line was changed."
        ) from None
