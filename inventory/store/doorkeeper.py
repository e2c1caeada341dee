"""Whoever a token belongs to, in one question to the database: the first thing of every request.

Nothing is remembered between requests: a token that is revoked and a person who is locked are turned away at
the next one, whichever process did it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson

from inventory.domain import clocks
from inventory.domain.items import Item, Kind, Shelf

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.store.engines import Engine

_WHOSE = (
    "SELECT t.digest, t.expires_at, i.code, i.facts FROM token t "
    "JOIN item i ON i.code = t.person AND i.kind = 'person' "
    "WHERE t.digest {key} AND t.revoked_at IS NULL AND i.state = 'active'"
)


async def person_behind(engine: Engine, token: str, now: datetime) -> tuple[Item, str] | None:
    """The active person whose token this is, and when it ends; None for one unknown, expired or revoked."""
    found = await engine.look_up(_WHOSE, hashlib.sha256(token.encode()).digest())
    if not found:
        return None
    _, expires_at, code, facts = found[0]
    if expires_at <= clocks.format_instant(now):
        return None
    return Item(Kind.PERSON, code, "active", Shelf.OPEN, facts=orjson.loads(facts)), expires_at
