"""Where random bytes come from: the system, or in tests a seed."""

from __future__ import annotations

import hmac
import secrets
from collections import Counter
from typing import Protocol


class Random(Protocol):
    """Where random bytes come from."""

    def __call__(self, purpose: str, owner: str) -> bytes:
        """32 random bytes for this purpose and owner."""


def system_random(purpose: str, owner: str) -> bytes:  # noqa: ARG001  (the system needs no purpose)
    """32 bytes from the system's random source."""
    return secrets.token_bytes(32)


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
