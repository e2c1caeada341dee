"""One running study: its settings, keys, profile, writer and readers, put together once.

Everything above the store is handed a `Site`; nothing below knows of it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain import profile as profiles
from inventory.domain.items import Log
from inventory.services.failures import Failures
from inventory.store import gate, keys
from inventory.store.batch import Batch, Request, utc_now
from inventory.store.engines import Engine, bind, build_engine
from inventory.store.ledger import Ledger, PostgresLedger, SqliteLedger
from inventory.store.randomness import Random, SeededRandom, system_random
from inventory.store.settings import PREFIX, FileUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.domain.merkle import Edge
    from inventory.domain.profile import Profile
    from inventory.store.keys import Keys
    from inventory.store.settings import Settings

DEFAULT_PROFILE = "nct06001853"


class ProfileMissingError(Exception):
    """No profile under that name or path."""


def profile_text(named: str | None) -> str:
    """The text of a profile: a shipped one by its name, any other by its path.

    Raises:
        ProfileMissingError: neither exists, or what does is no text.
    """
    name = named or DEFAULT_PROFILE
    shipped = resources.files("inventory") / "profiles" / f"{name.removesuffix('.toml')}.toml"
    found = next((file for file in (shipped, Path(name)) if file.is_file()), None)
    if found is None:
        raise ProfileMissingError(f"There is no profile {name}.")
    try:
        return found.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProfileMissingError(f"{name} is no text in UTF-8, and so no profile.") from None


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The clock: the system's, or in tests a file's content, read each time.

    A file that is being written anew holds no instant for a moment: until it does, the clock says the last one.

    Raises:
        FileUnreadable: the file holds no instant now.
    """
    file = settings.test_now_file
    if file is None:
        return utc_now
    try:
        last = _instant_in(file)
    except (OSError, ValueError) as why:
        raise FileUnreadable(f"{PREFIX}TEST_NOW", str(file), "it holds no instant") from why

    def told() -> datetime:
        nonlocal last
        with suppress(OSError, ValueError):
            last = _instant_in(file)
        return last

    return told


def _instant_in(file: Path) -> datetime:
    return clocks.parse_instant(file.read_text(encoding="ascii").strip())


def random_of(settings: Settings) -> Random:
    """The random source: the system's, or in tests a seeded one."""
    return SeededRandom(settings.test_seed) if settings.test_seed else system_random


@dataclass(frozen=True)
class Site:
    """A study that is open for work."""

    settings: Settings
    profile: Profile
    keys: Keys
    engine: Engine
    ledger: Ledger
    clock: Callable[[], datetime]
    random: Random
    guesses: Failures = field(default_factory=Failures)

    def now(self) -> datetime:
        """This moment, by the site's clock."""
        return self.clock().astimezone(UTC)

    async def checkpoint(self, log: Log, edge: Edge) -> str:
        """The signed checkpoint of a log as it was read (C2SP tlog-checkpoint), by the key that signs now.

        Raises:
            SignerMissingError: that key does not lie in this host's key folder.
        """
        self.keys.signing.told(await gate.study(self.profile.study.id))
        return self.keys.signing.checkpoint(log, edge)

    def receipt(self, log: Log, edge: Edge) -> str:
        """The signed checkpoint of a log as a batch of this process left it, which knew the key."""
        return self.keys.signing.checkpoint(log, edge)

    async def close(self) -> None:
        """Finish what is waiting, then let go of the database."""
        await self.ledger.close()
        await self.engine.close()


async def open_site(
    settings: Settings, *, clock: Callable[[], datetime] | None = None, held: Keys | None = None
) -> Site:
    """Open a study that was initialised before, with the keys of its folder unless they are held already.

    Raises:
        KeysRefused, ProfileMissingError, ProfileRefused, DurabilityRefused: with what is wrong.
    """
    profile = profiles.load(profile_text(settings.profile))
    held = held or keys.load(settings.keys)
    engine = build_engine(settings.database_url)
    bind(engine)
    ticking, random = clock or clock_of(settings), random_of(settings)

    def batch(groups: list[list[Request]]) -> Batch:
        return Batch(groups, profile.study.id, profile, held.vault, random, ticking, held.signing)

    path = settings.sqlite_path
    ledger: Ledger = (
        SqliteLedger(str(path), batch) if path is not None else PostgresLedger(settings.database_url, batch)
    )
    await engine.start()
    await ledger.start()
    return Site(settings, profile, held, engine, ledger, ticking, random)
