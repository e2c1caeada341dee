"""Does an answer take longer for the one arm? Two worlds with opposite arms, asked in turns.

Rules this module keeps:
- A kit has the one arm in the first world and the other in the second, so whatever else makes one kit slower
  than another is on both sides.
- Each kit is alone in use on its day, and asked then and there, one route after the other: what another route left
  in the processor's caches costs whoever is asked first more than any wait that is looked for here.
- In a turn the worlds are asked one, other, other, one; of each the quicker counts, which other work disturbed
  less, and the two are compared. A machine is now quicker, now slower: what lies close together shares that.
- All routes, the pages among them, are judged together (Holm), by the clock and by the processor's time; the suite
  first has to see a planted wait of twenty microseconds on every one of them.
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
from inventory.store.doorkeeper import person_behind as find_person
from inventory.store.engines import bind
from inventory.worlds import script, setting, stock
from inventory.worlds.asking import Asked, ask
from inventory.worlds.day import day_of
from inventory.worlds.examples import API
from inventory.worlds.pages import form
from inventory.worlds.statistics import holm, wilcoxon
from inventory.worlds.world import ScriptBrokenError, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from inventory.domain.profile import Profile
    from inventory.store.keys import Keys
    from inventory.worlds.day import Day
    from inventory.worlds.running import Where
    from inventory.worlds.tables import Arms
    from inventory.worlds.world import World

ALARM: Final = 1e-3
"""The adjusted p-value below which a route is said to tell arms by its time."""
PLANTED_SECONDS: Final = 20e-6
KITS: Final = 20
TRIES: Final = 2
"""So many times each world is asked in a turn."""
MORE: Final = {
    "label": 3, "page of today": 6, "page of an item": 2, "page of a list": 2, "page of the pharmacy": 2,
}  # fmt: skip
"""So many times as often a route is asked whose answers take longest, and therefore differ most among themselves."""
SWEPT: Final = 10
"""After so many turns the garbage is collected, which makes the request after it slower."""
CLOCKS: Final = {"by the clock": time.perf_counter, "by the processor": time.process_time}
"""How long an answer takes to whoever waits for it, and how much work it was, which a busy machine blurs less."""


@dataclass(frozen=True, slots=True)
class Timed:
    """What a route's times say by one of the clocks.

    Attributes:
        turns: in how many turns the arms were compared.
        shift: how much longer it takes for the product with events, in seconds, in the median of the turns.
        p_value: adjusted for all routes and both clocks.
    """

    route: str
    clock: str
    turns: int
    shift: float
    p_value: float

    @property
    def tells(self) -> bool:
        """Whether the route tells arms by its time."""
        return self.p_value < ALARM

    def __str__(self) -> str:
        found = f"{self.shift * 1e6:+.1f} µs, p {self.p_value:.2g}"
        return f"{self.route}, {self.turns} turns {self.clock}: {found}{', TELLS ARMS' if self.tells else ''}"


@dataclass
class Turns:
    """What was measured: by route and clock, how much longer each request for the product with events took.

    `fragile` says whose turn it is, `asked` how many requests were put.
    """

    fragile: bool = False
    asked: int = 0
    longer: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def took(self, route: str, fragile: list[float], other: list[float]) -> None:
        """In a turn it took so long, by each clock."""
        for clock, one, two in zip(CLOCKS, fragile, other, strict=True):
            self.longer.setdefault((route, clock), []).append(one - two)

    def judged(self) -> list[Timed]:
        """Every route by each clock, judged together with the others."""
        p_values = holm({" ".join(key): wilcoxon(longer) for key, longer in self.longer.items()})
        return [
            Timed(*key, len(longer), median(longer), p_values[" ".join(key)])
            for key, longer in self.longer.items()
        ]


def telling(timed: list[Timed]) -> set[str]:
    """The routes that tell arms, by whichever clock."""
    return {each.route for each in timed if each.tells}


async def measure(
    place: Callable[[], Where], keys: Keys, requests: int, *, leak: float = 0.0, kits: int = KITS
) -> list[Timed]:
    """About so many requests for each route and arm; a wait of `leak` seconds is planted for the one arm."""
    turns = Turns()
    async with _pair(place, keys, kits) as worlds:
        with _wait_planted(turns, leak) if leak else nullcontext():
            for ordinal in range(kits):
                days = [await _dispensed(world, ordinal) for world in worlds]
                await _ask(turns, days, requests / (kits * TRIES))
                for day in days:
                    bind(day.world.site.engine)
                    await day.world.do("priya", "kit-not-give", day.kit, reason="other")
    return turns.judged()


async def _ask(turns: Turns, days: list[Day], share: float) -> None:
    """So many turns of each route, and more of some."""
    gc.collect()
    gc.freeze()
    gc.disable()
    for routes in _blocks(days[0]):
        for number in range(max(1, round(share * MORE.get(routes[0], 1)))):
            took = await _turn(turns, days, routes)
            for route in routes:
                one, two = (took[route, day.fragile] for day in sorted(days, key=_fragile, reverse=True))
                turns.took(route, one, two)
            if number % SWEPT == SWEPT - 1:
                gc.collect(1)
    gc.enable()
    gc.unfreeze()


def _fragile(day: Day) -> bool:
    return day.fragile


def _blocks(day: Day) -> list[list[str]]:
    """The routes that are asked one after the other: an act with the one that takes it back, all others alone.

    What is recorded comes last: a kit that was handed over and back hundreds of times has a page that no kit has.
    """
    there, back, *others = _acts(day, 0)
    return [*([route] for route in (*_readings(day), *_pages(day), *others)), [there, back]]


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
    day = await day_of(world, ordinal)
    await day.until_prepared()
    await day.to_pharmacy()
    await world.do("priya", "kit-dispense", day.kit, second="pavel", participant=day.participant)
    return day


def _requests(day: Day, number: int) -> dict[str, tuple[str, Asked, int]]:
    """By route: who asks, what, and the status that is due. What changes the kit changes it back."""
    return {**_readings(day), **_pages(day), **_acts(day, number)}


def _readings(day: Day) -> dict[str, tuple[str, Asked, int]]:
    kit = day.kit
    return {
        "item": ("anders", Asked("GET", f"{API}/items/{kit}"), 200),
        "history": ("anders", Asked("GET", f"{API}/items/{syringe_code(kit, 1)}/history"), 200),
        "list": ("anders", Asked("GET", f"{API}/kits?limit=1&after={kit[:-1]}"), 200),
        "scan": ("carla", Asked("POST", f"{API}/scan", {"data": kit}), 200),
        "stock": ("carla", Asked("GET", f"{API}/stock"), 200),
        "label": ("anders", Asked("GET", f"{API}/labels/kit/{kit}.png?dpi=203"), 200),
    }


def _pages(day: Day) -> dict[str, tuple[str, Asked, int]]:
    kit = day.kit
    return {
        "page of today": ("carla", Asked("GET", "/"), 200),
        "page of an item": ("anders", Asked("GET", f"/items/{kit}"), 200),
        "page of a list": ("anders", Asked("GET", f"/kits?q={kit}"), 200),
        "page of a scan": ("carla", Asked("POST", "/scan", form(data=kit)), 200),
        "page of a form": ("priya", Asked("GET", f"/acts/kit-hand-to-bedside/{kit}"), 200),
        "page of the pharmacy": ("priya", Asked("GET", f"/pharmacy/{kit}"), 200),
    }


def _acts(day: Day, number: int) -> dict[str, tuple[str, Asked, int]]:
    unreadable, participant = {"reason": "label_unreadable"}, {"participant": day.participant}
    return {
        "kit-hand-to-bedside": ("priya", _act(day, number, "kit-hand-to-bedside"), 201),
        "kit-refuse-at-bedside": ("carla", _act(day, number, "kit-refuse-at-bedside", **unreadable), 201),
        "kit-confirm, refused": ("carla", _act(day, number, "kit-confirm", **participant), 409),
    }


def _act(day: Day, number: int, action: str, **evidence: Any) -> Asked:
    now = clocks.format_instant(day.world.hands.clock.at)
    key = (b"idempotency-key", f"{action}-{number}-{day.kit}".encode())
    told = {"code": day.kit, "occurred_at": now, "evidence": evidence}
    return Asked("POST", f"{API}/custody/{action}", told, (key,))


async def _turn(turns: Turns, days: list[Day], routes: list[str]) -> dict[tuple[str, bool], list[float]]:
    """By route and by whether it was for the product with events: the quickest, in seconds by each clock."""
    took: dict[tuple[str, bool], list[list[float]]] = {}
    for number in range(2 * TRIES):
        # One, other, other, one: whoever is asked second finds the caches warm, and each is as often.
        day = days[(number + 1) // 2 % 2]
        turns.fragile = day.fragile
        for route in routes:
            took.setdefault((route, day.fragile), []).append(await _request(turns, day, route))
    return {whose: [min(each) for each in zip(*every, strict=True)] for whose, every in took.items()}


async def _request(turns: Turns, day: Day, route: str) -> list[float]:
    """How long one request took, in seconds by each clock."""
    turns.asked += 1
    world, (who, asked, due) = day.world, _requests(day, turns.asked)[route]
    bind(world.site.engine)
    token = await world.hands.token(who)
    begun = [clock() for clock in CLOCKS.values()]
    answer = await ask(world.app, asked, token)
    took = [clock() - since for clock, since in zip(CLOCKS.values(), begun, strict=True)]
    if answer.status != due:
        raise ScriptBrokenError(f"{route}: {answer.status} {answer.body.decode()}")
    return took


def _wait_planted(turns: Turns, seconds: float) -> Any:
    """Whoever asks for a kit of the product with events is kept waiting, by a loop that does nothing else.

    It stands where every route passes, once: where it is found out who asks.
    """

    async def person_behind(*told: Any) -> Any:
        end = time.perf_counter() + seconds * turns.fragile
        while time.perf_counter() < end:
            pass
        return await find_person(*told)

    return mock.patch("inventory.web.auth.person_behind", person_behind)
