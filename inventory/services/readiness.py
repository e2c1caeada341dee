"""Whether this process can work now: the database answers, its schema is this code's, the study is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from inventory.store import condition, gate, heads, sealing
from inventory.store.condition import UNREACHABLE, DatabaseMovedError
from inventory.store.keys import SealMissingError
from inventory.store.migrate import pending
from inventory.store.requests import refuse_behind
from inventory.store.signing import SignerMissingError

if TYPE_CHECKING:
    from inventory.services.site import Site

PATIENCE_SECONDS = 5


async def what_is_missing(site: Site, *, to_record: bool = False) -> str | None:
    """What keeps this process from working, as a sentence; None where nothing does.

    By a clock that is behind nothing can be recorded, but what was recorded can be read: it is asked for apart.

    Raises:
        ClockBehindError: nothing is missing `to_record`, but this host's clock is behind the log.
    """
    if not site.ledger.stands():
        return str(DatabaseMovedError())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            if await pending(site.engine):
                return "The database waits for a migration. Run `cellcustody migrate`."
            held = await heads.study()
            seals = await sealing.in_force(site.keys.vault)
            study = await gate.study(site.profile.study.id)
            last = await condition.recorded_at() if to_record else None
    except UNREACHABLE:
        return "The database cannot be reached."
    if held != site.profile.study.id:
        return "The database does not hold this study."
    if not site.keys.vault.holds(seals):
        return str(SealMissingError(seals))
    try:
        site.keys.signing.told(study)
    except SignerMissingError as missing:
        return str(missing)
    if last is not None:
        refuse_behind(site.now(), last)
    return None
