"""The head row of a study: made once, when the study is opened; moved by the writer alone."""

from __future__ import annotations

from inventory.store.tables import HeadRow


async def begin(study: str, now: str) -> bool:
    """Make the head row of an empty study; False where the database holds a study already."""
    if await HeadRow.exists():
        return False
    empty = HeadRow(study=study, open_size=0, open_edge=b"", vault_size=0, vault_edge=b"", recorded_at=now)
    await HeadRow.insert(empty)
    return True


async def study() -> str | None:
    """The study that this database holds, or None."""
    row = await HeadRow.select(HeadRow.study).first()
    return str(row["study"]) if row else None
