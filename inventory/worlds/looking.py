"""What watchers look at: a glance at every turn of the script, and at its end everything there is.

Everything is asked one request after the other, in one order, by each watcher for themselves.
"""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

from inventory.domain.custody import duties
from inventory.domain.items import SHELF_OF, Kind, Log, Shelf
from inventory.services.exporting import (
    ExportRefusedError,
    Wanted,
    export_accountability,
    export_bundle,
    export_history,
)
from inventory.services.interchange import export_epcis, export_fhir
from inventory.services.lists import LISTS
from inventory.store import gate
from inventory.worlds import cast
from inventory.worlds.asking import Answer, Asked
from inventory.worlds.examples import API, Seen, examples
from inventory.worlds.pages import ENDING
from inventory.worlds.routes import NOT_ASKED, Route, routes_of
from inventory.worlds.wire import over_the_wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from inventory.worlds.world import World

    Hidden = Mapping[str, list[str]]

OPEN_KINDS = tuple(kind for kind, shelf in SHELF_OF.items() if shelf is Shelf.OPEN)
HIDDEN_AT_MOST = 3
"""How many hidden codes of each kind are asked for; kits and syringes all."""


KNOWING = frozenset(
    {
        f"{API}/kits", f"{API}/deviations", f"{API}/items/{{code}}", f"{API}/items/{{code}}/history",
        f"{API}/items/{{code}}/history.csv", f"{API}/items/{{code}}/history.pdf", f"{API}/scan",
    }
)  # fmt: skip
"""What is asked of the service by people who are entitled to know an arm."""


class UnseenRouteError(Exception):
    """A route that some blinded role never asked for anything."""


async def glance(world: World, *codes: str) -> None:
    """These things and the newest entries by each watcher; lists, histories and labels by one of them in turn."""
    opened = await (await world.hands.reader("anders")).edge(Log.OPEN)
    newest = max(0, (opened.size if opened else 0) - 20)
    seen = [f"{API}/kits", f"{API}/deviations", f"{API}/logs/open/entries?start={newest}"]
    seen += [f"{API}/items/{code}" for code in codes]
    more = [f"{API}/{name}" for name in LISTS]
    more += [f"{API}/items/{code}/history{ending}" for code in codes for ending in ("", ".csv", ".pdf")]
    more += [f"{API}/labels/kit/{code}.png?dpi=203" for code in codes]
    # What is seen by those who know an arm is not the same in all worlds, nor how much it is.
    watchers, turn = cast.watchers(world.site.profile), sum(not sight.knows for sight in world.sights)
    for ordinal, watcher in enumerate(watchers):
        for address in [*seen, *(more if ordinal == turn % len(watchers) else ())]:
            await world.ask(watcher.code, Asked("GET", address))


async def look(world: World, hidden: Hidden, watching: Collection[str]) -> set[tuple[str, Route]]:
    """Every route by each of these people, then what the command line exports; returns who asked which route.

    Raises:
        NoExampleError: a route has no example.
        UnseenRouteError: a route was not asked by every blinded role.
    """
    routes = list(routes_of(world.app))
    reading = [route for route in routes if not _changes(route)]
    acting = [route for route in routes if _changes(route)]
    asked: set[tuple[str, Route]] = set()
    watchers = [one.code for one in cast.watchers(world.site.profile) if one.code in watching]
    for part in (reading, acting):
        for watcher in watchers:
            asked |= await _look(world, watcher, part, hidden)
            if part is reading:
                await _take_out(world, watcher)
    for entitled in (who for group in cast.ENTITLED for who in group[:1] if who in watching):
        # Who may know one participant's arm must not learn another's: a part of the same, by one of them.
        await _look(world, entitled, [route for route in reading if route.path in KNOWING], hidden)
    await over_the_wire(world)
    refuse_unseen(watchers, routes, asked)
    return asked


def _changes(route: Route) -> bool:
    return route.method != "GET" and not route.path.endswith("/scan")


async def _look(world: World, who: str, routes: list[Route], hidden: Hidden) -> set[tuple[str, Route]]:
    seen, asked = await _seen(world, who, hidden), set()
    # Signing out ends what the watcher can ask, so it comes last.
    for route in sorted(routes, key=lambda route: route.method == "DELETE" or route.path in ENDING):
        for example in examples(route, seen):
            asked.add((who, route))
            await world.ask(who, example)
        for method in sorted(NOT_ASKED) if route.method == "GET" and seen.thorough else ():
            await world.ask(who, Asked(method, route.path.replace("{", "").replace("}", "")))
    world.hands.tokens.pop(who) if any(route.method == "DELETE" for route in routes) else None
    return asked


async def _seen(world: World, who: str, hidden: Hidden) -> Seen:
    reader = await world.hands.reader(who)
    codes: dict[str, list[str]] = {}
    for kind in OPEN_KINDS:
        found = await reader.page(kind, limit=gate.PAGE_AT_MOST)
        # Unused kit numbers say nothing of each other: two of them stand for all.
        unused = [one for one in found if one.state == "planned"]
        codes[kind.value] = [one.code for one in found if one not in unused[2:]]
    edge = await reader.edge(Log.OPEN)
    return Seen(
        who,
        world.hands.clock.at,
        world.site.profile,
        codes,
        hidden,
        edge.size if edge else 0,
        itertools.count(),
        duties(reader.person, world.site.profile),
        thorough=who == cast.THOROUGH,
    )


async def hidden_from_watchers(world: World, *more: tuple[str, str]) -> Hidden:
    """The codes that no watcher may see in this world, by kind; with codes of (kind, code) besides."""
    reader = await world.hands.reader("uma")
    blind = await world.hands.reader("anders")
    found: dict[str, list[str]] = {kind: [code] for kind, code in more}
    for kind in Kind:
        secret = [
            one.code
            for one in await reader.page(kind, limit=gate.PAGE_AT_MOST)
            if await blind.item(one.code) is None
        ]
        most = None if kind in {Kind.KIT, Kind.SYRINGE} else HIDDEN_AT_MOST
        found[kind.value] = [*found.get(kind.value, ()), *secret[:most]]
    return found


async def _take_out(world: World, who: str) -> None:
    """What the command line hands out to this person, as bytes."""
    person = await gate.person(who)
    if person is None:
        return
    participants = [one.code for one in await (await world.hands.reader(who)).page(Kind.PARTICIPANT)]
    wanted = Wanted(person, participants)
    exports: dict[str, Callable[[], Awaitable[bytes]]] = {
        "bundle": lambda: _bundle(world, wanted),
        "history as csv": lambda: export_history(world.site, wanted, "csv"),
        "history as pdf": lambda: export_history(world.site, wanted, "pdf"),
        "accountability as csv": lambda: export_accountability(world.site, wanted, "csv"),
        "accountability as json": lambda: export_accountability(world.site, wanted, "json"),
        "events": lambda: export_epcis(world.site, wanted),
        "resources": lambda: export_fhir(world.site, wanted),
        "everything, unblinded": lambda: export_history(world.site, Wanted(person, unblinded=True), "csv"),
    }
    for name, export in exports.items():
        try:
            content = await export()
        except ExportRefusedError as refused:
            content = str(refused).encode()
        world.see(who, f"export of {name}", Answer(0, (), (content,)))


async def _bundle(world: World, wanted: Wanted) -> bytes:
    out = io.BytesIO()
    await export_bundle(world.site, wanted, out)
    return out.getvalue()


def refuse_unseen(watchers: list[str], routes: list[Route], asked: set[tuple[str, Route]]) -> None:
    """Whether every watcher asked every route; one is enough for a route that needs no sign-in.

    Raises:
        UnseenRouteError: with the route and who did not ask it.
    """
    for route in routes:
        lacking = [who for who in watchers if (who, route) not in asked]
        if lacking and not (route.open and len(lacking) < len(watchers)):
            raise UnseenRouteError(f"{route.method} {route.path} was not asked by {', '.join(lacking)}.")
