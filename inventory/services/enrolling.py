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
    from inventory.domain.items import Item
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
    """The secret as an app takes it, typed or as the address in a picture; told this once. `person` is whose it is."""

    secret: str
    address: str
    person: Item


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
    return Enrolment(totp.in_base32(secret), totp.address(secret, issuer, person.code), person)


async def confirm(site: Site, person: Item, typed: str) -> list[str]:
    """The secret counts from now on; the recovery codes, told this once. The person is as they were let in.

    Raises:
        CodeWrongError: no code of it was typed, or nothing waits to be confirmed, or not since a reset.
        SignInWaitsError: too many failures in a row.
    """
    now, name = site.now(), person.code
    site.guesses.refuse(name, now)
    waiting = await factors.find(name, site.keys.vault)
    step = totp.step_with(waiting.secret, typed, now, waiting.used_step) if waiting else None
    codes = [recovery_code(site.random("recovery code", name)) for _ in range(RECOVERY_CODES)]
    digests = [recovery_digest(site, name, code) for code in codes]
    at = clocks.format_instant(now)
    if waiting is None or step is None or not await factors.confirm(person, waiting, step, at, digests):
        site.guesses.note(name, now)
        raise CodeWrongError
    return codes
