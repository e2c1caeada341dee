"""Worlds told one after the other and compared: what `cellcustody doctor --blinding` and the tests run.

Every world lives in a new folder and is thrown away; no database or key of a site is ever opened.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.demo.hands import RefusedInStoryError
from inventory.domain import profile as profiles
from inventory.services.site import profile_text
from inventory.store import keys
from inventory.store.settings import Environment, Settings
from inventory.worlds import cast, script, setting
from inventory.worlds.comparing import Comparing, DifferenceSeen
from inventory.worlds.looking import hidden_from_watchers, look
from inventory.worlds.planted import LEAKS, planted
from inventory.worlds.tables import arm_tables
from inventory.worlds.world import ScriptBrokenError, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from inventory.store.keys import Keys
    from inventory.worlds.comparing import Difference
    from inventory.worlds.looking import Hidden
    from inventory.worlds.routes import Route
    from inventory.worlds.tables import Arms
    from inventory.worlds.world import World

SEED = "the seed of every world"
WORLDS = 12
"""How many are told unless somebody asks for another number: two of one arm each, ten free random."""
SHOWN = 20
"""How many differences are told in full; one leak shows in many places."""
Where = contextlib.AbstractContextManager[Settings]


@dataclass
class Worlds:
    """Worlds of one profile, told in turn; the first is what the others are compared with.

    Attributes:
        place: gives each world the settings of an empty, unmigrated database, and takes it back.
        keys: what all worlds are signed and sealed with.
        watching: who looks at everything at the end of each; all glance at every turn of the script.
        hidden: the codes that no watcher may see, as the first world had them.
        covered: who asked which route.
    """

    profile: str | None
    place: Callable[[], Where]
    keys: Keys
    watching: Collection[str] = cast.LOOKING
    comparing: Comparing = field(default_factory=Comparing)
    hidden: Hidden | None = None
    covered: set[tuple[str, Route]] = field(default_factory=set)
    told: int = 0

    def tables(self, count: int) -> list[Arms]:
        """The arms of so many worlds."""
        return arm_tables(profiles.load(profile_text(self.profile)), script.PARTICIPANTS, count)

    async def tell(self, arms: Arms) -> list[Difference]:
        """One more world; what a blinded person saw in it and not, or not so, in the first.

        Raises:
            ScriptBrokenError, RefusedInStoryError: the first world does not come to its end.
        """
        with self.place() as settings:
            async with opened(settings, self.keys, arms) as world:
                with self._as_far_as_it_goes():
                    await setting.furnish(world)
                    await script.tell(world)
                    await self._look(world)
            self.told += 1
            return self.comparing.add(self.told, arms, world.sights)

    def _as_far_as_it_goes(self) -> contextlib.AbstractContextManager[None]:
        """A world in which the script breaks off differs from the first: what was seen so far says where."""
        if self.told == 0:
            return contextlib.nullcontext()
        return contextlib.suppress(ScriptBrokenError, RefusedInStoryError)

    async def tell_until_different(self, arms: Arms) -> Difference | None:
        """Tell a world as far as the first difference from the first world, which is returned."""
        expected = iter(self.comparing.first[(), ()])
        with self.place() as settings:
            try:
                async with opened(settings, self.keys, arms, expected=expected) as world:
                    await setting.furnish(world)
                    await script.tell(world)
                    await look(world, self.hidden or {}, self.watching)
            except DifferenceSeen as seen:
                return seen.difference
        return None

    async def _look(self, world: World) -> None:
        if self.hidden is None:
            self.hidden = await hidden_from_watchers(world, ("deviation", script.LAB_DEVIATION))
        self.covered |= await look(world, self.hidden, self.watching)


@contextlib.contextmanager
def shared_keys(profile: str | None) -> Iterator[Keys]:
    """New keys, for as long as the block lasts."""
    study = profiles.load(profile_text(profile)).study.id
    with folder() as home:
        yield keys.create(home / "keys", f"cellcustody.test/{study}")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder of our own; in memory where the host has such a place, for worlds are not kept."""
    memory = Path("/dev/shm")  # noqa: S108  (a fresh folder is made in it, readable by its owner alone)
    home = Path(tempfile.mkdtemp(prefix="cellcustody-world-", dir=memory if memory.is_dir() else None))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def on_sqlite(profile: str | None) -> Iterator[Settings]:
    """The settings of an empty world in a folder of its own."""
    with folder() as home:
        yield settings_in(home, f"sqlite:///{home / 'world.sqlite'}", profile)


def settings_in(home: Path, url: str, profile: str | None, owner_url: str | None = None) -> Settings:
    """The settings of a world: the environment test, and the one seed."""
    return Settings(Environment.TEST, home, home / "keys", url, owner_url, profile, None, SEED)


async def see_planted(worlds: Worlds, tables: list[Arms], say: Callable[[str], None]) -> list[str]:
    """Plant a leak of each kind in the second world; the kinds that were not seen."""
    missed = []
    for leak in LEAKS:
        with planted(leak, tables[0], tables[1]):
            seen = await worlds.tell_until_different(tables[1])
        where = f"seen at {seen.where}, in its {seen.what}" if seen else "NOT SEEN"
        say(f"planted {leak.kind}: {leak.says}: {where}")
        missed += [] if seen else [leak.kind]
    return missed


@dataclass(frozen=True, slots=True)
class Found:
    """What a run came to: planted leaks that were not seen, and differences that nobody planted."""

    missed: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def holds(self) -> bool:
        """Whether every planted leak was seen, and nothing else."""
        return not self.missed and not self.differences


async def compare_worlds(worlds: Worlds, count: int, say: Callable[[str], None]) -> Found:
    """Tell so many worlds: first one, then one with each planted leak, then the others as they are."""
    tables = worlds.tables(count)
    missed: list[str] = []
    for number, arms in enumerate(tables):
        begun = time.monotonic()
        found = await worlds.tell(arms)
        took = time.monotonic() - begun
        say(f"world {worlds.told} of {count}, {' '.join(arms)}: {len(found)} differences, {took:.1f} s")
        if number == 0:
            missed = await see_planted(worlds, tables, say)
    return Found(tuple(missed), tuple(worlds.comparing.differences))


async def compare_on_sqlite(profile: str | None, count: int, say: Callable[[str], None]) -> Found:
    """`compare_worlds` of a profile on the embedded database, with keys and folders made for the purpose."""
    with shared_keys(profile) as keys:
        worlds = Worlds(profile, lambda: on_sqlite(profile), keys)
        found = await compare_worlds(worlds, count, say)
    routes, people = {route for _, route in worlds.covered}, sorted({who for who, _ in worlds.covered})
    say(f"{worlds.comparing.compared} sights compared; {len(routes)} routes asked by {', '.join(people)}.")
    for difference in found.differences[:SHOWN]:
        say(str(difference))
    say("No blinded person can tell the worlds apart." if found.holds else "IT DOES NOT HOLD.")
    return found
