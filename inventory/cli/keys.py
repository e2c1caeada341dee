"""`keys`: which keys seal the vault and sign the logs, and others in their place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from inventory.cli import acting
from inventory.cli.acting import as_person, second_in, settings_now, with_second_person
from inventory.cli.outcomes import example
from inventory.domain.evidence import Reason
from inventory.services import rotation, signing_loss, signing_rotation

if TYPE_CHECKING:
    from inventory.services.site import Site

F = TypeVar("F", bound=Callable[..., Any])


@click.group(name="keys", epilog=example("cellcustody keys show"))
def keys() -> None:
    """The keys that seal the vault and sign the logs; no command shows a secret one."""


@keys.command(epilog=example("cellcustody keys show"))
def show() -> None:
    """Name the sealing keys, which is in force and which seals anything; and the public keys of the logs.

    It shows nothing of what is recorded, not even how much that is, so it needs no token.
    """
    found, signing = asyncio.run(_standing())
    for name, count in sorted(found.rows.items()):
        said = [f"{name}  seals {'rows' if count else 'nothing'}"]
        said += ["in force"] if name == found.in_force else []
        said += ["waits to be used"] if name in found.waiting else []
        click.echo(", ".join(said))
    if found.unfinished:
        click.echo("A rotation is not at its end. Run `cellcustody keys rotate`.")
    click.echo("\n".join(["The logs are signed with these keys:", *signing_rotation.told(signing)]))
    for log, waiting in signing.waiting.items():
        for vkey in waiting:
            click.echo(f"  {log}: {vkey} waits to be used")
    if signing.unfinished:
        click.echo("A former key still lies in the folder. Run `cellcustody keys rotate-signing`.")


async def _standing() -> tuple[rotation.Standing, signing_rotation.Standing]:
    async with acting.study(settings_now()) as site:
        return await rotation.standing(site), await signing_rotation.standing(site)


def with_reason(half: str, default: str | None = "maintenance") -> Callable[[F], F]:
    """The option that says why, needed where it has no default; where it stands is said in its help."""
    return click.option(
        "--reason",
        type=click.Choice(get_args(Reason)),
        default=default,
        required=default is None,
        show_default=True,
        help=f"Why; it stands in {half}.",
    )


@keys.command(
    epilog=example(
        "cellcustody keys rotate --reason left_study --token-file ada.token",
        "cellcustody keys rotate --prepare --token-file ada.token",
    )
)
@with_reason("the entry")
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
        sealed = sum((await rotation.standing(person.site)).rows.values())
        with acting.progress("sealed anew", of=sealed) as progress:
            return await rotation.rotate(person.site, person.person.code, reason, progress)


@keys.command(
    name="rotate-signing",
    epilog=example(
        "cellcustody keys rotate-signing --reason left_study --token-file ada.token --second-token-file abel.token",
        "cellcustody keys rotate-signing --prepare --token-file ada.token",
    ),
)
@with_reason("the vault's half of the entry")
@click.option(
    "--prepare",
    is_flag=True,
    help="Only make the new keys' files, to be put on every host that serves first.",
)
@as_person
@with_second_person
def rotate_signing(reason: str, *, prepare: bool, token_file: Path, second_token_file: Path | None) -> None:
    """Sign both logs with new keys: two people name them by an entry, and the former files are put aside.

    At that entry both keys sign: who has only the former key on paper can follow it to the new one, and what it
    signed before stays good. Where it was stopped, run it again: it goes on.
    """
    for line in asyncio.run(_rotated(reason, token_file, second_token_file, prepare=prepare)):
        click.echo(line)


async def _rotated(reason: str, token_file: Path, second: Path | None, *, prepare: bool) -> list[str]:
    async with acting.acting(token_file) as person:
        site = person.site
        now = await signing_rotation.standing(site)
        if not now.unfinished:
            keys_to_come = signing_rotation.prepared(site, now)
            if prepare:
                told = [f"  {vkey}" for vkey in keys_to_come.values()]
                return [
                    f"These keys lie in {site.settings.keys}. Put their files on every host, then rotate:",
                    *told,
                ]
            evidence = {**keys_to_come, "reason": reason}
            await acting.do(
                person, signing_rotation.ACTION, site.profile.study.id, evidence, second_in(second)
            )
            now = await signing_rotation.standing(site)
        return _in_force(site, now)


def _in_force(site: Site, now: signing_rotation.Standing) -> list[str]:
    """Put the former files aside, and say what signs."""
    aside = [f"{path.name} signs nothing any more." for path in signing_rotation.put_aside(site, now)]
    paper = "The logs are signed with these keys. Print them and keep the paper away from this machine:"
    return [paper, *signing_rotation.told(now), *aside, "Make a new backup of the keys."]


@keys.command(
    name="replace-lost",
    epilog=example(
        "cellcustody keys replace-lost --reason device_failed --token-file ada.token --second-token-file abel.token "
        "VKEY",
    ),
)
@click.argument("lost", metavar="VKEY...", nargs=-1, required=True)
@with_reason("the vault's half of the entry", default=None)
@as_person
@with_second_person
def replace_lost(
    lost: tuple[str, ...], reason: str, *, token_file: Path, second_token_file: Path | None
) -> None:
    """Sign the logs with new keys because one is lost for good; VKEY is its public key, as it stands on paper.

    Restore it from the backup of the keys if you can: a lost key cannot vouch for the next one. What takes its place
    rests on an entry of two people alone, and everybody who checks the log from then on is told so.
    """
    for line in asyncio.run(_replaced(lost, reason, token_file, second_token_file)):
        click.echo(line)


async def _replaced(lost: tuple[str, ...], reason: str, token_file: Path, second: Path | None) -> list[str]:
    logs = signing_loss.logs_of(lost)
    held = signing_loss.stand_ins(settings_now().keys, logs)
    async with acting.acting(token_file, held) as person:
        site = person.site
        evidence = {**await signing_loss.evidence(site, logs), "reason": reason}
        await acting.do(person, signing_loss.REPLACED, site.profile.study.id, evidence, second_in(second))
        told = "The lost key did not vouch for these. Give them on paper, signed by both, to whoever checks the log."
        return [*_in_force(site, await signing_rotation.standing(site)), told]
