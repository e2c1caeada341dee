"""`init`, `migrate`, `doctor`: a study's database and keys, from nothing to fit for work."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inventory.cli.acting import asked_for, settings_now, text_of
from inventory.cli.outcomes import example
from inventory.services.acts import code_of
from inventory.services.checkup import Level, checkup
from inventory.services.opening import Administrator, bring_up_to_date, initialise, refuse_opened
from inventory.services.people import refuse_unfit
from inventory.worlds.running import WORLDS, compare_on_sqlite

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.settings import Settings

PASSWORDS = "CELLCUSTODY_ADMIN_PASSWORD_FILE"
ADMINISTRATORS = 2


@click.command(epilog=example('cellcustody init --admin ada:"Ada Winter" --admin abel:"Abel Stone"'))
@click.option(
    "--admin",
    "admins",
    multiple=True,
    metavar="CODE:NAME",
    help="A first administrator; give two. Asked for on a terminal where it is left out.",
)
def init(admins: tuple[str, ...]) -> None:
    """Make database and keys, and open the study with its first two administrators.

    Two, because nobody changes their own rights and an unblinded role needs a second person. Their passwords
    are asked for, or are the lines of the file that CELLCUSTODY_ADMIN_PASSWORD_FILE names, in the same order.
    Where it is cut off there is no study yet: remove the key folder, if it was made, and run it again.
    """
    settings = settings_now()
    asyncio.run(refuse_opened(settings))  # before anybody types two passwords
    asyncio.run(_init(settings, _administrators(admins)))


def _administrators(admins: tuple[str, ...]) -> list[Administrator]:
    given = list(admins)
    while len(given) < ADMINISTRATORS:
        given.append(
            asked_for(
                f"Administrator {len(given) + 1} of {ADMINISTRATORS} (CODE:NAME)",
                f"Give --admin {ADMINISTRATORS} times.",
            )
        )
    named = [_named(each) for each in given]
    if len({code for code, _ in named}) != len(named):
        raise click.UsageError("The administrators need a code each.")
    return [Administrator(*each, password) for each, password in zip(named, _passwords(named), strict=True)]


def _named(admin: str) -> tuple[str, str]:
    code, colon, name = admin.partition(":")
    if not (colon and code.strip() and name.strip()):
        raise click.UsageError(f"An administrator is written as CODE:NAME, and this is {admin!r}.")
    return code_of(code.strip()), name.strip()


def _passwords(named: list[tuple[str, str]]) -> list[str]:
    file = os.environ.get(PASSWORDS)
    if file:
        found = text_of(Path(file)).splitlines()
        if len(found) != len(named):
            raise click.UsageError(
                f"{PASSWORDS} names a file of {len(found)} lines for {len(named)} administrators. "
                "Write one password a line."
            )
    else:
        found = [
            asked_for(
                f"Password of {code}",
                f"Name in {PASSWORDS} a file with one password a line.",
                hide_input=True,
                confirmation_prompt=True,
            )
            for code, _ in named
        ]
    for password in found:
        refuse_unfit(password)
    return found


async def _init(settings: Settings, administrators: list[Administrator]) -> None:
    site = await initialise(settings, administrators)
    try:
        click.echo(_what_next(site))
    finally:
        await site.close()


def _what_next(site: Site) -> str:
    keys = "\n".join(f"  {log}: {signer.vkey}" for log, signer in site.keys.signers.items())
    return f"""\
{site.profile.study.id} is open, for {site.settings.environment}.

The logs are signed with these keys. Print them and keep the paper away from this machine:
{keys}

Next:
  1. Copy the folder {site.settings.keys} to a place of its own: no backup holds it, and nothing replaces it.
  2. cellcustody doctor
  3. cellcustody serve
  4. cellcustody token create --user CODE, then cellcustody user add"""


@click.command(epilog=example("cellcustody migrate"))
def migrate() -> None:
    """Bring the database to the schema of this version, alone and all of it or nothing."""
    count = asyncio.run(bring_up_to_date(settings_now()))
    click.echo(f"{count} migrations were run." if count else "Nothing was pending.")


@click.command(epilog=example("cellcustody doctor", "cellcustody doctor --blinding"))
@click.option(
    "--blinding",
    is_flag=True,
    help="Instead, tell a trial of this profile again and again with other arms, in folders that are thrown "
    "away, and compare every byte that a blinded person can reach. Takes some minutes.",
)
@click.option(
    "--worlds",
    type=click.IntRange(2),
    default=WORLDS,
    show_default=True,
    help="With --blinding: how many trials are told.",
)
@click.pass_context
def doctor(ctx: click.Context, worlds: int, *, blinding: bool) -> None:
    """Look at settings, keys, database, clock, disk and profile; exit with 1 where something is wrong.

    It shows nothing of what is recorded, so it needs no token. With --blinding it opens neither the study's
    database nor its keys.
    """
    settings = settings_now()
    if blinding:
        found = asyncio.run(compare_on_sqlite(settings.profile, worlds, click.echo))
        ctx.exit(int(not found.holds))
    results = asyncio.run(checkup(settings))
    for result in results:
        click.echo(f"{result.level:<5} {result.name}: {result.sentence}")
    ctx.exit(int(any(result.level is Level.WRONG for result in results)))
