"""How people prove who they are, as it is remembered: password hashes and token digests, never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.lives.people import FACTOR_RESET, PASSWORD_RESET, last_reset
from inventory.store import gate, heads
from inventory.store.engines import engine_in_use
from inventory.store.tables import CredentialRow, TokenRow

if TYPE_CHECKING:
    from inventory.domain.items import Item


async def stands(person: Item) -> bool:
    """Until this transaction ends: whether neither password nor second factor was reset since the person was let in.

    A session that is let in may take its time to say what it asks for.
    """
    await heads.hold()
    now = await gate.person(person.code)
    resets = PASSWORD_RESET, FACTOR_RESET
    return now is not None and all(last_reset(now, of) == last_reset(person, of) for of in resets)


async def credential(person: str) -> tuple[str, str] | None:
    """The hash of a person's password and when it was set, or None."""
    row = await CredentialRow.select().where(CredentialRow.person == person).first()
    return (str(row["password_hash"]), str(row["changed_at"])) if row else None


async def set_password(person: str, hashed: str, now: str) -> None:
    """Remember a password's hash in place of any earlier one."""
    row = CredentialRow(person=person, password_hash=hashed, changed_at=now)
    await CredentialRow.insert(row).on_conflict(
        target=CredentialRow.person,
        action="DO UPDATE",
        values=[CredentialRow.password_hash, CredentialRow.changed_at],
    )


async def replace_password(person: Item, hashed: str, now: str) -> bool:
    """Remember the hash of a password that the person chose, and sign them out everywhere.

    False, and nothing is changed, where a reset was recorded since they were let in: what it gives counts.
    """
    async with engine_in_use().transaction():
        if not await stands(person):
            return False
        # This host's clock may be behind the reset.
        await set_password(person.code, hashed, max(now, last_reset(person, PASSWORD_RESET)))
        await revoke_all(person.code, now)
    return True


async def add_token(digest: bytes, person: str, now: str, expires_at: str) -> bool:
    """Remember a token by its digest; False, and nothing is changed, where one like it was given before."""
    row = TokenRow(digest=digest, person=person, created_at=now, expires_at=expires_at)
    added = await TokenRow.insert(row).on_conflict(action="DO NOTHING").returning(TokenRow.person)
    return bool(added)


async def revoke_token(digest: bytes, now: str) -> None:
    """A token is good for nothing from now on."""
    await TokenRow.update({TokenRow.revoked_at: now}).where(TokenRow.digest == digest)


async def revoke_all(person: str, now: str) -> None:
    """Every token of that person that is still good is good for nothing from now on."""
    mine = TokenRow.update({TokenRow.revoked_at: now}).where(TokenRow.person == person)
    await mine.where(TokenRow.revoked_at.is_null())
