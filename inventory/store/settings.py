"""The settings of one process, read from the environment once.

Rules kept here:

- Settings are frozen: what a process was started with holds until it ends.
- ``NAME_FILE`` names a file that holds the value of ``NAME``; both at once is a mistake, not a precedence.
- An empty value counts as not set, as compose files and unit files write it.
- The injected clock and the seeded randomness exist for the environment ``test`` alone.
- No secret (database password, seed) appears in the settings' repr.
- A name under our prefix that nothing here reads is refused: misspelt, it would be a setting that is not set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

PREFIX = "CELLCUSTODY_"
BY_FILE = ("ENV", "HOME", "KEYS", "DATABASE_URL", "DATABASE_OWNER_URL", "PROFILE", "TEST_SEED")
"""What may also be given by ``_FILE``."""
KNOWN = frozenset(
    PREFIX + name
    for name in (
        *BY_FILE,
        *(f"{name}_FILE" for name in BY_FILE),
        "TEST_NOW_FILE",
        # The command line's own.
        "TOKEN_FILE",
        "ADMIN_PASSWORD_FILE",
        # Read by our tests; a service that they start inherits them.
        "BROWSER",
        "FULL",
        "TEST_PG_BIN",
    )
)
"""Every name that means something."""
SQLITE_SCHEME = "sqlite:///"
POSTGRESQL_SCHEME = "postgresql://"
_POSTGRESQL: Final = (
    f"{POSTGRESQL_SCHEME}USER:PASSWORD@HOST:PORT/NAME, every / : @ ? # % [ ] of the password percent-encoded "
    "(/ is %2F)"
)
_HOST: Final = re.compile(r"/.*|(?:\[[^\[\]]+\]|(?P<name>[^\[\]:@/]+))(?::(?P<port>[0-9]*))?")
"""A folder of sockets; or an IPv6 address or a name, with its port or none."""
_LAST_PORT: Final = 65_535


class Environment(StrEnum):
    """What a database is for; `init` stamps it into the log, and nothing changes it afterwards."""

    PRODUCTION = "production"
    DEMO = "demo"
    TEST = "test"


class SettingRefused(ValueError):  # noqa: N818 - named for what happened, as every refusal is
    """A setting that the process will not start with; the message is a sentence for the operator."""


class OnlyInTest(SettingRefused):
    """A test setting outside the test environment."""

    def __init__(self, name: str, environment: Environment) -> None:
        super().__init__(
            f"{name} is accepted only with CELLCUSTODY_ENV=test, and this is {environment.value}: "
            "nothing was started. Unset it, or set CELLCUSTODY_ENV=test on a database made for tests."
        )


class SetTwice(SettingRefused):
    """A value given both directly and by file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} and {name}_FILE are both set: nothing was started. Keep one of them.")


class FileUnreadable(SettingRefused):
    """A ``_FILE`` variant whose file gives no value."""

    def __init__(self, name: str, path: str, why: str) -> None:
        super().__init__(
            f"{name}_FILE names {path}, which gives no value ({why}): nothing was started. "
            "Correct the path or the file."
        )


class UnknownName(SettingRefused):
    """A name under our prefix that nothing reads. The value is not repeated: it may be a secret."""

    def __init__(self, name: str) -> None:
        (nearest,) = get_close_matches(name, sorted(KNOWN), n=1, cutoff=0)
        super().__init__(
            f"{name} is no setting: nothing was started. The nearest one is {nearest}. Correct it, or unset it."
        )


class UnknownEnvironment(SettingRefused):
    """An environment that is none of the three."""

    def __init__(self, found: str) -> None:
        known = ", ".join(Environment)
        super().__init__(f"CELLCUSTODY_ENV is {found!r}: nothing was started. Set it to one of {known}.")


class UnknownDatabase(SettingRefused):
    """A database URL of a kind that is not kept. The URL itself may hold a password and is not repeated."""

    def __init__(self, name: str, accepted: str) -> None:
        super().__init__(f"{name} names no database that can be used: nothing was started. Write {accepted}.")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the process was told.

    Attributes:
        environment: production, demo or test.
        home: folder of everything the process keeps by default.
        keys: folder of the signing key and the vault key.
        database_url: ``sqlite:///PATH`` (three slashes and a relative path, four and an absolute one) or
            ``postgresql://…`` of the plain role that serves.
        database_owner_url: ``postgresql://…`` of the role that owns the tables; for `init` and `migrate`.
        profile: name or path of the study profile, where one is set.
        test_now_file: file that holds the current instant, in the environment test.
        test_seed: seed of the repeatable randomness, in the environment test.
    """

    environment: Environment
    home: Path
    keys: Path
    database_url: str = field(repr=False)
    database_owner_url: str | None = field(default=None, repr=False)
    profile: str | None = None
    test_now_file: Path | None = None
    test_seed: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings that `environ` gives, defaults filled in.

        Raises:
            SettingRefused: a value that cannot be used; its message is a sentence.
        """
        environment = environment_of(environ)
        home = Path(_value(environ, "HOME") or "./var")
        now_file = environ.get(f"{PREFIX}TEST_NOW_FILE")
        return cls(
            environment=environment,
            home=home,
            keys=Path(_value(environ, "KEYS") or home / "keys"),
            database_url=_database_url(_value(environ, "DATABASE_URL"), home),
            database_owner_url=_owner_url(_value(environ, "DATABASE_OWNER_URL")),
            profile=_value(environ, "PROFILE"),
            test_now_file=Path(now_file) if now_file else None,
            test_seed=_value(environ, "TEST_SEED"),
        )

    @property
    def sqlite_path(self) -> Path | None:
        """The file of the embedded database, or None where the database is PostgreSQL."""
        if self.database_url.startswith(SQLITE_SCHEME):
            return Path(self.database_url.removeprefix(SQLITE_SCHEME))
        return None


def environment_of(environ: Mapping[str, str]) -> Environment:
    """The environment, where every name under our prefix has a meaning in it.

    Raises:
        SettingRefused: one is unknown, or is for tests alone and this is none.
    """
    _refuse_unknown_names(environ)
    environment = _environment(_value(environ, "ENV"))
    _refuse_test_settings(environ, environment)
    return environment


def _value(environ: Mapping[str, str], short_name: str) -> str | None:
    """Return the value of one setting, given directly or by its ``_FILE`` variant; None where not set."""
    name = PREFIX + short_name
    direct, path = environ.get(name) or None, environ.get(f"{name}_FILE") or None
    if direct and path:
        raise SetTwice(name)
    return _from_file(name, path) if path else direct


def _from_file(name: str, path: str) -> str:
    """Return the value that the file at `path` holds, without the newline or the mark (BOM) that editors add."""
    try:
        value = Path(path).read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as why:
        raise FileUnreadable(name, path, type(why).__name__) from why
    if not value:
        raise FileUnreadable(name, path, "it is empty")
    return value


def _refuse_unknown_names(environ: Mapping[str, str]) -> None:
    """Refuse a name that was meant for us and is none of ours."""
    for name in sorted(environ):
        if name.startswith(PREFIX) and environ[name] and name not in KNOWN:
            raise UnknownName(name)


def _environment(found: str | None) -> Environment:
    """Return the environment named, production where none is."""
    try:
        return Environment(found or Environment.PRODUCTION)
    except ValueError:
        raise UnknownEnvironment(str(found)) from None


def _refuse_test_settings(environ: Mapping[str, str], environment: Environment) -> None:
    """Refuse the injected clock and the seeded randomness outside the environment test."""
    if environment is Environment.TEST:
        return
    for name in ("TEST_NOW_FILE", "TEST_SEED", "TEST_SEED_FILE"):
        if environ.get(PREFIX + name):
            raise OnlyInTest(PREFIX + name, environment)


def _database_url(found: str | None, home: Path) -> str:
    """Return the URL of the database, SQLite under `home` where none is set."""
    if found is None:
        return f"{SQLITE_SCHEME}{home / 'cellcustody.sqlite'}"
    is_sqlite = found.startswith(SQLITE_SCHEME) and len(found) > len(SQLITE_SCHEME)
    if not is_sqlite and not _is_postgresql(found):
        raise UnknownDatabase(f"{PREFIX}DATABASE_URL", f"{SQLITE_SCHEME}PATH or {_POSTGRESQL}")
    return found


def _owner_url(found: str | None) -> str | None:
    """Return the owner's URL; only PostgreSQL has owners."""
    if found is not None and not _is_postgresql(found):
        raise UnknownDatabase(f"{PREFIX}DATABASE_OWNER_URL", _POSTGRESQL)
    return found


def _is_postgresql(url: str) -> bool:
    """Whether asyncpg can read the URL; where it cannot, its failure repeats a part, and a password with it."""
    try:
        url.encode()
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        given = parts.netloc[parts.netloc.find("@") + 1 :]  # asyncpg takes the first @
        hosts = [*(unquote(given).split(",") if given else []), *_listed(asked, "host")]
        ports = _listed(asked, "port")
        is_sound = all(map(_can_be_reached, hosts)) and all(map(_is_port, ports))
    except ValueError:
        return False
    return url.startswith(POSTGRESQL_SCHEME) and is_sound and "\0" not in unquote(url)


def _listed(asked: dict[str, str], name: str) -> list[str]:
    return asked[name].split(",") if name in asked else []


def _can_be_reached(host: str) -> bool:
    """Whether that names a host. Raises UnicodeError, a ValueError, where its name cannot be looked up."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    (found["name"] or "").encode("idna")
    return not found["port"] or _is_port(found["port"])


def _is_port(told: str) -> bool:
    return (
        told.isascii()
        and told.isdigit()
        and len(told) <= len(str(_LAST_PORT))
        and 0 < int(told) <= _LAST_PORT
    )
