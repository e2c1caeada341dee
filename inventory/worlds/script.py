"""The scripted trial: ten participants, and events that follow the product.

What happens to one product alone: low viability and a second vial, a release recorded late that breaks a rule,
recall of a lot while its vial is thawed, an excursion of its tank and the shortage that comes of it, holds of
what one of two kits holds, after which both go on or are withdrawn together, a lot and a vial rejected for what
one kit holds, planned unblinding and an injection of the second period. What is the same for all: a dropped syringe
whose contents are not found, and its replacement, a refused handover, a void, a kit not given, syringes given
without a scan of which one is explained, the end of the posted supply, a code break, a report.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inventory.demo.hands import texts
from inventory.domain.items import Kind
from inventory.worlds import afterwards, cast, laboratory, printing, setting, stock
from inventory.worlds.asking import Asked
from inventory.worlds.day import DESTROYED, DISPENSED, GIVEN, PREPARED, Day, Team, code, day_of, go_ahead
from inventory.worlds.looking import glance
from inventory.worlds.world import BEGIN, ScriptBrokenError

if TYPE_CHECKING:
    from inventory.worlds.world import World

PARTICIPANTS = 10
CALLER = {"name": "Dr. Hart", "organisation": "County Hospital", "telephone": "+1 904 555 0100"}
LAB_DEVIATION = "LAB-4"
"""The laboratory's own number of a deviation that only one product causes; a blinded person may try it too."""


async def tell(world: World) -> None:
    """The whole trial, from the first enrolment to the second injections."""
    await printing.furnish(world)
    await enrol(world)
    for event in (
        _ordinary, _poor_vial, _dropped_and_replaced, _late_release, _recall, _shortage, _two_in_use,
        _withdrawn_together, _supply_runs_out, _rejected,
        _in_the_laboratory, _told_and_learned, _month_six,
    ):  # fmt: skip
        world.moment = event.__name__.strip("_").replace("_", " ")
        await event(world)
    world.moment = "the end"


async def enrol(world: World) -> None:
    """Everybody is enrolled, eligible and randomised."""
    profile = world.site.profile
    world.moment = "enrolment"
    world.reach(BEGIN + timedelta(days=1))
    joints = profile.joints[: min(2, profile.kit.max_joints)]
    for ordinal, stratum in enumerate(setting.strata(profile, len(world.arms))):
        await world.do(
            "carla", "participant-enrol", code(ordinal), site=profile.site.code, stratum=stratum,
            consented_on="2026-01-02", enrolled_on="2026-01-05", joints=joints,
            pregnancy_test_required=ordinal == 1,
        )  # fmt: skip
        await world.do("carla", "participant-confirm-eligible", code(ordinal))
        await world.do("carla", "participant-randomise", code(ordinal))


async def _ordinary(world: World) -> None:
    day = await day_of(world, 0)
    await day.until_prepared()
    if printing.printed(world):
        await printing.label_kit(day)
    await glance(world, day.participant, day.kit)
    await day.from_prepared()


async def _poor_vial(world: World) -> None:
    """Viability below the limit: refused, wasted, replaced, and released when any kit is."""
    day = await day_of(world, 1)
    await day.order()
    await day.call()
    await day.thaw(1)
    await day.measure(viable=not day.fragile)
    await glance(world, day.participant, day.kit)
    if day.fragile:
        day.meanwhile(day.ready + 1)
        await day.lab_is_refused("kit-prepare", day.kit, **await day.filled())
        await day.replace_vials(day.ready + 3, "below_limit")
    await day.prepare()
    await day.from_prepared()


async def _dropped_and_replaced(world: World) -> None:
    day = await day_of(world, 2)
    await day.until_prepared()
    await day.from_prepared(dropped=0)
    world.reach(day.start + timedelta(days=1))
    joint = texts(await world.hands.see("carla", day.kit), "joints")[:1]
    await world.do("carla", "kit-replace", day.kit, joints=joint, reason="dropped")
    again = await day_of(world, 2, start=day.start + timedelta(days=2))
    await again.until_prepared()
    await again.from_prepared()


async def _late_release(world: World) -> None:
    """Recorded from paper: what it breaks is a deviation of the laboratory alone."""
    day = await day_of(world, 3)
    await day.order()
    await day.call()
    await day.thaw(1)
    await day.measure(viable=not day.fragile)
    if day.fragile:
        about = {"kind": "kit", "code": day.kit}
        await day.lab("tamar", "deviation-report-lab", LAB_DEVIATION, reason="below_limit", about=about)
    await day.prepare_on_paper("SHEET-4", 5)
    await glance(world, day.participant, day.kit)
    await day.from_prepared()
    about = {"kind": "kit", "code": day.kit}
    await world.do("carla", "deviation-report", "DEV-4", reason="delayed", about=about)


async def _recall(world: World) -> None:
    """A lot is recalled while a vial of it is thawed for a kit; no kit in use holds any of it."""
    day = await day_of(world, 4)
    await day.order()
    await day.call()
    await day.thaw(1)
    await day.measure()
    await world.hands.do("quinn", "lot-recall", _first_lot(world), reason="supplier_notice")
    await glance(world, day.participant, day.kit)
    if day.fragile:
        day.meanwhile(day.ready + 1)
        await day.lab_is_refused("kit-prepare", day.kit, **await day.filled())
        await day.replace_vials(day.ready + 3, "supplier_notice")
    await day.prepare()
    await day.from_prepared()


def _first_lot(world: World) -> str:
    return f"{stock.fragile(world.site.profile).code}-1"


async def _shortage(world: World) -> None:
    """The tank of one product is too warm, so none of it may be used; ordering is paused for everybody."""
    day, following = await day_of(world, 5), await day_of(world, 6)
    day.meanwhile(-60)
    tank = f"{world.site.profile.site.code}/T1"
    spans = {"started_at": "2026-02-20T05:40:00Z", "ended_at": "2026-02-20T06:40:00Z"}
    await world.hands.do(
        "tamar", "excursion-open", "EX-1", place=tank, logger="LG-0001", warmest_millicelsius=-120_000,
        readings="0" * 64, **spans,
    )  # fmt: skip
    await day.order()
    day.at(-25)
    study = world.site.profile.study.id
    await world.hands.do("mona", "study-pause-ordering", study, reason="supply_review")
    day.at(-20)
    joints = texts(await world.hands.see("carla", following.kit), "joints")
    await world.refused("ines", "kit-order", following.kit, joints=joints)
    await glance(world, day.participant, day.kit, study)
    await world.hands.do(
        "quinn", "excursion-assess", "EX-1", disposition="usable", reason="Below the glass transition"
    )
    day.at(-10)
    await world.hands.do("mona", "study-resume-ordering", study, reason="supply_review")
    await day.call()
    await day.thaw(1)
    await day.measure()
    await day.prepare()
    await day.from_prepared()


async def _two_called(world: World, number: int) -> tuple[Day, Day]:
    """The days of two participants that run 20 seconds apart, each with a kit that is ordered and called for."""
    one = await day_of(world, number)
    two = await day_of(world, number + 1, start=go_ahead(number) + timedelta(seconds=20))
    for step in (Day.order, Day.call):
        await step(one)
        await step(two)
    return one, two


async def _two_in_use(world: World) -> None:
    """Two kits are in use; what one of them holds is held back, so both pause, and both go on."""
    one, two = await _two_called(world, 6)
    for day in (one, two):
        await day.thaw(1 + 5 * (day is two))
        await day.measure()
    await _prepared_twice(one)
    await two.prepare()
    await _refused_once(two)
    await one.to_pharmacy()
    await two.to_pharmacy(3)
    await one.to_bedside(3)
    await _paused(world, one, two)
    await _one_late_one_not_given(one, two)


async def _prepared_twice(day: Day) -> None:
    """The release is recorded wrongly, voided, and recorded again, of one product with another vial."""
    answer = await day.prepare(PREPARED - 4)
    index = next(entry["index"] for entry in answer["entries"] if entry["log"] == "vault")
    day.at(day.ready + PREPARED - 3)
    voided = {"log": "vault", "index": index, "reason": "recorded_wrongly"}
    await day.lab("tamar", "kit-void", day.kit, second="tomas", **voided)
    if day.fragile:
        await day.replace_vials(day.ready + PREPARED - 3, "contaminated")
    await day.prepare()


async def _refused_once(day: Day) -> None:
    """The pharmacy refuses it: it stays with the laboratory, and is handed over again."""
    day.at(day.ready + PREPARED + 0.5)
    await day.lab("tamar", "kit-hand-to-pharmacy", day.kit)
    day.at(day.ready + PREPARED + 1)
    await day.world.do("priya", "kit-refuse-at-pharmacy", day.kit, reason="label_unreadable")


async def _paused(world: World, one: Day, two: Day) -> None:
    """What the one or the other holds, by their products, is held back; the other one is withdrawn meanwhile."""
    touched = two if two.fragile else one
    vial = await world.hands.see("quinn", touched.vials[0])
    one.at(one.ready + GIVEN)
    await world.hands.do("quinn", "lot-hold", str(vial.parent), reason="under_investigation")
    await world.refused("priya", "kit-dispense", two.kit, second="pavel", participant=two.participant)
    await _not_confirmed(one)
    await glance(world, one.participant, one.kit, two.participant, two.kit)
    await world.do("priya", "kit-not-give", two.kit, reason="not_available")
    await _not_confirmed(one)
    one.at(one.ready + GIVEN + 3)
    await world.hands.do(
        "quinn", "lot-resume", str(vial.parent), second="quira", reason="assessment_complete"
    )


async def _not_confirmed(day: Day) -> None:
    await day.world.refused("ines", "kit-confirm", day.kit, second="carla", participant=day.participant)


async def _one_late_one_not_given(one: Day, two: Day) -> None:
    await one.confirm(20)
    *first, last = await one.syringes()
    for ordinal, syringe in enumerate(first):
        await one.give(syringe, one.ready + 50 + ordinal, not_scanned="label_unreadable")
        await glance(one.world, one.kit, syringe)
        await one.explain(syringe, one.ready + 51 + ordinal)
    too_late = one.world.site.profile.limits.use_by_minutes + 5
    await one.give(last, too_late, not_scanned="device_failed")
    await one.take_back(too_late)
    one.at(one.ready + DESTROYED + too_late)
    witness = {"second": one.team.checker, "method": "incineration"}
    await one.world.refused(one.team.pharmacist, "kit-destroy", one.kit, **witness)
    await two.clear_away(too_late + 30)


async def _withdrawn_together(world: World) -> None:
    """Two kits are in use; what one of them holds is held back, both are withdrawn by one act, and replaced."""
    one, two = await _two_called(world, 8)
    for day in (one, two):
        await day.thaw(1 + 5 * (day is two))
        await day.measure()
        await day.prepare()
    await one.to_pharmacy()
    touched = two if two.fragile else one
    lot = str((await world.hands.see("quinn", touched.vials[0])).parent)
    one.at(one.ready + DISPENSED)
    await world.hands.do("quinn", "lot-hold", lot, reason="under_investigation")
    await world.refused("priya", "kit-dispense", one.kit, second="pavel", participant=one.participant)
    one.at(one.ready + GIVEN)
    study = world.site.profile.study.id
    await world.hands.do("quinn", "study-withdraw-kits", study, second="quira", reason="safety_review")
    await glance(world, one.participant, one.kit, two.participant, two.kit, study)
    one.meanwhile(one.ready + GIVEN + 1)
    await world.hands.do("quinn", "lot-resume", lot, second="quira", reason="assessment_complete")
    for ordinal, day in enumerate((one, two)):
        await day.clear_away(10 + 40 * ordinal)
        joints = texts(await world.hands.see("carla", day.kit), "joints")
        await world.do("carla", "kit-replace", day.kit, joints=joints, reason="not_available")


async def _supply_runs_out(world: World) -> None:
    """Twelve kits were counted for each product, of twelve that were posted: nobody's order is taken."""
    world.reach(go_ahead(9))
    study = world.site.profile.study.id
    for ordinal in (8, 9):
        day = await day_of(world, ordinal)
        joints = texts(await world.hands.see("carla", day.kit), "joints")
        await world.refused("ines", "kit-order", day.kit, joints=joints)
        await glance(world, day.participant, day.kit, study)
    await world.hands.do("mona", "study-post-supply", study)
    await glance(world, code(8), study)


async def _rejected(world: World) -> None:
    """Thawed for a kit, a lot is rejected and then a vial, where it is of that product; others take their place."""
    for hour, ordinal in ((1, 8), (7, 9)):
        day = await day_of(world, ordinal, start=go_ahead(9) + timedelta(hours=hour))
        await day.order()
        await day.call()
        await day.thaw(1)
        await day.measure()
        vial = await world.hands.see("quinn", day.vials[0])
        if day.fragile:
            thing = ("lot-reject", str(vial.parent)) if ordinal == 8 else ("vial-reject", vial.code)
            await day.lab("quinn", *thing, reason="contaminated")
        await glance(world, day.participant, day.kit)
        if day.fragile:
            day.meanwhile(day.ready + 1)
            await day.lab_is_refused("kit-prepare", day.kit, **await day.filled())
            await day.replace_vials(day.ready + 3, "contaminated")
        await day.prepare()
        await day.from_prepared()


async def _in_the_laboratory(world: World) -> None:
    """What the laboratory alone knows of the last participant's product, where that is the one with events."""
    world.reach(go_ahead(9) + timedelta(days=1))
    if (await day_of(world, 9)).fragile:
        await laboratory.befall(world, setting.KITS_FOR)
    world.reach(go_ahead(9) + timedelta(days=2))
    await glance(world, code(9), printing.LAB_PRINTER, laboratory.DEVIATION)


async def _told_and_learned(world: World) -> None:
    """A code break in an emergency, and something learned by mistake."""
    world.reach(go_ahead(PARTICIPANTS))
    await world.do("ines", "participant-break-code", code(6), reason="other", drill=True, caller=CALLER)
    world.entitled.setdefault("ines", set()).add(2)
    answer = await world.do("ines", "participant-break-code", code(2), reason="overdose", caller=CALLER)
    if answer["revealed"]["arm"] != world.arms[2]:
        raise ScriptBrokenError(f"{code(2)}: the code break told {answer['revealed']}")
    await _followed_up(world)
    await _envelopes(world)
    await world.do("carla", "participant-report-unblinding", code(3), learned=["cho"], way="conversation")
    await glance(world, code(2), code(3))


async def _followed_up(world: World) -> None:
    """Who broke the code looks again, the event gets its number, and a notice is acknowledged."""
    reader = await world.hands.reader("stella")
    real = [one.code for one in await reader.page(Kind.UNBLINDING) if not one.facts.get("drill")]
    await world.do("ines", "unblinding-look-again", real[0], reason="answer_lost")
    await world.do("carla", "unblinding-add-event", real[0], event="SAE-1")
    for notice in (await world.ask("carla", Asked("GET", "/api/v1/notices"))).json()["notices"][:1]:
        await world.do("carla", "notice-acknowledge", notice["code"])


async def _envelopes(world: World) -> None:
    """Three are printed and sealed; of these one is looked at, one was torn open, and one is opened and read."""
    for ordinal in (3, 4, 7):
        await world.hands.do("stella", "envelope-print", f"SEAL-{ordinal}", participant=code(ordinal))
        await world.hands.do("stella", "envelope-place", f"SEAL-{ordinal}", place="SAFE-1")
    await world.do("carla", "envelope-check", "SEAL-3", found="intact")
    await world.do("carla", "envelope-check", "SEAL-4", found="opened")
    world.entitled.setdefault("ivan", set()).add(7)
    late = {"sheet": "SHEET-7", "reason": "system_down"}
    await world.do("ivan", "envelope-open", "SEAL-7", reason="medical_emergency", late=late)


async def _month_six(world: World) -> None:
    """Two participants are unblinded as planned; whom their arm gives something more is given it."""
    teams = (Team(), Team(coordinator="cho", injector="ivan"))
    start = BEGIN + timedelta(days=220)
    for ordinal, entitled in enumerate(cast.ENTITLED):
        world.reach(start + timedelta(days=ordinal))
        await world.hands.do(
            "stella", "participant-unblind", code(ordinal), second="sven", data_lock="5e" * 32,
            locked_on="2026-08-10", locked_by="Data management", entitled=list(entitled),
            told=[{"who": "the participant", "how": "in_person"}],
        )  # fmt: skip
        for person in entitled:
            world.entitled.setdefault(person, set()).add(ordinal)
        await glance(world, code(ordinal))
    await afterwards.cancelled(world, start + timedelta(days=10))
    first, second = [
        await _second_kit(world, ordinal, team, start + timedelta(days=20 + ordinal, seconds=20))
        for ordinal, team in enumerate(teams)
    ]
    await afterwards.both_in_use(world, start + timedelta(days=20), first)
    if first:
        await _given_again(first, 40)
    if second:
        await second.until_prepared()
        await second.to_pharmacy()
        await _given_again(second)
    world.reach(start + timedelta(days=25))
    await afterwards.code_broken(world)
    await afterwards.monitored(world)
    world.reach(start + timedelta(days=30))
    await world.do("priya", "deviation-report", "DEV-5", reason="other", about=_about(code(4)))
    await world.do("carla", "participant-withdraw", code(5), reason="lost_to_follow_up")


def _about(participant: str) -> dict[str, str]:
    return {"kind": "participant", "code": participant}


async def _second_kit(world: World, ordinal: int, team: Team, start: datetime) -> Day | None:
    """The day of the participant's kit of a later period; None where their arm brings none."""
    reader = await world.hands.reader("stella")
    for period in world.site.profile.later_periods:
        for kit in await reader.kits_of(code(ordinal), period.number):
            return Day(world, ordinal, code(ordinal), kit, start, period.number, team)
    return None


async def _given_again(day: Day, minutes: float = 0) -> None:
    """From the pharmacy on, which scans somebody else first; so much later than usual."""
    day.at(day.ready + 15 + minutes)
    await day.world.refused("priya", "kit-dispense", day.kit, second="pavel", participant=code(7))
    await day.to_bedside(minutes)
    await day.confirm(minutes)
    for place, syringe in enumerate(await day.syringes()):
        await day.give(syringe, day.ready + GIVEN + place + minutes)
    await day.clear_away(minutes)
