"""A process that writes, to be run beside the tests or killed by them.

`python -m tests.store.writing_child HOME URL` reads one line a task from its standard input:

- `move VIAL FIRST COUNT` moves a vial so often over three positions, and says `done`;
- `load VIALS` forks a child that moves vials 1..VIALS without end, eight at a time, and says `ack KEY INDEX`
  for each answer it got; its number is said first, as `pid N`, so that it can be killed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from inventory.services.site import open_site
from inventory.store.ledger import ActFailedError
from inventory.store.requests import Outcome, Request
from inventory.store.settings import Environment, Settings
from tests.furniture import position
from tests.sites import Cast, Hands, Line


def say(line: str) -> None:
    """One line in one write, so that a kill leaves whole lines."""
    os.write(1, f"{line}\n".encode())


async def opened(home: str, url: str) -> Cast:
    """The study that the test made, by the clock that the test's stands at."""
    settings = Settings(Environment.TEST, Path(home), Path(home) / "keys", url)
    return Cast(await open_site(settings, clock=Hands()), None, Hands(), Line(url))


async def move(home: str, url: str, vial: str, first: int, count: int) -> None:
    """Move one vial so many times."""
    cast = await opened(home, url)
    for number in range(count):
        await cast.must("vial-move", vial, position=position(first + number % 3), key=f"{vial} {number}")
    await cast.site.close()


async def load(home: str, url: str, vials: int) -> None:
    """Move vials until killed, and say of each answer that it came."""
    cast = await opened(home, url)

    async def one(number: int) -> None:
        # Whoever was killed left the vial in either position, and nothing is moved to where it lies already.
        here = await cast.fetch("SELECT place FROM vault_item WHERE code = ?", f"DMSO-1-{number}")
        for turn in itertools.count(int(here == [(position(20 + 2 * number),)])):
            key = f"{os.getpid()} {number} {turn}"
            spot = position(20 + 2 * number + turn % 2)
            outcome = await patiently(
                cast, cast.request("vial-move", f"DMSO-1-{number}", position=spot, key=key)
            )
            say(f"ack {key}/{outcome.answer['entries'][0]['index']}")

    await asyncio.gather(*(one(number) for number in range(1, vials + 1)))


async def patiently(cast: Cast, request: Request) -> Outcome:
    """Ask until the database is there to answer, under the same key."""
    while True:
        try:
            (outcome,) = await cast.site.ledger.submit([request])
        except ActFailedError:
            await asyncio.sleep(0.02)
        else:
            assert outcome.status == 201, outcome.answer
            return outcome


def main(home: str, url: str) -> None:
    """Do what is asked for, line by line."""
    say("ready")
    for line in sys.stdin:
        task, *words = line.split()
        if task == "move":
            asyncio.run(move(home, url, words[0], int(words[1]), int(words[2])))
            say("done")
            continue
        child = os.fork()
        if child == 0:
            say(f"pid {os.getpid()}")
            asyncio.run(load(home, url, int(words[0])))
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main(*sys.argv[1:])
