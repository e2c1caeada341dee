"""Is everything that one commit writes there together, and is the stored state what the logs say?

`assert_sound(cast)` is what every test of the writer ends with:

- `verify` holds: entries gapless and canonical, head, tiles, state = replay, refusals chained, vault bound, each
  entry told by exactly one remembered answer, and found under what it is about alone, by somebody in a role of
  theirs;
- the claims (occupancy, assignment, administration) are those of the replayed state, no more and no fewer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from inventory.domain import entries
from inventory.domain.items import Log
from inventory.services.site import Site
from inventory.store import claims
from inventory.store.verify import verify
from inventory.store.verify.report import Rows, Trust
from inventory.store.verify_rows import postgresql_rows, sqlite_rows
from tests.sites import Cast

Leaf = dict[str, Any]


@contextmanager
def reading(url: str) -> Iterator[Rows]:
    """Plain SQL over the database at this URL, as of one instant."""
    path = Path(url.removeprefix("sqlite:///"))
    with sqlite_rows(path) if url.startswith("sqlite") else postgresql_rows(url) as found:
        yield found


def trust(site: Site) -> Trust:
    """The keys of a site, as `verify` wants them."""
    vault = site.keys.vault
    vkeys = {log.value: [signer.vkey] for log, signer in site.keys.signers.items()}
    profile = site.profile
    return Trust(
        vkeys,
        {vault.identity: vault.secret},
        profile=profile.digest,
        duties=profile.duties_of,
        time_zone=profile.site.time_zone,
    )


async def assert_sound(cast: Cast) -> None:
    """Everything that this module's docstring says."""
    await asyncio.to_thread(check, cast.site, cast.database.url)


def check(site: Site, url: str) -> dict[str, int]:
    """Check a database that may be of another process; the sizes of both logs."""
    with reading(url) as found:
        report = verify(found, trust(site))
        assert report.holds, report.findings
        leaves = {log: list(read_leaves(found, log, site)) for log in Log}
        _check_claims(found, leaves, site)
    return dict(report.sizes)


def read_leaves(found: Rows, log: Log, site: Site) -> Iterator[Leaf]:
    """The leaves of a log, in order."""
    if log is Log.OPEN:
        for (leaf,) in found('SELECT leaf FROM open_entry ORDER BY "index"'):
            yield orjson.loads(leaf)
        return
    sealed = found(
        "SELECT e.leaf_hash, s.nonce, s.ciphertext FROM vault_entry e "
        'JOIN sealed_leaf s ON s.leaf_hash = e.leaf_hash ORDER BY e."index"'
    )
    for leaf_hash, nonce, ciphertext in sealed:
        yield orjson.loads(site.keys.vault.unseal(nonce, ciphertext, leaf_hash))


async def leaves_of(cast: Cast, log: Log) -> list[Leaf]:
    """The leaves of a log, in order."""

    def read() -> list[Leaf]:
        with reading(cast.database.url) as found:
            return list(read_leaves(found, log, cast.site))

    return await asyncio.to_thread(read)


def _check_claims(found: Rows, leaves: dict[Log, list[Leaf]], site: Site) -> None:
    state = entries.replay(*leaves.values())
    expected = {
        (claim.held[0], *claims.row_of(claim, site.keys.vault, 0)[:2])
        for item in state.values()
        if (claim := claims.claim_of(item))
    }
    stored = {("occupancy", *row) for row in found("SELECT position, vial FROM occupancy")}
    stored |= {("assignment", *row) for row in found("SELECT slot, kit FROM assignment")}
    stored |= {("administration", *row) for row in found("SELECT syringe, entry_log FROM administration")}
    assert stored == expected
