"""Failures in a row: whoever guesses has to wait, by the name that is guessed at.

It is one process's memory: a site with several workers allows that many times as many guesses. It remembers so
many names and no more; to have one forgotten by guessing at others takes far longer than its wait.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
WAIT: Final = timedelta(minutes=1)


NAMES_AT_MOST: Final = 10_000
"""Each new name costs a guesser one check of a password (tens of milliseconds): minutes until all are replaced."""


class SignInWaitsError(Exception):
    """Too many failures in a row; the next try is allowed after a minute."""


class Failures:
    """Wrong passwords and codes in a row by name, in this process's memory."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, datetime]] = {}

    def refuse(self, name: str, now: datetime) -> None:
        """Refuse while the name has to wait.

        Raises:
            SignInWaitsError: five failures in a row, the last of them less than a minute ago.
        """
        count, last = self._seen.get(name, (0, now))
        if count >= FAILURES and now - last < WAIT:
            raise SignInWaitsError("Too many failures in a row. Wait a minute, then try again.")

    def note(self, name: str, now: datetime) -> None:
        """Count one more failure; the name that failed longest ago is forgotten where there are too many."""
        count, _ = self._seen.pop(name, (0, now))
        self._seen[name] = count + 1, now
        if len(self._seen) > NAMES_AT_MOST:
            del self._seen[next(iter(self._seen))]

    def forget(self, name: str) -> None:
        """A success ends the count."""
        self._seen.pop(name, None)
