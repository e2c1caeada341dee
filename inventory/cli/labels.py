"""`labels`: a label as a file, read back before it is written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from inventory.cli import acting
from inventory.cli.acting import CODE, OUT, as_person, written
from inventory.cli.outcomes import Commands, example
from inventory.services.labelling import Bench
from labels import Label, template_names

FORMATS = {".png": Label.png, ".zpl": Label.zpl, ".pdf": Label.pdf}


@click.group(
    cls=Commands,
    epilog=example(
        "cellcustody labels render --template kit --for K7Q49XHCE --dpi 300 --out k.png --token-file t.token"
    ),
)
def labels() -> None:
    """Labels for vials, boxes, kits and syringes."""


@labels.command(
    epilog=example(
        "cellcustody labels render --template syringe --for Y7Q49XHC3E --dpi 203 --out s.zpl \\",
        "  --token-file tess.token",
    )
)
@click.option("--template", required=True, type=click.Choice(template_names()), help="Which label.")
@click.option("--for", "code", required=True, type=CODE, help="The code of the thing to be labelled.")
@click.option(
    "--dpi", required=True, type=click.Choice(["203", "300", "600"]), help="The printer's dots per inch."
)
@click.option("--out", required=True, type=OUT, help="The file to write: .png, .zpl or .pdf.")
@as_person
def render(template: str, code: str, dpi: str, out: Path, token_file: Path) -> None:
    """Render a label, decode it, compare it, and only then write it."""
    written_as = FORMATS.get(out.suffix.lower())
    if written_as is None:
        raise click.UsageError(f"--out ends in {', '.join(FORMATS)}.")

    async def run() -> Label:
        async with acting.acting(token_file) as person:
            return await Bench(person.site, person.reader).hand_out(template, code, int(dpi))

    content = written_as(asyncio.run(run()))
    with written(out) as part:
        part.write_bytes(content)
    click.echo(f"{out} is the {template} label of {code}, read back at {dpi} dpi.")
