"""Backups of the embedded database: one consistent copy, encrypted whole, and back again.

Rules this module keeps:
- The keys are not in a backup: whoever holds it alone can read nothing and sign nothing.
- The copy is taken by SQLite's online backup while others write, and never lies on a disk unencrypted: two
  unencrypted copies, compared, would pair a vial with a kit.
- A restored database is verified before it is put in place. One that ends before a checkpoint that somebody
  kept has lost entries: that is told, and it is put in place only when it is asked for in so many words.
- PostgreSQL has tools of its own for this; nothing here pretends to replace them.

The file: one line of JSON (what it is, how its key is derived), then chunks of AES-256-GCM in the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): nonce = 7 bytes of prefix, 4 of counter, 1 that marks
the last chunk; the line is the additional data of each. So no chunk can be cut off, moved or exchanged.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from inventory.domain.items import Log
from inventory.domain.notes import Checkpoint, NoteRejected, open_note
from inventory.services.verification import verified
from inventory.store.settings import SQLITE_SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from inventory.store.keys import Keys
    from inventory.store.settings import Settings
    from inventory.store.verify import Report

FORMAT: Final = "cellcustody-backup-1"
CHUNK: Final = 1 << 20
SCRYPT_COST: Final = (1 << 17, 8, 1)
"""n, r and p: OWASP's first choice of parameters for scrypt: 128 MiB."""
HEADER_AT_MOST: Final = 1000
TAG: Final = 16


class BackupRefusedError(Exception):
    """Nothing was backed up or restored; the sentence says why."""


class PostgresqlError(BackupRefusedError):
    """The database is PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(
            "The database is PostgreSQL: back it up with pg_dump, or with base backups and archived WAL for "
            "point-in-time recovery (PITR), encrypted whole. Afterwards run `cellcustody verify --checkpoint FILE`."
        )


class WrongKeyError(BackupRefusedError):
    """The backup does not open."""

    def __init__(self) -> None:
        super().__init__(
            "The backup does not open: it was made under another key, or its bytes were changed or cut "
            "off. Nothing was restored."
        )


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup was found to hold.

    Attributes:
        report: what `verify` says of it.
        lost: for each kept checkpoint that signs more entries than the backup has, a sentence.
        remarks: what could not be told.
        placed: whether the database was put in place.
    """

    report: Report
    lost: tuple[str, ...]
    remarks: tuple[str, ...]
    placed: bool


def back_up(settings: Settings, secret: bytes, out: Path, *, passphrase: bool) -> int:
    """Write an encrypted copy of the database to `out`, which must not exist; returns its bytes.

    `secret` is the vault's secret or, with `passphrase`, a passphrase.

    Raises:
        PostgresqlError: the database is not a file.
        BackupRefusedError: there is no database, or `out` exists.
    """
    path = _database(settings)
    if not path.is_file():
        raise BackupRefusedError(f"There is no database at {path}. Nothing was backed up.")
    header = {
        "format": FORMAT,
        "key": "passphrase" if passphrase else "vault",
        "salt": secrets.token_hex(32),
        "prefix": secrets.token_hex(7),
    }
    line = orjson.dumps(header) + b"\n"
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupRefusedError(f"{out} exists. Nothing was backed up.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(line)
        for chunk in _sealed(_copied(path), _key(header, secret), header, line):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return out.stat().st_size


def _database(settings: Settings) -> Path:
    path = settings.sqlite_path
    if path is None:
        raise PostgresqlError
    return path


def _copied(path: Path) -> bytes:
    """The database as it stands, taken in memory."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source:
        with closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            return copy.serialize()


def _key(header: Mapping[str, Any], secret: bytes) -> AESGCM:
    """A key of this one file's own, so that the counter alone makes its nonces unique."""
    salt = bytes.fromhex(header["salt"])
    if header["key"] == "passphrase":
        secret = Scrypt(salt, 32, *SCRYPT_COST).derive(secret)
    return AESGCM(HKDF(SHA256(), 32, salt, b"cellcustody backup").derive(secret))


def _nonce(header: Mapping[str, Any], counter: int, *, last: bool) -> bytes:
    return bytes.fromhex(header["prefix"]) + counter.to_bytes(4, "big") + bytes([last])


def _sealed(data: bytes, key: AESGCM, header: Mapping[str, Any], line: bytes) -> Iterator[bytes]:
    count = max(1, -(-len(data) // CHUNK))
    for counter in range(count):
        nonce = _nonce(header, counter, last=counter == count - 1)
        yield key.encrypt(nonce, data[counter * CHUNK : (counter + 1) * CHUNK], line)


def is_by_passphrase(backup: Path) -> bool:
    """Whether the backup opens with a passphrase; otherwise with the vault's secret.

    Raises:
        BackupRefusedError: it is no backup.
    """
    with backup.open("rb") as file:
        return bool(_header(file)[0]["key"] == "passphrase")


def _header(file: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    line = file.readline(HEADER_AT_MOST)
    try:
        header = orjson.loads(line)
        if header["format"] != FORMAT or len(bytes.fromhex(header["prefix"])) != 7:  # noqa: PLR2004  (see _nonce)
            raise ValueError(header["format"])
        bytes.fromhex(header["salt"])
    except (ValueError, KeyError, TypeError):
        raise BackupRefusedError("This file is no backup of CellCustody. Nothing was restored.") from None
    return header, line


def restore(
    settings: Settings,
    keys: Keys,
    backup: Path,
    secret: bytes,
    checkpoints: Mapping[str, str],
    *,
    accept_older: bool = False,
) -> Restored:
    """Open a backup, verify what it holds, and put it where the settings say the database lies.

    It is put in place when everything holds and no kept checkpoint shows that entries are lost, or with
    `accept_older` although some are.

    Raises:
        PostgresqlError: the settings name no file.
        WrongKeyError: it does not open.
        BackupRefusedError: a database lies there already, or the file is no backup.
    """
    path = _database(settings)
    if path.exists():
        raise BackupRefusedError(
            f"There is a database at {path}. Move it away first: nothing is overwritten."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}.restoring")
    try:
        _write(waiting, _opened(backup, secret))
        lost, others = _compared(checkpoints, keys, _sizes(waiting))
        there = replace(settings, database_url=f"{SQLITE_SCHEME}{waiting}")
        report = verified(there, keys, others)
        placed = report.holds and (accept_older or not lost)
        if placed:
            waiting.replace(path)
            _sync(path.parent)
    finally:
        for name in (waiting.name, f"{waiting.name}-wal", f"{waiting.name}-shm"):
            waiting.with_name(name).unlink(missing_ok=True)
    return Restored(report, lost, () if checkpoints else (_NO_CHECKPOINT,), placed)


def _opened(backup: Path, secret: bytes) -> Iterator[bytes]:
    with backup.open("rb") as file:
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


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a rename last: the folder itself is written to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sizes(path: Path) -> dict[Log, int]:
    """How many entries of each log the head counts; none where the file has no head."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT open_size, vault_size FROM head").fetchone()
    except sqlite3.DatabaseError:
        row = None
    return dict(zip(Log, row or (0, 0), strict=True))


def _compared(
    checkpoints: Mapping[str, str], keys: Keys, sizes: Mapping[Log, int]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """A sentence for each checkpoint of ours that signs more than there is, and all other checkpoints."""
    lost, others = [], {}
    for name, note in checkpoints.items():
        log, signed = _ours(note, keys)
        missing = signed - sizes[log] if log else 0
        if missing > 0:
            lost.append(
                f"The checkpoint {name} signs {missing} entries more than the backup's {log} log has."
            )
        else:
            others[name] = note
    return tuple(lost), others


def _ours(note: str, keys: Keys) -> tuple[Log | None, int]:
    """The log whose key signed this checkpoint, and its size; None for any other text."""
    for log, signer in keys.signers.items():
        try:
            text, _ = open_note(note, [signer.verifier])
            found = Checkpoint.parse(text)
        except NoteRejected:
            continue
        if found.origin == signer.name:
            return log, found.size
    return None, 0


_NO_CHECKPOINT: Final = (
    "No checkpoint was brought along: whether entries were recorded after this backup cannot be told. Compare "
    "the sizes with the latest receipt, print or export you have."
)
