"""Files kept by the digest of their content: certificates, manifests, readings."""

from __future__ import annotations

import hashlib

from inventory.store.engines import engine_in_use
from inventory.store.tables import AttachmentRow


async def keep(content: bytes, name: str, media_type: str) -> str:
    """Keep a file; the same content is kept once, by whoever brought it first. Returns its SHA-256 in hexadecimal.

    Asked first and in the same transaction, as the table refuses any conflict on SQLite, whose transactions follow
    each other; on PostgreSQL two may ask at once, and the second does nothing.
    """
    digest = hashlib.sha256(content).digest()
    async with engine_in_use().transaction():
        if not await AttachmentRow.exists().where(AttachmentRow.digest == digest):
            row = AttachmentRow(digest=digest, name=name, media_type=media_type, content=content)
            await AttachmentRow.insert(row).on_conflict(action="DO NOTHING")
    return digest.hex()


class FileChangedError(Exception):
    """What is kept under a digest is another file than the one that entries name by it."""

    def __init__(self, digest: str) -> None:
        super().__init__(
            f"The file {digest} was changed where it is kept, and is not shown. Tell the administrator: "
            "`cellcustody verify` says what else does not hold, and a backup has the file as it was."
        )


async def content_of(digest: str) -> bytes | None:
    """The content of the file with that digest in hexadecimal; None where none is kept.

    Raises:
        FileChangedError: another content is kept under that digest.
    """
    row = await AttachmentRow.select().where(AttachmentRow.digest == bytes.fromhex(digest)).first()
    content = bytes(row["content"]) if row else None
    if content is not None and hashlib.sha256(content).hexdigest() != digest:
        raise FileChangedError(digest)
    return content
