"""What a ZPL printer says of itself: the three lines that answer `~HS`.

After the ZPL II Programming Guide, `~HS`: each line stands between STX and ETX, its fields between commas. A printer
that is out of labels or ribbon, or whose head is open, may not answer at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labels.printers.outcome import Fault

ASK = b"~HS\r\n"
CANCEL_ALL = b"~JA\r\n"
"""Forget every label that was sent and not printed, so that none comes out when the fault is mended."""

LINE = re.compile(rb"\x02([^\x03]*)\x03")
FIELDS = (12, 11, 2)


class StatusUnreadable(Exception):  # noqa: N818 - named for what happened
    """The printer's answer is not that of a ZPL printer."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """A printer's state: what is wrong, and how many labels it has taken and not printed yet."""

    fault: Fault | None
    waiting: int


def complete(answer: bytes) -> bool:
    """Whether all three lines are there."""
    return len(LINE.findall(answer)) >= len(FIELDS)


def read(answer: bytes) -> HostStatus:
    """The state that these three lines tell.

    Raises:
        StatusUnreadable: they are not three lines of the right numbers.
    """
    lines = [line.decode("ascii", "replace").split(",") for line in LINE.findall(answer)[: len(FIELDS)]]
    if tuple(map(len, lines)) != FIELDS:
        raise StatusUnreadable(f"{len(lines)} lines of {[len(line) for line in lines]} fields")
    first, second, _ = lines
    try:
        waiting = int(first[4]) + int(second[8])
    except ValueError as wrong:
        raise StatusUnreadable(str(wrong)) from wrong
    for place, line, fault in FLAGS:
        if lines[line][place] == "1":
            return HostStatus(fault, waiting)
    return HostStatus(None, waiting)


FLAGS = (
    (2, 1, Fault.HEAD_OPEN),
    (1, 0, Fault.PAPER_OUT),
    (3, 1, Fault.RIBBON_OUT),
    (10, 0, Fault.TEMPERATURE),
    (11, 0, Fault.TEMPERATURE),
    (2, 0, Fault.PAUSED),
    (5, 0, Fault.BUFFER_FULL),
)
"""The flags by field and line, both from 0, in the order in which they are to be mended."""
