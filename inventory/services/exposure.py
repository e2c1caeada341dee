"""The exposure meter: whose arm can be worked out today, before each month 6, and by each who was told some?

Rules this module keeps:
- It exists for the unblinded statistician alone, for whom the gate opens the arms; for others there is none.
- What was told stays told: its entry is never void, and a later one makes nobody forget.
- An observer of today is the worst one, told of everybody whom anybody was told of. People who are unblinded
  anyway have no line of their own.
- The block scheme is the observer's and given by whoever asks: the vault keeps the list without its blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inventory.domain.entries import changes_of
from inventory.domain.exposure import Exposure, Stratum, calendar, posterior
from inventory.domain.items import Kind
from inventory.services.lists import everything

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.domain.blocks import Scheme
    from inventory.domain.entries import Change
    from inventory.domain.items import Json
    from inventory.domain.profile import Profile
    from inventory.store.gate import Reader
    from inventory.store.gate.openings import Arms
    from inventory.store.records import EntryRecord, ItemRecord

TOLD_BY = {
    "participant-unblind": ("entitled", "told"),
    "participant-entitle": ("entitled",),
    "participant-report-unblinding": ("learned",),
}
"""The acts by which an arm is told, and the fields of their evidence that name to whom; code breaks apart."""


@dataclass(frozen=True, slots=True)
class Meter:
    """Three readings, each by participant who is still blinded to that observer.

    Attributes:
        today: to somebody who was told all that anybody was told.
        planned: to the same, each just before their own month 6, if disclosure goes on in the order of
            randomisation.
        people: by person, to each blinded one who was told of somebody, from that alone.
    """

    today: tuple[Exposure, ...]
    planned: tuple[Exposure, ...]
    people: Mapping[str, tuple[Exposure, ...]]


@dataclass(slots=True)
class _Known:
    """What the entries of one participant say: where in the order of randomisation, and who was told."""

    turn: int = -1
    told: bool = False
    names: set[str] = field(default_factory=set)
    drills: set[str] = field(default_factory=set)


async def meter(reader: Reader, schemes: Mapping[str, Scheme]) -> Meter | None:
    """The readings, for the block scheme of each stratum; None for who is no unblinded statistician.

    Raises:
        SchemeError: a scheme cannot be that of the list.
        KeyError: a stratum has no scheme.
    """
    arms = await reader.arms()
    if arms is None:
        return None
    accounts = {record.code: record for record in await everything(reader, Kind.PERSON)}
    known = {who: _known(await reader.opened_history(who) or [], accounts) for who in arms.of}
    strata = _strata(arms, await everything(reader, Kind.PARTICIPANT), schemes)
    ratio = {arm.code: arm.ratio for arm in reader.profile.arms}
    told = {who: arms.of[who][1] for who in known if known[who].told}
    ahead = sorted(arms.of.keys() - told, key=lambda who: known[who].turn)
    named = sorted(set().union(*(of_one.names for of_one in known.values())))
    return Meter(
        today=posterior(strata, ratio, told),
        planned=calendar(strata, ratio, told, {who: arms.of[who][1] for who in ahead}),
        people={
            name: posterior(strata, ratio, {who: told[who] for who in told if name in known[who].names})
            for name in named
            if _blinded(accounts.get(name), reader.profile)
        },
    )


def _strata(arms: Arms, participants: Iterable[ItemRecord], schemes: Mapping[str, Scheme]) -> list[Stratum]:
    """Each stratum's list, with whoever stands at each of its rows."""
    at = {
        (one.facts.get("stratum"), arms.of[one.code][0]): one.code
        for one in participants
        if one.code in arms.of
    }
    return [
        Stratum(schemes[stratum], tuple(at.get((stratum, row)) for row in rows))
        for stratum, rows in sorted(arms.rows.items())
    ]


def _known(entries: Iterable[EntryRecord], accounts: Mapping[str, ItemRecord]) -> _Known:
    found = _Known()
    for entry in entries:
        action, evidence = str(entry.leaf["action"]), entry.leaf["evidence"]
        if action == "participant-randomise" and entry.log == "open":
            found.turn = entry.index
        if action in TOLD_BY and isinstance(evidence, dict) and evidence:
            found.told = True
            found.names |= _named(action, evidence, accounts)
        for change in changes_of(entry.leaf):
            _code_break(change, found)
    return found


def _named(action: str, evidence: Mapping[str, Json], accounts: Mapping[str, ItemRecord]) -> set[str]:
    """Whom the evidence names; of those told in words, the ones who have an account."""
    names: set[str] = set()
    for name in TOLD_BY[action]:
        value = evidence.get(name)
        found = value if isinstance(value, list) else []
        names |= {str(one) for one in found if not isinstance(one, dict)}
        names |= {str(one["who"]) for one in found if isinstance(one, dict)} & accounts.keys()
    return names


def _code_break(change: Change, found: _Known) -> None:
    """Who was told in an emergency: those with an account by its record, an outside caller by their name."""
    began = change["now"] if change["was"] is None else None
    facts = began.get("facts") if isinstance(began, dict) else None
    if not isinstance(facts, dict):
        return
    if change["kind"] == Kind.UNBLINDING and facts.get("drill"):
        found.drills.add(str(change["code"]))
    elif change["kind"] == Kind.UNBLINDING and isinstance(facts["told"], list):
        found.told = True
        found.names |= {str(one) for one in facts["told"]}
    elif change["kind"] == Kind.CALLER and change["code"] not in found.drills:
        found.names.add(f"{facts['name']}, {facts['organisation']}")


def _blinded(person: ItemRecord | None, profile: Profile) -> bool:
    """Whether this is somebody who may not know arms: an outside caller without an account, too."""
    roles = person.facts.get("roles") if person else None
    return all(profile.blinded(str(role)) for role in roles) if isinstance(roles, list) else True
