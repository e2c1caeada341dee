"""How what a decision looks at is loaded: whole rows by code, with what they belong to, level by level.

Rules this module keeps:
- Everything is read under the head's lock, in statements of their own.
- What an act will want is asked for all acts of a batch at once, from the codes that their evidence names;
  whatever else a decision turns out to want is fetched when it was tried (see `state`).
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from inventory.domain.clocks import format_instant
from inventory.domain.items import Item, Kind, Log, Shelf
from inventory.domain.lives import TRANSITIONS, contents, states, storage, supply
from inventory.domain.lives.storage import cell_of
from inventory.store import claims, rows
from inventory.store.past import read_entry, read_later
from inventory.store.script import Fetch, Script, at_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from inventory.domain.evidence import Evidence
    from inventory.domain.items import Key
    from inventory.domain.profile import Profile
    from inventory.store.keys import VaultKey
    from inventory.store.requests import Request
    from inventory.store.script import Row
    from inventory.store.state import State, Want

_ITEMS = (
    f"SELECT 'open' AS shelf, {rows.COLUMNS[Shelf.OPEN]} FROM item WHERE code {{any}} "  # noqa: S608  (names of our own)
    f"UNION ALL SELECT 'vault' AS shelf, {rows.COLUMNS[Shelf.VAULT]} FROM vault_item WHERE code {{any}}"
)
_FOR_EACH = (
    f"SELECT 'vault' AS shelf, {rows.COLUMNS[Shelf.VAULT]} FROM {{each}} "  # noqa: S608  (names of our own)
    "JOIN vault_item ON vault_item.code = given.value"
)
"""A row for each code of a list, as often as the list holds it."""
_SEALED = "SELECT key, kind, key_id, nonce, ciphertext FROM sealed_item WHERE key {any}"
_OCCUPANTS = "SELECT position, vial FROM occupancy WHERE position {any}"
_ASSIGNED = "SELECT kit FROM assignment WHERE slot = ?"
_FROM_VAULT = f"SELECT 'vault' AS shelf, {rows.COLUMNS[Shelf.VAULT]} FROM vault_item WHERE "  # noqa: S608  (names of our own)
_FROM_OPEN = f"SELECT 'open' AS shelf, {rows.COLUMNS[Shelf.OPEN]} FROM item WHERE "  # noqa: S608  (names of our own)

USABLE = (
    # As `rows.to_row` writes them; inside a text a quote is escaped, so each is a name, the first with its value.
    """facts LIKE '%"disposition":"usable"%' AND facts NOT LIKE '%"excursions":%' """
    """AND facts NOT LIKE '%"time_out_used_up":%' """
)
"""What `disposition.standing` says of a usable vial; a list that is empty is absent."""

_STORED_VIALS = (
    _FROM_VAULT + "parent = ? AND kind = 'vial' AND state = 'stored' AND (place, code) > (?, ?) "
    f"AND {USABLE} ORDER BY place, code LIMIT ?"
)
"""The next usable vials of a lot after that place and code."""

_NOT_ENDED = ", ".join(f"'{state}'" for state in states.NOT_ENDED)
"""Of the vault's kits the states are sealed, so all of those are read."""
_KITS_OF = "parent = ? AND kind = 'kit'"


def _given_to(participant: str) -> str:
    """What the facts of a syringe hold that was given to them; a wildcard in the code finds others beside."""
    return f'%"given_to":"{participant}"%'


_LISTS: dict[str, Callable[..., Fetch]] = {
    "boxes": lambda _, place: Fetch(
        _FROM_VAULT + "kind = 'box' AND (place = ? OR place LIKE ?)", (place, place + "/%")
    ),
    "vials in": lambda _, box: Fetch(
        _FROM_VAULT + "kind = 'vial' AND place >= ? AND place < ?", ("P" + box[1:8], "P" + box[1:8] + "~")
    ),
    "released lots": lambda _: Fetch(
        _FROM_VAULT + "kind = 'lot' AND state IN ('released', 'conditionally_released')"
    ),
    "lots in stock": lambda _: Fetch(
        _FROM_VAULT + "kind = 'lot' AND state IN ('released', 'conditionally_released', 'on_hold')"
    ),
    "left": lambda _, kind: Fetch(_FROM_VAULT + "kind = ? AND facts LIKE ?", (kind, '%"left":{%')),
    "unsettled excursions": lambda _: Fetch(
        _FROM_VAULT + """kind = 'excursion' AND facts NOT LIKE '%"disposition":"usable"%'"""
    ),
    "stored vials": lambda _, lot, place, code, limit: Fetch(_STORED_VIALS, (lot, place, code, int(limit))),
    "lots of": lambda _, donor: Fetch(_FROM_VAULT + "parent = ? AND kind = 'lot'", (donor,)),
    "used vials": lambda _, lot: Fetch(
        _FROM_VAULT + "parent = ? AND kind = 'vial' AND state = 'consumed'", (lot,)
    ),
    "kits of": lambda key, participant: Fetch(
        f"{_FROM_OPEN}{_KITS_OF} UNION ALL {_FROM_VAULT}{_KITS_OF}",
        (participant, rows.under(participant, key)),
    ),
    "kits not ended": lambda _: Fetch(
        f"{_FROM_OPEN}kind = 'kit' AND state IN ({_NOT_ENDED}) UNION ALL {_FROM_VAULT}kind = 'kit'"
    ),
    "given to": lambda key, participant: Fetch(
        f"{_FROM_OPEN}kind = 'syringe' AND facts LIKE ? "
        f"UNION ALL {_FROM_VAULT}kind = 'syringe' AND place = ?",
        (_given_to(participant), rows.given_to(participant, key)),
    ),
    "alerts about": lambda key, code: Fetch(
        _FROM_VAULT + "parent = ? AND kind = 'alert'", (rows.under(code, key),)
    ),
    "planned kits": lambda _: Fetch(_FROM_OPEN + "kind = 'kit' AND state = 'planned'"),
    "kits in date": lambda _, now: Fetch(_FROM_OPEN + "kind = 'kit' AND due >= ?", (now,)),
    "lying": lambda key, kind, place: Fetch(
        f"{_FROM_OPEN}kind = ? AND place = ? UNION ALL {_FROM_VAULT}kind = ? AND place IN (?, ?)",
        (kind, place, kind, place, rows.lying(kind, place, key)),
    ),
}
"""The lists that decisions ask for, each as whole rows: the vault's key, then what the list is of."""

_FOR_KITS = ", ".join(f"'{state}'" for state in sorted(supply.FOR_KITS))
_COUNTS = {
    "for kits": Fetch(
        "SELECT parent, count(*) FROM vault_item WHERE kind = 'vial' "  # noqa: S608  (names of our own)
        f"""AND (state IN ({_FOR_KITS}) OR facts LIKE '%"out_since":%') GROUP BY parent"""
    ),
    "unprepared": Fetch(
        "SELECT '', count(*) FROM item WHERE kind = 'kit' AND due IS NULL "
        """AND facts LIKE '%"replaced_by":%'"""
    ),
    "awaited": Fetch(
        "SELECT '', count(*) FROM item WHERE kind = 'kit' AND state IN ('ordered', 'called_for')"
    ),
}
"""What decisions count, as of what and how many: as `supply.is_for_kits` says of one vial, and `State` of one kit."""

_NAMED_IN_EVIDENCE = {
    "kit": Kind.KIT,
    "shipment": Kind.SHIPMENT,
    "participant": Kind.PARTICIPANT,
    "device": Kind.DEVICE,
    "counter": Kind.DEVICE,
    "logger_id": Kind.DEVICE,
    "place": Kind.PLACE,
    "donor_code": Kind.DONOR,
    "stratum": Kind.LIST,
    "template": Kind.TEMPLATE,
    "printer": Kind.DEVICE,
    "agent": Kind.PERSON,
}
"""Fields of evidence that name one other thing."""


def load_named(
    state: State, requests: Iterable[Request], profile: Profile, key: VaultKey, now: datetime, *beside: Fetch
) -> Script[list[list[Row]]]:
    """Load the study, and what these requests name: people, items, and what their evidence speaks of.

    Returns the rows of what was asked beside it.
    """
    wants: set[Want] = {("item", Kind.STUDY, profile.study.id)}
    for request in (one for one in requests if not one.unseen):
        act, row = request.act, TRANSITIONS[request.act.action]
        wants |= {("item", row.kind, act.code), ("item", Kind.PERSON, act.by)}
        if contents.available in row.rules:
            wants.add(("kits in date", format_instant(contents.looking_back_to(now, profile))))
        if storage.position_free in row.rules:
            wants.add(("unsettled excursions",))
        if supply.enough_to_order in row.rules:
            wants |= {("item", Kind.SUPPLY, supply.COUNT), ("count", "awaited"), ("count", "unprepared")}
        if act.second:
            wants.add(("item", Kind.PERSON, act.second))
        wants.update(_named_by(act.evidence))
    return (yield from load(state, wants, key, *beside))


def _named_by(evidence: Evidence) -> Iterable[Want]:
    for name, kind in _named_fields(type(evidence)):
        code = getattr(evidence, name)
        if code:
            yield "item", kind, code
            if kind is Kind.KIT:
                yield "item", Kind.CONTENTS, code
    position = getattr(evidence, "position", None)
    if position:
        yield "holder", "occupancy", position
        box = _box_of(position)
        if box:
            yield "item", Kind.BOX, box


@lru_cache(maxsize=4096)
def _box_of(position: str) -> str | None:
    cell = cell_of(position)
    return cell[0] if cell else None


@lru_cache(maxsize=256)
def _named_fields(model: type[Evidence]) -> tuple[tuple[str, Kind], ...]:
    return tuple((name, kind) for name, kind in _NAMED_IN_EVIDENCE.items() if name in model.model_fields)


def load(state: State, wants: Iterable[Want], key: VaultKey, *beside: Fetch) -> Script[list[list[Row]]]:
    """Load all that is wanted, and what it belongs to; returns the rows of what was asked beside it.

    All that can be named at once is asked at once, then level by level what goes with what was found. Entries, which
    few acts want, are read by themselves before.
    """
    wanted: list[Key] = []
    asked: list[_Asked] = []
    positions = []
    for want in wants:
        match want:
            case ("item", kind, code):
                wanted.append((Kind(kind), code))
            case ("holder", "occupancy", position):
                positions.append(position)
            case ("entry", log, index):
                state.entries[Log(log), int(index)] = yield from read_entry(Log(log), int(index), key)
            case ("later", log, index, *codes):
                state.later[want] = yield from read_later(Log(log), int(index), codes, key)
            case _:
                asked.append(_asked_for(state, want, key))
    if positions:
        asked.append(_Asked(Fetch(_OCCUPANTS, (positions,)), partial(_take_occupants, state, positions)))
    answers = yield from _load_level(state, wanted, key, *beside, *(each.fetch for each in asked))
    following = _once(_follows(state, wanted))
    for each, answer in zip(asked, answers[len(beside) :], strict=True):
        following += each.take(answer)
    while wanted := [each for each in following if each[0] in _READ_FOR_EACH or each not in state.loaded]:
        yield from _load_level(state, wanted, key)
        following = _follows(state, wanted)
    return answers[: len(beside)]


_READ_FOR_EACH = frozenset({Kind.LOT, Kind.DONOR})
"""What is read for each vial of a kit and for the posted supply, loaded or not and as often as there are such vials:
how long an act takes, and how often it waits, must not tell which kits are of one lot. For what acts name themselves,
once is enough."""


def _once(wanted: list[Key]) -> list[Key]:
    return list(dict.fromkeys(wanted))


def _follows(state: State, wanted: Iterable[Key]) -> list[Key]:
    """What goes with what was wanted and is there."""
    # Nothing goes with a donor, and asking would take some calls more for a lot that has one.
    found = [state.loaded[each] for each in wanted if each[0] is not Kind.DONOR]
    return [above for item in found if item is not None for above in _goes_with(item)]


class _Asked(NamedTuple):
    """A statement, and what takes its rows into the state and says what else is wanted for them."""

    fetch: Fetch
    take: Callable[[list[Row]], list[Key]]


def _asked_for(state: State, want: Want, key: VaultKey) -> _Asked:
    match want:
        case ("holder", "assignment", participant, period):
            slot = claims.key_of(("assignment", (participant, period)), key)
            return _Asked(Fetch(_ASSIGNED, (slot,)), partial(_take_kits, state, want))
        case ("count", name):
            return _Asked(_COUNTS[name], partial(_take_counts, state, want))
        case _:
            return _Asked(_LISTS[want[0]](key, *want[1:]), partial(_take_list, state, want, key))


def _take_kits(state: State, want: Want, found: list[Row]) -> list[Key]:
    state.lists[want] = [bytes(row[0]).hex() for row in found]
    return []


def _take_counts(state: State, want: Want, found: list[Row]) -> list[Key]:
    state.lists[want] = [f"{of} {count}" for of, count in found]
    return []


def _take_list(state: State, want: Want, key: VaultKey, found: list[Row]) -> list[Key]:
    items = [rows.from_row(row, key) for row in found]
    state.lists[want] = [item.code for item in items]
    state.learn(items)
    return _once([above for item in items for above in (*_goes_with(item), *_holds(item))])


def _holds(item: Item) -> Iterable[Key]:
    """What is asked of each kit of a list, and of no kit that an act names or comes upon: what it holds."""
    # From its preparation on, which everybody sees. Whether a vial is held for a kit that is called for, or was
    # and is no more, is the laboratory's: a cell vial alone is thrown away for its viability.
    if item.kind is Kind.KIT and item.due:
        yield Kind.CONTENTS, item.code


def _take_occupants(state: State, positions: list[str], found: list[Row]) -> list[Key]:
    vials: dict[str, str] = {row[0]: row[1] for row in found}
    for position in positions:
        state.lists["holder", "occupancy", position] = [vials[position]] if position in vials else []
    return [(Kind.VIAL, vial) for vial in vials.values()]


def _load_level(state: State, wanted: list[Key], key: VaultKey, *beside: Fetch) -> Script[list[list[Row]]]:
    """Load these items; returns the rows of what was asked beside them."""
    state.loaded.update(dict.fromkeys(wanted))
    plain, for_each, sealed = _plain(state, wanted), _for_each(state, wanted), _sealed(wanted, key)
    *answers, of_plain, of_each, of_sealed = yield from at_once(*beside, plain, for_each, sealed)
    found = [rows.from_row(row, key) for row in (*of_plain, *of_each)]
    found += [rows.unseal(row, key) for row in of_sealed]
    state.learn(found)
    return answers


def _plain(state: State, wanted: list[Key]) -> Fetch | None:
    once = {each for each in wanted if each[0] not in _READ_FOR_EACH}
    codes = {
        shelf: sorted({code for kind, code in once if shelf in rows.shelves_of(kind)})
        for shelf in (Shelf.OPEN, Shelf.VAULT)
    }
    state.fetched.update((shelf, code) for shelf, searched in codes.items() for code in searched)
    return Fetch(_ITEMS, (codes[Shelf.OPEN], codes[Shelf.VAULT])) if any(codes.values()) else None


def _for_each(state: State, wanted: list[Key]) -> Fetch | None:
    codes = sorted(code for kind, code in wanted if kind in _READ_FOR_EACH)
    state.fetched.update((Shelf.VAULT, code) for code in codes)
    return Fetch(_FOR_EACH, (codes,)) if codes else None


def _sealed(wanted: list[Key], key: VaultKey) -> Fetch | None:
    once = {each for each in wanted if Shelf.SEALED in rows.shelves_of(each[0])}
    return Fetch(_SEALED, (sorted(rows.sealed_key(key, *each) for each in once),)) if once else None


def _goes_with(item: Item) -> Iterable[Key]:
    """What a decision about this item looks at as well, as far as the item says so itself."""
    parent = _PARENT_KIND.get(item.kind)
    if parent and item.parent:
        yield parent, item.parent
    if item.kind is Kind.LOT:
        # Where there is none the lot's own row is found again: whatever a kit holds, finding that out takes as long.
        # One row more takes some twenty microseconds on every act on a kit, enough to tell what has a donor.
        yield Kind.DONOR, item.parent or item.code
    elif item.kind is Kind.BOX:
        steps = (item.place or "").split("/")
        yield from ((Kind.PLACE, "/".join(steps[:depth])) for depth in range(1, len(steps) + 1))
    elif item.kind is Kind.CONTENTS:
        yield from ((Kind.VIAL, code) for code in item.texts("vials"))
    elif item.kind is Kind.HOLDER and item.text("kit"):
        yield Kind.KIT, item.text("kit")
    elif item.kind is Kind.SUPPLY:
        yield from ((Kind.LOT, lot) for lot in supply.vials(item, "posted"))
    elif item.kind is Kind.JOB:
        yield from ((Kind.TEMPLATE, item.text("template")), (Kind.DEVICE, item.text("printer")))
        yield from ((Kind.LABEL, code) for code in item.texts("labels"))


_PARENT_KIND = {
    Kind.VIAL: Kind.LOT,
    Kind.SYRINGE: Kind.KIT,
    Kind.KIT: Kind.PARTICIPANT,
    Kind.LABEL: Kind.JOB,
}
