"""Passwords that are given and then made one's own: no administrator knows what somebody signs in with.

Rules this module keeps:
- A reset is an act of the log; what it gives is shown once, works for a day, and opens the page on which a password of
  one's own is set, and nothing else. It signs nothing, and nobody is a second person by it.
- Whoever is reset, or sets a password, is signed out everywhere.
- The act comes first, and from it on neither the old password nor a session counts. Where what it gives was not made,
  because it was cut off, it is made when the act is asked for once more under the same key.
- Whoever was let in before a reset sets nothing after it.

Source: OWASP ASVS 5.0.0, 6.4.6 (an administrator does not come to know a password).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.services import people
from inventory.store import accounts

if TYPE_CHECKING:
    from inventory.domain.items import Item
    from inventory.services.site import Site


class ResetMeanwhileError(people.SignInRefusedError):
    """What the person proved themselves with counts no more."""

    def __init__(self) -> None:
        super().__init__(
            "What you sign in with was reset meanwhile: nothing was set. Sign in with what you were given since."
        )


ACTION = "person-reset-password"
"""The act that gives a person a password to begin with."""


async def reset(site: Site, person: str) -> str:
    """A password for that person that is good for setting one of their own; they are signed out everywhere."""
    given = base64.b32encode(site.random("one-time password", person)[:15]).decode().lower()
    await people.remember(site, person, people.ONCE + await people.hashed(given))
    await accounts.revoke_all(person, clocks.format_instant(site.now()))
    return given


async def set_own(site: Site, person: Item, password: str) -> None:
    """The password that this person chose, as they were when they were let in; they are signed out everywhere.

    Raises:
        PasswordRefusedError: it is too short or too long.
        ResetMeanwhileError: a reset was recorded since they were let in.
    """
    people.refuse_unfit(password)
    hashed = await people.hashed(password)
    if not await accounts.replace_password(person, hashed, clocks.format_instant(site.now())):
        raise ResetMeanwhileError
