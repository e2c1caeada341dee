"""Whoever a token belongs to, in one question to the database: the first thing of every request.

Nothing is remembered between requests: a token that is revoked and a person who is locked are turned away at
the next one, whichever process did it. A token that is older than the last reset of the person's password counts
for nothing, whether or not whoever recorded the reset came to revoking it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from inventory.domain import clocks
from inventory.domain.items import Item, Kind, Shelf
from inventory.domain.lives.people import PASSWORD_RESET, last_reset, works

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.store.engines import Engine

_WHOSE = (
    "SELECT t.digest, t.created_at, t.expires_at, i.code, i.state, i.facts, i.due FROM token t "
    "JOIN item i ON i.code = t.person AND i.kind = 'person' "
    "WHERE t.digest {key} AND t.revoked_at IS NULL"
)


async def person_behind(engine: Engine, token: str, now: datetime) -> tuple[Item, str] | None:
    """Whoever `owner` finds, while their account is active and its last day is not over."""
    found = await owner(engine, token, now)
    return found if found is not None and works(found[0], now) else None


async def owner(engine: Engine, token: str, now: datetime) -> tuple[Item, str] | None:
    """The person whose token this is, whatever became of the account, and when the token ends.

    None for a token that is unknown, expired, revoked, or older than the last reset of the password.
    """
    found = await engine.look_up(_WHOSE, hashlib.sha256(token.encode()).digest())
    if not found:
        return None
    _, created_at, expires_at, code, state, facts, due = found[0]
    person = Item(Kind.PERSON, code, state, Shelf.OPEN, due=due, facts=orjson.loads(facts))
    if expires_at <= clocks.format_instant(now) or created_at < last_reset(person, PASSWORD_RESET):
        return None
    return person, expires_at
