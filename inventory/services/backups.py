"""Backups: one consistent copy of the database, encrypted whole, and back into an empty one of either engine.

Rules this module keeps:
- The keys are not in a backup: whoever holds it alone can read nothing and sign nothing. Its first line names the
  sealing key that opens it, the one in force when it was made.
- The copy is of one instant, taken while others write, and never lies on a disk unencrypted: two unencrypted
  copies, compared, would pair a vial with a kit. No more than a few megabytes of it are held in memory.
- Its length is so many whole megabytes: one that followed the rows would tell how much the laboratory recorded.
- What is restored is verified before it is put in place. One that ends before a checkpoint that somebody kept has
  lost entries: that is told, and it is put in place only when it is asked for in so many words.
- A database that holds anything is never restored into.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from inventory.domain.items import Log
from inventory.domain.lives.sealing import SEALS_WITH
from inventory.domain.notes import Checkpoint, NoteRejected, open_note
from inventory.services import sealed_files
from inventory.services.opening import refuse_stamped_otherwise
from inventory.services.sealed_files import PASSPHRASE, Header, OtherVersionError, WrongKeyError
from inventory.services.verification import trust_in
from inventory.store import copies
from inventory.store.condition import UNREACHABLE
from inventory.store.keys import VaultKey
from inventory.store.lasting import sync
from inventory.store.migrate import LOCK_SUFFIX, known
from inventory.store.settings import SQLITE_SCHEME
from inventory.store.verify import verify
from inventory.store.verify.checkpoints import CHECKPOINTS
from inventory.store.verify.report import Report
from inventory.store.verify_rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from inventory.store.keys import Keys
    from inventory.store.settings import Settings
    from inventory.store.verify.report import Rows


class BackupRefusedError(Exception):
    """Nothing was backed up; the sentence says why."""


class NothingToBackUpError(Exception):
    """Nothing was backed up, for there is no study to be read now; the sentence says why."""


class TargetNotEmptyError(Exception):
    """There is something where the backup was to be restored."""

    code: ClassVar[str] = "restore_target_not_empty"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} Nothing is overwritten, and nothing was restored. ({self.code})")


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


def back_up(settings: Settings, secret: VaultKey | bytes, out: Path) -> Header:
    """Write an encrypted copy of the database to `out`, which must not exist; returns the header of the file.

    `secret` is a passphrase, or the vault's keys: it is sealed with the one in force.

    Raises:
        NothingToBackUpError: there is no study, or the database cannot be read now.
        BackupRefusedError: its schema is newer than this code, it holds what cannot be read, or `out` exists or cannot
            be written.
        KeysRefused: the key in force does not lie here.
        OtherStudyError: the database is stamped for another environment.
    """
    path = settings.sqlite_path
    if path is not None and not path.is_file():
        raise NothingToBackUpError(f"There is no database at {path}. Nothing was backed up.")
    if out.exists():
        raise BackupRefusedError(f"{out} exists. Nothing was backed up.")
    part = out.with_name(
        f"{out.name}.{secrets.token_hex(4)}.part"
    )  # another backup may be under way to that name
    try:
        with ExitStack() as reading:
            with _database_read():
                rows = reading.enter_context(rows_of(settings))
            refuse_stamped_otherwise(rows, settings)
            header = _sealed_copy(_told(rows), "sqlite" if path is not None else "postgresql", secret, part)
        _name(part, out)
    except FileExistsError:
        raise BackupRefusedError(f"{out} exists. Nothing was backed up.") from None
    except copies.UnreadableError as broken:
        raise BackupRefusedError(
            f"{broken} Nothing was backed up. `cellcustody verify` finds the place; put it right from the last backup."
        ) from None
    except OSError as failed:
        raise BackupRefusedError(f"{out} could not be written: {failed}. Nothing was backed up.") from failed
    finally:
        part.unlink(missing_ok=True)
    return header


@contextmanager
def _database_read() -> Iterator[None]:
    """Tell what the database fails with from what the file is not written for: either may be an OSError."""
    try:
        yield
    except UNREACHABLE as away:
        raise NothingToBackUpError(
            f"The database could not be read: {away}. Nothing was backed up."
        ) from away


def _told(rows: Rows) -> Rows:
    """The same rows; where the database fails while they are read, it is told as `_database_read` does."""

    def read(sql: str) -> Iterator[Sequence[Any]]:
        with _database_read():
            yield from rows(sql)

    return read


def _name(part: Path, out: Path) -> None:
    """Give what was written its name: of two that want it, one gets it. Where that fails, nothing of the name is left.

    Raises:
        FileExistsError: there is one of that name.
        OSError: it could not be named.
    """
    _take(part, out)
    try:
        part.replace(out)  # does nothing where both are names of it already (rename(2))
        sync(out.parent)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _take(part: Path, name: Path) -> None:
    """Make the name one of what was written, at once; or of an empty file, where files have one name alone."""
    try:
        os.link(part, name)
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _sealed_copy(rows: Rows, engine: str, secret: VaultKey | bytes, part: Path) -> Header:
    tables = copies.tables_in(rows, engine)
    schema = copies.schema(rows, tables)
    if not schema or not any(rows("SELECT 1 FROM head")):
        raise NothingToBackUpError("The database holds no study. Nothing was backed up.")
    if schema not in known():
        raise BackupRefusedError(
            f"The database has the migration {schema}, which this version does not know: what it does not know "
            "would be left out. Nothing was backed up. Use the version that made it, or a newer one."
        )
    name, key = _sealing(rows, secret)
    header = Header(name, schema)
    lines = copies.filled_up(copies.lines(rows, tables), sealed_files.FRAME)
    _write(part, sealed_files.sealed(header, key, lines))
    return header


def _sealing(rows: Rows, secret: VaultKey | bytes) -> tuple[str, bytes]:
    """The name and the bytes of what the backup is sealed with."""
    if not isinstance(secret, VaultKey):
        return PASSPHRASE, secret
    study = copies.study(rows)
    in_force = (study.text(SEALS_WITH) if study else "") or secret.first
    secret.seal_with(in_force)  # raises where it does not lie here
    return in_force, secret.seal_secrets[in_force]


def is_by_passphrase(backup: Path) -> bool:
    """Whether the backup opens with a passphrase; otherwise with the sealing key that it names.

    Raises:
        NotSealedError, OtherVersionError: it is none, or none that this version reads.
    """
    with backup.open("rb") as file:
        return sealed_files.header_of(file).key == PASSPHRASE


def restore(
    settings: Settings,
    keys: Keys,
    backup: Path,
    passphrase: bytes,
    checkpoints: Mapping[str, str],
    *,
    accept_older: bool = False,
) -> Restored:
    """Open a backup, verify what it holds, and put it where the settings say the database lies.

    It is put in place when everything holds and no kept checkpoint shows that entries are lost, or with
    `accept_older` although some are. One of an older schema is brought up to date.

    Raises:
        TargetNotEmptyError: a database lies there already.
        SealedFileRefusedError: it does not open, and how.
        SignerMissingError: what signed the logs when it was made does not lie in the key folder.
        OtherStudyError: it is of a database that is stamped for another environment.
        MigrationRefused, PowerfulRole: PostgreSQL cannot be filled by the roles that are set.
    """
    with backup.open("rb") as file:
        header = sealed_files.header_of(file)
        _refuse_unknown(header.schema)
        parts = sealed_files.opened(header, _opening(header, keys, passphrase), file)
        look = partial(_looked, settings, keys, checkpoints, accept_older)
        into = _into_file if settings.sqlite_path is not None else _into_postgresql
        return into(settings, header.schema, parts, look)


def _refuse_unknown(schema: str) -> None:
    if schema not in known():
        raise OtherVersionError(
            f"The backup is of a database with the migration {schema}, which this version does not know. "
            "Restore it with the version that made it, or a newer one."
        )


def _opening(header: Header, keys: Keys, passphrase: bytes) -> bytes:
    if header.key == PASSPHRASE:
        return passphrase
    held = keys.vault.seal_secrets
    if header.key not in held:
        raise WrongKeyError.missing(header.key)
    return held[header.key]


Look: TypeAlias = "Callable[[Rows], Restored]"


class _NotPlacedError(Exception):
    """What was looked at is not to be kept."""

    def __init__(self, found: Restored) -> None:
        super().__init__()
        self.found = found


def _looked(
    settings: Settings, keys: Keys, checkpoints: Mapping[str, str], accept_older: bool, rows: Rows
) -> Restored:
    """What the restored database holds, and whether it is to be put in place.

    Raises:
        OtherStudyError: it is stamped for another environment.
        SignerMissingError: what signed a log then does not lie here, so that its checkpoints cannot hold.
    """
    refuse_stamped_otherwise(rows, settings)
    lost, others = _compared(checkpoints, keys, copies.sizes(rows))
    report = verify(rows, trust_in(settings, keys, others))
    if all(finding.check == CHECKPOINTS for finding in report.findings):
        keys.signing.told(copies.study(rows))
    placed = report.holds and (accept_older or not lost)
    return Restored(report, lost, () if checkpoints else (_NO_CHECKPOINT,), placed)


_NO_CHECKPOINT: Final = (
    "No checkpoint was brought along: whether entries were recorded after this backup cannot be told. "
    "Compare the sizes with the latest receipt or export you have."
)


def _into_file(settings: Settings, schema: str, parts: Iterator[bytes], look: Look) -> Restored:
    path = settings.sqlite_path
    assert path is not None  # noqa: S101  (for the type checker: this is the embedded database)
    _refuse_taken(path)
    waiting = path.with_name(f"{path.name}.restoring")
    there = replace(settings, database_url=f"{SQLITE_SCHEME}{waiting}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(path.parent):
        _clear(waiting)
        try:
            waiting.touch(0o600)
            asyncio.run(copies.fill_file(waiting, schema, parts))
            with rows_of(there) as rows:
                found = look(rows)
            if found.placed:
                _put_in_place(waiting, path)
        finally:
            _clear(waiting)
    return found


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else restores into the folder meanwhile, or what was verified would not be what is put in place.

    What waits there keeps one name, so that the next restore removes what one that was killed has left unsealed.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TargetNotEmptyError(f"Another restore into {folder} is under way.") from None
        yield
    finally:
        os.close(descriptor)


_OF_ONE_DATABASE: Final = ("", "-wal", "-shm", "-journal")
"""The ends of the names of the files that SQLite keeps one database in."""


def _refuse_taken(path: Path) -> None:
    """Refuse where any file of a database lies: SQLite would play a log that a crash left into the restored one."""
    files = [path.with_name(f"{path.name}{end}") for end in _OF_ONE_DATABASE]
    if found := [str(one) for one in files if os.path.lexists(one)]:
        raise TargetNotEmptyError(
            f"There is a database, or what is left of one: {', '.join(found)}. Move all of it away together first."
        )


def _put_in_place(waiting: Path, path: Path) -> None:
    """Give the file its name, where nobody has made a database of that name since it was asked for."""
    _refuse_taken(path)
    try:
        _name(waiting, path)  # a rename alone would put it in the place of one that is made just now
    except FileExistsError:
        _refuse_taken(path)
        raise


def _clear(waiting: Path) -> None:
    for end in (*_OF_ONE_DATABASE, LOCK_SUFFIX):
        waiting.with_name(f"{waiting.name}{end}").unlink(missing_ok=True)


def _into_postgresql(settings: Settings, schema: str, parts: Iterator[bytes], look: Look) -> Restored:
    kept: list[Restored] = []

    def keep_only_what_holds(rows: Rows) -> None:
        found = look(rows)
        if not found.placed:
            raise _NotPlacedError(found)
        kept.append(found)

    try:
        asyncio.run(copies.fill_postgresql(settings, schema, parts, keep_only_what_holds))
    except _NotPlacedError as refused:
        return refused.found
    except copies.NotEmptyError as filled:
        raise TargetNotEmptyError(f"The database is not empty: {filled}. Make a new one for it.") from None
    return kept[0]


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """Write the parts to a file of the owner's own, down to the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


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
