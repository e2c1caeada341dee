"""`code-break`: tell one participant's arm in an emergency, once, to the person who asks; and tell it to them again.

Rules this module keeps:
- What the service's own route asks is asked here: one participant, a reason, who wanted to know, a proof of the person.
- The arm is written to the terminal or the pipe and nowhere else; a second look is an entry of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click
import orjson

from inventory.cli import acting
from inventory.cli.acting import Acting, as_person
from inventory.cli.outcomes import FoundError, example
from inventory.domain.items import Log
from inventory.domain.lives import ACTIONS

if TYPE_CHECKING:
    from inventory.store.records import Revealed

F = TypeVar("F", bound=Callable[..., Any])


def _words(action: str, field: str) -> tuple[str, ...]:
    """The words that a field of an action's evidence takes."""
    return get_args(ACTIONS[action].evidence.model_fields[field].annotation)


def with_request(command: F) -> F:
    """The options that say why, and who asked: an account, somebody outside, or else the person who acts."""
    for option in (
        click.option("--event", help="The number of the event, if it has one already; it may follow."),
        click.option("--telephone", help="Of an outside caller: the number to call back."),
        click.option("--organisation", help="Of an outside caller: where they call from."),
        click.option("--caller", help="The name of somebody without an account who asks."),
        click.option("--requested-by", metavar="CODE", help="The account of who asks, where it is not you."),
        click.option(
            "--reason",
            required=True,
            type=click.Choice(_words("participant-break-code", "reason")),
            help="Why; it stands in the entry.",
        ),
    ):
        command = option(command)
    return command


def request(told: dict[str, str | None]) -> dict[str, Any]:
    """The evidence of who asked and why, from these options.

    Raises:
        click.UsageError: of an outside caller something is missing.
    """
    caller = {"name": told["caller"], "organisation": told["organisation"], "telephone": told["telephone"]}
    if any(caller.values()) and not all(caller.values()):
        raise click.UsageError("An outside caller is named with --caller, --organisation and --telephone.")
    found = {name: told[name] for name in ("reason", "requested_by", "event")}
    outside = {"caller": caller} if any(caller.values()) else {}
    return {name: value for name, value in found.items() if value} | outside


@click.command(
    "code-break",
    epilog=example(
        "cellcustody code-break P-001 --reason medical_emergency --token-file dara.token",
        'cellcustody code-break P-001 --reason overdose --caller "Dr Lee" --organisation "City ER" \\',
        '  --telephone "+1 555 0100" --token-file dara.token',
    ),
)
@click.argument("participant")
@with_request
@click.option("--asked-at", metavar="INSTANT", help="When it was asked for, if that was earlier (RFC 3339).")
@click.option("--drill", is_flag=True, help="Go the whole way, and tell nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@as_person
def code_break(
    participant: str,
    asked_at: str | None,
    token_file: Path,
    *,
    drill: bool,
    as_json: bool,
    **told: str | None,
) -> None:
    """Tell the arm of one PARTICIPANT, in an emergency: at once, recorded, and shown this once.

    It asks for your password or for the code of your second factor, as the study signs. Who has to know is told that
    it happened, and never the arm.
    """
    evidence = (
        request(told) | ({"drill": True} if drill else {}) | ({"asked_at": asked_at} if asked_at else {})
    )
    asyncio.run(_tell(token_file, "participant-break-code", participant, evidence, as_json=as_json))


@click.command(
    "look-again",
    epilog=example("cellcustody look-again U-P-001-1 --reason answer_lost --token-file dara.token"),
)
@click.argument("unblinding")
@click.option(
    "--reason",
    required=True,
    type=click.Choice(_words("unblinding-look-again", "reason")),
    help="Why; it stands in the entry.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@as_person
def look_again(unblinding: str, reason: str, token_file: Path, *, as_json: bool) -> None:
    """Show once more what an UNBLINDING told you; for who was told, and recorded each time."""
    asyncio.run(_tell(token_file, "unblinding-look-again", unblinding, {"reason": reason}, as_json=as_json))


async def _tell(token_file: Path, action: str, code: str, evidence: dict[str, Any], *, as_json: bool) -> None:
    async with acting.acting(token_file) as person:
        outcome = await acting.do(person, action, code, evidence)
        told = await _revealed(person, outcome.answer)
    click.echo(
        orjson.dumps(asdict(told), option=orjson.OPT_INDENT_2).decode() if as_json else _in_words(told)
    )


async def _revealed(person: Acting, answer: dict[str, Any]) -> Revealed:
    (index,) = (entry["index"] for entry in answer["entries"] if entry["log"] == Log.OPEN)
    told = await person.reader.revealed(index, person.site.now())
    if told is None:
        raise FoundError(
            "It was recorded, and is not shown to you any more. Look again, which is recorded too."
        )
    return told


def _in_words(told: Revealed) -> str:
    if told.drill:
        return (
            f"{told.participant}: a drill. Nothing was told, and everything else was done as in an emergency."
        )
    given = [f"  period {one.period}: {one.name}" for one in told.treatments]
    return "\n".join([f"{told.participant}: arm {told.arm}, {told.title}", *given])
