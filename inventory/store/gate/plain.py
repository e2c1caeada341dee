"""Rows as items: the open shelf's, which hold nothing sealed, and the names of the vault's columns."""

from __future__ import annotations

import orjson

from inventory.domain.items import Item, Json, Kind, Shelf
from inventory.store import rows
from inventory.store.tables import ItemRow

SEALED = ("key", "kind", "key_id", "nonce", "ciphertext")
COLUMNS = tuple(rows.COLUMNS[Shelf.VAULT].split(", "))


def open_item(row: dict[str, str]) -> Item:
    """The item in a row of the open shelf."""
    facts: dict[str, Json] = orjson.loads(row["facts"])
    return Item(
        Kind(row["kind"]),
        row["code"],
        row["state"],
        Shelf.OPEN,
        row["parent"],
        row["place"],
        row["due"],
        facts,
    )


async def person(code: str) -> Item | None:
    """The person with that code, as signing in needs it; whoever asks has proven who they are."""
    row = await ItemRow.select().where(ItemRow.code == code, ItemRow.kind == Kind.PERSON.value).first()
    return open_item(row) if row else None


async def study(code: str) -> Item | None:
    """The study's own item, as starting up needs it."""
    row = await ItemRow.select().where(ItemRow.code == code, ItemRow.kind == Kind.STUDY.value).first()
    return open_item(row) if row else None
