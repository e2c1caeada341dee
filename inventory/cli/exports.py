"""`export`: the record handed out, as the person who takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from inventory.cli import acting
from inventory.cli.acting import CODE, OUT, as_person, progress, second_in, with_second_person, written
from inventory.cli.outcomes import Commands, example
from inventory.services import exporting, interchange
from inventory.services.exporting import Wanted
from inventory.services.site import Site

F = TypeVar("F", bound=Callable[..., Any])


def taken_out(command: F) -> F:
    """The options of every export."""
    unblinded = click.option(
        "--unblinded", is_flag=True, help="With the vault; for unblinded roles, and recorded in the vault."
    )
    out = click.option("--out", required=True, type=OUT, help="The file to write.")
    return out(unblinded(with_second_person(as_person(command))))


def of_items(command: F) -> F:
    """The option that names items."""
    return click.option("--for", "codes", multiple=True, type=CODE, help="An item's code; may be repeated.")(
        command
    )


@click.group(
    cls=Commands, epilog=example("cellcustody export bundle --out bundle.zip --token-file nora.token")
)
def export() -> None:
    """Take the record out: for auditors, for the pharmacy file, for reading."""


@export.command(
    epilog=example(
        "cellcustody export bundle --for K7Q49XHCE --out bundle.zip --token-file nora.token",
        "unzip bundle.zip -d bundle && bash bundle/verify.sh",
    )
)
@taken_out
@of_items
def bundle(
    out: Path, codes: tuple[str, ...], token_file: Path, second_token_file: Path | None, *, unblinded: bool
) -> None:
    """Write the signed log as a zip that can be checked without this system.

    With --for, it holds a proof of inclusion of every entry that concerns the item.
    """

    async def write(site: Site, wanted: Wanted, file: IO[bytes]) -> str:
        logs = await exporting.export_bundle(site, wanted, file)
        return ", ".join(f"{len(log.leaves)} entries of the {log.name} log" for log in logs)

    _export(write, out, codes, token_file, second_token_file, unblinded=unblinded)


@export.command(
    epilog=example("cellcustody export history --for K7Q49XHCE --out kit.pdf --token-file nora.token")
)
@taken_out
@of_items
def history(
    out: Path, codes: tuple[str, ...], token_file: Path, second_token_file: Path | None, *, unblinded: bool
) -> None:
    """Write the entries for reading, as .csv or .pdf by the name of --out."""
    kind = _kind_of(out, ("csv", "pdf"))

    async def write(site: Site, wanted: Wanted, file: IO[bytes]) -> str:
        file.write(await exporting.export_history(site, wanted, kind))
        return "the history"

    _export(write, out, codes, token_file, second_token_file, unblinded=unblinded)


@export.command(
    epilog=example("cellcustody export accountability --out accountability.csv --token-file priya.token")
)
@taken_out
def accountability(out: Path, token_file: Path, second_token_file: Path | None, *, unblinded: bool) -> None:
    """Write what came in and went out, line by line with its balance (.csv), or all with totals (.json)."""
    kind = _kind_of(out, ("csv", "json"))

    async def write(site: Site, wanted: Wanted, file: IO[bytes]) -> str:
        file.write(await exporting.export_accountability(site, wanted, kind))
        return "the accountability"

    _export(write, out, (), token_file, second_token_file, unblinded=unblinded)


@export.command(epilog=example("cellcustody export epcis --out custody.jsonld --token-file nora.token"))
@taken_out
def epcis(out: Path, token_file: Path, second_token_file: Path | None, *, unblinded: bool) -> None:
    """Write the record as events of EPCIS 2.0, in JSON-LD, each named by its hash and by its entry."""
    _export(
        _whole(interchange.export_epcis, "the events"),
        out,
        (),
        token_file,
        second_token_file,
        unblinded=unblinded,
    )


@export.command(epilog=example("cellcustody export fhir --out custody.json --token-file nora.token"))
@taken_out
def fhir(out: Path, token_file: Path, second_token_file: Path | None, *, unblinded: bool) -> None:
    """Write the record as one bundle of FHIR R5 resources: subjects, products, what was given, and every act."""
    write = _whole(interchange.export_fhir, "the resources")
    _export(write, out, (), token_file, second_token_file, unblinded=unblinded)


def _whole(
    made: Callable[[Site, Wanted], Awaitable[bytes]], said: str
) -> Callable[[Site, Wanted, IO[bytes]], Awaitable[str]]:
    async def write(site: Site, wanted: Wanted, file: IO[bytes]) -> str:
        file.write(await made(site, wanted))
        return said

    return write


def _kind_of(out: Path, kinds: tuple[str, ...]) -> str:
    kind = out.suffix.removeprefix(".").lower()
    if kind not in kinds:
        raise click.UsageError(f"--out ends in {' or '.join(f'.{each}' for each in kinds)}.")
    return kind


def _export(
    write: Callable[[Site, Wanted, IO[bytes]], Awaitable[str]],
    out: Path,
    codes: tuple[str, ...],
    token_file: Path,
    second_token_file: Path | None,
    *,
    unblinded: bool,
) -> None:
    async def run(file: IO[bytes], step: Callable[[int], object]) -> str:
        async with acting.acting(token_file) as person:
            wanted = Wanted(person.person, codes, unblinded, second_in(second_token_file), step)
            return await write(person.site, wanted, file)

    with written(out) as part, part.open("wb") as file, progress("entries read") as step:
        said = asyncio.run(run(file, step))
    click.echo(f"{out} holds {said}.")
