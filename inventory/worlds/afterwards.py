"""What goes on after participants were unblinded as planned: others are still treated, and a monitor comes.

A kit is cancelled while its vials are thawed, its replacement is ordered twice, refused at the bedside, given in
part, put right, and in use while what a second period's kit holds is held back. What is drawn, counted and
refused for it must not tell whether there is such a kit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from inventory.demo.hands import texts
from inventory.domain.items import Kind
from inventory.worlds.day import ARRIVED, GIVEN, SENT, Day, code, day_of
from inventory.worlds.looking import glance

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.worlds.world import World

TREATED_LAST = 7
"""The ordinal of a participant whose only kit was not given."""
VISIT, QUERY = "MV-1", "MQ-1"


async def cancelled(world: World, start: datetime) -> None:
    """The participant's kit is replaced and called for, and cancelled once its vials are thawed."""
    world.reach(start)
    before = await day_of(world, TREATED_LAST)
    await _replaced(before)
    day = await day_of(world, TREATED_LAST, start=start + timedelta(hours=1))
    await day.order()
    day.at(-25)
    await world.do("ines", "kit-cancel-order", day.kit, reason="order_changed")
    await day.order(-20)
    await day.call()
    await day.thaw(1)
    if day.fragile:
        await day.measure()
    await world.do("carla", "kit-cancel", day.kit, reason="participant_unwell")
    for vial in day.vials:
        await day.lab("tamar", "vial-waste", vial, reason="ice_left" if day.fragile else "other")
    await _replaced(day)


async def _replaced(day: Day) -> None:
    joints = texts(await day.world.hands.see("carla", day.kit), "joints")
    await day.world.do("carla", "kit-replace", day.kit, joints=joints, reason="not_available")


async def both_in_use(world: World, start: datetime, second: Day | None) -> None:
    """The replacement, while the second period's kit of somebody else is prepared too, where there is such a kit.

    What the one of them holds is held back, which stops the other only where both are of one product.
    """
    still = await day_of(world, TREATED_LAST, start=start)
    days = [still, second] if second else [still]
    for step in (Day.order, Day.call):
        for day in days:
            await step(day)
    for day in days:
        await day.thaw(1 + 5 * (day is second))
        await day.measure()
    for day in days:
        await day.prepare()
    for day in days:
        await day.to_pharmacy(3 * (day is second))
    held = await _held_back(still, second)
    await _to_bedside(still)
    if held:
        await world.hands.do("quinn", "lot-resume", held, second="quira", reason="assessment_complete")
    await _given_in_part(still)


async def _held_back(still: Day, second: Day | None) -> str:
    """The lot of the second period's kit, where the other kit is of another product; else nothing."""
    if second is None or second.product == still.product:
        return ""
    lot = str((await still.world.hands.see("quinn", second.vials[0])).parent)
    await still.world.hands.do("quinn", "lot-hold", lot, reason="under_investigation")
    return lot


async def _to_bedside(day: Day) -> None:
    """Dispensed and confirmed there, after the bedside refused it once."""
    await day.dispense(3)
    for minutes in (3, 7):
        day.at(day.ready + SENT + minutes)
        await day.world.do("priya", "kit-hand-to-bedside", day.kit)
        day.at(day.ready + ARRIVED + minutes)
        if minutes == 3:
            await day.world.do("carla", "kit-refuse-at-bedside", day.kit, reason="label_unreadable")
        else:
            await day.world.do("carla", "kit-accept-at-bedside", day.kit)
    await day.confirm(7)


async def _given_in_part(day: Day) -> None:
    """Half of one syringe, after its entry was put right once; the rest is not given, and it is cleared away."""
    world, (first, *rest) = day.world, await day.syringes()
    day.at(day.ready + GIVEN + 8)
    seen = await world.hands.see("ines", first)
    told: dict[str, Any] = {"participant": day.participant, "joint": seen.facts["joint"], "reaction": "mild"}
    answer = await world.do("ines", "syringe-give", first, given_ul=seen.facts["filled_ul"], **told)
    day.at(day.ready + GIVEN + 9)
    named = {"log": "open", "index": answer["entries"][0]["index"], "reason": "recorded_wrongly"}
    await world.do("ines", "syringe-void", first, second="ivan", **named)
    day.at(day.ready + GIVEN + 10)
    half = int(str(seen.facts["filled_ul"])) // 2
    await world.do("ines", "syringe-give", first, given_ul=half, **told)
    for syringe in rest:
        await world.do("ines", "syringe-not-give", syringe, reason="joint_not_accessible")
    await glance(world, day.participant, day.kit)
    await day.take_back()


async def code_broken(world: World) -> None:
    """An emergency of somebody whose envelope was opened before; what both mean is assessed by the physician."""
    participant = code(TREATED_LAST)
    world.entitled.setdefault("ines", set()).add(TREATED_LAST)
    await world.do("ines", "participant-break-code", participant, reason="pregnancy", event="SAE-2")
    reader = await world.hands.reader("stella")
    records = [one.code for one in await reader.page(Kind.UNBLINDING) if one.parent == participant]
    assessed = {"impact": "minor", "consequence": "continues"}
    for record in records:
        await world.hands.do("dara", "unblinding-assess", record, **assessed)


async def monitored(world: World) -> None:
    """A blinded monitor ticks entries and asks about a kit; somebody who is not blinded answers."""
    kit = (await day_of(world, TREATED_LAST)).kit
    # Of what the same person was refused before, some worlds have something that no monitor may know of.
    await world.refused("priya", "kit-accept-at-pharmacy", kit)
    days = {"from_day": "2026-09-01", "to_day": "2026-09-30"}
    await world.do("anders", "visit-open", VISIT, purpose="routine", **days)
    await world.do("anders", "visit-tick", VISIT, log="open", entries=[7, 8, 9])
    about = {"kind": "kit", "code": kit}
    await world.do("anders", "query-raise", QUERY, visit=VISIT, question="Why?", about=about)
    await world.hands.do("tamar", "query-answer", QUERY, outcome="explained")
    await world.do("anders", "query-close", QUERY)
    await world.do("carla", "deviation-assess", "DEV-4", impact="none", cause="unknown", remedy="none")
    await world.do("carla", "deviation-close", "DEV-4")
    await glance(world, QUERY)
