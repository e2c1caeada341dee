"""Which study a database holds: what its head row says, which the first entry makes and the writer alone moves."""

from __future__ import annotations

from typing import Final

from inventory.store.engines import engine_in_use
from inventory.store.tables import HeadRow

_HOLD: Final = {
    "sqlite": "SELECT study FROM head",  # its transaction holds the one write lock already
    "postgres": "SELECT study FROM head FOR SHARE",
}


async def study() -> str | None:
    """The study that this database holds, or None."""
    row = await HeadRow.select(HeadRow.study).first()
    return str(row["study"]) if row else None


async def hold() -> None:
    """Have no entry recorded until this transaction ends."""
    await HeadRow.raw(_HOLD[engine_in_use().engine_type])
