"""One kit's preparation as whoever signed on to it sees it: what is done, what is next, what runs out meanwhile.

Rules this module keeps:
- It reads what acts have left and decides nothing: each step is an act of the tables, which says no by itself.
- It names no vial that the person's own opening of the pick list did not show.
- A clock runs from the earlier of both times of its start, as the limit itself does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from inventory.domain.items import Kind
from inventory.domain.lives import preparation, tasks
from inventory.domain.lives.shape import two_times
from inventory.domain.lives.storage import cell_of
from inventory.services.lists import everything
from inventory.services.pick_route import Route, route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.domain.profile import Profile
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord, TaskRecord


class Step(StrEnum):
    """The steps of a preparation, in their order, as they are called."""

    SIGN_ON = "Sign on to the order"
    OPEN = "Open the pick list"
    PICK = "Pick the vials"
    THAW = "Start the thaw"
    BATH = "End the thaw"
    MEASURE = "Count, inspect, record"
    RELEASE = "Fill the syringes and release"
    HAND_OVER = "Hand over to the pharmacy"


ORDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that was measured, what it came to, and why it does not do, if it does not."""

    name: str
    value: object
    short: str


@dataclass(frozen=True, slots=True)
class Run:
    """A kit's preparation.

    Attributes:
        vials: every vial that the person's list named, by code.
        to_take: the way to those that are still to be taken.
        held: those that are held for the kit now.
        verdicts: what was recorded of the preparation; empty before.
    """

    kit: ItemRecord
    profile: Profile
    task: TaskRecord | None
    vials: Mapping[str, ItemRecord]
    to_take: Route
    held: tuple[ItemRecord, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def lacking(self) -> int:
        """How many vials the kit still needs."""
        return self.profile.kit.vials_per_kit - len(self.held)

    @property
    def short(self) -> tuple[Verdict, ...]:
        """What was measured and does not do."""
        return tuple(one for one in self.verdicts if one.short)

    @property
    def now(self) -> Step | None:
        """The step that is next; None where the laboratory has nothing more to do with the kit."""
        if self.kit.state != "called_for":
            return Step.HAND_OVER if self.kit.state == "prepared" else None
        if self.task is None:
            return Step.SIGN_ON
        if self.task.shown is None or self.task.changed:
            return Step.OPEN
        return self._with_vials()

    def _with_vials(self) -> Step:
        if self.lacking > 0:
            waits = [self.vials[stop.vial].state == "stored" for stop in self.to_take.stops]
            return Step.PICK if waits and all(waits) else Step.OPEN
        states = {vial.state for vial in self.held}
        if "picked" in states:
            return Step.THAW
        if "thawing" in states:
            return Step.BATH
        if states != {"thawed"}:
            return Step.OPEN
        return Step.RELEASE if self.verdicts else Step.MEASURE

    @property
    def steps(self) -> list[tuple[Step, str]]:
        """Each step, and whether it is done, now or later."""
        here = ORDER.index(self.now) if self.now else len(ORDER)
        names = ("done", "now", "later")
        return [(step, names[(place >= here) + (place > here)]) for place, step in enumerate(ORDER)]

    @property
    def ready_at(self) -> datetime | None:
        """From when on it may be released."""
        return preparation.ready_at(self.kit.facts, self.profile.limits)

    def out_until(self, vial: ItemRecord) -> datetime | None:
        """Until when a picked vial has to be in the bath or back in storage."""
        since, spent = two_times(vial.facts, "out_since"), vial.facts.get("seconds_out", 0)
        budget = self.profile.limits.time_out_of_ln2_seconds - (spent if isinstance(spent, int) else 0)
        return min(since) + timedelta(seconds=budget) if since else None


def since(vial: ItemRecord) -> datetime | None:
    """Since when the vial thaws."""
    begun = two_times(vial.facts, "thaw_at")
    return min(begun) if begun else None


async def kits_in_the_lab(reader: Reader) -> list[ItemRecord]:
    """The kits on which the laboratory works, or should begin."""
    return [kit for kit in await everything(reader, Kind.KIT) if kit.state in tasks.IN_THE_LAB]


async def run_of(reader: Reader, kit: ItemRecord) -> Run:
    """The preparation of that kit, as far as this person may see it."""
    task = await reader.task(kit.code)
    shown = task.shown if task else None
    named = {line.vial for line in shown.take} | set(shown.held) if shown else set()
    found = {code: await reader.item(code) for code in sorted(named)}
    vials = {code: vial for code, vial in found.items() if vial is not None}
    held = task.held if task else ()
    lines = [(line.vial, line.position) for line in (shown.take if shown else ()) if line.vial not in held]
    recorded = task.recorded if task else None
    return Run(
        kit,
        reader.profile,
        task,
        vials,
        route([line for line in lines if line[0] in vials], await _places(reader, lines)),
        tuple(vials[code] for code in held if code in vials),
        await _verdicts(reader, recorded, [vials[code] for code in held if code in vials]),
    )


async def _places(reader: Reader, lines: list[tuple[str, str]]) -> dict[str, str]:
    cells = (cell_of(position) for _, position in lines)
    boxes = {cell[0]: await reader.item(cell[0]) for cell in cells if cell}
    return {code: box.place or "" for code, box in boxes.items() if box is not None}


async def _verdicts(
    reader: Reader, recorded: Mapping[str, Any] | None, held: list[ItemRecord]
) -> tuple[Verdict, ...]:
    """What was recorded, each with why it does not do; the rules of release say so themselves once more."""
    if recorded is None:
        return ()
    lots = [await reader.item(vial.parent or "") for vial in held]
    limits = [reader.profile.viability_minimum(str(lot.facts["product"])) for lot in lots if lot is not None]
    limit, viability = max((one for one in limits if one is not None), default=None), "viability_permille"
    told = [Verdict("Count", recorded["count"], "")] if "count" in recorded else []
    if limit is not None or viability in recorded:
        short = preparation.below_minimum(limit, recorded.get(viability)) or ""
        told.append(Verdict("Viability", recorded.get(viability), short))
    passed = recorded["inspection"] == "pass"
    return (*told, Verdict("Inspection", recorded["inspection"], "" if passed else "it did not pass"))
