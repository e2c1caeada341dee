"""Failures in a row: whoever guesses has to wait, by the name that is guessed at.

It is one process's memory: a site with several workers allows that many times as many guesses.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

FAILURES: Final = 5
WAIT: Final = timedelta(minutes=1)


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
        """Count one more failure."""
        self._seen[name] = self._seen.get(name, (0, now))[0] + 1, now

    def forget(self, name: str) -> None:
        """A success ends the count."""
        self._seen.pop(name, None)
