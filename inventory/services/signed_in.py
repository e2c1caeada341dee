"""Whoever a token belongs to, in one question to the database: the first thing every request does."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import orjson
from piccolo.querystring import QueryString

from inventory.domain import clocks
from inventory.domain.items import Item, Kind, Shelf

if TYPE_CHECKING:
    from inventory.services.site import Site

_WHOSE = (
    "SELECT i.code, i.state, i.facts FROM token t JOIN item i ON i.code = t.person AND i.kind = 'person' "
    "WHERE t.digest = {} AND t.revoked_at IS NULL AND t.expires_at > {} AND i.state = 'active'"
)


async def person_behind(site: Site, token: str) -> Item | None:
    """The active person whose token this is; None for one that is unknown, expired or revoked."""
    digest = hashlib.sha256(token.encode()).digest()
    now = clocks.format_instant(site.now())
    found = await site.engine.run_querystring(QueryString(_WHOSE, digest, now))
    if not found:
        return None
    row = found[0]
    return Item(Kind.PERSON, row["code"], row["state"], Shelf.OPEN, facts=orjson.loads(row["facts"]))
