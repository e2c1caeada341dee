"""Verifying a site's own record: the auditor of the store, given the site's database and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.store.verify import Report, Trust, verify
from inventory.store.verify_rows import postgresql_rows, sqlite_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.store.keys import Keys
    from inventory.store.settings import Settings


def verified(settings: Settings, keys: Keys, checkpoints: Mapping[str, str] | None = None) -> Report:
    """Everything that `verify` checks, with the site's keys and any checkpoints kept elsewhere.

    It reads over a connection of its own and is run outside an event loop (`asyncio.to_thread`).
    """
    trust = Trust(
        vkeys={log.value: [signer.vkey] for log, signer in keys.signers.items()},
        vault_secrets=keys.vault.seal_secrets,
        checkpoints=checkpoints or {},
    )
    path = settings.sqlite_path
    with sqlite_rows(path) if path is not None else postgresql_rows(settings.database_url) as rows:
        return verify(rows, trust)
