"""`python -m inventory.worlds`: how long each answer takes, for the one arm and for the other."""

from __future__ import annotations

import argparse
import asyncio
import sys

from inventory.worlds.running import on_sqlite, shared_keys
from inventory.worlds.timing import measure

REQUESTS = 2000


def main() -> int:
    """0 where the planted wait is seen and no route tells arms without it, else 1."""
    asked = argparse.ArgumentParser(prog="python -m inventory.worlds", description=__doc__)
    asked.add_argument("--profile", help="name or path of the study profile")
    asked.add_argument("--requests", type=int, default=REQUESTS, help="timed, for each arm and route")
    told = asked.parse_args()
    return int(not asyncio.run(_holds(told.profile, told.requests)))


async def _holds(profile: str | None, requests: int) -> bool:
    with shared_keys(profile) as keys:
        _say("With a wait of 20 µs planted for one arm:")
        planted = await measure(lambda: on_sqlite(profile), keys, requests, leak=True)
        _say("\n".join(map(str, planted)))
        _say("As it is:")
        timed = await measure(lambda: on_sqlite(profile), keys, requests)
        _say("\n".join(map(str, timed)))
    return any(each.tells for each in planted) and not any(each.tells for each in timed)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
