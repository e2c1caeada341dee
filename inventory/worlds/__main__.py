"""`python -m inventory.worlds`: worlds in their full form, and with `--timing` how long each answer takes."""

from __future__ import annotations

import argparse
import asyncio
import sys

from inventory.worlds.running import compare_on_sqlite, on_sqlite, shared_keys
from inventory.worlds.timing import measure

WORLDS, REQUESTS = 12, 2000


def main() -> int:
    """Run what was asked for; 0 where no blinded person can tell the arms, 1 where one can."""
    asked = argparse.ArgumentParser(prog="python -m inventory.worlds", description=__doc__)
    asked.add_argument("--worlds", type=int, default=WORLDS, help="how many worlds, %(default)s by default")
    asked.add_argument("--profile", help="name or path of the study profile")
    asked.add_argument(
        "--timing", action="store_true", help="measure times instead, with a planted wait first"
    )
    asked.add_argument("--requests", type=int, default=REQUESTS, help="timed, for each arm and route")
    told = asked.parse_args()
    if told.timing:
        return int(not asyncio.run(_timing(told.profile, told.requests)))
    return int(not asyncio.run(compare_on_sqlite(told.profile, told.worlds, _say)).holds)


async def _timing(profile: str | None, requests: int) -> bool:
    """Whether the planted wait is seen, and no route tells arms without it."""
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
