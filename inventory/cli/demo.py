"""`demo`: the seeded demonstration."""

from __future__ import annotations

import click

from inventory.cli.outcomes import example
from inventory.cli.serving import refuse_taken, with_host
from inventory.demo import play


@click.command(epilog=example("cellcustody demo --port 9000", "cellcustody demo --once"))
@with_host
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65_535), help="The port to serve on."
)
@click.option("--once", is_flag=True, help="Play one kit's life over HTTP, verify, and end.")
@click.pass_context
def demo(ctx: click.Context, host: str, port: int, *, once: bool) -> None:
    """Seed a trial in a new folder, show its accounts, and serve it until Ctrl-C."""
    if not once:
        refuse_taken(host, port)  # before the half a minute of the seed
    ctx.exit(play.main(host, port, once=once, say=click.echo))
