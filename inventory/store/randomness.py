"""Where random bytes come from: the system, or in tests a seed."""

from __future__ import annotations

import hmac
import os
from collections import Counter
from typing import Protocol


class Random(Protocol):
    """Where random bytes come from."""

    def __call__(self, purpose: str, owner: str) -> bytes:
        """32 random bytes for this purpose and owner."""

    def put_back(self, purpose: str, owner: str) -> None:
        """The last value for this purpose and owner was not used after all."""


class SystemRandom:
    """The system's random source."""

    def __call__(self, purpose: str, owner: str) -> bytes:  # noqa: ARG002  (the system needs no purpose)
        """32 bytes."""
        return os.urandom(32)

    def put_back(self, purpose: str, owner: str) -> None:
        """Nothing: no value depends on another."""


system_random = SystemRandom()


class SeededRandom:
    """For tests alone: each value is HMAC(seed, purpose, owner, counter)."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._counts: Counter[tuple[str, str]] = Counter()

    def __call__(self, purpose: str, owner: str) -> bytes:
        """The next value for this purpose and owner."""
        self._counts[purpose, owner] += 1
        message = f"{purpose}\x00{owner}\x00{self._counts[purpose, owner]}"
        return hmac.digest(self._seed, message.encode(), "sha256")

    def put_back(self, purpose: str, owner: str) -> None:
        """The next value will be the last one again."""
        self._counts[purpose, owner] -= 1
