"""Which study a database holds: what its head row says, which the first entry makes and the writer alone moves."""

from __future__ import annotations

from inventory.store.tables import HeadRow


async def study() -> str | None:
    """The study that this database holds, or None."""
    row = await HeadRow.select(HeadRow.study).first()
    return str(row["study"]) if row else None
