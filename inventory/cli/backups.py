"""`backup` and `restore`: the database, encrypted whole, out and back."""

from __future__ import annotations

from pathlib import Path

import click

from inventory.cli.acting import FILE, OUT, secret_from, settings_now, text_of
from inventory.cli.outcomes import FoundError, example
from inventory.services import backups
from inventory.services.sealed_files import PASSPHRASE
from inventory.store import keys


@click.command(epilog=example("cellcustody backup --out /backups/monday.backup"))
@click.option("--out", required=True, type=OUT, help="The file to write; it must not exist.")
@click.option(
    "--passphrase-file",
    type=FILE,
    help="Encrypt under the first line of this file, not under the sealing key in force.",
)
def backup(out: Path, passphrase_file: Path | None) -> None:
    """Copy the database of either engine while it is in use, encrypted whole; the keys are not in it.

    It shows nothing of what is recorded, so it needs no token. Its first line names the sealing key that opens it.
    """
    settings = settings_now()
    if passphrase_file is not None:
        made = backups.back_up(settings, _passphrase(passphrase_file).encode(), out)
    else:
        made = backups.back_up(settings, keys.load(settings.keys).vault, out)
    click.echo(f"{out} holds {out.stat().st_size} bytes. It opens with {_opens_with(made.key)}.")


def _passphrase(file: Path | None) -> str:
    return secret_from(file, "Passphrase of the backup", "--passphrase-file", twice=False)


def _opens_with(key: str) -> str:
    if key == PASSPHRASE:
        return "the passphrase"
    return f"the sealing key {key}, which is not in it: keep a copy of the keys apart"


@click.command(epilog=example("cellcustody restore /backups/monday.backup --checkpoint tuesday.checkpoint"))
@click.argument("file", type=FILE)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=FILE,
    help="A checkpoint kept elsewhere; may be repeated.",
)
@click.option(
    "--passphrase-file", type=FILE, help="The file whose first line is the passphrase; else asked for."
)
@click.option("--accept-older", is_flag=True, help="Restore although entries after the backup are lost.")
def restore(
    file: Path, checkpoints: tuple[Path, ...], passphrase_file: Path | None, *, accept_older: bool
) -> None:
    """Open the backup FILE, verify it, and put it where the settings say the database lies; it must be empty.

    A backup of either engine is restored into either; into PostgreSQL it needs CELLCUSTODY_DATABASE_OWNER_URL.
    Bring every checkpoint you kept (receipts, exports): one that signs more entries than the backup has shows
    that entries are lost. That is told, and nothing is put in place without --accept-older. No token is put back:
    everybody signs in anew, and agents and scripts need new ones.
    """
    settings = settings_now()
    held = keys.load(settings.keys)
    kept = {str(path): text_of(path) for path in checkpoints}
    passphrase = b""
    if backups.is_by_passphrase(file):
        passphrase = _passphrase(passphrase_file).encode()
    found = backups.restore(settings, held, file, passphrase, kept, accept_older=accept_older)
    for sentence in (*found.lost, *found.remarks):
        click.echo(sentence, err=True)
    if not found.report.holds:
        checks = ", ".join(sorted({finding.check for finding in found.report.findings}))
        raise FoundError(f"What the backup holds does not verify (check {checks}). Nothing was put in place.")
    if not found.placed:
        raise FoundError(
            "Entries are lost, so nothing was put in place. To restore all the same: --accept-older."
        )
    click.echo(f"Restored and verified: {found.report.sizes['open']} entries of the open log.")
    click.echo(
        "No token counts any more: everybody signs in anew, with the password of the day of the backup."
    )
