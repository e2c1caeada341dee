"""Two worlds with opposite arms, and what is asked about a kit in both: for comparing what an answer takes.

Rules this module keeps:
- A kit has the one arm in the first world and the other in the second, so whatever else makes one kit differ
  from another is on both sides.
- Each kit is alone in use on its day, and asked then and there.
"""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from inventory.domain import clocks
from inventory.domain.identifiers.numbers import syringe_code
from inventory.store.engines import bind
from inventory.worlds import script, setting, stock
from inventory.worlds.asking import Asked
from inventory.worlds.day import day_of
from inventory.worlds.examples import API
from inventory.worlds.pages import form
from inventory.worlds.world import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from inventory.domain.profile import Profile
    from inventory.store.keys import Keys
    from inventory.worlds.day import Day
    from inventory.worlds.running import Where
    from inventory.worlds.tables import Arms
    from inventory.worlds.world import World


@asynccontextmanager
async def twins(place: Callable[[], Where], keys: Keys, kits: int) -> AsyncIterator[list[World]]:
    """Both worlds before their first kit, with participants for so many."""
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


async def dispensed(world: World, ordinal: int) -> Day:
    """The participant's kit, dispensed on its day."""
    bind(world.site.engine)
    day = await day_of(world, ordinal)
    await day.until_prepared()
    await day.to_pharmacy()
    await world.do("priya", "kit-dispense", day.kit, second="pavel", participant=day.participant)
    return day


async def put_away(day: Day) -> None:
    """The kit is given to nobody, and the next one is alone in use."""
    bind(day.world.site.engine)
    await day.world.do("priya", "kit-not-give", day.kit, reason="other")


def blocks(day: Day) -> list[list[str]]:
    """The routes that are asked one after the other: an act with the one that takes it back, all others alone.

    What is recorded comes last: a kit that was handed over and back hundreds of times has a page that no kit has.
    """
    there, back, *others = _acts(day, 0)
    return [*([route] for route in (*_readings(day), *_pages(day), *others)), [there, back]]


def requests(day: Day, number: int) -> dict[str, tuple[str, Asked, int]]:
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
