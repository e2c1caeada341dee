"""`python -m inventory.worlds`: how long each answer takes, for the one arm and for the other."""

from __future__ import annotations

import argparse
import asyncio
import sys

from inventory.worlds.running import on_sqlite, shared_keys
from inventory.worlds.timing import PLANTED_SECONDS, measure, telling

REQUESTS = 4000
"""How often each route is asked for each arm, and some of them more often; see `timing.MORE`."""


def main() -> int:
    """0 where the planted wait is seen on every route and none tells arms without it, else 1."""
    asked = argparse.ArgumentParser(prog="python -m inventory.worlds", description=__doc__)
    asked.add_argument("--profile", help="name or path of the study profile")
    asked.add_argument(
        "--requests",
        type=int,
        default=REQUESTS,
        help="how often each route is asked for each arm",
    )
    told = asked.parse_args()
    return int(not asyncio.run(_holds(told.profile, told.requests)))


async def _holds(profile: str | None, requests: int) -> bool:
    with shared_keys(profile) as keys:
        _say(f"With a wait of {PLANTED_SECONDS * 1e6:.0f} µs planted for one arm:")
        planted = await measure(lambda: on_sqlite(profile), keys, requests, leak=PLANTED_SECONDS)
        _say("\n".join(map(str, planted)))
        unseen = {each.route for each in planted} - telling(planted)
        _say(f"It was not seen on: {', '.join(sorted(unseen))}." if unseen else "It was seen on every route.")
        _say("As it is:")
        timed = await measure(lambda: on_sqlite(profile), keys, requests)
        _say("\n".join(map(str, timed)))
    return not unseen and not telling(timed)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
