"""Who acts, and on what: the study that the environment names, and the person whose token was given."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from inventory.cli.outcomes import FoundError, UnavailableError
from inventory.domain.signatures import Asked as Proof
from inventory.services.acts import Asked, code_of, evidence_of, new_key, record
from inventory.services.opening import refuse_another_study
from inventory.services.people import active_person
from inventory.services.readiness import what_is_missing
from inventory.services.site import open_site
from inventory.store.gate import Reader
from inventory.store.settings import Settings

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.services.site import Site
    from inventory.store.keys import Keys
    from inventory.store.requests import Outcome

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
CREATED = 201


class _Code(click.ParamType[str]):
    """A code as a person typed it. Raises MalformedError, as an act does, where it can be none."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        return code_of(value)


CODE = _Code()


class _Out(click.Path):
    """A file to be written, in a folder that is there."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.absolute().parent.is_dir():
            self.fail(f"There is no folder {path.parent}.", param, ctx)
        return path


OUT = _Out(dir_okay=False, writable=True, path_type=Path)


def as_person(command: F) -> F:
    """The option that says who acts."""
    return click.option(
        "--token-file",
        type=FILE,
        envvar="CELLCUSTODY_TOKEN_FILE",
        required=True,
        help="The file that holds your token (or CELLCUSTODY_TOKEN_FILE); see `cellcustody token create`.",
    )(command)


def with_second_person(command: F) -> F:
    """The option that says who checks."""
    return click.option(
        "--second-token-file",
        type=FILE,
        help="The file that holds the token of the second person, where two are needed.",
    )(command)


@dataclass(frozen=True, slots=True)
class Acting:
    """A person at work on an open study."""

    site: Site
    person: Item

    @property
    def reader(self) -> Reader:
        """What this person may read."""
        return Reader(self.person, self.site.profile, self.site.keys.vault)


def settings_now() -> Settings:
    """The settings of this process.

    Raises:
        SettingRefused: one cannot be used.
    """
    return Settings.from_environment(os.environ)


class NoTokenError(UnavailableError):
    """The token is unknown, expired or revoked, or the account is locked."""

    def __init__(self, token_file: Path) -> None:
        super().__init__(f"{token_file} holds no token that counts. Run `cellcustody token create`.")


def refuse_no_database(settings: Settings) -> None:
    """Refuse where there is no file of a database.

    Raises:
        UnavailableError: there is none.
    """
    path = settings.sqlite_path
    if path is not None and not path.is_file():
        raise UnavailableError(f"There is no database at {path}. Run `cellcustody init`.")


@asynccontextmanager
async def study(settings: Settings, held: Keys | None = None) -> AsyncIterator[Site]:
    """The study that the settings name, open for work, with the keys of its folder unless they are held already.

    Raises:
        UnavailableError: there is no database, or it waits for a migration.
        OtherStudyError: it holds another study, or was opened for another environment.
    """
    refuse_no_database(settings)
    site = await open_site(settings, held=held)
    try:
        missing = await what_is_missing(site)
        if missing:
            raise UnavailableError(missing)
        await refuse_another_study(site)
        yield site
    finally:
        await site.close()


@asynccontextmanager
async def acting(token_file: Path, held: Keys | None = None) -> AsyncIterator[Acting]:
    """The study, with these keys where they are held already, and whoever the token belongs to.

    Raises:
        NoTokenError: the token is unknown, expired or revoked, or the account is locked.
    """
    async with study(settings_now(), held) as site:
        person = await active_person(site, token_in(token_file))
        if person is None:
            raise NoTokenError(token_file)
        yield Acting(site, person)


def text_of(file: Path) -> str:
    """What the file says, without the mark (BOM) that some editors begin a file with.

    Raises:
        UsageError: it cannot be read, or is no text.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as why:
        raise click.UsageError(f"{file} cannot be read: {why.strerror}.") from None
    except UnicodeDecodeError:
        raise click.UsageError(f"{file} is no text in UTF-8.") from None


def token_in(file: Path) -> str:
    """The token that the file holds.

    Raises:
        UsageError: it cannot be read, or holds what is in no token.
    """
    token = text_of(file).strip()
    if not re.fullmatch(r"[!-~]*", token):  # what it holds is not repeated: it may be two tokens
        raise click.UsageError(f"{file} holds no token: one is a single line of ASCII without blanks.")
    return token


def second_in(file: Path | None) -> dict[str, str] | None:
    """The second person's evidence; what they scan is added by the act."""
    return {"token": token_in(file)} if file else None


async def do(
    person: Acting,
    action: str,
    code: str,
    evidence: dict[str, Any],
    second: dict[str, str] | None = None,
    key: str = "",
) -> Outcome:
    """Record one act as that person, now, under a new key unless one is given.

    Where the study asks for signatures, passwords are asked for.

    Raises:
        FoundError: a rule refused it; with every sentence.
        MalformedError: the code, or the evidence, has not the form it should.
    """
    brought = {**evidence, **({"second": {**second, "scan": code}} if second else {})}
    signatures = person.site.profile.signatures
    if action in signatures.acts:
        _sign(brought, person.person.code, signatures.proof)
        if second:
            _sign(brought["second"], "the second person", signatures.proof)
    now, key = person.site.now(), key or await new_key(person.site, person.person.code)
    asked = Asked(person.person.code, action, code_of(code), now, evidence_of(action, brought), key)
    outcome = await record(person.site, asked)
    if outcome.status != CREATED:
        raise FoundError("\n".join(outcome.sentences))
    return outcome


def _sign(brought: dict[str, Any], whose: str, proof: Proof) -> None:
    """Ask for what the study signs with: a password, a code of the second factor, either or both."""
    typed = {}
    if proof is not Proof.CODE:
        leave = " (leave it empty for a code of the second factor)" if proof is Proof.EITHER else ""
        typed["password"] = _typed(f"Password of {whose}, to sign{leave}")
    if proof in {Proof.CODE, Proof.BOTH} or not typed["password"]:
        typed["otp"] = _typed(f"Code of the second factor of {whose}, to sign")
    brought["signature"] = {name: value for name, value in typed.items() if value}


def _typed(asked: str) -> str:
    return asked_for(asked, AT_A_TERMINAL, hide_input=True, default="", show_default=False)


AT_A_TERMINAL = "Run the command at a terminal."


def asked_for(what: str, instead: str, **how: Any) -> str:
    """What somebody types when they are asked, as `click.prompt` does.

    Raises:
        UsageError: nobody is there to type it; with what to do `instead`.
        click.Abort: who is there does not want to.
    """
    try:
        typed: str = click.prompt(what, err=True, **how)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise click.UsageError(f"{what} is asked for, and nobody is there to type it. {instead}") from None
    return typed


def secret_from(file: Path | None, asked: str, option: str, *, twice: bool) -> str:
    """A password or passphrase: the first line of the file that the option names, or what is typed without showing.

    Raises:
        UsageError: the file cannot be read, or is no text; or there is none, and nobody to type.
    """
    if file is not None:
        return text_of(file).partition("\n")[0].rstrip("\r")
    return asked_for(asked, f"Give {option}.", hide_input=True, confirmation_prompt=twice)


@contextmanager
def written(out: Path) -> Iterator[Path]:
    """A file to write beside `out`, its owner's alone, that becomes `out` when nothing failed.

    Raises:
        click.UsageError: what stands there is no file.
        UnavailableError: no file can be made there.
    """
    whole = out.resolve()  # where a link leads to, so that the link stays one
    if whole.exists() and not whole.is_file():
        raise click.UsageError(f"{out} is no file: nothing was done.")  # a device would become one
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{whole.name}.", suffix=".part", dir=whole.parent)
    except OSError as failed:
        raise UnavailableError(f"{out} cannot be written: {failed.strerror}.") from failed
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
        part.replace(whole)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def progress(what: str, of: int | None = None) -> Iterator[Callable[[int], object]]:
    """Count what is done, on a terminal; in a pipe keep quiet.

    Where it is said of how many, only which tenth of them is done is told: work of which nobody blinded may learn how
    much it is.
    """
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if sys.stderr.isatty():
            told = str(done) if of is None else f"{min(10, done * 10 // max(1, of)) * 10} %"
            click.echo(f"\r{what}: {told}", nl=False, err=True)

    yield step
    if sys.stderr.isatty() and done:
        click.echo("", err=True)
