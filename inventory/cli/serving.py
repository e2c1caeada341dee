"""`serve` and `openapi`: the service, and what it says of itself."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
import orjson
import uvicorn
import uvloop

from inventory import app
from inventory.cli.acting import settings_now, study
from inventory.cli.outcomes import UnavailableError, example
from inventory.store.condition import refuse_powerful
from inventory.web.openapi import document

if TYPE_CHECKING:
    from inventory.store.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])


def with_host(command: F) -> F:
    """The option that says at which address to serve."""
    return click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        callback=_one_address,
        help="The address to serve on.",
    )(command)


def _one_address(_: click.Context, __: click.Parameter, host: str) -> str:
    """That host. An empty one, as of a variable that is not set, would be served on at every address."""
    try:
        named = host.strip().encode("idna")
    except UnicodeError:
        named = b""
    if not named:
        raise click.BadParameter("it names no address. For every address of this machine write 0.0.0.0.")
    return host


@click.command(epilog=example("cellcustody serve --host 0.0.0.0 --port 8000"))
@with_host
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65_535), help="The port to serve on."
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes (PostgreSQL)."
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the study until told to stop.

    It refuses a database of another study or environment, a pending migration, and on PostgreSQL a role that
    could rewrite the record.
    """
    settings = settings_now()
    if workers > 1 and settings.sqlite_path is not None:
        raise click.UsageError(
            "The embedded database has one writer, so it is served by one process: leave --workers out, or "
            "use PostgreSQL."
        )
    refuse_taken(host, port)
    uvloop.run(_serve(settings, host, port, alone=workers == 1))
    if workers > 1:
        uvicorn.run(
            "inventory.app:app_from_environment",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            **app.CARRIED,
        )


def refuse_taken(host: str, port: int) -> None:
    """Find out now, and in words, whether somebody else serves there.

    Raises:
        UnavailableError: somebody does, or nobody can.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as taken:
            raise UnavailableError(f"{host}:{port} cannot be served on: {taken.strerror}.") from None


async def _serve(settings: Settings, host: str, port: int, *, alone: bool) -> None:
    async with study(settings) as site:
        await refuse_powerful(site.engine)
        if alone:
            click.echo(f"{site.profile.study.id} ({settings.environment}) at http://{host}:{port}")
            await app.serve(app.create_app(site), host, port)


@click.command(epilog=example("cellcustody openapi > openapi.json"))
def openapi() -> None:
    """Print the description of the HTTP interface (OpenAPI 3.1)."""
    described = document(app.app_from_environment())
    click.echo(orjson.dumps(described, option=orjson.OPT_INDENT_2).decode())
