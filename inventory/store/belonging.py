"""Whether environment and keys are the study's: what its first entry says, and what has signed it since.

An entry that is written with another study's keys can never be verified with the right ones.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import orjson

from inventory.domain.lives.signing import IN_FORCE
from inventory.domain.merkle import Edge
from inventory.domain.notes import NoteRejected, open_note
from inventory.store.condition import UNREACHABLE
from inventory.store.logs import vault_commitment
from inventory.store.tables import CheckpointRow, OpenEntryRow

if TYPE_CHECKING:
    from inventory.domain.items import Item, Log
    from inventory.domain.notes import Verifier
    from inventory.store.keys import Keys, VaultKey
    from inventory.store.signing import Signing
    from inventory.store.verify.report import Rows

_FIRST: Final = 'SELECT leaf_hash, leaf FROM open_entry WHERE "index" = 0'


def stamped(rows: Rows) -> str | None:
    """The environment that the study was opened for, as its first entry says.

    None where there is no study, or the entry cannot be read or is not the one that was hashed: what is damaged stamps
    nothing.
    """
    try:
        digest, leaf = next(iter(rows(_FIRST)), (b"", b""))
        if hashlib.sha256(b"\x00" + leaf).digest() == digest:
            return str(orjson.loads(leaf)["evidence"]["environment"])
    except (*UNREACHABLE, TypeError, ValueError, KeyError):
        pass
    return None


async def foreign_key(keys: Keys, study: Item) -> str | None:
    """The file name of a key that is held and is not this study's; None where there is none."""
    for log, held in keys.signing.held.items():
        named = {signer.name for signer in held.values()} == {f"{study.text('origin')}/{log}"}
        if not named or not await _has_signed(keys.signing, log, study.text(IN_FORCE[log])):
            return f"{log}.skey"
    return None if await _has_committed(keys.vault) else "vault.key"


async def _has_signed(signing: Signing, log: Log, in_force: str) -> bool:
    """Whether a key that is held signed the newest checkpoint; so it is where none is kept, or a key lies elsewhere."""
    missing = not signing.holds(log, in_force) if in_force else log in signing.unnamed
    if missing or log in signing.lost:
        return True
    newest = await CheckpointRow.select().where(CheckpointRow.log == log.value).order_by(
        CheckpointRow.size, ascending=False
    ).first()  # fmt: skip
    return newest is None or any(_opens(newest["note"], one.verifier) for one in signing.held[log].values())


def _opens(note: str, verifier: Verifier) -> bool:
    try:
        open_note(note, [verifier])
    except NoteRejected:
        return False
    return True


async def _has_committed(key: VaultKey) -> bool:
    first = await OpenEntryRow.select(OpenEntryRow.leaf).where(OpenEntryRow.index == 0).first()
    return first is None or orjson.loads(first["leaf"]).get("vault") == vault_commitment(key, 0, Edge.empty())
