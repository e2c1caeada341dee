"""Step 4, of days: whether each day that ended left its checkpoints, by the clock on the wall of the site."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from inventory.store.verify.checkpoints import CHECKPOINTS
from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows

_DAYS: Final = {
    "open": "SELECT size FROM checkpoint WHERE log = 'open' AND reason = 'day'",
    "vault": "SELECT size FROM checkpoint WHERE log = 'vault' AND reason = 'day'",
}


def check_days(rows: Rows, logs: Sequence[Log], time_zone: str) -> Iterator[Finding]:
    """The first checkpoint of each log that a day's end should have left, and that is not there.

    Entries that are written anew with their hashes, tiles and head hold together once the checkpoints that sign them
    are gone, which takes no key: that they are gone is what tells it. The first act of another day keeps both logs as
    they stood before it, whichever log it is of (decision 8), so both logs are read as one.
    """
    ends = _ends(sorted({at for log in logs for at in log.instants}), ZoneInfo(time_zone))
    for log in logs:
        kept = {size for (size,) in rows(_DAYS[log.name])}
        for size in (bisect_right(log.instants, end) for end in ends):
            if size and size not in kept:
                # No instant: by that of an act of the vault a blinded reader would learn when the laboratory worked.
                sentence = (
                    f"A day ended after {size} entries, and its checkpoint of them is not kept. Whoever took it out "
                    "may have written anew what it signed: compare these entries with what was printed or exported."
                )
                yield Finding(CHECKPOINTS, log.name, size - 1, sentence)
                break


def _ends(instants: Sequence[str], zone: ZoneInfo) -> list[str]:
    """The last of these instants on each day after which there is another."""
    dated = [(datetime.fromisoformat(at).astimezone(zone).date(), at) for at in instants]
    return [at for (day, at), (following, _) in pairwise(dated) if day != following]
