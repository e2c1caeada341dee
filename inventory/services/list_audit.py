"""What a randomisation list holds, told to whoever may load it, before anything of it is recorded.

Rules this module keeps:
- Nobody whose role does not load lists is told anything of one.
- Counts are told, never a row's arm: what is read over a shoulder unblinds nobody.
- The root is the one that the open log will hold, or holds: a file is the list that was loaded if and only if its
  root is the same, whenever that is asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.custody import duties
from inventory.domain.lives import TRANSITIONS
from inventory.domain.lives.study import ListRow, list_root
from inventory.domain.manifests import ImportRefused, RowProblem, read_randomization
from inventory.domain.refusals import Refusal
from inventory.store.gate import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.items import Item
    from inventory.domain.manifests import StratumAudit
    from inventory.services.site import Site

LOADING = "study-load-randomization"


@dataclass(frozen=True, slots=True)
class ListAudit:
    """A list as it was read.

    Attributes:
        length: the file's, in bytes.
        digest: the file's SHA-256, in hex.
        root: what the open log holds of it once it is loaded, in hex.
        loaded: the root of the list that is loaded already, in hex; empty while there is none.
        strata: rows, blocks and balance of each.
    """

    version: str
    author: str
    length: int
    digest: str
    root: str
    loaded: str
    strata: tuple[StratumAudit, ...]

    def lines(self) -> Iterator[str]:
        """The audit in sentences."""
        yield f"{self.length} bytes, SHA-256 {self.digest}."
        yield f"By the profile this is version {self.version} of {self.author}."
        yield f"The open log's root for it is {self.root}. {self._standing()}"
        for stratum in self.strata:
            yield from _of_stratum(stratum)

    def _standing(self) -> str:
        if not self.loaded:
            return "No list is loaded yet."
        return "It is the list that is loaded." if self.loaded == self.root else "ANOTHER LIST IS LOADED."


def may_load(site: Site, person: Item) -> bool:
    """Whether the person's role loads randomisation lists."""
    return bool(duties(person, site.profile) & TRANSITIONS[LOADING].by)


async def audit_list(site: Site, person: Item, data: bytes) -> ListAudit:
    """What the file holds, for whoever may load it; nothing is recorded.

    Raises:
        ImportRefused: the person's role does not load lists; or with a problem for each bad row.
    """
    if not may_load(site, person):
        raise ImportRefused([RowProblem(0, "", str(Refusal.NOT_ENTITLED.value[1]))])
    listed, known = read_randomization(data, site.profile), site.profile.randomisation
    rows = [ListRow(row=row.number, stratum=row.stratum, arm=row.arm) for row in listed.rows]
    study = await Reader(person, site.profile, site.keys.vault).item(site.profile.study.id)
    return ListAudit(
        known.list_version,
        known.author,
        len(data),
        hashlib.sha256(data).hexdigest(),
        list_root(site.keys.vault.commit, rows).hex(),
        str(study.facts.get("list_root", "")) if study else "",
        listed.audit,
    )


def _of_stratum(stratum: StratumAudit) -> Iterator[str]:
    blocks = f"{len(stratum.blocks)} blocks of {_sizes(stratum)}" if stratum.blocks else "no blocks are known"
    yield f"Stratum {stratum.stratum}: {stratum.rows} rows, {blocks}; {_arms(stratum.arms)}."
    for block in stratum.blocks:
        yield f"  Block {block.block}: {block.size} rows; {_arms(block.arms)}."


def _sizes(stratum: StratumAudit) -> str:
    sizes = sorted(set(stratum.block_sizes))
    return " and ".join(str(size) for size in sizes)


def _arms(balance: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{arm} {rows}" for arm, rows in balance)
