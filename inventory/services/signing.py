"""Signing: a person proves once more who they are, for one act, in the request that asks for it.

Rules this module keeps:
- Whatever was typed has to be right: a password and a code together are two proofs, and one wrong is none.
- A wrong proof is counted with the wrong ones of sign-in. What it was for is refused by the rules, so that
  the try is kept like every other refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.domain.signatures import Proof, Signed
from inventory.services import people, second_factor
from inventory.store import gate

if TYPE_CHECKING:
    from inventory.domain.evidence import Signature
    from inventory.domain.items import Item
    from inventory.services.site import Site


async def sign(site: Site, by: str, typed: Signature) -> Signed | None:
    """The person's signature, now; None where what they typed does not prove them.

    Raises:
        SignInWaitsError: too many failures in a row.
    """
    now = site.now()
    site.guesses.refuse(by, now)
    person = await gate.person(by)
    proofs = await _proven(site, by, person, typed)
    if person is None or not proofs:
        site.guesses.note(by, now)
        return None
    site.guesses.forget(by)
    return Signed(by, person.text("name"), clocks.format_instant(now), proofs)


async def _proven(site: Site, by: str, person: Item | None, typed: Signature) -> tuple[Proof, ...]:
    """What was proven; nothing where anything of it was wrong."""
    proofs = []
    if typed.password is not None:
        if not await people.is_password(by, person, typed.password.get_secret_value()):
            return ()
        proofs.append(Proof.PASSWORD)
    if typed.otp is not None:
        if not await second_factor.proves(site, by, typed.otp.get_secret_value()):
            return ()
        proofs.append(Proof.CODE)
    return tuple(proofs)
