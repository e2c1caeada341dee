"""The randomisation list, as R's blockrand writes it or as a REDCap allocation table, and its audit.

Rules kept here:
- every treatment is one of the profile's labels, and no number stands twice;
- blockrand: a block is whole, stands in one stratum, has one size, and holds the arms in the profile's ratio;
- blockrand: every stratum of the profile has rows, and no other has;
- REDCap: the table knows no strata, so it is the list of a profile that has one, and all its rows are of that one;
- no sentence here says what a row's treatment is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, Field

from inventory.domain.manifests.fields import Text, matching, whole
from inventory.domain.manifests.problems import HEADER, RowProblem, refuse, refused
from inventory.domain.manifests.tables import Row, Table, read_table, repeated, typed
from inventory.domain.profile import Profile

NUMBER = matching(r"[A-Za-z0-9._-]{1,20}", "must be 1 to 20 letters, digits and . _ -.")


class BlockrandRow(Row):
    """A row of blockrand: its columns keep R's names."""

    number: Annotated[str, BeforeValidator(NUMBER), Field(alias="id")]
    stratum: Text
    block: Annotated[str, BeforeValidator(NUMBER), Field(alias="block.id")]
    size: Annotated[int, BeforeValidator(whole(1, 100)), Field(alias="block.size")]
    treatment: Text


class RedcapRow(Row):
    """A row of a REDCap allocation table; it names neither strata nor blocks."""

    number: Annotated[str, BeforeValidator(NUMBER), Field(alias="redcap_randomization_number")]
    treatment: Annotated[Text, Field(alias="redcap_randomization_group")]


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the list; the block is empty where the list names none."""

    number: str
    stratum: str
    block: str
    arm: str


Balance = tuple[tuple[str, int], ...]
"""(arm, rows) in the profile's order."""


@dataclass(frozen=True, slots=True)
class BlockAudit:
    """What a block holds."""

    block: str
    arms: Balance

    @property
    def size(self) -> int:
        """How many rows."""
        return sum(rows for _, rows in self.arms)


@dataclass(frozen=True, slots=True)
class StratumAudit:
    """What a stratum holds: rows, their balance, and its blocks in order, none where the list knows none."""

    stratum: str
    rows: int
    arms: Balance
    blocks: tuple[BlockAudit, ...]

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """The sizes of its blocks, in order."""
        return tuple(block.size for block in self.blocks)


@dataclass(frozen=True, slots=True)
class RandomizationList:
    """The list in its order, with the audit of each stratum."""

    rows: tuple[Listed, ...]
    audit: tuple[StratumAudit, ...]


def read_randomization(data: bytes, profile: Profile) -> RandomizationList:
    """The list, its treatments turned into the profile's arms.

    Raises:
        ImportRefused: with a problem for each bad row.
    """
    table = read_table(data)
    if "redcap_randomization_number" in table.header:
        return _redcap(table, profile)
    return _blockrand(table, profile)


def _redcap(table: Table, profile: Profile) -> RandomizationList:
    stratum, *others = profile.randomisation.strata
    if others:
        raise refused(
            HEADER,
            "redcap_randomization_number",
            "The study's profile has more than one stratum, and a REDCap table does not say which one a row is of. "
            "Bring the list as blockrand writes it.",
        )
    rows = typed(table, RedcapRow)
    refuse(_of_treatments([row.treatment for row in rows], "redcap_randomization_group", profile))
    refuse(repeated(rows, "redcap_randomization_number", lambda row: row.number))
    return _audited([Listed(row.number, stratum, "", _arm(profile, row.treatment)) for row in rows], profile)


def _blockrand(table: Table, profile: Profile) -> RandomizationList:
    rows = typed(table, BlockrandRow)
    refuse(_of_treatments([row.treatment for row in rows], "treatment", profile))
    refuse(repeated(rows, "id", lambda row: row.number))
    refuse(_of_strata(rows, profile))
    listed = [Listed(row.number, row.stratum, row.block, _arm(profile, row.treatment)) for row in rows]
    refuse(_of_blocks(rows, listed, profile))
    return _audited(listed, profile)


def _arm(profile: Profile, label: str) -> str:
    return profile.randomisation.arm_of(label) or ""


def _of_treatments(labels: Sequence[str], column: str, profile: Profile) -> Iterator[RowProblem]:
    for number, label in enumerate(labels, start=HEADER + 1):
        if profile.randomisation.arm_of(label) is None:
            yield RowProblem(number, column, "is not one of the labels in the study's profile.")


def _of_strata(rows: Sequence[BlockrandRow], profile: Profile) -> Iterator[RowProblem]:
    strata = profile.randomisation.strata
    for number, row in enumerate(rows, start=HEADER + 1):
        if row.stratum not in strata:
            yield RowProblem(number, "stratum", "is not a stratum of the study's profile.")
    for stratum in strata:
        if all(row.stratum != stratum for row in rows):
            yield RowProblem(HEADER, "stratum", f"The list has no row for the profile's stratum {stratum}.")


def _of_blocks(
    rows: Sequence[BlockrandRow], listed: Sequence[Listed], profile: Profile
) -> Iterator[RowProblem]:
    members: dict[tuple[str, str], list[int]] = {}
    for place, row in enumerate(rows):
        members.setdefault((row.stratum, row.block), []).append(place)
    for places in members.values():
        number, size = places[0] + HEADER + 1, rows[places[0]].size
        if any(rows[place].size != size for place in places):
            yield RowProblem(number, "block.size", "is not the same in every row of this block.")
        elif len(places) != size:
            yield RowProblem(number, "block.id", f"The block has {len(places)} rows, and its size is {size}.")
        elif not _in_ratio(Counter(listed[place].arm for place in places), profile):
            yield RowProblem(number, "block.id", "The block does not hold the arms in the profile's ratio.")


def _in_ratio(seen: Counter[str], profile: Profile) -> bool:
    share, rest = divmod(seen.total(), sum(arm.ratio for arm in profile.arms))
    return rest == 0 and all(seen[arm.code] == share * arm.ratio for arm in profile.arms)


def _audited(listed: Sequence[Listed], profile: Profile) -> RandomizationList:
    strata = dict.fromkeys(row.stratum for row in listed)
    return RandomizationList(tuple(listed), tuple(_audit(name, listed, profile) for name in strata))


def _audit(stratum: str, listed: Sequence[Listed], profile: Profile) -> StratumAudit:
    rows = [row for row in listed if row.stratum == stratum]
    names = dict.fromkeys(row.block for row in rows if row.block)
    blocks = (
        BlockAudit(name, _balance((row for row in rows if row.block == name), profile)) for name in names
    )
    return StratumAudit(stratum, len(rows), _balance(rows, profile), tuple(blocks))


def _balance(rows: Iterable[Listed], profile: Profile) -> Balance:
    seen = Counter(row.arm for row in rows)
    return tuple((arm.code, seen[arm.code]) for arm in profile.arms)
