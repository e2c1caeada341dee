"""Signed checkpoints that are kept for good: of each day's end, each export and each print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.store.engines import engine_in_use
from inventory.store.tables import CheckpointRow

if TYPE_CHECKING:
    from inventory.domain.items import Log


async def keep(log: Log, size: int, reason: str, note: str, now: str) -> None:
    """Keep a signed note of a log at that size; the same size and reason are kept once.

    Who meets a row that is there already asks first, in the same transaction: the table refuses any conflict.
    """
    taken = (CheckpointRow.log == log.value) & (CheckpointRow.size == size) & (CheckpointRow.reason == reason)
    async with engine_in_use().transaction():
        if not await CheckpointRow.exists().where(taken):
            row = CheckpointRow(log=log.value, size=size, reason=reason, note=note, made_at=now)
            await CheckpointRow.insert(row)


async def below(log: Log, size: int) -> dict[int, str]:
    """The kept notes of a log over fewer than `size` entries, one for each size."""
    found = (
        await CheckpointRow.select(CheckpointRow.size, CheckpointRow.note)
        .where(CheckpointRow.log == log.value, CheckpointRow.size < size)
        .order_by(CheckpointRow.size)
    )
    return {int(row["size"]): str(row["note"]) for row in found}
