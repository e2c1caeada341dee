"""Which key seals at present, for who seals something beside the log.

The batch that writes the log knows the study's own item. Whoever else seals asks here, in their transaction:
rotation holds the head's lock, so it meets every row that was sealed with the key before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from inventory.domain.items import Kind
from inventory.domain.lives.sealing import SEALS_WITH
from inventory.store import heads
from inventory.store.tables import ItemRow

if TYPE_CHECKING:
    from inventory.store.keys import VaultKey


async def settle(key: VaultKey) -> None:
    """Seal with the key in force until this transaction ends.

    Raises:
        SealMissingError: it does not lie in this host's key folder.
    """
    await heads.hold()
    key.seal_with(await in_force(key))


async def in_force(key: VaultKey) -> str:
    """The name of the key that the study seals with."""
    row = await ItemRow.select(ItemRow.facts).where(ItemRow.kind == Kind.STUDY.value).first()
    return named_in(orjson.loads(row["facts"]) if row else {}, key)


def named_in(facts: dict[str, Any], key: VaultKey) -> str:
    """The key in force that the study's facts name: the first one where they name none."""
    return str(facts.get(SEALS_WITH) or key.first)
