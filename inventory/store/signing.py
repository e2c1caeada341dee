"""The keys that sign the checkpoints of the logs: which are held, and which of them signs at present.

Rules this module keeps:
- The first key of a log is `LOG.skey`; each that took its place later is a file of its own, `LOG-ID.skey`. A file
  that was put into the folder is found by a process that runs already.
- Which one signs stands in an entry. A process goes by the study as it last read it, and never back to a key of
  which it has read that another took its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from inventory.domain.items import Log
from inventory.domain.lives.signing import FORMER, IN_FORCE
from inventory.domain.notes import Checkpoint, Signer, sign
from inventory.store.keyfiles import KeysRefused, read, write
from inventory.store.lasting import sync

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inventory.domain.items import Item
    from inventory.domain.merkle import Edge

_FILE = re.compile(r"(open|vault)(?:-([0-9a-f]{8}))?\.skey")


class SignerMissingError(KeysRefused):
    """What a log is signed with at present does not lie in this host's key folder."""

    def __init__(self, log: Log, vkey: str) -> None:
        number = key_id(vkey) if vkey else "ID"
        name = f"{log}-{number}.skey" if vkey else f"{log}.skey"
        super().__init__(
            f"The {log} log is signed with another key, and {name} does not lie in this host's key folder: nothing "
            f"was recorded. Put it there (one that was put aside is retired-{log}-{number}.skey). If it is lost for "
            "good, see `cellcustody keys replace-lost`."
        )


def key_id(vkey: str) -> str:
    """The eight hexadecimal digits by which a key is known (C2SP signed-note: name+hash+key)."""
    return vkey.split("+")[1]


@dataclass
class Signing:
    """The keys of both logs.

    Attributes:
        folder: where they lie.
        held: of each log, the signers that are held, by their public key as text.
        in_force: of each log, the public key that signs, as far as this process was told.
        former: the public keys whose place another took.
        unnamed: the logs whose first key does not lie here: what signs them is what the study names, or nothing.
        lost: of a log, the public key that is lost and in whose place another is about to be named.
    """

    folder: Path
    held: dict[Log, dict[str, Signer]]
    in_force: dict[Log, str]
    former: set[str] = field(default_factory=set)
    unnamed: set[Log] = field(default_factory=set)
    lost: dict[Log, str] = field(default_factory=dict)

    @property
    def signers(self) -> dict[Log, Signer]:
        """Of each log, the one that signs."""
        return {log: self.held[log][vkey] for log, vkey in self.in_force.items()}

    def holds(self, log: Log, vkey: str) -> bool:
        """Whether the private half of that key is held."""
        if vkey not in self.held[log]:
            self.look_again()
        return vkey in self.held[log]

    def look_again(self) -> None:
        """Hold what lies in the folder now, and what signs at present wherever its file went."""
        for log in Log:
            now = self.in_force[log]
            self.held[log] = {now: self.held[log][now]} | held_in(self.folder, log)

    def told(self, study: Item | None) -> None:
        """Sign from here on with what the study's own item names.

        Raises:
            SignerMissingError: it is not held.
        """
        if study is None:
            return
        for log in Log:
            vkey = study.text(IN_FORCE[log])
            self.former.update(study.texts(FORMER[log]))
            if not vkey and log in self.unnamed and log not in self.lost:
                raise SignerMissingError(log, "")
            if vkey and vkey not in self.former and vkey != self.in_force[log]:
                if not self.holds(log, vkey):
                    raise SignerMissingError(log, vkey)
                self.in_force[log] = vkey

    def stands_in(self, log: Log, lost: str) -> None:
        """Sign with the one key of that log that lies here, to name it in place of the one that is lost."""
        (self.in_force[log],) = self.held[log]
        self.former.add(lost)
        self.lost[log] = lost

    def signs(self, log: Log) -> str:
        """The public key that an entry finds in force: one that is lost until another is named in its place."""
        return self.lost.get(log, self.in_force[log])

    def checkpoint(self, log: Log, edge: Edge) -> str:
        """The signed checkpoint of a log at that size (C2SP tlog-checkpoint)."""
        return _signed((self.held[log][self.in_force[log]],), edge.size, edge.root())

    def handed_over(self, log: Log, edge: Edge, vkeys: Sequence[str]) -> str:
        """The checkpoint that a key signs together with the one that takes its place."""
        return _signed(tuple(self.held[log][vkey] for vkey in vkeys), edge.size, edge.root())


@lru_cache(maxsize=64)
def _signed(signers: tuple[Signer, ...], size: int, root: bytes) -> str:
    return sign(Checkpoint(signers[0].name, size, root).body(), signers)


def load_signing(folder: Path) -> Signing:
    """The signing keys in that folder; until the study tells, each log's first or only one signs.

    Raises:
        KeysRefused, FileNotFoundError, ValueError: one is readable by others, missing or malformed.
    """
    held = {log: held_in(folder, log) for log in Log}
    for log in Log:
        if not held[log]:
            raise FileNotFoundError(2, "missing", str(folder / f"{log}.skey"))
    unnamed = {log for log in Log if not (folder / f"{log}.skey").exists()}
    return Signing(folder, held, {log: next(iter(held[log])) for log in Log}, unnamed=unnamed)


def held_in(folder: Path, log: Log) -> dict[str, Signer]:
    """The first key before the others, by name."""
    found = sorted(path for path in folder.glob(f"{log}*.skey") if _FILE.fullmatch(path.name))
    signers = [Signer.load(read(path).strip()) for path in sorted(found, key=lambda path: len(path.name))]
    return {signer.vkey: signer for signer in signers}


def add_signer(folder: Path, name: str, log: Log) -> str:
    """A new signing key for that log; its public half. Nothing is signed with it until the study says so."""
    signer = Signer.generate(name)
    path = folder / f"{log}-{key_id(signer.vkey)}.skey"
    part = path.with_name(f"{path.name}.part")
    write(part, signer.save())
    part.replace(path)
    sync(folder)
    return signer.vkey


def retire_signer(folder: Path, log: Log, vkey: str) -> Path | None:
    """Put a signing key aside that signs nothing any more; where it lies now, None where it lay aside already."""
    for path in sorted(folder.glob(f"{log}*.skey")):
        if _FILE.fullmatch(path.name) and Signer.load(read(path).strip()).vkey == vkey:
            aside = folder / f"retired-{log}-{key_id(vkey)}.skey"
            path.replace(aside)
            sync(folder)
            return aside
    return None
