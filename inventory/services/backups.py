"""Backups of the embedded database: one consistent copy, encrypted whole, and back again.

Rules this module keeps:
- The keys are not in a backup: whoever holds it alone can read nothing and sign nothing.
- The copy is taken by SQLite's online backup while others write, and never lies on a disk unencrypted: two
  unencrypted copies, compared, would pair a vial with a kit.
- A restored database is verified before it is put in place. One that ends before a checkpoint that somebody
  kept has lost entries: that is told, and it is put in place only when it is asked for in so many words.
- PostgreSQL has tools of its own for this; nothing here pretends to replace them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from inventory.domain.items import Log
from inventory.domain.notes import Checkpoint, NoteRejected, open_note
from inventory.services import sealed_files
from inventory.services.verification import verified
from inventory.store import copies
from inventory.store.settings import SQLITE_SCHEME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from inventory.store.keys import Keys
    from inventory.store.settings import Settings
    from inventory.store.verify import Report


class BackupRefusedError(Exception):
    """Nothing was backed up or restored; the sentence says why."""


class PostgresqlError(BackupRefusedError):
    """The database is PostgreSQL."""

    def __init__(self) -> None:
        super().__init__(
            "The database is PostgreSQL: back it up with pg_dump, or with base backups and archived WAL for "
            "point-in-time recovery (PITR), encrypted whole. After restoring it run `cellcustody verify`."
        )


@dataclass(frozen=True, slots=True)
class Secret:
    """What a backup is encrypted under: the vault's secret, or a passphrase."""

    value: bytes
    passphrase: bool


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


def back_up(settings: Settings, secret: Secret, out: Path) -> int:
    """Write an encrypted copy of the database to `out`, which must not exist; returns its bytes.

    Raises:
        PostgresqlError: the database is not a file.
        BackupRefusedError: there is no database, or `out` exists.
    """
    path = _database(settings)
    if not path.is_file():
        raise BackupRefusedError(f"There is no database at {path}. Nothing was backed up.")
    if out.exists():
        raise BackupRefusedError(f"{out} exists. Nothing was backed up.")
    part = out.with_name(f"{out.name}.part")
    _write(part, sealed_files.sealed(copies.copied(path), secret.value, passphrase=secret.passphrase))
    part.replace(out)
    _sync(out.parent)
    return out.stat().st_size


def _database(settings: Settings) -> Path:
    path = settings.sqlite_path
    if path is None:
        raise PostgresqlError
    return path


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
        BackupRefusedError: a database lies there already.
        NotSealedError, WrongKeyError: it does not open.
    """
    path = _database(settings)
    if path.exists():
        raise BackupRefusedError(
            f"There is a database at {path}. Move it away first: nothing is overwritten."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}.restoring")
    try:
        _write(waiting, sealed_files.opened(backup, secret))
        lost, others = _compared(checkpoints, keys, copies.sizes(waiting))
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


_NO_CHECKPOINT: Final = (
    "No checkpoint was brought along: whether entries were recorded after this backup cannot be told. "
    "Compare the sizes with the latest receipt or export you have."
)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write the parts to a file of the owner's own, down to the disk."""
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
