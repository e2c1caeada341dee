"""Does an answer take longer for the one arm? Two worlds with opposite arms, asked in turns.

Rules this module keeps:
- A kit is asked one route after the other: what another route left in the processor's caches costs whoever is
  asked first more than any wait that is looked for here.
- In a turn the worlds are asked one, other, other, one; of each the quicker counts, which other work disturbed
  less, and the two are compared. A machine is now quicker, now slower: what lies close together shares that.
- All routes, the pages among them, are judged together (Holm), by the clock and by the processor's time; the suite
  first has to see a planted wait of twenty microseconds on every one of them.
"""

from __future__ import annotations

import gc
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from inventory.store.doorkeeper import person_behind as find_person
from inventory.store.engines import bind
from inventory.worlds.asking import ask
from inventory.worlds.statistics import holm, wilcoxon
from inventory.worlds.twins import blocks, dispensed, put_away, requests, twins
from inventory.worlds.world import ScriptBrokenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.store.keys import Keys
    from inventory.worlds.day import Day
    from inventory.worlds.running import Where

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
    place: Callable[[], Where], keys: Keys, asked: int, *, leak: float = 0.0, kits: int = KITS
) -> list[Timed]:
    """About so many requests for each route and arm; a wait of `leak` seconds is planted for the one arm."""
    turns = Turns()
    async with twins(place, keys, kits) as worlds:
        with _wait_planted(turns, leak) if leak else nullcontext():
            for ordinal in range(kits):
                days = [await dispensed(world, ordinal) for world in worlds]
                await _ask(turns, days, asked / (kits * TRIES))
                for day in days:
                    await put_away(day)
    return turns.judged()


async def _ask(turns: Turns, days: list[Day], share: float) -> None:
    """So many turns of each route, and more of some."""
    gc.collect()
    gc.freeze()
    gc.disable()
    for routes in blocks(days[0]):
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
    world, (who, asked, due) = day.world, requests(day, turns.asked)[route]
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
