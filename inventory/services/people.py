"""Signing in and out: passwords with argon2id, a second factor, bearer tokens known by their digest.

Rules this module keeps:
- A wrong name, a wrong password and a wrong code get the same answer; the first two after the same work. So does
  an account that is locked, or whose last day is over.
- After five failures in a row a name waits a minute, whether it exists or not.
- Whose role needs a second factor and has none gets a token with which they can enrol one, and no more.
- A token is 256 random bits; only its SHA-256 is remembered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inventory.domain import clocks
from inventory.domain.lives.people import works
from inventory.services import second_factor
from inventory.store import accounts, gate

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.domain.items import Item
    from inventory.services.site import Site

TOKEN_HOURS = 12
ENROLLING: Final = "enrol-"
"""How a token begins that is good for enrolling a second factor and for nothing else."""
RENEWING: Final = "renew-"
"""How a token begins that is good for setting a password of one's own and for nothing else."""
ONCE: Final = "once:"
"""How the hash begins of a password that was given and is good for setting one's own."""
ONCE_HOURS: Final = 24
SHORTEST_PASSWORD = 12
WRONG: Final = "Name or password is wrong."

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's second choice of parameters for argon2id (19 MiB, 2 passes)."""
_NOBODY = _HASHER.hash("a name that does not exist is checked against this")


class SignInRefusedError(Exception):
    """Name, password or code is wrong; which of them is not said."""


class SecondFactorNeededError(SignInRefusedError):
    """The password is right, and a code of the second factor is missing."""


class PasswordRefusedError(Exception):
    """The password is too short to protect anything."""


async def set_password(site: Site, person: str, password: str) -> None:
    """Give a person a password.

    Raises:
        PasswordRefusedError: it is shorter than 12 characters.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordRefusedError(f"A password has at least {SHORTEST_PASSWORD} characters.")
    made = await asyncio.to_thread(hashed, password)
    await accounts.set_password(person, made, clocks.format_instant(site.now()))


def hashed(password: str) -> str:
    """The password's hash, with a salt of its own."""
    return _HASHER.hash(password)


async def sign_in(site: Site, name: str, password: str, otp: str | None = None) -> str:
    """A new token for a person who proves who they are; one for `ENROLLING` alone where that comes first.

    Raises:
        SecondFactorNeededError: they have a second factor, and no code of it was typed.
        SignInRefusedError: name, password or code is wrong, or the account is locked.
        SignInWaitsError: too many failures in a row.
    """
    person, given = await _known(site, name, password)
    factor = await second_factor.enrolled(site, person)
    if factor is None:
        site.guesses.forget(name)
        first = second_factor.needed(person, site.profile)
        return await new_token(site, name, prefix=RENEWING if given else ENROLLING if first else "")
    if not otp:
        raise SecondFactorNeededError("Type the code of your second factor as well.")
    if not await second_factor.takes(site, person, factor, otp):
        site.guesses.note(name, site.now())
        raise SignInRefusedError(WRONG)
    site.guesses.forget(name)
    return await new_token(site, name, prefix=RENEWING if given else "")


async def refuse_wrong_password(site: Site, name: str, password: str) -> Item:
    """The active person of that name, whose password this is. What was counted against them stays counted.

    Raises:
        SignInRefusedError: name or password is wrong, or the account is locked.
        SignInWaitsError: too many failures in a row.
    """
    person, given = await _known(site, name, password)
    if given:
        raise SignInRefusedError(WRONG)
    return person


async def _known(site: Site, name: str, password: str) -> tuple[Item, bool]:
    """The same, and whether the password is one that was given, good for setting one's own."""
    now = site.now()
    site.guesses.refuse(name, now)
    right, given = await _checked(name, password, now)
    person = await gate.person(name)
    if not right or person is None or not works(person, now):
        site.guesses.note(name, now)
        raise SignInRefusedError(WRONG)
    return person, given


async def is_password(name: str, password: str) -> bool:
    """Whether that is the password that a person of that name chose; the same work where there is nobody."""
    right, given = await _checked(name, password, None)
    return right and not given


async def _checked(name: str, password: str, now: datetime | None) -> tuple[bool, bool]:
    """Whether the password is right, and whether it was given; a given one is right for a day."""
    found, since = await accounts.credential(name) or (_NOBODY, "")
    given = found.startswith(ONCE)
    right = await asyncio.to_thread(_verifies, found.removeprefix(ONCE), password) and found is not _NOBODY
    if given and now is not None:
        right = right and clocks.parse_instant(since) + timedelta(hours=ONCE_HOURS) > now
    return right, given


def _verifies(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


async def new_token(site: Site, person: str, hours: int = TOKEN_HOURS, prefix: str = "") -> str:
    """A token for that person, good for so many hours."""
    now = site.now()
    span = clocks.format_instant(now), clocks.format_instant(now + timedelta(hours=hours))
    while True:
        token = prefix + base64.urlsafe_b64encode(site.random("token", person)).decode().rstrip("=")
        # Seeded values begin anew with each process: what another one has drawn is taken.
        if await accounts.add_token(_digest(token), person, *span):
            return token


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def person_of(site: Site, token: str) -> str | None:
    """The code of whoever that token belongs to, or None; one for enrolling, or for a password, proves nobody."""
    if token.startswith((ENROLLING, RENEWING)):
        return None
    return await accounts.owner_of_token(_digest(token), clocks.format_instant(site.now()))


async def active_person(site: Site, token: str) -> Item | None:
    """Whoever that token belongs to, while their account is active."""
    code = await person_of(site, token)
    found = await gate.person(code) if code else None
    return found if found is not None and works(found, site.now()) else None


async def sign_out(site: Site, token: str) -> None:
    """The token is good for nothing from now on."""
    await accounts.revoke_token(_digest(token), clocks.format_instant(site.now()))
