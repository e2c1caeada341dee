"""Does an answer take longer for the one arm? Two worlds with opposite arms, asked in turns.

Rules this module keeps:
- A kit has the one arm in the first world and the other in the second, so whatever else makes one kit slower
  than another is on both sides; which world is asked first is thrown each time.
- Each kit is alone in use on its day, and asked then and there: as many requests for each arm and route.
- All routes are judged together (Holm); the suite first has to see a planted wait of twenty microseconds.
"""

from __future__ import annotations

import gc
import random
import time
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from inventory.domain import clocks
from inventory.domain.identifiers.numbers import syringe_code
from inventory.domain.items import Kind
from inventory.store.engines import bind
from inventory.store.gate import Reader
from inventory.worlds import script, setting, stock
from inventory.worlds.asking import Asked, ask
from inventory.worlds.examples import API
from inventory.worlds.statistics import holm, mann_whitney
from inventory.worlds.world import ScriptBrokenError, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from inventory.domain.items import Item
    from inventory.domain.profile import Profile
    from inventory.store.keys import Keys
    from inventory.store.records import ItemRecord
    from inventory.worlds.day import Day
    from inventory.worlds.running import Where
    from inventory.worlds.tables import Arms
    from inventory.worlds.world import World

ALARM: Final = 1e-3
"""The adjusted p-value below which a route is said to tell arms by its time."""
PLANTED_SECONDS: Final = 20e-6
KITS: Final = 20


@dataclass(frozen=True, slots=True)
class Timed:
    """What a route's times say.

    Attributes:
        requests: how many were put for each arm.
        shift: how much longer the median takes for the product with events, in seconds.
        p_value: adjusted for all routes.
    """

    route: str
    requests: int
    shift: float
    p_value: float

    @property
    def tells(self) -> bool:
        """Whether the route tells arms by its time."""
        return self.p_value < ALARM

    def __str__(self) -> str:
        found = f"{self.shift * 1e6:+.1f} µs, p {self.p_value:.2g}"
        return f"{self.route}, {self.requests} an arm: {found}{', TELLS ARMS' if self.tells else ''}"


@dataclass
class Turns:
    """Whose turn it is, and how long each took, by route and by whether the product was the one with events."""

    fragile: bool = False
    times: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)

    def took(self, route: str, seconds: float) -> None:
        """This turn took so long."""
        self.times.setdefault(route, ([], []))[self.fragile].append(seconds)

    def judged(self) -> list[Timed]:
        """Every route, judged together with the others."""
        p_values = holm({route: mann_whitney(*pair) for route, pair in self.times.items()})
        return [
            Timed(route, len(two), median(two) - median(one), p_values[route])
            for route, (one, two) in self.times.items()
        ]


async def measure(
    place: Callable[[], Where], keys: Keys, requests: int, *, leak: bool = False, kits: int = KITS
) -> list[Timed]:
    """About so many requests for each arm and route; with `leak`, a wait is planted for the one arm."""
    turns, source = Turns(), random.Random(20)  # noqa: S311  (the order of asking)
    async with _pair(place, keys, kits) as worlds:
        with _wait_planted(turns) if leak else nullcontext():
            for ordinal in range(kits):
                days = [await _dispensed(world, ordinal) for world in worlds]
                gc.collect()
                gc.disable()
                for number in range(max(1, requests // kits)):
                    for route in _requests(days[0], number):
                        source.shuffle(days)
                        for day in days:
                            await _turn(day, route, number, turns)
                gc.enable()
                for day in days:
                    bind(day.world.site.engine)
                    await day.world.do("priya", "kit-not-give", day.kit, reason="other")
    return turns.judged()


@asynccontextmanager
async def _pair(place: Callable[[], Where], keys: Keys, kits: int) -> AsyncIterator[list[World]]:
    with place() as one, place() as two:
        async with opened(one, keys, ()) as first, opened(two, keys, ()) as second:
            arms = _opposite(first.site.profile, kits)
            for world, table in zip((first, second), arms, strict=True):
                world.arms = table
                bind(world.site.engine)
                await setting.furnish(world, kits)
                await script.enrol(world)
            yield [first, second]


def _opposite(profile: Profile, kits: int) -> tuple[Arms, Arms]:
    """Two tables, in each half of the kits of the product with events, and no kit of the same in both."""
    fragile = stock.fragile(profile).code
    with_events = next(arm.code for arm in profile.arms if arm.product_in(1) == fragile)
    without = [arm.code for arm in profile.arms if arm.product_in(1) != fragile][-1]
    table = [with_events, without] * (kits // 2)
    random.Random(7).shuffle(table)  # noqa: S311  (which kit has which arm)
    return tuple(table), tuple(with_events if arm == without else without for arm in table)


async def _dispensed(world: World, ordinal: int) -> Day:
    """The participant's kit, dispensed on its day."""
    bind(world.site.engine)
    day = await script.day_of(world, ordinal)
    await day.until_prepared()
    await day.to_pharmacy()
    await world.do("priya", "kit-dispense", day.kit, second="pavel", participant=day.participant)
    return day


def _requests(day: Day, number: int) -> dict[str, tuple[str, Asked, int]]:
    """By route: who asks, what, and the status that is due."""
    kit, participant = day.kit, {"participant": day.participant}
    return {
        "item": ("anders", Asked("GET", f"{API}/items/{kit}"), 200),
        "history": ("anders", Asked("GET", f"{API}/items/{syringe_code(kit, 1)}/history"), 200),
        "list": ("anders", Asked("GET", f"{API}/kits?limit=1&after={kit[:-1]}"), 200),
        "scan": ("carla", Asked("POST", f"{API}/scan", {"data": kit}), 200),
        "label": ("anders", Asked("GET", f"{API}/labels/kit/{kit}.png?dpi=203"), 200),
        "kit-hand-to-bedside": ("priya", _act(day, number, "kit-hand-to-bedside"), 201),
        "kit-refuse-at-bedside": (
            "carla",
            _act(day, number, "kit-refuse-at-bedside", reason="label_unreadable"),
            201,
        ),
        "kit-confirm, refused": ("carla", _act(day, number, "kit-confirm", **participant), 409),
    }


def _act(day: Day, number: int, action: str, **evidence: Any) -> Asked:
    now = clocks.format_instant(day.world.hands.clock.at)
    key = (b"idempotency-key", f"{action}-{number}-{day.kit}".encode())
    told = {"code": day.kit, "occurred_at": now, "evidence": evidence}
    return Asked("POST", f"{API}/custody/{action}", told, (key,))


async def _turn(day: Day, route: str, number: int, turns: Turns) -> None:
    world, (who, asked, due) = day.world, _requests(day, number)[route]
    bind(world.site.engine)
    token = await world.hands.token(who)
    turns.fragile = day.fragile
    begun = time.perf_counter()
    answer = await ask(world.app, asked, token)
    turns.took(route, time.perf_counter() - begun)
    if answer.status != due:
        raise ScriptBrokenError(f"{route}: {answer.status} {answer.body.decode()}")


def _wait_planted(turns: Turns) -> Any:
    """Whoever reads a kit of the product with events is kept waiting, by a loop that does nothing else."""
    told = Reader._record  # noqa: SLF001  (a leak stands where it would really stand)

    def record(reader: Reader, item: Item) -> ItemRecord:
        end = time.perf_counter() + PLANTED_SECONDS * (turns.fragile and item.kind is Kind.KIT)
        while time.perf_counter() < end:
            pass
        return told(reader, item)

    return mock.patch.object(Reader, "_record", record)
