"""Signing in and out: passwords with argon2id, bearer tokens known by their digest.

Rules this module keeps:
- A wrong name and a wrong password get the same answer after the same work.
- After five failures in a row a name waits a minute, whether it exists or not.
- A token is 256 random bits; only its SHA-256 is remembered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inventory.domain import clocks
from inventory.store import accounts, gate

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.services.site import Site

TOKEN_HOURS = 12
FAILURES = 5
WAIT = timedelta(minutes=1)
SHORTEST_PASSWORD = 12

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's second choice of parameters for argon2id (19 MiB, 2 passes)."""
_NOBODY = _HASHER.hash("a name that does not exist is checked against this")


class SignInRefusedError(Exception):
    """Name or password is wrong; which of them is not said."""


class SignInWaitsError(Exception):
    """Too many failures in a row; the next try is allowed after a minute."""


class PasswordRefusedError(Exception):
    """The password is too short to protect anything."""


class Failures:
    """Failures in a row by name, in this process's memory."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, datetime]] = {}

    def refuse(self, name: str, now: datetime) -> None:
        """Raise SignInWaitsError while the name has to wait."""
        count, last = self._seen.get(name, (0, now))
        if count >= FAILURES and now - last < WAIT:
            raise SignInWaitsError("Too many failures in a row. Wait a minute, then try again.")

    def note(self, name: str, now: datetime) -> None:
        """Count one more failure."""
        self._seen[name] = self._seen.get(name, (0, now))[0] + 1, now

    def forget(self, name: str) -> None:
        """A success ends the count."""
        self._seen.pop(name, None)


_FAILURES = Failures()


async def set_password(site: Site, person: str, password: str) -> None:
    """Give a person a password.

    Raises:
        PasswordRefusedError: it is shorter than 12 characters.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefusedError(f"A password has at least {SHORTEST_PASSWORD} characters.")
    hashed = await asyncio.to_thread(_HASHER.hash, password)
    await accounts.set_password(person, hashed, clocks.format_instant(site.now()))


async def sign_in(site: Site, name: str, password: str) -> str:
    """A new token for a person who proves who they are.

    Raises:
        SignInRefusedError: name or password is wrong, or the account is locked.
        SignInWaitsError: too many failures in a row.
    """
    now = site.now()
    _FAILURES.refuse(name, now)
    hashed = await accounts.password_hash(name) or _NOBODY
    right = await asyncio.to_thread(_verifies, hashed, password)
    person = await gate.person(name)
    if not right or hashed is _NOBODY or person is None or person.state != "active":
        _FAILURES.note(name, now)
        raise SignInRefusedError("Name or password is wrong.")
    _FAILURES.forget(name)
    return await new_token(site, name)


def _verifies(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


async def new_token(site: Site, person: str, hours: int = TOKEN_HOURS) -> str:
    """A token for that person, good for so many hours."""
    now = site.now()
    span = clocks.format_instant(now), clocks.format_instant(now + timedelta(hours=hours))
    while True:
        token = base64.urlsafe_b64encode(site.random("token", person)).decode().rstrip("=")
        # Seeded values begin anew with each process: what another one has drawn is taken.
        if await accounts.add_token(_digest(token), person, *span):
            return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def person_of(site: Site, token: str) -> str | None:
    """The code of whoever that token belongs to, or None."""
    return await accounts.owner_of_token(_digest(token), clocks.format_instant(site.now()))


async def active_person(site: Site, token: str) -> Item | None:
    """Whoever that token belongs to, while their account is active."""
    code = await person_of(site, token)
    found = await gate.person(code) if code else None
    return found if found is not None and found.state == "active" else None


async def sign_out(site: Site, token: str) -> None:
    """The token is good for nothing from now on."""
    await accounts.revoke_token(_digest(token), clocks.format_instant(site.now()))
