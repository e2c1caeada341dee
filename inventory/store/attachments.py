"""Files kept by the digest of their content: certificates, manifests, readings."""

from __future__ import annotations

import hashlib

from inventory.store.tables import AttachmentRow


async def keep(content: bytes, name: str, media_type: str) -> str:
    """Keep a file; the same content is kept once. Returns its SHA-256 in hexadecimal."""
    digest = hashlib.sha256(content).digest()
    if not await AttachmentRow.exists().where(AttachmentRow.digest == digest):
        await AttachmentRow.insert(
            AttachmentRow(digest=digest, name=name, media_type=media_type, content=content)
        )
    return digest.hex()


async def content_of(digest: str) -> bytes | None:
    """The content of the file with that digest in hexadecimal; None where none is kept."""
    row = await AttachmentRow.select().where(AttachmentRow.digest == bytes.fromhex(digest)).first()
    return bytes(row["content"]) if row else None
