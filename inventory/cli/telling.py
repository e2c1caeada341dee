"""`code-breaks`: what became of arms that were told, for the people who follow that up."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from inventory.cli import acting
from inventory.cli.acting import as_person
from inventory.cli.outcomes import example
from inventory.services.response_times import response_times

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
