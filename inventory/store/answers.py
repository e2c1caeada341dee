"""Which keys of requests were answered before, for who makes up a key on somebody's behalf."""

from __future__ import annotations

from inventory.store.tables import IdempotencyRow


async def is_remembered(person: str, key: str) -> bool:
    """Whether something is remembered under that person's key."""
    return await IdempotencyRow.exists().where(IdempotencyRow.person == person, IdempotencyRow.key == key)
