"""`import`: files read whole, as the person who imports them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inventory.cli import acting
from inventory.cli.acting import FILE, settings_now, with_second_person
from inventory.cli.outcomes import FoundError, example
from inventory.domain import profile as profiles
from inventory.services.imports import KINDS, Pages, Where, import_file
from inventory.services.list_audit import audit_list, may_load

if TYPE_CHECKING:
    from inventory.domain.profile import Profile

PROFILE = "profile"


@click.command(
    name="import",
    epilog=example(
        "cellcustody import lot lot.csv --dry-run --token-file tess.token",
        "cellcustody import randomization list.csv --dry-run --token-file stella.token",
        "cellcustody import coa coa.json --token-file quinn.token",
        "cellcustody import temperature t1.csv --location JAX/T1 --logger LG-3107 --token-file tess.token",
    ),
)
@click.argument("kind", type=click.Choice([PROFILE, *KINDS]))
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Read the file and ask every rule; record nothing.")
@click.option("--location", default="", metavar="PATH", help="temperature: the place that was measured.")
@click.option("--logger", default="", metavar="SERIAL", help="temperature: the logger that measured it.")
@with_second_person
@click.option(
    "--token-file",
    type=FILE,
    envvar="CELLCUSTODY_TOKEN_FILE",
    help="The file that holds your token (or CELLCUSTODY_TOKEN_FILE); a profile needs none.",
)
def import_(
    kind: str,
    file: Path,
    *,
    dry_run: bool,
    location: str,
    logger: str,
    second_token_file: Path | None,
    token_file: Path | None,
) -> None:
    """Import FILE: all of it, or nothing and a sentence for each bad row.

    A temperature file may hold again what was imported before: only its new excursions are recorded. One that has gone
    on since the last download is recorded anew, whole; what was recorded of it stands.

    Of a randomisation list its checksum, root, blocks and balance are told before anything is recorded, to whoever may
    load it. The PDF beside a certificate (coa.json, coa.pdf) is kept by its digest. A profile is checked and copied to
    CELLCUSTODY_HOME before `init`; the study is bound to it afterwards.
    """
    if kind == PROFILE:
        _import_profile(file, dry_run=dry_run)
        return
    if token_file is None:
        raise click.UsageError("Missing option '--token-file' (or CELLCUSTODY_TOKEN_FILE).")
    if kind == "temperature" and not (location and logger):
        raise click.UsageError("A temperature file needs --location and --logger.")
    second, pages = acting.second_in(second_token_file), _beside(kind, file)
    where = Where(location, logger) if kind == "temperature" else None
    done = asyncio.run(
        _import(token_file, kind, file.read_bytes(), second=second, where=where, pages=pages, dry_run=dry_run)
    )
    click.echo(f"{file.name}: {done}")
    if pages is not None and not dry_run:
        click.echo(f"{pages.name} is kept as {pages.digest}, which the entry names.")


def _beside(kind: str, file: Path) -> Pages | None:
    """The certificate's signed pages, where they lie beside its file."""
    pages = file.with_suffix(".pdf")
    return Pages(pages.name, pages.read_bytes()) if kind == "coa" and pages.is_file() else None


async def _import(token_file: Path, kind: str, data: bytes, *, dry_run: bool, **more: Any) -> str:
    async with acting.acting(token_file) as person:
        if kind == "randomization" and (dry_run or may_load(person.site, person.person)):
            for line in (await audit_list(person.site, person.person, data)).lines():
                click.echo(line)
        done = await import_file(person.site, person.person.code, kind, data, dry_run=dry_run, **more)
    for each in done.left_out:
        click.echo(
            f"{each.code} ({each.evidence['started_at']} to {each.evidence['ended_at']}): recorded before."
        )
    acts = f"{done.acts} act{'' if done.acts == 1 else 's'}"
    if dry_run:
        return f"it would be recorded, {acts}. Nothing was."
    return f"{acts} recorded."


def _import_profile(file: Path, *, dry_run: bool) -> None:
    try:
        found = profiles.load(acting.text_of(file))
    except profiles.ProfileRefused as refused:
        raise FoundError(str(refused)) from None
    click.echo(f"{found.study.id}: the profile is sound. Its digest is {found.digest}.")
    for path in found.to_confirm():
        click.echo(f"  to be confirmed with the protocol: {path}")
    if not dry_run:
        click.echo(_kept(found, file))


def _kept(found: Profile, file: Path) -> str:
    """Copy the profile to the home, unless another one lies there: a study is bound to its profile."""
    kept = settings_now().home / "profile.toml"
    if kept.is_file() and profiles.load(acting.text_of(kept)).digest != found.digest:
        raise FoundError(
            f"{kept} is another profile. A study keeps the one it was opened with. Nothing was copied."
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_name(
        f"{kept.name}.part"
    )  # a service that starts meanwhile reads the one or the other, whole
    part.write_bytes(file.read_bytes())
    part.replace(kept)
    return f"It lies at {kept}. Set CELLCUSTODY_PROFILE={kept}, then run `cellcustody init`."
