"""A file is kept once by the digest of its content, however many bring it at the same moment."""

from __future__ import annotations

import asyncio
import hashlib
import os

from inventory.store import attachments
from inventory.store.engines import Engine
from inventory.store.tables import AttachmentRow

FILES = [os.urandom(20_000) for _ in range(3)]


async def test_many_who_bring_the_same_files_at_once_keep_each_of_them_once(engine: Engine) -> None:
    brought = [content for content in FILES for _ in range(12)]
    told = await asyncio.gather(
        *(attachments.keep(each, f"{number}.pdf", "application/pdf") for number, each in enumerate(brought))
    )
    assert told == [hashlib.sha256(each).hexdigest() for each in brought]
    assert await AttachmentRow.count() == len(FILES)
    assert [await attachments.content_of(told[at]) for at in (0, 12, 24)] == FILES


async def test_who_comes_later_changes_nothing_of_what_is_kept(engine: Engine) -> None:
    first = await attachments.keep(FILES[0], "first.pdf", "application/pdf")
    assert await attachments.keep(FILES[0], "second.pdf", "text/plain") == first
    (row,) = await AttachmentRow.select(AttachmentRow.name, AttachmentRow.media_type)
    assert row == {"name": "first.pdf", "media_type": "application/pdf"}
