"""Which functions are called for something, how often: what a clock would see of it, without the clock.

What the event loop itself calls is left out: how often it goes round depends on when the database answers.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from inventory.domain import merkle
from inventory.store import signing

T = TypeVar("T")
LOOP = str(Path(asyncio.__file__).parent), selectors.__file__


async def counted(asking: Awaitable[T]) -> tuple[T, Counter[str]]:
    """The answer, and which functions were called for it, how often."""
    merkle._root.cache_clear()  # of equal logs, a later world would find what the first one reckoned
    signing._signed.cache_clear()
    found = Counter[str]()

    def count(frame: FrameType, event: str, called: Any) -> None:
        if frame.f_code.co_filename.startswith(LOOP):
            return
        if event == "call":
            found[f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}"] += 1
        elif event == "c_call":
            found[str(getattr(called, "__qualname__", called))] += 1

    sys.setprofile(count)
    try:
        return await asking, found
    finally:
        sys.setprofile(None)
