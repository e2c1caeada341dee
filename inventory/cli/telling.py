"""`code-breaks`, `envelope`, `exposure`: arms that were told, that lie sealed, and that can be worked out."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from inventory.cli import acting
from inventory.cli.acting import Acting, as_person, written
from inventory.cli.breaking import request, with_request
from inventory.cli.outcomes import Commands, FoundError, example
from inventory.domain.block_words import schemes_of
from inventory.domain.blocks import SchemeError
from inventory.domain.items import Log
from inventory.services.envelopes import sheet
from inventory.services.exposed import told as readings_told
from inventory.services.exposure import meter
from inventory.services.response_times import response_times

FOLDER = click.Path(exists=True, file_okay=False, writable=True, path_type=Path)
SEAL = re.compile(r"[A-Za-z0-9-]{1,32}")

if TYPE_CHECKING:
    from inventory.services.response_times import Answered, ResponseTimes


@click.command("code-breaks", epilog=example("cellcustody code-breaks --token-file nora.token"))
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@as_person
def code_breaks(token_file: Path, *, as_json: bool) -> None:
    """Show how long each code break and each drill took, from the call to the answer; no arm is in it."""

    async def run() -> ResponseTimes:
        async with acting.acting(token_file) as person:
            return await response_times(person.reader)

    found = asyncio.run(run())
    if as_json:
        click.echo(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())
        return
    for one in found.answered:
        click.echo(_line(one))
    click.echo(_summary(found))


def _line(one: Answered) -> str:
    what = "drill" if one.drill else one.way
    late = "" if one.in_time else "  LATE"
    return f"{one.answered_at[:16]}Z  {one.participant:<12} {what:<8} {one.seconds:>6} s  {one.answered_by}{late}"


def _summary(found: ResponseTimes) -> str:
    limit = f"the limit is {found.limit_seconds} s"
    if not found.drills:
        return f"{len(found.answered)} code breaks, no drill; {limit}."
    return (
        f"{len(found.answered) - found.drills} code breaks, {found.drills} drills, {found.drills_in_time} of them "
        f"in time; median {found.median_seconds} s, longest {found.longest_seconds} s; {limit}."
    )


@click.group(
    cls=Commands,
    epilog=example("cellcustody envelope print --for P-001=004711 --out envelopes --token-file s.token"),
)
def envelope() -> None:
    """Sealed envelopes, for the day on which the system cannot be asked."""


@envelope.command(
    "print",
    epilog=example(
        "cellcustody envelope print --for P-001=004711 --for P-002=004712 --out envelopes \\",
        "  --token-file stella.token",
    ),
)
@click.option(
    "--for",
    "pairs",
    multiple=True,
    required=True,
    metavar="PARTICIPANT=SEAL",
    help="A participant, and the number of the seal that will close the envelope; may be repeated.",
)
@click.option(
    "--out", required=True, type=FOLDER, help="The folder to write a PDF for each into; it must exist."
)
@as_person
def print_(pairs: tuple[str, ...], out: Path, token_file: Path) -> None:
    """Write the paper for sealed envelopes: outside, and inside with the arm; for the unblinded statistician.

    Each is recorded, and can be printed this once: of what goes wrong, retire the seal and take another. The files
    tell arms: print them at once, where nobody else stands, and destroy them.
    """
    asked = [_pair(pair) for pair in pairs]

    async def run() -> None:
        async with acting.acting(token_file) as person:
            for participant, seal in asked:
                file = out / f"{seal}.pdf"
                with written(file) as part:
                    part.write_bytes(await _printed(person, participant, seal))
                click.echo(f"{file} is for {participant}.")

    asyncio.run(run())


@envelope.command(
    "open",
    epilog=example("cellcustody envelope open 004711 --reason medical_emergency --token-file paula.token"),
)
@click.argument("seal")
@with_request
@as_person
def open_(seal: str, token_file: Path, **told: str | None) -> None:
    """Record that the envelope closed by SEAL was opened and read: a code break that waits for nobody.

    The paper told it; nothing is told here.
    """

    async def run() -> None:
        async with acting.acting(token_file) as person:
            await acting.do(person, "envelope-open", seal, request(told))

    asyncio.run(run())
    click.echo(f"The envelope {seal} is recorded as opened. Destroy it, and record that two of you did.")


def _pair(pair: str) -> tuple[str, str]:
    participant, equals, seal = pair.partition("=")
    if not (participant and equals and SEAL.fullmatch(seal)):
        raise click.UsageError(f"--for is written as PARTICIPANT=SEAL, and this is {pair!r}.")
    return participant, seal


async def _printed(person: Acting, participant: str, seal: str) -> bytes:
    """The paper, once its printing is recorded."""
    outcome = await acting.do(person, "envelope-print", seal, {"participant": participant})
    entries = outcome.answer["entries"]
    index = next(
        int(str(one["index"])) for one in (entries if isinstance(entries, list) else ())
        if isinstance(one, dict) and one["log"] == Log.OPEN
    )  # fmt: skip
    told = await person.reader.revealed(index, person.site.now())
    if told is None:
        raise FoundError(
            f"{seal} was recorded and cannot be printed any more. Retire it and take another seal."
        )
    return sheet(seal, told, person.site.profile)


@click.command(
    epilog=example(
        "cellcustody exposure --blocks 4*10 --token-file stella.token",
        "cellcustody exposure --blocks random:2,4,6/40 --json --token-file stella.token",
    )
)
@click.option(
    "--blocks",
    multiple=True,
    required=True,
    metavar="SCHEME",
    help="The block scheme that an observer knows: 4*10, 4,4,6 or random:2,4,6/40; STRATUM=SCHEME for one alone.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@as_person
def exposure(blocks: tuple[str, ...], token_file: Path, *, as_json: bool) -> None:
    """Show whose arm can be worked out from what was told; for the unblinded statistician alone.

    Three readings: today, to somebody who was told all that anybody was told; under the planned calendar, each
    participant just before their own month 6; and to each blinded person from what they were told themselves.
    """

    async def run() -> dict[str, Any]:
        async with acting.acting(token_file) as person:
            if not person.reader.opens_arms:
                raise FoundError(f"There is no exposure meter for {person.person.code}.")
            schemes = schemes_of(list(blocks), person.site.profile.randomisation.strata)
            found = await meter(person.reader, schemes)
            if found is None:
                raise FoundError(f"There is no exposure meter for {person.person.code}.")
            return readings_told(found)

    try:
        readings = asyncio.run(run())
    except SchemeError as unfit:
        raise click.UsageError(str(unfit)) from None
    if as_json:
        click.echo(orjson.dumps(readings, option=orjson.OPT_INDENT_2).decode())
        return
    click.echo(_reading("today", readings["today"]))
    click.echo(_reading("planned", readings["planned"]))
    for name, reading in readings["people"].items():
        click.echo(_reading(f"to {name}", reading))


def _reading(name: str, reading: dict[str, Any]) -> str:
    lines = [
        f"{name}: {reading['certain']} of {reading['blinded']} certain, best guesses right {reading['guessed_right']}"
    ]
    for one in reading["participants"]:
        certain = "  CERTAIN" if one["certain"] else ""
        lines.append(f"  {one['participant']:<12} {one['guess']} {one['chance']}{certain}")
    return "\n".join(lines)
