"""Rotating the key that seals the vault: named by an entry, everything sealed anew, the former key put aside.

Rules this module keeps:
- From the entry on nothing is sealed with the former key, whichever process writes: so what is left to be sealed
  anew only grows less, and whoever begins again after a crash finishes it.
- The former key is put aside when nothing is left that it opens; until then both lie in the folder.
- No entry changes, nor what anything is found by: see decision 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cryptography.exceptions import InvalidTag

from inventory.services.acts import Asked, evidence_of, record
from inventory.store import keys, resealing
from inventory.store.drivers import Driver, PostgresDriver, SqliteDriver
from inventory.store.resealing import SEALED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from inventory.services.site import Site
    from inventory.store.keys import VaultKey
    from inventory.store.settings import Settings

Progress: TypeAlias = "Callable[[int], object]"
"""Told how many rows more were sealed anew."""

ACTION = "study-rotate-key"


class RotationRefusedError(Exception):
    """No key was rotated; the sentence says why."""


class OwnerNeededError(RotationRefusedError):
    """PostgreSQL without the owner's URL."""

    def __init__(self) -> None:
        super().__init__(
            "No key was rotated: the role that serves may not change what is sealed, and the role that owns the "
            "tables is not set. Set CELLCUSTODY_DATABASE_OWNER_URL."
        )


class SealLostError(RotationRefusedError):
    """Something opens with no key that is held. What was sealed anew stays so."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"The rotation is not at its end: a row opens with no key that lies in the folder (missing: "
            f"{missing or 'none; run `cellcustody verify`'}). Put the key back, then run it again."
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Which keys there are, and how much each of them seals.

    Attributes:
        in_force: the name of the key that seals at present.
        rows: by name, how many rows that key seals; every key that is held or seals anything.
        waiting: names of keys that are held, seal nothing and never sealed anything.
        former: names of keys that were in force and still lie in the folder.
    """

    in_force: str
    rows: dict[str, int]
    waiting: tuple[str, ...]
    former: tuple[str, ...]

    @property
    def unfinished(self) -> bool:
        """Whether a rotation was begun and is not at its end."""
        return bool(self.former) or any(count for name, count in self.rows.items() if name != self.in_force)


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation came to: the key in force, whether it was begun before, and the keys put aside."""

    in_force: str
    resumed: bool
    aside: tuple[Path, ...]


async def standing(site: Site) -> Standing:
    """Which keys there are, and how much each of them seals."""
    driver = _driver(site.settings)
    await driver.open()
    try:
        return await _standing(site, driver)
    finally:
        await driver.close()


async def rotate(site: Site, by: str, reason: str, progress: Progress = lambda _: None) -> Rotated:
    """Finish a rotation that was begun, or else begin one and finish it.

    Raises:
        RotationRefusedError: nothing was rotated, or, as `SealLostError`, not all of it.
    """
    driver = _driver(site.settings, owner=True)
    await driver.open()
    try:
        before = await _standing(site, driver)
        resumed = before.unfinished
        if not resumed:
            await _begin(site, by, reason, before.waiting)
        return await _finish(site, driver, resumed, progress)
    finally:
        await driver.close()


def prepared(site: Site, waiting: Iterable[str] = ()) -> str:
    """The name of a key that waits to be used: the one that lies there, or a new one.

    Raises:
        RotationRefusedError: several lie there.
    """
    match sorted(waiting):
        case []:
            return keys.add_seal(site.settings.keys)
        case [one]:
            return one
        case several:
            files = ", ".join(f"seal-{name}.key" for name in several)
            raise RotationRefusedError(f"No key was rotated: {files} wait to be used. Leave one of them.")


async def _begin(site: Site, by: str, reason: str, waiting: Iterable[str]) -> None:
    identity = prepared(site, waiting)
    evidence = evidence_of(ACTION, {"seal_key": identity, "reason": reason})
    code = site.profile.study.id
    outcome = await record(site, Asked(by, ACTION, code, site.now(), evidence, f"{ACTION} {identity}"))
    if outcome.status != 201:
        raise RotationRefusedError(" ".join(outcome.sentences) or "No key was rotated.")


async def _finish(site: Site, driver: Driver, resumed: bool, progress: Progress) -> Rotated:
    key, now = site.keys.vault, await _standing(site, driver)
    while any(count for name, count in now.rows.items() if name != now.in_force):
        try:
            await _reseal(driver, key, progress)
        except InvalidTag:
            missing = ", ".join(name for name, count in now.rows.items() if count and not key.holds(name))
            raise SealLostError(missing) from None
        now = await _standing(site, driver)
    aside = [keys.retire_seal(site.settings.keys, name) for name in now.former]
    return Rotated(now.in_force, resumed, tuple(path for path in aside if path))


async def _reseal(driver: Driver, key: VaultKey, progress: Progress) -> None:
    for table in SEALED:
        after = await driver.run(resealing.step(table, key, ()))
        while after is not None:
            progress(resealing.AT_ONCE)
            after = await driver.run(resealing.step(table, key, after))


async def _standing(site: Site, driver: Driver) -> Standing:
    key = site.keys.vault
    found, held = await driver.run(resealing.standing(key)), key.seals_in_folder()
    rows = dict.fromkeys((key.first, *held, found.in_force), 0) | found.rows
    used = (found.in_force, *found.former)
    waiting = tuple(name for name in held if name not in used and not rows[name])
    return Standing(found.in_force, rows, waiting, tuple(name for name in held if name in found.former))


def _driver(settings: Settings, *, owner: bool = False) -> Driver:
    path = settings.sqlite_path
    if path is not None:
        return SqliteDriver(str(path))
    if not owner:
        return PostgresDriver(settings.database_url)
    if settings.database_owner_url is None:
        raise OwnerNeededError
    return PostgresDriver(settings.database_owner_url)
