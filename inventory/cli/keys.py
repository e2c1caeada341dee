"""`keys`: which keys seal the vault, and another one in their place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import get_args

import click

from inventory.cli import acting
from inventory.cli.acting import as_person, settings_now
from inventory.cli.outcomes import example
from inventory.domain.evidence import Reason
from inventory.services import rotation


@click.group(name="keys", epilog=example("cellcustody keys show"))
def keys() -> None:
    """The keys that seal the vault; no command shows a key itself."""


@keys.command(epilog=example("cellcustody keys show"))
def show() -> None:
    """Name the sealing keys: which is in force, and how many rows each of them seals.

    It shows nothing of what is recorded, so it needs no token.
    """
    found = asyncio.run(_standing())
    for name, count in sorted(found.rows.items()):
        said = [f"{name}  seals {count} rows"]
        said += ["in force"] if name == found.in_force else []
        said += ["waits to be used"] if name in found.waiting else []
        click.echo(", ".join(said))
    if found.unfinished:
        click.echo("A rotation is not at its end. Run `cellcustody keys rotate`.")


async def _standing() -> rotation.Standing:
    async with acting.study(settings_now()) as site:
        return await rotation.standing(site)


@keys.command(
    epilog=example(
        "cellcustody keys rotate --reason left_study --token-file ada.token",
        "cellcustody keys rotate --prepare --token-file ada.token",
    )
)
@click.option(
    "--reason",
    type=click.Choice(get_args(Reason)),
    default="maintenance",
    show_default=True,
    help="Why; it stands in the entry.",
)
@click.option(
    "--prepare", is_flag=True, help="Only make the new key's file, to be put on every host that serves first."
)
@as_person
def rotate(reason: str, *, prepare: bool, token_file: Path) -> None:
    """Seal the vault with a new key: named by an entry, then everything is sealed anew, beside the server.

    Where it was stopped, run it again: it goes on. The former key is put aside as retired-ID.key when it opens
    nothing any more; backups made before open with it. What finds and commits (vault.key) stays: decision 11.
    On PostgreSQL it needs CELLCUSTODY_DATABASE_OWNER_URL.
    """
    if prepare:
        name = asyncio.run(_prepared(token_file))
        click.echo(f"seal-{name}.key lies in {settings_now().keys}. Put it on every host, then rotate.")
        return
    done = asyncio.run(_rotate(token_file, reason))
    click.echo(f"{'Finished: the' if done.resumed else 'The'} vault is sealed with the key {done.in_force}.")
    for path in done.aside:
        click.echo(
            f"{path.name} opens nothing in the database. Take it away, with the backups that it opens."
        )
    click.echo(
        "Make a new backup of the keys and of the database: what is sealed in a former one opens with the former key."
    )


async def _prepared(token_file: Path) -> str:
    async with acting.acting(token_file) as person:
        found = await rotation.standing(person.site)
        return rotation.prepared(person.site, found.waiting)


async def _rotate(token_file: Path, reason: str) -> rotation.Rotated:
    async with acting.acting(token_file) as person:
        with acting.progress("rows sealed anew") as progress:
            return await rotation.rotate(person.site, person.person.code, reason, progress)
