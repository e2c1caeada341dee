"""Verifying a site's own record: the auditor of the store, given the site's database and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.store.verify import verify
from inventory.store.verify.report import Report, Trust
from inventory.store.verify_rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.store.keys import Keys
    from inventory.store.settings import Settings


def verified(settings: Settings, keys: Keys, checkpoints: Mapping[str, str] | None = None) -> Report:
    """Everything that `verify` checks, with the site's keys and any checkpoints kept elsewhere.

    It reads over a connection of its own and is run outside an event loop (`asyncio.to_thread`).
    """
    with rows_of(settings) as rows:
        return verify(rows, trust_in(keys, checkpoints or {}))


def trust_in(keys: Keys, checkpoints: Mapping[str, str]) -> Trust:
    """What the verifier brings along: the site's keys, and checkpoints kept elsewhere."""
    return Trust(
        vkeys={log.value: list(held) for log, held in keys.signing.held.items()},
        vault_secrets=keys.vault.seal_secrets,
        checkpoints=checkpoints,
    )
