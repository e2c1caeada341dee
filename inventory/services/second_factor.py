"""A person's second factor: who needs one, who has one, and whether what they typed proves it.

Rules this module keeps:
- The profile says which roles need one. Whoever enrolled one is asked for it, whatever their role.
- A code is good once, and so is each of the recovery codes that stand in for the app when it is lost.
- One that was enrolled before the last reset in the log counts for nothing, whatever the table says.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from inventory.domain import clocks, totp
from inventory.domain.lives.people import FACTOR_RESET, last_reset
from inventory.domain.roles import Role
from inventory.store import factors, gate

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.domain.profile import Profile
    from inventory.services.site import Site
    from inventory.store.factors import Factor

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
"""80 bits, sixteen characters: nothing that can be guessed."""


def needed(person: Item, profile: Profile) -> bool:
    """Whether the profile asks a second factor of any of the person's roles."""
    return any(profile.role(Role(name)).second_factor for name in person.texts("roles"))


async def enrolled(site: Site, person: Item) -> Factor | None:
    """The person's factor, where it was confirmed and not reset since."""
    found = await factors.find(person.code, site.keys.vault)
    return found if found is not None and counts(found, person) else None


def counts(factor: Factor, person: Item) -> bool:
    """Whether it was confirmed, and after the last reset."""
    return factor.confirmed_at is not None and factor.confirmed_at > last_reset(person, FACTOR_RESET)


async def takes(site: Site, person: Item, factor: Factor, typed: str) -> bool:
    """Whether the person typed a code that was still good; it is used up now."""
    step = totp.step_with(factor.secret, typed, site.now(), factor.used_step)
    if step is not None:
        return await factors.use_step(person.code, step)
    digest = recovery_digest(site, person.code, typed)
    return await factors.use_recovery(person.code, digest, clocks.format_instant(site.now()))


async def proves(site: Site, name: str, typed: str) -> bool:
    """Whether a person of that name has a factor that counts, and typed a code of it; it is used up now."""
    person = await gate.person(name)
    factor = await enrolled(site, person) if person else None
    return person is not None and factor is not None and await takes(site, person, factor, typed)


def recovery_digest(site: Site, person: str, typed: str) -> bytes:
    """Under what a recovery code is remembered: a hash keyed outside the database."""
    plain = "".join(typed.upper().split()).replace("-", "")
    return site.keys.vault.find("recovery code", person, plain)


def recovery_code(drawn: bytes) -> str:
    """A recovery code as it is shown: four groups of four, of letters and digits 2-7."""
    text = base64.b32encode(drawn[:RECOVERY_BYTES]).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
