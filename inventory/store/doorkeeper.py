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
from inventory.domain.lives.people import works

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.store.engines import Engine

_WHOSE = (
    "SELECT t.digest, t.expires_at, i.code, i.facts, i.due FROM token t "
    "JOIN item i ON i.code = t.person AND i.kind = 'person' "
    "WHERE t.digest {key} AND t.revoked_at IS NULL AND i.state = 'active'"
)


async def person_behind(engine: Engine, token: str, now: datetime) -> tuple[Item, str] | None:
    """The active person whose token this is, and when it ends; None for one unknown, expired or revoked.

    Nor is anybody behind the token of an account whose last day is over.
    """
    found = await engine.look_up(_WHOSE, hashlib.sha256(token.encode()).digest())
    if not found:
        return None
    _, expires_at, code, facts, due = found[0]
    person = Item(Kind.PERSON, code, "active", Shelf.OPEN, due=due, facts=orjson.loads(facts))
    if expires_at <= clocks.format_instant(now) or not works(person, now):
        return None
    return person, expires_at
