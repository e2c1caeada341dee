"""Second factors as they are remembered: a sealed secret, the last step used, recovery codes by keyed hash.

Rules this module keeps:
- What is good once is used up by the statement that looks it up, so that of two requests one gets it.
- A new secret takes the place of the old one with everything that belonged to it, and never that of one that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.store import accounts, sealing
from inventory.store.engines import engine_in_use
from inventory.store.tables import RecoveryCodeRow, SecondFactorRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.items import Item
    from inventory.store.keys import VaultKey


@dataclass(frozen=True, slots=True)
class Factor:
    """A person's second factor; `confirmed_at` is None until a code of it was typed, `nonce` tells it from others."""

    secret: bytes
    confirmed_at: str | None
    used_step: int
    nonce: bytes


async def find(person: str, key: VaultKey) -> Factor | None:
    """The person's factor, unsealed, or None."""
    row = await SecondFactorRow.select().where(SecondFactorRow.person == person).first()
    if row is None:
        return None
    nonce = bytes(row["nonce"])
    secret = key.unseal(nonce, bytes(row["ciphertext"]), bound_to(person))
    return Factor(secret, row["confirmed_at"], int(row["used_step"]), nonce)


async def put(person: str, secret: bytes, key: VaultKey, reset: str) -> bool:
    """Remember a new secret, not confirmed, in place of one that does not count.

    False, and nothing is changed, where one was confirmed after the last `reset`: another page may have confirmed it
    since somebody looked.
    """
    async with engine_in_use().transaction():
        await sealing.settle(key)
        nonce, ciphertext = key.seal(secret, bound_to(person))
        row = SecondFactorRow(
            person=person,
            key_id=key.identity,
            nonce=nonce,
            ciphertext=ciphertext,
            confirmed_at=None,
            used_step=0,
        )
        confirmed, sealed = SecondFactorRow.confirmed_at, (SecondFactorRow.nonce, SecondFactorRow.ciphertext)
        put = (
            await SecondFactorRow.insert(row)
            .on_conflict(
                target=SecondFactorRow.person,
                action="DO UPDATE",
                values=[SecondFactorRow.key_id, *sealed, confirmed, SecondFactorRow.used_step],
                where=confirmed.is_null() | (confirmed <= reset),
            )
            .returning(SecondFactorRow.person)
        )
        if put:
            await RecoveryCodeRow.delete().where(RecoveryCodeRow.person == person)
    return bool(put)


async def confirm(person: Item, waiting: Factor, step: int, now: str, recovery: Iterable[bytes]) -> bool:
    """The secret that was waiting counts from now on, with these recovery codes.

    False, and nothing is changed, where it was confirmed meanwhile, another took its place, or a reset was recorded
    since the person was let in.
    """
    this = SecondFactorRow.person == person.code, SecondFactorRow.nonce == waiting.nonce
    async with engine_in_use().transaction():
        if not await accounts.stands(person):
            return False
        found = (
            await SecondFactorRow.update({SecondFactorRow.confirmed_at: now, SecondFactorRow.used_step: step})
            .where(*this, SecondFactorRow.confirmed_at.is_null())
            .returning(SecondFactorRow.person)
        )
        if found:
            codes = (RecoveryCodeRow(digest=each, person=person.code) for each in recovery)
            await RecoveryCodeRow.insert(*codes)
    return bool(found)


async def use_step(person: str, step: int) -> bool:
    """Whether that step was still to be used; from now on it is not, nor is any before it."""
    found = (
        await SecondFactorRow.update({SecondFactorRow.used_step: step})
        .where(SecondFactorRow.person == person, SecondFactorRow.used_step < step)
        .returning(SecondFactorRow.person)
    )
    return bool(found)


async def use_recovery(person: str, digest: bytes, now: str) -> bool:
    """Whether that recovery code was still to be used; from now on it is not."""
    found = (
        await RecoveryCodeRow.update({RecoveryCodeRow.used_at: now})
        .where(RecoveryCodeRow.digest == digest, RecoveryCodeRow.person == person)
        .where(RecoveryCodeRow.used_at.is_null())
        .returning(RecoveryCodeRow.person)
    )
    return bool(found)


def bound_to(person: str) -> bytes:
    """What a person's sealed secret is bound to."""
    return b"second factor\x00" + person.encode()
