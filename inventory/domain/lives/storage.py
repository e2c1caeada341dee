"""The lives of places and boxes: where vials lie.

A position's code is made of its box's number, row and column (`identifiers.numbers`). A box lies in a place;
places are paths (`JAX/CRYO/T1/R2`). What a box holds is never written down twice: the vials say it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from inventory.domain.evidence import (
    Code,
    Digest,
    Evidence,
    LabReasoned,
    Line,
    Millicelsius,
    PastWhen,
    Shape,
    not_before,
)
from inventory.domain.identifiers import IdentifierError, numbers, outside
from inventory.domain.items import Item, Kind, new
from inventory.domain.lives import touching
from inventory.domain.lives.shape import (
    brought,
    decision,
    field,
    keep,
    observation,
    permission,
    stay,
    told,
)
from inventory.domain.refusals import Refusal, Refused
from inventory.domain.roles import M, Q, T

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.domain.lives.row import Case


class PlaceRegistered(Evidence):
    """A room, tank or rack, with the warmest temperature its contents may see."""

    kind: Literal["site", "room", "tank", "rack"]
    limit_millicelsius: Annotated[Millicelsius | None, Field(validate_default=True)] = None

    @field_validator("limit_millicelsius")
    @classmethod
    def _known_of_a_tank(cls, limit: int | None, told: ValidationInfo) -> int | None:
        if limit is None and told.data.get("kind") == "tank":
            raise ValueError("is needed for a tank.")
        return limit


class PlaceMeasured(Evidence):
    """A logger's file of a place: what it spans, how cold and how warm, and the digest of the file itself."""

    logger: Code
    started_at: PastWhen
    ended_at: Annotated[PastWhen, not_before("started_at")]
    coldest_millicelsius: Millicelsius
    warmest_millicelsius: Millicelsius
    readings: Digest

    @field_validator("warmest_millicelsius")
    @classmethod
    def _no_colder_than_the_coldest(cls, warmest: int, told: ValidationInfo) -> int:
        if warmest < told.data.get("coldest_millicelsius", warmest):
            raise ValueError("is colder than coldest_millicelsius.")
        return warmest


class BoxRegistered(Evidence):
    """A box with its grid, and where it stands."""

    place: Code
    name: Line
    rows: int = Field(strict=True, ge=1, le=numbers.LARGEST_ORDINAL)
    columns: int = Field(strict=True, ge=1, le=numbers.LARGEST_ORDINAL)


class BoxMoved(Evidence):
    """A whole box carried to another place."""

    place: Code


class Seen(Shape):
    """One vial seen in one cell."""

    position: Code
    vial: Code


class Contents(Evidence):
    """Everything seen in a box, cell by cell; nothing where it was empty."""

    seen: tuple[Seen, ...] = Field(default=(), max_length=2600)


def cell_of(position: str) -> tuple[str, int, int] | None:
    """Box, row and column (from 1) of a position's code; None where it is the code of no box's position."""
    try:
        number = numbers.parse(position)
    except numbers.NumberError:
        return None
    if number.kind is not numbers.Kind.POSITION or number.of is None:
        return None
    return number.of, number.at[0], number.at[1]


def box_at(case: Case, position: str) -> Item | None:
    """The box that has such a position in its grid; None where none has."""
    cell = cell_of(position)
    box = case.get(Kind.BOX, cell[0]) if cell else None
    if cell is None or box is None:
        return None
    return box if cell[1] <= box.number("rows") and cell[2] <= box.number("columns") else None


def leaving(case: Case, item: Item) -> Item:
    """The same vial or box, with when it left the box or place where it is recorded, if it is recorded anywhere.

    What lay in a tank while it was too warm is found by it afterwards, wherever it has gone.
    """
    cell = cell_of(item.place or "")
    where = cell[0] if cell else item.place
    if where is None:
        return item
    before = item.facts.get("left")
    return item.with_facts(left={**(before if isinstance(before, dict) else {}), where: case.times()})


def placed(case: Case, vial: Item, position: str) -> Item:
    """The vial in that position; since when it is in that box is told anew only where it is another one."""
    there, here = cell_of(position), cell_of(vial.place or "")
    if there is not None and here is not None and there[0] == here[0]:
        return replace(vial, place=position)
    return replace(leaving(case, vial).with_facts(in_box_since=case.times()), place=position)


def position_exists(case: Case) -> Refused | None:
    """The position exists."""
    position = brought(case, "position")
    return None if box_at(case, position) else Refused(Refusal.POSITION_UNKNOWN, position)


def position_free(case: Case) -> Refused | None:
    """No other vial lies in the position."""
    occupant = case.view.occupant(brought(case, "position"))
    return (
        Refused(Refusal.POSITION_TAKEN, f"{occupant} lies there")
        if occupant not in {None, case.item.code}
        else None
    )


def position_in_service(case: Case) -> Refused | None:
    """The position's box is in use, and every place it stands in is in service."""
    box = box_at(case, brought(case, "position"))
    if box is None:
        return None
    if box.state != "in_use":
        return Refused(Refusal.PLACE_NOT_IN_SERVICE, f"the box is {box.state}")
    return _all_in_service(case, box.place or "")


def elsewhere(case: Case) -> Refused | None:
    """It goes to another place than the one it is recorded in."""
    to = brought(case, "position") or brought(case, "place")
    return Refused(Refusal.ALREADY_THERE, to) if case.item.place == to else None


FREE_POSITION = (position_exists, position_free, position_in_service)
"""What must hold of a position for a vial to be put there."""


def _all_in_service(case: Case, path: str) -> Refused | None:
    steps = path.split("/")
    for depth in range(1, len(steps) + 1):
        place = case.get(Kind.PLACE, "/".join(steps[:depth]))
        if place is not None and place.state != "in_service":
            return Refused(Refusal.PLACE_NOT_IN_SERVICE, place.code)
    return None


def _place_in_service(case: Case) -> Refused | None:
    """The place is known, and it and all it stands in are in service."""
    path = brought(case, "place")
    if case.get(Kind.PLACE, path) is None:
        return Refused(Refusal.POSITION_UNKNOWN, path)
    return _all_in_service(case, path)


def _empty(case: Case) -> Refused | None:
    """No vial is recorded in the box."""
    count = len(case.view.within(case.item.code))
    return Refused(Refusal.BOX_NOT_EMPTY, f"{count} vials") if count else None


def _seen(case: Case) -> dict[str, str]:
    return {one.vial: one.position for one in field(case, "seen", tuple)}


def _same_vials(case: Case) -> Refused | None:
    """Exactly the vials recorded in the box are seen, each in a cell of this box and of its own."""
    pairs = [(one.vial, one.position) for one in field(case, "seen", tuple)]
    seen, positions = {vial for vial, _ in pairs}, {position for _, position in pairs}
    recorded = {vial.code for vial in case.view.within(case.item.code)}
    boxes = {position: box_at(case, position) for position in positions}
    stray = {position for position, box in boxes.items() if box is None or box.code != case.item.code}
    differing = sorted(recorded ^ seen) + sorted(stray)
    if differing or len(pairs) != len(seen) or len(pairs) != len(positions):
        return Refused(Refusal.BOX_CONTENTS_DIFFER, ", ".join(differing[:5]))
    return None


def _path_fits(case: Case) -> Refused | None:
    """The path is made of steps with one stroke between two: letters, digits and . _ - in each."""
    try:
        outside.place_path(case.item.code)
    except IdentifierError as unfit:
        return Refused(Refusal.CODE_NOT_FIT, f"a path {unfit}")
    return None


def _box_code_fits(case: Case) -> Refused | None:
    """The box's code can be told from every other number of ours."""
    try:
        outside.box_code(case.item.code)
    except IdentifierError as unfit:
        return Refused(Refusal.CODE_NOT_FIT, str(unfit))
    return None


def _register_place(case: Case) -> Iterable[Item]:
    place = new(Kind.PLACE, case.item.code, "in_service", kind_of_place=brought(case, "kind"))
    yield place.with_facts(**told(case, "kind"))


def _register_box(case: Case) -> Iterable[Item]:
    box = new(Kind.BOX, case.item.code, "in_use", place=brought(case, "place"))
    yield box.with_facts(**told(case, "place"))


def _move_box(case: Case) -> Iterable[Item]:
    box = leaving(case, case.item).with_facts(moved_at=case.times())
    there = replace(box.moved(case.target()), place=brought(case, "place"))
    yield from touching.carried(case, there, (case.act.occurred_at, case.now))


def _rescan(case: Case) -> Iterable[Item]:
    yield case.moved(rescanned_at=case.times())
    seen = _seen(case)
    for vial in case.view.within(case.item.code):
        if vial.place != seen[vial.code]:
            yield replace(vial, place=seen[vial.code])


def _count(case: Case) -> Iterable[Item]:
    recorded = {vial.code: vial.place for vial in case.view.within(case.item.code)}
    seen = _seen(case)
    missing = sorted(set(recorded) - set(seen))
    unexpected = sorted(set(seen) - set(recorded))
    elsewhere = sorted(code for code in set(seen) & set(recorded) if seen[code] != recorded[code])
    yield case.moved(
        counted_at=case.times(),
        matched=len(recorded) - len(missing) - len(elsewhere),
        missing=list(missing),
        unexpected=list(unexpected),
        misplaced=list(elsewhere),
    )


def _measured(case: Case) -> Iterable[Item]:
    """The file beside those that were taken in before."""
    files = dict.fromkeys((*case.item.texts("readings"), brought(case, "readings")))
    yield case.moved(readings=list(files))


PLACE = (
    decision(
        "place-register", {"new": "in_service"}, (T, Q, M),
        "The place was entered.", evidence=PlaceRegistered, rules=(_path_fits,), effect=_register_place,
    ),
    decision(
        "place-close", {"in_service": "closed"}, (Q, M),
        "The place was taken out of service; what lies there may be taken away.", evidence=LabReasoned,
    ),
    decision(
        "place-reopen", {"closed": "in_service"}, (Q, M),
        "The place was put back in service.", evidence=LabReasoned,
    ),
    observation(
        "place-measure", stay("in_service", "closed"), (T, Q),
        "The readings of the place's logger were taken in.",
        evidence=PlaceMeasured, effect=_measured,
    ),
)  # fmt: skip

BOX = (
    decision(
        "box-register", {"new": "in_use"}, (T, Q, M),
        "The box was entered in its place.",
        evidence=BoxRegistered, rules=(_box_code_fits, _place_in_service), effect=_register_box,
    ),
    permission(
        "box-move", stay("in_use", "spilled"), (T,),
        "The whole box was carried to another place.",
        evidence=BoxMoved, rules=(elsewhere, _place_in_service), effect=_move_box,
    ),
    observation(
        "box-spill", {"in_use": "spilled"}, (T, Q),
        "The box was spilled: which vial lies where is in question.", effect=keep(stamp="spilled_at"),
    ),
    permission(
        "box-rescan", {"spilled": "in_use"}, (T,),
        "Every vial of the spilled box was scanned back into a cell, in one act.",
        evidence=Contents, rules=(_same_vials,), effect=_rescan,
    ),
    observation(
        "box-count", stay("in_use"), (T, Q),
        "The box was counted: matched, missing, unexpected, misplaced.", evidence=Contents, effect=_count,
    ),
    decision("box-retire", {"in_use": "retired"}, (Q,), "The empty box was retired.", rules=(_empty,)),
)  # fmt: skip
