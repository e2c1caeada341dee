"""`print-agent`, and labels on paper: `labels draft`, `labels approve`, `labels print`, `labels account`."""

from __future__ import annotations

import asyncio
import math
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, get_args

import click
import orjson

from inventory.agent.journal import Journal
from inventory.agent.printing import Agent
from inventory.agent.server import AddressRefused, NoAgent, NotLetIn, Server, ServerAway, ServerRefused
from inventory.cli import acting
from inventory.cli.acting import FILE, as_person, do, second_in, with_second_person
from inventory.cli.labels import labels
from inventory.cli.outcomes import FoundError, UnavailableError, example
from inventory.domain.lives.labels import Why
from inventory.services import label_accounts
from inventory.services.acts import new_key
from inventory.services.printing import job_of
from labels import template_names
from labels.printers import PrinterAddressWrong, printer_at

F = TypeVar("F", bound=Callable[..., Any])
SECONDS = 5


def with_template(version: str) -> Callable[[F], F]:
    """The options that name a version of a label template; `version` says which one is meant."""

    def added(command: F) -> F:
        numbered = click.option("--version", required=True, type=click.IntRange(1, 999), help=version)
        named = click.option(
            "--template", required=True, type=click.Choice(template_names()), help="Which label."
        )
        return named(numbered(command))

    return added


def _measured(option: str, name: str, told: str) -> Callable[[F], F]:
    """An option that is a length in millimetres, for the command in whole micrometres."""

    def in_micrometres(_: click.Context, __: click.Parameter, millimetres: float) -> int:
        if not math.isfinite(millimetres * 1000):
            raise click.BadParameter("it is no length in millimetres.")
        return round(millimetres * 1000)

    return click.option(option, name, required=True, type=float, callback=in_micrometres, help=told)


@click.command(
    "print-agent",
    epilog=example(
        "cellcustody print-agent --url https://custody.example.org --printer raw://zebra-1.lab \\",
        "  --token-file agent.token --journal /var/lib/print-agent",
    ),
)
@click.option("--url", required=True, help="Where the service is; https, unless it is this machine.")
@click.option("--printer", required=True, help="raw://HOST, ipp://HOST/PATH, ipps://... or file://FOLDER.")
@click.option("--token-file", type=FILE, required=True, help="The token of the printing agent's account.")
@click.option(
    "--journal",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("print-agent-journal"),
    show_default=True,
    help="A folder of this agent's own, on a disk that survives a crash.",
)
@click.option("--once", is_flag=True, help="Print what waits now, and stop.")
def print_agent(url: str, printer: str, token_file: Path, journal: Path, once: bool) -> None:
    """Fetch print jobs over HTTPS and print them on the printer beside this machine.

    It only calls out. What it began to print it remembers in its journal, so that after a crash it knows what may
    have come out; that is reported as being in doubt, and printed again only as a marked copy.
    """
    try:
        server = Server(url, acting.token_in(token_file))
        agent = Agent(server, printer_at(printer), Journal(journal), click.echo)
    except (AddressRefused, PrinterAddressWrong) as wrong:
        raise click.UsageError(str(wrong)) from None
    _run(agent, once=once)


def _run(agent: Agent, *, once: bool) -> None:
    stop, known = threading.Event(), False
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    while True:
        try:
            if not known:
                agent.server.refuse_another()
                known = True
            _, broken = agent.work()
        except ServerAway as away:
            if once:
                raise UnavailableError(str(away)) from None
            click.echo(str(away))
        except (NotLetIn, NoAgent) as not_let_in:
            raise UnavailableError(str(not_let_in)) from None
        except ServerRefused as refused:
            raise UnavailableError(f"The service refuses this agent: {refused}") from None
        else:
            if once and broken:
                raise FoundError(f"{broken} jobs did not come out whole.")
        if once or stop.wait(SECONDS):
            return


@labels.command(
    "print",
    epilog=example(
        "cellcustody labels print --template kit --version 2 --printer ZEBRA-2 K7Q49XHCE --token-file t.token",
        "cellcustody labels print --template vial --version 2 --printer ZEBRA-1 --again damaged V7F3K9Q2M \\",
        "  --token-file tess.token",
    ),
)
@with_template("Its approved version.")
@click.option("--printer", required=True, help="The code of the printer in the register.")
@click.option("--again", type=click.Choice(get_args(Why)), help="Print again, for this reason.")
@click.argument("codes", nargs=-1, required=True)
@as_person
@with_second_person
def print_labels(
    template: str,
    version: int,
    printer: str,
    again: str | None,
    codes: tuple[str, ...],
    token_file: Path,
    second_token_file: Path | None,
) -> None:
    """Draft a print job, have it checked, and queue it for the agent beside the printer."""
    told: dict[str, Any] = {"template": f"{template}.v{version}", "printer": printer, "things": list(codes)}
    action = "job-reprint" if again else "job-draft"

    async def run() -> str:
        async with acting.acting(token_file) as person:
            second, key = second_in(second_token_file), await new_key(person.site, person.person.code)
            job = job_of(key)
            await do(person, action, job, {**told, **({"reason": again} if again else {})}, second, key)
            try:
                await do(person, "job-check", job, {})
                await do(person, "job-queue", job, {})
            except FoundError as refused:
                waits = f"{job} waits as it is: go on with it when that is mended, or abandon it."
                raise FoundError(f"{refused.message}\n{waits}") from None
        return job

    job = asyncio.run(run())
    click.echo(f"{job}: {len(codes)} labels are queued for {printer}.")


@labels.command(
    "draft",
    epilog=example(
        "cellcustody labels draft --template kit --version 2 --token-file quinn.token",
        "cellcustody labels draft --template kit --version 3 --text kit.toml --token-file quinn.token",
    ),
)
@with_template("The version that its text says.")
@click.option("--text", type=FILE, help="The template's text (TOML); without it the one that ships.")
@as_person
def draft(template: str, version: int, text: Path | None, token_file: Path) -> None:
    """Draft a version of a label template, to be approved by two people."""
    told = {"text": acting.text_of(text)} if text else {}

    async def run() -> None:
        async with acting.acting(token_file) as person:
            await do(person, "template-draft", f"{template}.v{version}", told)

    asyncio.run(run())
    click.echo(f"{template}.v{version} is drafted.")


@labels.command(
    "approve",
    epilog=example(
        "cellcustody labels approve --template kit --version 2 --roll LT-2291 --measured-on 2026-11-20 \\",
        "  --width-mm 100.1 --height-mm 50.0 --token-file quinn.token --second-token-file quentin.token",
    ),
)
@with_template("Which version of it.")
@click.option("--roll", required=True, help="The roll or pack of paper that was measured.")
@click.option("--measured-on", required=True, help="The day on which it was measured, YYYY-MM-DD.")
@_measured("--width-mm", "width_um", "The width of one label as measured.")
@_measured("--height-mm", "height_um", "The height of one label as measured.")
@as_person
@with_second_person
def approve(
    template: str,
    version: int,
    roll: str,
    measured_on: str,
    width_um: int,
    height_um: int,
    token_file: Path,
    second_token_file: Path | None,
) -> None:
    """Prove a version on its longest contents at every resolution, and approve it with a second person."""
    told = {"roll": roll, "measured_on": measured_on, "width_um": width_um, "height_um": height_um}

    async def run() -> None:
        async with acting.acting(token_file) as person:
            await do(person, "template-approve", f"{template}.v{version}", told, second_in(second_token_file))

    asyncio.run(run())
    click.echo(f"{template}.v{version} is approved.")


@labels.command("account", epilog=example("cellcustody labels account --by roll --token-file tess.token"))
@click.option(
    "--by", type=click.Choice([*label_accounts.KEYS]), default="job", show_default=True, help="Count by."
)
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of CSV.")
@as_person
def account(by: str, as_json: bool, token_file: Path) -> None:
    """Reconcile: what became of every label, by job, roll or template. Exit status 1 when some are unseen."""

    async def run() -> list[label_accounts.Account]:
        async with acting.acting(token_file) as person:
            return await label_accounts.accounts(person.reader, by)

    found = asyncio.run(run())
    told = orjson.dumps([asdict(one) for one in found]) if as_json else label_accounts.as_csv(found)
    click.echo(told.decode().rstrip())
    unseen = sum(one.unseen for one in found)
    if unseen:
        raise FoundError(f"{unseen} labels were printed and are not accounted for.")
