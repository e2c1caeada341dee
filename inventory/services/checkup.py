"""Is this installation fit for work: what `cellcustody doctor` looks at.

It looks at keys, database, clock, disk and profile, and shows nothing of what is recorded. A check that
cannot be made because an earlier one failed is left out: the earlier one is the finding.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from inventory.domain import clocks
from inventory.domain import profile as profiles
from inventory.domain.profile import ProfileRefused
from inventory.services import rotation, signing_rotation
from inventory.services.opening import OtherStudyError, refuse_another_study
from inventory.services.site import ProfileMissingError, clock_of, open_site, profile_text
from inventory.store import condition, keys
from inventory.store.engines import DurabilityRefused, Engine, bound_to, build_engine
from inventory.store.grants import PowerfulRole
from inventory.store.keys import KeysRefused, SealMissingError
from inventory.store.migrate import MigrationRefused, pending
from inventory.store.settings import Environment
from inventory.store.signing import SignerMissingError

if TYPE_CHECKING:
    from inventory.domain.profile import Profile
    from inventory.services.site import Site
    from inventory.store.settings import Settings

FREE_BYTES: Final = 1 << 30
UNCONFIRMED: Final = "to be confirmed with the protocol"
BEHIND: Final = timedelta(seconds=2)
"""How far this host's clock may lie behind the head before nothing is recorded (design, two clocks)."""


class Level(StrEnum):
    """What came of a check: nothing, something to know, or something to be put right."""

    OK = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Result:
    """One check: what was looked at, what came of it, and what was seen or is to be done."""

    name: str
    level: Level
    sentence: str


def fine(name: str, sentence: str) -> Result:
    """A check that found nothing."""
    return Result(name, Level.OK, sentence)


def wrong(name: str, sentence: object) -> Result:
    """A check that found something."""
    return Result(name, Level.WRONG, str(sentence))


async def checkup(settings: Settings) -> list[Result]:
    """Every check, in order."""
    found = [fine("settings", f"{settings.environment}, home {settings.home}"), *_keys(settings)]
    profile = _profile(settings)
    found += [profile] if isinstance(profile, Result) else _unconfirmed(settings, profile)
    found += _disk(settings)
    found += [result async for result in _database(settings)]
    if not any(result.level is Level.WRONG and result.name != UNCONFIRMED for result in found):
        found += await _stamp(settings)
    return found


def _keys(settings: Settings) -> Iterator[Result]:
    try:
        keys.load(settings.keys)
    except KeysRefused as refused:
        yield wrong("keys", refused)
    else:
        yield fine("keys", f"{settings.keys} is complete, and its owner's alone with each file")


def _profile(settings: Settings) -> Profile | Result:
    try:
        return profiles.load(profile_text(settings.profile))
    except (ProfileMissingError, ProfileRefused, OSError) as refused:
        return wrong("profile", refused)


def _unconfirmed(settings: Settings, profile: Profile) -> Iterator[Result]:
    """Values to be confirmed are a finding where people are treated by them."""
    paths = profile.to_confirm()
    yield fine("profile", f"{profile.study.id}, {profile.digest[:16]}")
    if not paths:
        yield fine(UNCONFIRMED, "no value of the profile")
        return
    level = Level.WRONG if settings.environment is Environment.PRODUCTION else Level.NOTE
    sentence = f"{len(paths)} values of the profile: {', '.join(paths)}"
    yield Result(UNCONFIRMED, level, sentence)


def _disk(settings: Settings) -> Iterator[Result]:
    path = settings.sqlite_path or settings.home
    folder = next((each for each in path.resolve().parents if each.is_dir()), None)
    if folder is None:
        return
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):.1f} GiB are free in {folder}"
    yield fine("disk", said) if free >= FREE_BYTES else wrong("disk", f"{said}. Make room: at least 1 GiB.")


async def _database(settings: Settings) -> AsyncIterator[Result]:
    path = settings.sqlite_path
    if path is not None and not path.is_file():
        yield wrong("database", f"There is none at {path}. Run `cellcustody init`.")
        return
    engine = build_engine(settings.database_url)
    try:
        with bound_to(engine):
            await engine.start()
            yield fine("durability", "read back: an acknowledged entry outlives a power cut")
            if path is None:
                yield await _role(engine)
            waiting = await pending(engine)
            if waiting:
                yield wrong("migrations", f"{waiting} are pending. Run `cellcustody migrate`.")
                return
            yield fine("migrations", "none is pending")
            yield await _clock(settings)
    except (DurabilityRefused, MigrationRefused) as refused:
        yield wrong("database", refused)
    except condition.UNREACHABLE as unreachable:
        yield wrong("database", f"It cannot be reached: {type(unreachable).__name__}.")
    finally:
        await engine.close()


async def _role(engine: Engine) -> Result:
    try:
        await condition.refuse_powerful(engine)
    except PowerfulRole as powerful:
        return wrong("role", powerful)
    return fine("role", "the database role can append and cannot rewrite")


async def _clock(settings: Settings) -> Result:
    last = await condition.recorded_at()
    if last is None:
        return wrong("clock", "The database holds no study. Run `cellcustody init`.")
    behind = clocks.parse_instant(last) - clock_of(settings)()
    if behind > BEHIND:
        late = f"{behind.total_seconds():.0f} s"
        return wrong("clock", f"It is {late} behind the last entry: nothing can be recorded. Set it.")
    return fine("clock", "it is not behind the last entry")


async def _stamp(settings: Settings) -> list[Result]:
    """The database was opened with this profile, for this environment; and with which key it is sealed."""
    site = await open_site(settings)
    try:
        await refuse_another_study(site)
    except OtherStudyError as other:
        return [wrong("study", other)]
    else:
        return [
            fine("study", "the database was opened with this profile and these keys, for this environment"),
            await _seals(site),
            await _signs(site),
        ]
    finally:
        await site.close()


async def _signs(site: Site) -> Result:
    """The keys that sign at present are here, and no former one is."""
    try:
        now = await signing_rotation.standing(site)
    except SignerMissingError as missing:
        return wrong("signing keys", missing)
    if now.unfinished:
        sentence = "A former key still lies in the folder. Run `cellcustody keys rotate-signing`."
        return Result("signing keys", Level.NOTE, sentence)
    return fine("signing keys", "those that the study names are here")


async def _seals(site: Site) -> Result:
    """The key that seals at present is here, and seals everything."""
    found = await rotation.standing(site)
    if not site.keys.vault.holds(found.in_force):
        return wrong("seals", SealMissingError(found.in_force))
    if found.unfinished:
        return Result("seals", Level.NOTE, "A rotation is not at its end. Run `cellcustody keys rotate`.")
    # How many rows that is would count the vault, and an administrator may be blinded.
    return fine("seals", f"all that is sealed is sealed with the key {found.in_force}")
