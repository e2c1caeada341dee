"""The heads under which something leaves the house: signed, and kept before it is handed over.

What was printed or exported names a head, on paper or by its content. A checkpoint of that head that is kept
here lets anybody show later that the record still extends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain import clocks
from inventory.store import checkpoints

if TYPE_CHECKING:
    from inventory.domain.items import Log
    from inventory.domain.merkle import Edge
    from inventory.services.site import Site
    from inventory.store.checkpoints import Occasion
    from inventory.store.gate import Reader


async def keep_head(site: Site, reader: Reader, log: Log, edge: Edge, occasion: Occasion) -> str:
    """Keep the checkpoint of that head, as caused by this person; returns the signed note."""
    note = await site.checkpoint(log, edge)
    why = checkpoints.reason(occasion, unblinded=reader.unblinded)
    await checkpoints.keep(log, edge.size, why, note, clocks.format_instant(site.now()))
    return note


async def keep_heads(site: Site, reader: Reader, occasion: Occasion) -> list[tuple[Log, Edge]]:
    """Keep the heads of the logs that this person may read, as they stand; returns them."""
    heads = [(log, edge) for log in reader.logs if (edge := await reader.edge(log))]
    for log, edge in heads:
        await keep_head(site, reader, log, edge, occasion)
    return heads
