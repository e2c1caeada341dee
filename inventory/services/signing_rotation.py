"""Other keys for signing the logs: prepared as files, named by an entry of two people, the former ones put aside.

Rules this module keeps:
- The files are there before the entry names them. The entry and the two checkpoints that the keys that go and those
  that come sign together are one transaction: there is no moment between them to break in.
- From the entry on no process signs with a former key; putting its file aside is all that can be left to do, and
  whoever begins again does that first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.items import Log
from inventory.domain.lives.signing import ACTION, FORMER, IN_FORCE
from inventory.services.rotation import RotationRefusedError
from inventory.store import gate
from inventory.store.signing import add_signer, key_id, retire_signer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inventory.services.site import Site

__all__ = ["ACTION", "Standing", "prepared", "put_aside", "standing", "told"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of each log, by public key: what signs it, what waits to, and what signs no more and still lies here."""

    in_force: dict[Log, str]
    waiting: dict[Log, tuple[str, ...]]
    former: dict[Log, tuple[str, ...]]

    @property
    def unfinished(self) -> bool:
        """Whether a key that signs nothing any more still lies in the folder."""
        return any(self.former.values())


async def standing(site: Site) -> Standing:
    """Which keys sign the logs, and which others lie in this host's key folder.

    Raises:
        SignerMissingError: what signs at present does not.
    """
    signing, study = site.keys.signing, await gate.study(site.profile.study.id)
    signing.look_again()
    signing.told(study)
    former = {log: study.texts(FORMER[log]) if study else [] for log in Log}
    return Standing(
        dict(signing.in_force),
        {
            log: tuple(k for k in signing.held[log] if k not in (signing.in_force[log], *former[log]))
            for log in Log
        },
        {log: tuple(k for k in signing.held[log] if k in former[log]) for log in Log},
    )


def prepared(site: Site, now: Standing, logs: Iterable[Log] = Log) -> dict[str, str]:
    """The public keys that wait to sign these logs, as evidence names them: those that lie there, or new ones.

    Raises:
        RotationRefusedError: several of one log lie there.
    """
    found = {}
    for log in logs:
        match now.waiting[log]:
            case ():
                name = site.keys.signers[log].name
                found[IN_FORCE[log]] = add_signer(site.settings.keys, name, log)
            case (one,):
                found[IN_FORCE[log]] = one
            case several:
                files = ", ".join(f"{log}-{key_id(vkey)}.skey" for vkey in several)
                raise RotationRefusedError(f"No key was rotated: {files} wait to be used. Leave one of them.")
    return found


def put_aside(site: Site, now: Standing) -> list[Path]:
    """Put the files of the former keys aside; where they lie now."""
    former = [(log, vkey) for log in Log for vkey in now.former[log]]
    paths = [retire_signer(site.settings.keys, log, vkey) for log, vkey in former]
    site.keys.signing.look_again()
    return [path for path in paths if path is not None]


def told(now: Standing) -> list[str]:
    """The keys in force, a line each, as they are put on paper."""
    return [f"  {log}: {vkey}" for log, vkey in now.in_force.items()]
