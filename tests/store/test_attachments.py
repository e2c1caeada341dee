"""A file is kept once by the digest of its content, however many bring it at the same moment."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
from contextlib import closing

import asyncpg
import pytest

from inventory.store import attachments
from inventory.store.attachments import FileChangedError
from inventory.store.engines import Engine
from inventory.store.tables import AttachmentRow
from tests.conftest import Database

FILES = [os.urandom(20_000) for _ in range(3)]


async def alter(database: Database, content: bytes) -> None:
    """Put another content in the place of every file, past the triggers."""
    if database.kind == "sqlite":
        with closing(sqlite3.connect(database.url.removeprefix("sqlite:///"))) as file, file:
            file.execute("DROP TRIGGER attachment_refuses_update")
            file.execute("UPDATE attachment SET content = ?", (content,))
        return
    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE attachment SET content = $1", content)
    await connection.close()


async def test_many_who_bring_the_same_files_at_once_keep_each_of_them_once(engine: Engine) -> None:
    brought = [content for content in FILES for _ in range(12)]
    told = await asyncio.gather(
        *(attachments.keep(each, f"{number}.pdf", "application/pdf") for number, each in enumerate(brought))
    )
    assert told == [hashlib.sha256(each).hexdigest() for each in brought]
    assert await AttachmentRow.count() == len(FILES)
    assert [await attachments.content_of(told[at]) for at in (0, 12, 24)] == FILES


@pytest.mark.parametrize("planted", [b"", b"another file", FILES[1]])
async def test_what_is_another_file_than_the_one_named_is_not_handed_out(
    database: Database, engine: Engine, planted: bytes
) -> None:
    told = await attachments.keep(FILES[0], "first.pdf", "application/pdf")
    await alter(database, planted)
    with pytest.raises(FileChangedError, match=told):
        await attachments.content_of(told)


async def test_who_comes_later_changes_nothing_of_what_is_kept(engine: Engine) -> None:
    first = await attachments.keep(FILES[0], "first.pdf", "application/pdf")
    assert await attachments.keep(FILES[0], "second.pdf", "text/plain") == first
    (row,) = await AttachmentRow.select(AttachmentRow.name, AttachmentRow.media_type)
    assert row == {"name": "first.pdf", "media_type": "application/pdf"}
