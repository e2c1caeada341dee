"""Voiding: putting right what was recorded wrongly, with both shown (21 CFR 11.10(e)).

A void names the entry, gives a reason, is done by the entry's performer or by quality assurance with a second
person, and takes the items back to how they were before it. The latest entry on an item is voided first, so
nothing is built on air: what is later is read from the log, because a thing may look as an entry left it although
that was undone and done again. What a voided entry brought into being becomes `voided` and may begin again, with the
same code. The deviation that the entry opened stays open, and so does an alert: they are assessed, not taken back.
An entry that told somebody an arm is never void. What comes back to a place has lain there all along, and is touched
by what befell that place meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from inventory.domain.entries import Change, changes_of, codes_of, fields_of, undo
from inventory.domain.evidence import Reasoned
from inventory.domain.items import SHELF_OF, Kind, Log
from inventory.domain.lives import release, storage, touching
from inventory.domain.lives.ordering import blinded_period_lasts, kits_along, syringes_of
from inventory.domain.lives.row import VOIDED, Mode, Row
from inventory.domain.lives.shape import brought, field, study_open, two_people
from inventory.domain.lives.states import (
    BACK,
    BEFORE_PREPARED,
    IN_USE,
    LIVE,
    ORDERED,
    OVER,
    RELEASED,
    SYRINGE_BACK,
    SYRINGE_GIVEN,
)
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import Q, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from inventory.domain.items import Item, Json
    from inventory.domain.lives.row import Case


class Voided(Reasoned):
    """The entry to be voided, by its log and index."""

    log: Log
    index: int = Field(strict=True, ge=0)


_STAYS = frozenset({Kind.DEVIATION, Kind.ALERT, Kind.SUPPLY, Kind.STUDY})
"""What an entry changed besides, and its void leaves: the word of stock is told anew by the next order."""


TELLING = frozenset(
    {
        "envelope-print", "envelope-open", "participant-break-code", "participant-unblind",
        "participant-entitle", "unblinding-look-again",
    }
)  # fmt: skip
"""The acts that tell somebody an arm. What was told stays told, and so do those who were told that it was."""

_DISPOSITION = frozenset({"facts.disposition", "facts.quarantined_by", "facts.excursions"})
"""Whether a vial may be used is told by these together."""

_JUDGES = frozenset(
    {
        "vial-receive", "vial-find", "vial-thaw-by-mistake", "vial-quarantine", "vial-clear", "vial-reject",
        "excursion-open", "excursion-assess", "shipment-refuse",
    }
)  # fmt: skip
"""The acts that say of a vial whether it may be used, though it was so already: of one that is rejected, say, a
second rejection changes nothing, and would be lost with the first."""


_JUDGED_BY = {"lot-record-results": frozenset({"lot-release", "lot-release-conditionally", "lot-resume"})}
"""What an entry is looked at by, besides what touches the same fields: a lot is released on its results."""


def _entries(case: Case) -> list[Mapping[str, Json]]:
    """The entry named and, where it is half of a pair, its other half.

    None that the person may not know, and none that concerns something else: it is to them what does not exist.
    Whoever is blinded and entitled to a disclosed period knows what was done in it, and none of its indices: from
    one entry of theirs to the next they would count what the laboratory wrote between, which an arm has more of.
    """
    log = Log(brought(case, "log"))
    if log is Log.VAULT and not case.unblinded():
        return []
    named = case.view.entry(log, field(case, "index", int))
    if named is None or not _concerns(case, named):
        return []
    pair = named.get("pair")
    other = case.view.entry(Log.OPEN, pair) if isinstance(pair, int) else None
    return [named] if other is None else [named, other]


def _changes(case: Case) -> list[tuple[Item | None, Change]]:
    """Each change that the void takes back, the last first, with the item as it is now.

    All of them are asked for at once, whatever the first one leads to: they are then loaded together.
    """
    stated = [
        (Kind(str(change["kind"])), change)
        for entry in _entries(case)
        for change in reversed(changes_of(entry))
    ]
    return [(case.get(kind, str(change["code"])), change) for kind, change in stated if kind not in _STAYS]


def _taken_back(case: Case) -> list[tuple[Item, Item]]:
    """What the void takes back, the last first: each thing as it is now, and as it was before the entry."""
    return [(item, undo(item, change)) for item, change in _changes(case) if item is not None]


def _after(case: Case, entry: Mapping[str, Json], also: Iterable[str] = ()) -> list[Mapping[str, Json]]:
    """What came after an entry in its log about the same things, or about those with these codes."""
    log, index = Log(str(entry["log"])), int(str(entry["index"]))
    return case.view.entries_after(log, index, codes_of(entry).union(also))


def _voids(leaf: Mapping[str, Json], entry: Mapping[str, Json]) -> bool:
    return leaf.get("voids") == {"log": entry["log"], "index": entry["index"]}


def _standing(after: list[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """Those of these leaves that are neither void nor a void: what a void took back is as if neither had been."""
    voids = [leaf for leaf in after if leaf.get("voids") is not None]
    acts = [leaf for leaf in after if leaf.get("voids") is None]
    return [leaf for leaf in acts if not any(_voids(void, leaf) for void in voids)]


def _entry_stands(case: Case) -> Refused | None:
    """The entry exists, concerns this item, told nobody an arm, and is neither void nor a void."""
    entries = _entries(case)
    if not entries:
        return Refused(Refusal.VOIDED_ENTRY)
    if entries[0].get("paired"):
        return Refused(Refusal.VOIDED_ENTRY, "its other half stands in the vault: void it there")
    if entries[0].get("action") in TELLING:
        return Refused(Refusal.VOIDED_ENTRY, "what was told stays told, and is never void")
    void = [any(_voids(leaf, entry) for leaf in _after(case, entry)) for entry in entries]
    if any(void) or any(entry.get("voids") is not None for entry in entries):
        return Refused(Refusal.VOIDED_ENTRY, "a void is not voided, nor anything twice: record the act again")
    return None


def _concerns(case: Case, entry: Mapping[str, Json]) -> bool:
    kind = str(entry.get("action", "")).split("-", 1)[0]
    return entry.get("item") == case.item.code and kind == case.row.kind.value


def _nothing_later(case: Case) -> Refused | None:
    """No later entry that stands touched what the entry changed, and nothing rests on it."""
    for entry in _entries(case):
        if refused := _touched_since(case, entry):
            return refused
    for now, before in _taken_back(case):
        for rule in RESTS:
            if refused := rule(case, now, before):
                return refused
    return None


def _touched_since(case: Case, entry: Mapping[str, Json]) -> Refused | None:
    own = {(change["kind"], change["code"]): change for change in changes_of(entry)}
    judges = _JUDGED_BY.get(str(entry["action"]), frozenset())
    for leaf in _standing(_after(case, entry)):
        if leaf["action"] in judges and leaf["item"] == entry["item"]:
            return _later(case, case.item.kind, case.item.code)
        for change in changes_of(leaf):
            name = change["kind"], change["code"]
            if name[0] not in _STAYS and name in own and _touches(leaf, change, entry, own[name]):
                return _later(case, Kind(str(name[0])), str(name[1]))
    return None


def _touches(leaf: Mapping[str, Json], later: Change, entry: Mapping[str, Json], change: Change) -> bool:
    """Whether a later change touched what that change of the same thing did.

    What brings a thing into being touches all of it. An act done again touches what it did, though it found it so.
    """
    if change.get("was") is None or leaf["action"] == entry["action"]:
        return True
    fields = fields_of(change)
    judged = leaf["action"] in _JUDGES and not fields.isdisjoint(_DISPOSITION)
    return judged or not fields.isdisjoint(fields_of(later))


def _later(case: Case, kind: Kind, code: str) -> Refused:
    """That later acts stand on the thing with that code, which is named only where it ties nothing."""
    # A vial's entry changed what a kit holds, and a kit's entry vials: naming one to the other would open a link.
    alike = SHELF_OF[kind] is SHELF_OF[case.item.kind]
    return Refused(Refusal.LATER_ACTS_STAND, code if alike else "")


# What rests on an entry through a rule: each asks it of one thing, as it is now and as it was before the entry
def _filled(case: Case, now: Item, before: Item) -> Refused | None:
    """A box or place would not be there although vials lie in it."""
    begun = now.kind in {Kind.BOX, Kind.PLACE} and before.state == VOIDED
    return _later(case, now.kind, now.code) if begun and case.view.within(now.code) else None


def _replaced(case: Case, now: Item, before: Item) -> Refused | None:  # noqa: ARG001  (what rests has one shape)
    """A kit would be live again although another was assigned in its place."""
    again = now.kind is Kind.KIT and now.state not in LIVE and before.state in LIVE
    return (
        Refused(Refusal.LATER_ACTS_STAND, now.text("replaced_by"))
        if again and "replaced_by" in now.facts
        else None
    )


def _finished(case: Case, now: Item, before: Item) -> Refused | None:
    """A syringe would lose the outcome on which a later entry finished its kit."""
    kit = case.get(Kind.KIT, now.parent) if now.kind is Kind.SYRINGE else None
    if kit is None or kit.state in IN_USE or before.text("outcome"):
        return None
    alone = kit.key not in {item.key for item, _ in _taken_back(case)}
    return Refused(Refusal.LATER_ACTS_STAND, kit.code) if alone else None


def _sealed(case: Case, now: Item, before: Item) -> Refused | None:  # noqa: ARG001
    """What a prepared kit is committed to would change under the commitment."""
    under = now.kind is Kind.CONTENTS and now.state == "prepared" == before.state
    return Refused(Refusal.LATER_ACTS_STAND) if under else None


def _released(case: Case, now: Item, before: Item) -> Refused | None:
    """A lot would be released again that nobody may release again."""
    if now.kind is not Kind.LOT or now.state in RELEASED or before.state not in RELEASED:
        return None
    again = replace(case, item=before)
    return next((refused for rule in release.AGAIN if (refused := rule(again)) is not None), None)


def _given(case: Case, now: Item, before: Item) -> Refused | None:
    """A kit in use would not have come so far although some of it was given."""
    if now.kind is not Kind.KIT or now.state not in IN_USE or now.state == before.state:
        return None
    syringes = [case.get(Kind.SYRINGE, code) for code in now.texts("syringes")]
    given = [syringe.code for syringe in syringes if syringe is not None and syringe.state in SYRINGE_GIVEN]
    return Refused(Refusal.LATER_ACTS_STAND, ", ".join(given)) if given else None


def _given_since(case: Case, now: Item, before: Item) -> Refused | None:
    """A syringe would stand as not given, or as dropped, although it was told as given since."""
    given = now.kind is Kind.SYRINGE and before.text("outcome") == "given"
    stands = before.state in (*SYRINGE_GIVEN, *SYRINGE_BACK)
    return _later(case, now.kind, now.code) if given and not stands else None


def _treated(case: Case, now: Item, before: Item) -> Refused | None:
    """A participant would stand as not treated although another injection of theirs was told since."""
    # To keep them as treated would need that injection's void to know of it: its entry did not say so.
    if now.kind is not Kind.PARTICIPANT or now.state != "treated" or before.state == "treated":
        return None
    after = {was.key: was for _, was in _taken_back(case)}
    live = case.get(Kind.KIT, now.text("live_kit_1"))
    kits = [live, *kits_along(case, live, "replaces")] if live is not None else []
    over = [was for kit in kits if (was := after.get(kit.key, kit)).state in (*OVER, *BACK)]
    told = [after.get(one.key, one) for kit in over for one in syringes_of(case, kit)]
    given = [one.code for one in told if one.text("given_to") == now.code]
    return Refused(Refusal.LATER_ACTS_STAND, ", ".join(given)) if given else None


def _ordered_again(case: Case, now: Item, before: Item) -> Refused | None:
    """A kit would wait for its order or preparation again although the study is closed."""
    # What was done with a kit is put right then too: nothing begins by it, and it can be ended again.
    again = now.kind is Kind.KIT and now.state not in ORDERED and before.state in BEFORE_PREPARED
    return study_open(case) if again and now.state != before.state else None


def _under_way_again(case: Case, now: Item, before: Item) -> Refused | None:
    """A kit of the blinded period would be under way again although its participant was unblinded as planned."""
    again = now.kind is Kind.KIT and now.state not in ORDERED and before.state in ORDERED
    return blinded_period_lasts(replace(case, item=before)) if again else None


def _destroyed_explained(case: Case, now: Item, before: Item) -> Refused | None:
    """A destroyed syringe would wait to be explained, although nothing that waits is destroyed."""
    destroyed = now.kind is Kind.SYRINGE and now.state == "destroyed"
    waits = set(before.texts("to_explain")) - set(now.texts("to_explain"))
    return _later(case, now.kind, now.code) if destroyed and waits else None


def _in_an_envelope(case: Case, now: Item, before: Item) -> Refused | None:
    """A participant's envelope would say an arm that is theirs no more."""
    if now.kind is not Kind.ARM or before.state != VOIDED:
        return None
    participant = case.get(Kind.PARTICIPANT, now.code)
    envelope = case.get(Kind.ENVELOPE, participant.text("envelope")) if participant else None
    if envelope is None or envelope.state == "retired":
        return None
    return Refused(Refusal.LATER_ACTS_STAND, f"retire envelope {envelope.code} first")


def _unpacked(case: Case, now: Item, before: Item) -> Refused | None:
    """A shipment would not have come although a vial was received from it."""
    if now.kind is not Kind.SHIPMENT or before.state != "expected":
        return None
    vials = [case.get(Kind.VIAL, code) for code in now.texts("vials")]
    here = [vial.code for vial in vials if vial is not None and vial.text("shipment") == now.code]
    return Refused(Refusal.LATER_ACTS_STAND, ", ".join(here[:5])) if here else None


RESTS = (
    _filled, _replaced, _finished, _sealed, _released, _given, _given_since, _treated,
    _ordered_again, _under_way_again, _destroyed_explained, _in_an_envelope, _unpacked,
)  # fmt: skip


def _own_or_qa(case: Case) -> Refused | None:
    """The entry is the person's own, or the person is quality assurance."""
    mine = all(entry.get("by") == case.act.by for entry in _entries(case))
    return None if mine or Q.value in case.person.texts("roles") else Refused(Refusal.NOT_YOUR_ENTRY)


def _undo(case: Case) -> Iterable[Item]:
    found = _taken_back(case)
    moved = [before for now, before in found if before.place not in {None, now.place}]
    lying = [(each, box) for each in moved if (box := _box_of(case, each)) is not None]
    yield from touching.brought_back(case, {before.key: before for _, before in found}, lying)


def _box_of(case: Case, item: Item) -> Item | None:
    """The box itself, or the one in which a vial lies; None for all else."""
    if item.kind is Kind.VIAL:
        return storage.box_at(case, item.place or "")
    return item if item.kind is Kind.BOX else None


def void_row(kind: Kind, states: Iterable[str], by: Iterable[Role]) -> Row:
    """The row that voids an entry of that kind of item, whatever state it is in."""
    return Row(
        action=f"{kind}-void",
        kind=kind,
        mode=Mode.PERMISSION,
        moves={state: (state,) for state in states},
        by=frozenset({*by, Q}),
        evidence=Voided,
        says="An earlier entry was voided; both are shown.",
        rules=(_entry_stands, _nothing_later, _own_or_qa, two_people),
        effect=_undo,
        decision=True,
        restores=True,
    )
