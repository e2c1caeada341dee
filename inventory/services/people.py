"""Signing in and out: passwords with argon2id, a second factor, bearer tokens known by their digest.

Rules this module keeps:
- A wrong name, a wrong password and a wrong code get the same answer; the first two after the same work. So does
  an account that is locked, or whose last day is over.
- After five failures in a row a name waits a minute, whether it exists or not.
- Whose role needs a second factor and has none gets a token with which they can enrol one, and no more.
- A token is 256 random bits; only its SHA-256 is remembered.
- A password, or a token, that is older than the last reset in the log counts for nothing, whatever the tables say.
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
from inventory.domain.lives.people import PASSWORD_RESET, last_reset, works
from inventory.services import second_factor
from inventory.store import accounts, doorkeeper, gate

if TYPE_CHECKING:
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
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1000
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
        PasswordRefusedError: it is too short or too long.
    """
    refuse_unfit(password)
    await remember(site, person, await hashed(password))


def refuse_unfit(password: str) -> None:
    """Refuse a password before anything is recorded that would rest on it.

    Raises:
        PasswordRefusedError: it is shorter than 12 characters, or longer than whoever signs in may type.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordRefusedError(
            f"A password has at least {SHORTEST_PASSWORD} characters and at most {LONGEST_PASSWORD}. Nothing was done."
        )


async def hashed(password: str) -> str:
    """The password's hash, with a salt of its own."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def remember(site: Site, person: str, hash_: str) -> None:
    """The password with that hash is the person's from now on."""
    found = await gate.person(person)
    reset = last_reset(found, PASSWORD_RESET) if found else ""  # this host's clock may be behind it
    await accounts.set_password(person, hash_, max(clocks.format_instant(site.now()), reset))


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
        return await let_in(site, person, RENEWING if given else ENROLLING if first else "")
    if not otp:
        raise SecondFactorNeededError("Type the code of your second factor as well.")
    if not await second_factor.takes(site, person, factor, otp):
        site.guesses.note(name, site.now())
        raise SignInRefusedError(WRONG)
    site.guesses.forget(name)
    return await let_in(site, person, RENEWING if given else "")


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
    right, given, since = await _checked(name, password)
    person = await gate.person(name)
    over = given and clocks.parse_instant(since) + timedelta(hours=ONCE_HOURS) <= now
    if not right or over or person is None or not works(person, now) or _is_reset(person, since):
        site.guesses.note(name, now)
        raise SignInRefusedError(WRONG)
    return person, given


async def is_password(name: str, person: Item | None, password: str) -> bool:
    """Whether that is the password that the person of that name chose; the same work where there is nobody."""
    right, given, since = await _checked(name, password)
    return right and not given and person is not None and not _is_reset(person, since)


async def _checked(name: str, password: str) -> tuple[bool, bool, str]:
    """Whether the password is the one that is remembered, whether that was given, and since when it is theirs."""
    found, since = await accounts.credential(name) or (_NOBODY, "")
    right = await asyncio.to_thread(_verifies, found.removeprefix(ONCE), password) and found is not _NOBODY
    return right, found.startswith(ONCE), since


def _is_reset(person: Item, since: str) -> bool:
    """Whether the password that is theirs since then was reset by now."""
    return since < last_reset(person, PASSWORD_RESET)


async def awaits_password(name: str) -> bool:
    """Whether a person of that name has no password that counts, not even one that ended."""
    person, found = await gate.person(name), await accounts.credential(name)
    return person is not None and (found is None or _is_reset(person, found[1]))


def _verifies(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


async def let_in(site: Site, person: Item, prefix: str = "") -> str:
    """A token for a person who proved who they are, as they stood then.

    Raises:
        SignInRefusedError: their password was reset since: what they proved themselves with counts no more. The
            token may be younger than the reset, and is told nobody.
    """
    token = await new_token(site, person.code, prefix=prefix, since=last_reset(person, PASSWORD_RESET))
    now = await gate.person(person.code)
    if now is None or last_reset(now, PASSWORD_RESET) != last_reset(person, PASSWORD_RESET):
        raise SignInRefusedError(WRONG)
    return token


async def new_token(
    site: Site, person: str, hours: int = TOKEN_HOURS, prefix: str = "", since: str = ""
) -> str:
    """A token for that person, good for so many hours; made now, or `since` where this host's clock is behind it."""
    now = site.now()
    span = max(clocks.format_instant(now), since), clocks.format_instant(now + timedelta(hours=hours))
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
    found = await doorkeeper.owner(site.engine, token, site.now())
    return found[0].code if found else None


async def active_person(site: Site, token: str) -> Item | None:
    """Whoever that token belongs to, while their account is active."""
    if token.startswith((ENROLLING, RENEWING)):
        return None
    found = await doorkeeper.person_behind(site.engine, token, site.now())
    return found[0] if found else None


async def sign_out(site: Site, token: str) -> None:
    """The token is good for nothing from now on."""
    await accounts.revoke_token(_digest(token), clocks.format_instant(site.now()))
