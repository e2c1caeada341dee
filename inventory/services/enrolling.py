"""Enrolling a second factor: the person proves their password, is shown a secret once, and types a code of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain import clocks, totp
from inventory.domain.lives.people import FACTOR_RESET, last_reset
from inventory.services import people, second_factor
from inventory.services.second_factor import RECOVERY_CODES, recovery_code, recovery_digest
from inventory.store import factors

if TYPE_CHECKING:
    from inventory.services.site import Site


class EnrolledBeforeError(Exception):
    """The person has a second factor that counts."""

    def __init__(self) -> None:
        super().__init__("You have a second factor. Two administrators can reset it.")


class CodeWrongError(Exception):
    """What was typed is no code of the secret that was shown."""

    def __init__(self) -> None:
        super().__init__("The code is wrong, or no second factor waits for one. Type the code shown now.")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The secret as an app takes it, typed or as the address in a picture; told this once."""

    secret: str
    address: str


async def begin(site: Site, name: str, password: str) -> Enrolment:
    """A new secret for the person, which counts once it is confirmed.

    Raises:
        SignInRefusedError: the password is wrong.
        SignInWaitsError: too many failures in a row.
        EnrolledBeforeError: they have one that counts.
    """
    person = await people.refuse_wrong_password(site, name, password)
    if await second_factor.enrolled(site, person) is not None:
        raise EnrolledBeforeError
    secret = site.random("second factor", person.code)[: totp.SECRET_BYTES]
    if not await factors.put(person.code, secret, site.keys.vault, last_reset(person, FACTOR_RESET)):
        raise EnrolledBeforeError
    issuer = f"CellCustody {site.profile.study.id}"
    return Enrolment(totp.in_base32(secret), totp.address(secret, issuer, person.code))


async def confirm(site: Site, person: str, typed: str) -> list[str]:
    """The secret counts from now on; the recovery codes, told this once.

    Raises:
        CodeWrongError: no code of it was typed, or nothing waits to be confirmed.
        SignInWaitsError: too many failures in a row.
    """
    now = site.now()
    site.guesses.refuse(person, now)
    waiting = await factors.find(person, site.keys.vault)
    step = totp.step_with(waiting.secret, typed, now, waiting.used_step) if waiting else None
    codes = [recovery_code(site.random("recovery code", person)) for _ in range(RECOVERY_CODES)]
    digests = [recovery_digest(site, person, code) for code in codes]
    if step is None or not await factors.confirm(person, step, clocks.format_instant(now), digests):
        site.guesses.note(person, now)
        raise CodeWrongError
    return codes
