"""The demonstration: a fresh home, a seeded trial, then either a page of accounts and a server, or one story.

Everything lives in a new folder of its own; no home of a real study is ever opened.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import uvloop

from inventory.app import create_app, serve
from inventory.demo import pages, past, story
from inventory.demo.cast import ADMINISTRATORS, CAST, PASSWORD
from inventory.demo.hands import Hands, ToldClock
from inventory.demo.printers import Agents, Trays
from inventory.domain.items import Log
from inventory.services.opening import Administrator, initialise
from inventory.services.site import open_site
from inventory.services.verification import verified
from inventory.store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from litestar import Litestar

    from inventory.services.site import Site

BEGIN = datetime(2026, 1, 5, 14, tzinfo=UTC)
"""When the seeded trial began; its files carry dates from then on."""
INTERRUPTED = 130
HERE = frozenset({"127.0.0.1", "localhost", "0.0.0.0"})  # noqa: S104  (compared, never bound)
"""Addresses at which this machine reaches the demonstration by its own."""


async def seeded(settings: Settings, now: datetime, say: Callable[[str], None]) -> tuple[Site, ToldClock]:
    """A site with the whole past of the seeded trial, and the clock that told it, standing at `now`."""
    clock = ToldClock(BEGIN)
    administrators = [Administrator(person.code, person.name, PASSWORD) for person in ADMINISTRATORS]
    site = await initialise(settings, administrators, clock=clock)
    hands = Hands(site, clock)
    await past.tell(hands, now)
    clock.reach(now)
    say(f"Seeded: {hands.done} acts by {len(CAST) + len(ADMINISTRATORS)} people since {BEGIN:%Y-%m-%d}.")
    return site, clock


async def play_once(site: Site, clock: ToldClock, say: Callable[[str], None]) -> bool:
    """One kit's life over HTTP, in this process, then the verification of everything; whether it holds."""
    transport = httpx.ASGITransport(app=create_app(site))  # type: ignore[arg-type]  # both are ASGI
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as http:
        narrator = story.Narrator(http, clock, site.profile, say)
        participant = await _somebody_waiting(narrator)
        clock.pass_minutes(5)
        kit = await story.tell(narrator, participant)
        await story.audit(narrator, kit)
    report = await asyncio.to_thread(verified, site.settings, site.keys)
    sizes = ", ".join(f"{report.sizes[log.value]} in the {log} log" for log in Log)
    say(
        f"Verified: {sizes}; replayed state equals stored state."
        if report.holds
        else f"NOT VERIFIED: {report.findings[0].sentence}"
    )
    return report.holds


async def _somebody_waiting(narrator: story.Narrator) -> str:
    """The last participant of the seed whose kit is assigned and not ordered yet."""
    page = await narrator.get("carla", "/api/v1/participants?limit=100")
    for one in reversed(page["items"]):
        kit = one["facts"].get("live_kit_1")
        if (
            one["state"] == "randomised"
            and (await narrator.get("carla", f"/api/v1/items/{kit}"))["state"] == "assigned"
        ):
            return str(one["code"])
    raise story.StoryBrokenError("nobody of the seed waits for a kit")


async def _once(settings: Settings, say: Callable[[str], None]) -> bool:
    site, clock = await seeded(settings, datetime.now(UTC) - timedelta(hours=6), say)
    try:
        return await play_once(site, clock, say)
    finally:
        await site.close()


async def _serve(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    site, _ = await seeded(settings, datetime.now(UTC), say)
    await site.close()
    say(f"\nCellCustody, DEMO: http://{host}:{port}{pages.ADDRESS}  (Ctrl-C ends it)\n")
    say(f"Everybody's password is: {PASSWORD}")
    for person in (*CAST, *ADMINISTRATORS):
        say(f"  {person.code:<8} {person.name:<14} {person.role.value.replace('_', ' ')}")
    site, trays = await open_site(settings, clock=pages.AheadClock()), Trays(settings.home)
    agents = Agents(site, trays)
    if host in HERE:
        await agents.begin(f"http://127.0.0.1:{port}")
    else:
        say("The simulated printers work where the demonstration is served to this machine alone.")
    try:
        await serve(playable(site, trays), host, port)
    finally:
        agents.end()


def playable(site: Site, trays: Trays) -> Litestar:
    """The application of a seeded study, with the pages that only the demonstration has."""
    app = create_app(site, *pages.ROUTES)
    app.state["demonstration"], app.state["trays"] = pages.ADDRESS, trays
    return app


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM ends the process as Ctrl-C does, so that its folder goes."""

    def interrupt(_: int, frame: FrameType | None) -> None:
        # An event loop has a handler of its own, which ends its tasks in order.
        on_a_key = signal.getsignal(signal.SIGINT)
        if not callable(on_a_key):
            raise KeyboardInterrupt  # a script that starts it in the background has keys ignored
        on_a_key(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@_terminated_as_interrupted()
def main(host: str, port: int, *, once: bool, say: Callable[[str], None]) -> int:
    """Play the demonstration; 0 when all went well, 1 when the verification found something.

    One story that is ended before its verification is 130, as a shell says of what a key cut off: it showed nothing.
    """
    home = Path(tempfile.mkdtemp(prefix="cellcustody-demo-"))
    settings = Settings.from_environment({"CELLCUSTODY_HOME": str(home), "CELLCUSTODY_ENV": "demo"})
    try:
        if once:
            return 0 if asyncio.run(_once(settings, say)) else 1
        uvloop.run(_serve(settings, host, port, say))
    except KeyboardInterrupt:
        if once:
            say("The demonstration was cut off: nothing was verified.")
            return INTERRUPTED
        say("The demonstration is over.")
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0
