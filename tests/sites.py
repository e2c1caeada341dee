"""A study that is open for work, with people of every role, for the tests of store, services and web.

- `opened_site(database)` initialises a study on that database: two administrators, nothing else.
- `opened_cast(database)` adds people of every role, two of each, delegated, trained and signed in; they are hired
  once in a process, and every further study begins from a snapshot of the first.
- `Cast.do` records an act through the ledger; by default a fitting person does it, with a fitting second one
  where the row or the profile asks for two. `furniture.py` adds storage, lots and kits.
- `Hands` is a clock that moves only when it is moved.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

from inventory.domain import clocks
from inventory.domain.custody import Act
from inventory.domain.items import Item, Kind, Shelf
from inventory.domain.lives import TRANSITIONS
from inventory.domain.roles import Role
from inventory.domain.signatures import Proof, Signed
from inventory.services import people
from inventory.services.opening import Administrator, initialise
from inventory.services.site import open_site
from inventory.store import memory, rows
from inventory.store.requests import Outcome, Request
from tests.domain.lab import PEOPLE, START
from tests.snapshots import Snapshot, taken

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.keys import Keys
    from tests.conftest import Database

PASSWORD = "a password for tests"
TERM = {"from_day": "2026-01-01", "to_day": "2027-12-31", "document": "DOA-1"}


@dataclass
class Hands:
    """A clock whose hands are moved by the test."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


async def opened_site(
    database: Database,
    profile: str | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    held: Keys | None = None,
) -> Site:
    """An initialised study on that database, by a clock that stands still unless another is given.

    With keys of another study (`held`) the same acts give the same leaves in both, byte by byte.
    """
    settings = replace(database.settings, profile=profile)
    first = [Administrator(name, name.title(), PASSWORD) for name in PEOPLE[Role.ADMINISTRATOR]]
    return await initialise(settings, first, clock=clock or Hands(), held=held)


@dataclass
class Cast:
    """People of every role in an open study, and what they do. `tokens` are their sign-ins, by name."""

    site: Site
    database: Database
    hands: Hands
    line: Line
    tokens: dict[str, str] = field(default_factory=dict)
    keys: Any = field(default_factory=itertools.count)

    def request(
        self, action: str, code: str, /, *, by: str = "", second: str | None = "auto", scan: str = "",
        at: datetime | None = None, key: str = "", signed: bool | None = None, **evidence: Any,
    ) -> Request:  # fmt: skip
        """The request for an act, under a key of its own unless one is given."""
        row = TRANSITIONS[action]
        role = next((role for role in PEOPLE if role in row.by), Role.ADMINISTRATOR)
        by = by or PEOPLE[role][0]
        if second == "auto":
            second = next(name for name in PEOPLE[role] if name != by) if self._takes_two(action) else None
        brought = row.evidence.model_validate(evidence)
        now = self.site.now()
        asks = action in self.site.profile.signatures.acts or action == "participant-unblind"
        asked = asks if signed is None else signed
        signed_by = tuple(signature(one, now) for one in (by, second) if one and asked)
        scanned = (scan or code) if second else None
        act = Act(action, code, by, at or now, brought, second, scanned, signed_by)
        told = [action, code, brought.model_dump(mode="json")]
        digest = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).digest()
        return Request(act, key or f"key {next(self.keys)}", digest)

    def _takes_two(self, action: str) -> bool:
        row = TRANSITIONS[action]
        return action in self.site.profile.two_person or row.restores or action == "participant-unblind"

    async def do(self, action: str, code: str, /, **rest: Any) -> Outcome:
        """Record an act, or have it refused."""
        return (await self.site.ledger.submit([self.request(action, code, **rest)]))[0]

    async def must(self, action: str, code: str, /, **rest: Any) -> Outcome:
        """Record what has to be accepted without a deviation."""
        outcome = await self.do(action, code, **rest)
        assert (outcome.status, outcome.answer["refusals"]) == (201, []), (action, outcome.answer)
        return outcome

    async def refusals(self, action: str, code: str, /, **rest: Any) -> list[str]:
        """The codes of what must be refused, in order."""
        outcome = await self.do(action, code, **rest)
        assert outcome.status not in {201, 422}, f"{action} was accepted"
        return codes_of(outcome)

    async def together(self, *requests: Request) -> list[Outcome]:
        """Record acts as one group, which has to be accepted."""
        outcomes = await self.site.ledger.submit(list(requests))
        assert all(outcome.status == 201 for outcome in outcomes), [o.answer for o in outcomes]
        return outcomes

    async def at_once(self, *requests: Request) -> list[Outcome]:
        """Hand over each act by itself, all in one turn of the loop, so that they meet in one batch."""
        submitted = [self.site.ledger.submit([request]) for request in requests]
        return [outcome for (outcome,) in await asyncio.gather(*submitted)]

    async def fetch(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement with `?`, read past the product."""
        return await self.line.fetch(sql, *args)

    async def find(self, kind: Kind, code: str) -> Item | None:
        """An item as it is stored, whatever its shelf."""
        return (await stored_items(self)).get((kind, code))

    async def item(self, kind: Kind, code: str) -> Item:
        """An item that has to be there."""
        found = await self.find(kind, code)
        assert found is not None, f"there is no {kind} {code}"
        return found


def signature(who: str, now: datetime) -> Signed:
    """A signature that was proven by password."""
    return Signed(who, who.title(), clocks.format_instant(now), (Proof.PASSWORD,))


def codes_of(outcome: Outcome) -> list[str]:
    """The refusals of an outcome, by their codes."""
    return [one if isinstance(one, str) else one["code"] for one in outcome.answer["refusals"]]


Stock = Callable[[Cast], Awaitable[None]]
KEPT: dict[tuple[str, str | None, Stock | None], Snapshot] = {}
"""Studies as they stood once, by engine, profile, and what was put into them."""
ANEW = 1_000_000
"""Where the keys of acts begin in a study that was begun from a snapshot."""


@asynccontextmanager
async def opened_cast(
    database: Database, profile: str | None = None, *, stock: Stock | None = None, held: Keys | None = None
) -> AsyncIterator[Cast]:
    """An open study with people of every role, and with what `stock` puts there; closed at the end of the block.

    With keys of another study (`held`) everybody is hired in this one too.
    """
    cast = await (_hired(database, profile, held) if held else _begun(database, profile, stock))
    try:
        if held and stock:
            await stock(cast)
        yield cast
    finally:
        await _let_go(cast)


async def _let_go(cast: Cast) -> None:
    await cast.line.close()
    await cast.site.close()


async def _begun(database: Database, profile: str | None, stock: Stock | None) -> Cast:
    """A study from the snapshot of its like, which is taken here if there is none."""
    like = database.kind, profile, stock
    if like in KEPT:
        await KEPT[like].put_into(database)
    else:
        cast = await _hired(database, profile)
        if stock:
            await stock(cast)
        await _let_go(cast)
        KEPT[like] = await taken(database, cast.tokens)
    hands = Hands()
    site = await open_site(replace(database.settings, profile=profile), clock=hands)
    line, tokens = Line(database.url), dict(KEPT[like].tokens)
    return Cast(site, database, hands, line, tokens, itertools.count(ANEW))


async def _hired(database: Database, profile: str | None, held: Keys | None = None) -> Cast:
    """A new study, in which people of every role were hired one by one."""
    hands = Hands()
    site = await opened_site(database, profile, clock=hands, held=held)
    cast = Cast(site, database, hands, Line(database.url))
    try:
        await _hire(cast)
    except BaseException:
        await _let_go(cast)
        raise
    return cast


async def _hire(cast: Cast) -> None:
    hired: list[Request] = []
    for role, names in PEOPLE.items():
        for name in names if role is not Role.ADMINISTRATOR else ():
            admin = {"by": "xena"}
            hired += [
                cast.request("person-add", name, second="xaver", name=name.title(), roles=[role], **admin),
                cast.request("person-delegate", name, **admin, **TERM),
                cast.request("person-train", name, **admin, **TERM),
            ]
    await cast.together(*hired)
    for names in PEOPLE.values():
        for name in names:
            cast.tokens[name] = await people.new_token(cast.site, name)


class Line:
    """A connection past the product, on which each statement commits at once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: Any = None

    async def fetch(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement with `?`."""
        if self._url.startswith("sqlite:///"):
            with closing(
                sqlite3.connect(self._url.removeprefix("sqlite:///"), isolation_level=None)
            ) as opened:
                return opened.execute(sql, args).fetchall()
        if self._open is None or self._open.is_closed():
            self._open = await asyncpg.connect(self._url)
        marks = itertools.count(1)
        numbered = "".join(f"${next(marks)}" if each == "?" else each for each in sql)
        return [tuple(row) for row in await self._open.fetch(numbered, *args)]

    async def close(self) -> None:
        """Let go of it."""
        if self._open is not None:
            await self._open.close()


async def stored_items(cast: Cast) -> dict[tuple[Kind, str], Item]:
    """Every item as it is stored, by kind and code."""
    key = cast.site.keys.vault
    found: list[Item] = []
    for shelf, table in ((Shelf.OPEN, "item"), (Shelf.VAULT, "vault_item")):
        plain = await cast.fetch(f"SELECT '{shelf}', {rows.COLUMNS[shelf]} FROM {table}")
        found += [rows.from_row(row, key) for row in plain]
    sealed = await cast.fetch("SELECT key, kind, key_id, nonce, ciphertext FROM sealed_item")
    found += [rows.unseal(row, key) for row in sealed]
    return {item.key: item for item in found}


async def refused_to(cast: Cast, who: str) -> list[dict[str, Any]]:
    """Every refusal that was kept of a person, opened, in order."""
    key = cast.site.keys.vault
    found = await cast.fetch("SELECT seq, nonce, ciphertext FROM refusal WHERE person = ? ORDER BY seq", who)
    return [
        orjson.loads(key.unseal(bytes(nonce), bytes(ciphertext), memory.refusal_at(who, seq)))
        for seq, nonce, ciphertext in found
    ]
