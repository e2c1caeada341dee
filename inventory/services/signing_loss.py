"""Another key for signing a log in place of one that is lost altogether: nothing of it is left but its public half.

Rules this module keeps:
- What is lost is told by its public key, from paper, and has to be the one that signed what was kept last.
- The file of the key that comes is there before the entry names it. Until then no process signs with it: a host
  whose first key is missing records nothing.
- The key that is lost cannot vouch for the next one. The entry says so by its action, and whoever checks is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.domain.items import Log
from inventory.domain.lives.signing import IN_FORCE, REPLACED
from inventory.domain.notes import NoteRejected, Verifier, open_note
from inventory.services import signing_rotation
from inventory.services.rotation import RotationRefusedError
from inventory.store import checkpoints, gate, keys
from inventory.store.signing import add_signer, held_in, key_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from inventory.services.site import Site
    from inventory.store.keys import Keys

__all__ = ["REPLACED", "evidence", "logs_of", "stand_ins"]


def logs_of(vkeys: Iterable[str]) -> dict[Log, str]:
    """These public keys, by the log that each signed.

    Raises:
        RotationRefusedError: one is not the key of a log, or two are of one.
    """
    found: dict[Log, str] = {}
    for vkey in vkeys:
        try:
            log = Log(Verifier.parse(vkey).name.rpartition("/")[2])
        except (NoteRejected, ValueError):
            raise RotationRefusedError(
                f"No key was replaced: {vkey} is not the public key of a log."
            ) from None
        if log in found:
            raise RotationRefusedError(f"No key was replaced: two keys of the {log} log were given.")
        found[log] = vkey
    return found


def stand_ins(folder: Path, lost: Mapping[Log, str]) -> Keys:
    """The keys of that folder, where one that waits, or a new one, is to take the place of each that is lost.

    Raises:
        RotationRefusedError: one that was called lost lies there, or several wait.
        KeysRefused: something else than what was called lost is missing.
    """
    for log, vkey in lost.items():
        there = held_in(folder, log)
        if vkey in there:
            raise RotationRefusedError(f"No key was replaced: the one of the {log} log lies in {folder}.")
        if len(there) > 1:
            files = ", ".join(f"{log}-{key_id(each)}.skey" for each in there)
            raise RotationRefusedError(f"No key was replaced: {files} wait to be used. Leave one of them.")
        if not there:
            add_signer(folder, Verifier.parse(vkey).name, log)
    held = keys.load(folder)
    for log, vkey in lost.items():
        held.signing.stands_in(log, vkey)
    return held


async def evidence(site: Site, lost: Mapping[Log, str]) -> dict[str, str]:
    """The public keys that the act names: of either log, for what is not lost gives way as well.

    Raises:
        RotationRefusedError: what was called lost is not what signed last; several keys wait.
    """
    study = await gate.study(site.profile.study.id)
    for log, vkey in lost.items():
        named = study.text(IN_FORCE[log]) if study else ""
        if named not in {"", vkey} or not await _signed_last(log, vkey):
            raise RotationRefusedError(
                f"No key was replaced: {vkey} is not the one that signed the {log} log last."
            )
    come = {IN_FORCE[log]: site.keys.signing.in_force[log] for log in lost}
    now = await signing_rotation.standing(site)
    return come | signing_rotation.prepared(site, now, [log for log in Log if log not in lost])


async def _signed_last(log: Log, vkey: str) -> bool:
    """Whether the last checkpoint that was kept is this key's; where none was kept it signed nothing that is."""
    kept = await checkpoints.below(log, 2**63 - 1, unblinded=True)
    try:
        return not kept or bool(open_note(kept[max(kept)], [Verifier.parse(vkey)]))
    except NoteRejected:
        return False
