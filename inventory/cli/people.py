"""`user` and `token`: accounts, and how their people prove who they are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from inventory.cli import acting
from inventory.cli.acting import CODE, FILE, OUT, as_person, settings_now, study, with_second_person
from inventory.cli.outcomes import Commands, FoundError, example
from inventory.domain.evidence import Reason
from inventory.domain.roles import Role
from inventory.services import enrolling, passwords, people

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
ROLE = click.Choice([role.value for role in Role])
ROLES = f"A role; may be repeated. One of {', '.join(role.value for role in Role)}."
REASON = click.Choice(get_args(Reason))


def given_reason(usual: str) -> Callable[[Decorated], Decorated]:
    """The option by which somebody says why, in a word of the closed list."""
    return click.option(
        "--reason",
        default=usual,
        show_default=True,
        type=REASON,
        metavar="WORD",
        help="Why, in a word of the closed list.",
    )


@click.group(
    cls=Commands,
    epilog=example('cellcustody user add tess --name "Tess Lund" --role coordinator --token-file ada.token'),
)
def user() -> None:
    """Add a person, lock an account, change a role, as an administrator; enrol a second factor, for oneself."""


@user.command(
    epilog=example(
        'cellcustody user add tess --name "Tess Lund" --role cell_lab_technician \\',
        "  --token-file ada.token --second-token-file abel.token",
    )
)
@click.argument("code", type=CODE)
@click.option("--name", required=True, help="The person's printed name, as it stands beside a signature.")
@click.option("--role", "roles", multiple=True, required=True, type=ROLE, metavar="ROLE", help=ROLES)
@click.option(
    "--password-file", type=FILE, help="A file whose first line is the first password; else asked for."
)
@click.option("--last-day", metavar="DATE", help="The last day of an account that ends, such as a monitor's.")
@with_second_person
@as_person
def add(
    code: str,
    name: str,
    roles: tuple[str, ...],
    last_day: str | None,
    password_file: Path | None,
    second_token_file: Path | None,
    token_file: Path,
) -> None:
    """Give the person CODE an account, first roles and a first password.

    An unblinded role needs a second administrator. Whoever has an account and no password, because this was cut off
    in between, is given one by `cellcustody user reset-password`.
    """
    password = acting.secret_from(password_file, f"First password of {code}", "--password-file", twice=True)
    people.refuse_unfit(password)

    async def run() -> None:
        async with acting.acting(token_file) as person:
            evidence = {"name": name, "roles": list(roles), "last_day": last_day}
            hashed = await people.hashed(password)
            try:
                await acting.do(person, "person-add", code, evidence, acting.second_in(second_token_file))
            except FoundError as refused:
                raise FoundError(await _with_the_way_on(code, refused.message)) from None
            await people.remember(person.site, code, hashed)

    asyncio.run(run())
    click.echo(f"{code} has an account: {', '.join(roles)}.")


async def _with_the_way_on(code: str, refused: str) -> str:
    """Why nobody was added, and what to do where an earlier command was cut off before it gave them a password."""
    if not await people.awaits_password(code):
        return refused
    return f"{refused}\n{code} has an account and no password: run `cellcustody user reset-password {code}`."


@user.command(epilog=example("cellcustody user lock tess --reason left_study --token-file ada.token"))
@click.argument("code", type=CODE)
@given_reason("left_study")
@as_person
def lock(code: str, reason: str, token_file: Path) -> None:
    """Lock the account of CODE: signs in no more, and tokens count no more."""
    asyncio.run(_one_act(token_file, "person-lock", code, {"reason": reason}, None))
    click.echo(f"{code} is locked.")


@user.command(epilog=example("cellcustody user role cora --grant injector --token-file ada.token"))
@click.argument("code", type=CODE)
@click.option("--grant", type=ROLE, metavar="ROLE", help="The role to give.")
@click.option("--revoke", type=ROLE, metavar="ROLE", help="The role to take.")
@with_second_person
@as_person
def role(
    code: str, grant: str | None, revoke: str | None, second_token_file: Path | None, token_file: Path
) -> None:
    """Give CODE a role, or take one.

    An unblinded role needs a second administrator; whoever ever held one never gets a blinded one.
    """
    if bool(grant) == bool(revoke):
        raise click.UsageError("Give one of --grant and --revoke.")
    action, named = ("person-grant", grant) if grant else ("person-revoke", revoke)
    asyncio.run(_one_act(token_file, action, code, {"role": named}, second_token_file))
    click.echo(f"{code}: {named} was {'given' if grant else 'taken'}.")


@user.command(epilog=example("cellcustody user limit moss --last-day 2027-01-31 --token-file ada.token"))
@click.argument("code", type=CODE)
@click.option("--last-day", metavar="DATE", help="The account's last day, by the site's clock; none: no end.")
@as_person
def limit(code: str, last_day: str | None, token_file: Path) -> None:
    """Give the account of CODE a last day, or take it away: after it nobody signs in, and no token counts."""
    asyncio.run(_one_act(token_file, "person-limit", code, {"last_day": last_day}, None))
    click.echo(f"{code}: the last day is {last_day}." if last_day else f"{code}: the account has no end.")


@user.command(
    "reset-password",
    epilog=example(
        "cellcustody user reset-password tess --out tess.password --token-file ada.token",
        "cellcustody user reset-password tess --reason account_review --token-file ada.token",
    ),
)
@click.argument("code", type=CODE)
@given_reason("forgotten")
@click.option(
    "--out", type=OUT, help="Write the password to this file, readable by you alone; else it is printed."
)
@as_person
def reset_password(code: str, reason: str, out: Path | None, token_file: Path) -> None:
    """Give CODE a password to set one of their own with, and sign CODE out everywhere.

    It is told once, is good for a day and opens the page /password alone: no administrator comes to know what
    somebody signs in with.
    """
    what = f"a password for {code}, good for a day and for /password alone"
    _hand_over(lambda: asyncio.run(_reset_password(token_file, code, reason)), out, what)


def _hand_over(made: Callable[[], str], out: Path | None, what: str) -> None:
    """Make a secret and tell it this once: in a file that its owner alone can read, or where there is none, printed.

    Where the file cannot be written, the secret is not made.
    """
    if out is None:
        click.echo(made())
        return
    with acting.written(out) as part:
        part.write_text(f"{made()}{os.linesep}", encoding="ascii")
    click.echo(f"{out} holds {what}.")


async def _reset_password(token_file: Path, code: str, reason: str) -> str:
    async with acting.acting(token_file) as person:
        await acting.do(person, passwords.ACTION, code, {"reason": reason})
        return await passwords.reset(person.site, code)


@user.command(
    "reset-factor",
    epilog=example(
        "cellcustody user reset-factor tess --reason device_failed \\",
        "  --token-file ada.token --second-token-file abel.token",
    ),
)
@click.argument("code", type=CODE)
@given_reason("device_failed")
@with_second_person
@as_person
def reset_factor(code: str, reason: str, second_token_file: Path | None, token_file: Path) -> None:
    """Reset the second factor of CODE, who then enrols a new one; needs a second administrator."""
    asyncio.run(_one_act(token_file, "person-reset-factor", code, {"reason": reason}, second_token_file))
    click.echo(f"{code} has no second factor now.")


@user.command(epilog=example("cellcustody user enrol tess"))
@click.argument("code", type=CODE)
@click.option(
    "--password-file", type=FILE, help="A file whose first line is the password; else it is asked for."
)
def enrol(code: str, password_file: Path | None) -> None:
    """Enrol a second factor for CODE, who is you, since the password is asked for.

    The secret is shown once, for an authenticator app (RFC 6238). It counts when a code of it was typed; then
    ten recovery codes are shown, each good once, for the day on which the app is lost.
    """
    password = acting.secret_from(password_file, f"Password of {code}", "--password-file", twice=False)
    asyncio.run(_enrol(code, password))


async def _enrol(code: str, password: str) -> None:
    async with study(settings_now()) as site:
        found = await enrolling.begin(site, code, password)
        click.echo(f"Secret: {found.secret}\n{found.address}")
        typed = acting.asked_for("The code that your app shows now", acting.AT_A_TERMINAL)
        codes = await enrolling.confirm(site, found.person, typed)
    click.echo("Your second factor counts from now on. Recovery codes, to be kept on paper:")
    click.echo("\n".join(f"  {each}" for each in codes))


async def _one_act(
    token_file: Path, action: str, code: str, evidence: dict[str, str | None], second: Path | None
) -> None:
    async with acting.acting(token_file) as person:
        await acting.do(person, action, code, evidence, acting.second_in(second))


async def _signed_in(code: str, password: str, otp: str | None) -> str:
    async with study(settings_now()) as site:
        try:
            return await people.sign_in(site, code, password, otp)
        except people.SecondFactorNeededError:
            typed = acting.asked_for(f"Code of the second factor of {code}", "Give --otp.")
            return await people.sign_in(site, code, password, typed)


@click.group(cls=Commands, epilog=example("cellcustody token create --user tess --out tess.token"))
def token() -> None:
    """Tokens, by which a person is known to a command."""


@token.command(
    epilog=example(
        "cellcustody token create --user tess --out tess.token", "cellcustody verify --token-file tess.token"
    )
)
@click.option(
    "--user", "code", required=True, type=CODE, help="Whose token: your own, since the password is asked for."
)
@click.option(
    "--password-file", type=FILE, help="A file whose first line is the password; else it is asked for."
)
@click.option(
    "--otp", metavar="CODE", help="A code of the second factor, where there is one; else it is asked for."
)
@click.option(
    "--out", type=OUT, help="Write the token to this file, readable by you alone; else it is printed."
)
def create(code: str, password_file: Path | None, otp: str | None, out: Path | None) -> None:
    """Sign in and get a token, good for twelve hours."""
    password = acting.secret_from(password_file, f"Password of {code}", "--password-file", twice=False)
    what = f"a token of {code}, good for {people.TOKEN_HOURS} hours"
    _hand_over(lambda: _good_for_work(code, asyncio.run(_signed_in(code, password, otp))), out, what)


def _good_for_work(code: str, made: str) -> str:
    """That token.

    Raises:
        FoundError: it is good for setting a password or for enrolling a second factor alone.
    """
    if made.startswith(people.RENEWING):
        raise FoundError(
            "That password was given to you: set one of your own at /password in a browser first."
        )
    if made.startswith(people.ENROLLING):
        raise FoundError(f"Your role needs a second factor. Run `cellcustody user enrol {code}` first.")
    return made
