"""How people prove who they are, as it is remembered: password hashes and token digests, never a secret."""

from __future__ import annotations

from inventory.store.tables import CredentialRow, TokenRow


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
