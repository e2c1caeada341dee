"""One kit's day: from the order to what is left, as people of the cast do it, with what may go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.demo.hands import texts
from inventory.domain import clocks

if TYPE_CHECKING:
    from inventory.demo.hands import Hands
    from inventory.domain.items import Json
    from inventory.store.records import PickRecord

DILUENT = {"name": "PlasmaLyte-A", "lot_number": "PL-7781", "expires_on": "2027-12-31"}
NEEDLE = {"name": "spinal-needle-25G", "lot_number": "SN-2204", "expires_on": "2028-03-31"}
VIABLE, NOT_VIABLE = 912, 588


@dataclass(frozen=True, slots=True)
class Day:
    """How a kit's day goes; the defaults are a day on which nothing happens.

    Attributes:
        poor_first_vial: the first vial's viability is below the limit; it is wasted and replaced.
        not_given: the reason for which the prepared kit is not given.
        drop: the ordinal of a syringe that is dropped, from 0.
        late_minutes: how long after the use-by the last syringe is given.
        unscanned: the ordinal of a syringe that is given without a scan, from 0, and that nobody explains.
        lost_ul: how much of the last syringe was neither given nor came back.
        waits_for: the act of clearing away that nobody has done yet; empty where all of it is done.
    """

    poor_first_vial: bool = False
    not_given: str = ""
    drop: int | None = None
    unscanned: int | None = None
    late_minutes: int = 0
    lost_ul: int = 0
    waits_for: str = ""


ORDINARY = Day()


async def order(hands: Hands, kit: str) -> None:
    """The order, signed with its joints."""
    joints = texts(await hands.see("carla", kit), "joints")
    await hands.do("ines", "kit-order", kit, joints=joints)


async def call(hands: Hands, kit: str) -> None:
    """The participant is here and may be given it."""
    seen = await hands.see("carla", kit)
    participant = await hands.see("carla", str(seen.parent))
    needed = participant.facts.get("pregnancy_test_required")
    test = {"result": "negative" if needed else "not_applicable", "at": clocks.format_instant(hands.clock.at)}
    await hands.do("carla", "kit-call", kit, participant=participant.code, pregnancy_test=test)


async def open_pick_list(hands: Hands, kit: str) -> tuple[PickRecord, ...]:
    """The vials to take, shown to the technician who signs on to the order."""
    await hands.do("tamar", "kit-sign-on", kit)
    await hands.do("tamar", "kit-open-pick-list", kit)
    shown = await (await hands.reader("tamar")).pick_list(kit)
    return shown.take if shown else ()


async def pick_and_thaw(hands: Hands, kit: str) -> list[str]:
    """The vials that the list names, picked and in the bath."""
    picks = await open_pick_list(hands, kit)
    for pick in picks:
        hands.clock.pass_minutes(1)
        await hands.do("tamar", "vial-pick", pick.vial, kit=kit, position=pick.position)
        hands.clock.pass_minutes(1)
        await hands.do(
            "tamar", "vial-thaw", pick.vial, second="tomas", device="BATH-01", celsius_milli=37_000
        )
    return [pick.vial for pick in picks]


async def finish_thaw(hands: Hands, vials: list[str]) -> None:
    """No ice left."""
    for vial in vials:
        hands.clock.pass_minutes(4)
        await hands.do("tamar", "vial-finish-thaw", vial, appearance="clear_of_ice")


async def measure(hands: Hands, kit: str, viability: int) -> None:
    """The preparation record."""
    hands.clock.pass_minutes(15)
    await hands.do(
        "tamar", "kit-record-preparation", kit, count=45_000_000, viability_permille=viability,
        inspection="pass", diluent=DILUENT, consumables=[NEEDLE], device="BATH-01", counter="COUNT-01",
    )  # fmt: skip


async def prepare(hands: Hands, kit: str, day: Day = ORDINARY) -> None:
    """From the go-ahead to the filled, sleeved and checked syringes."""
    called = hands.clock.at
    vials = await pick_and_thaw(hands, kit)
    await finish_thaw(hands, vials)
    await measure(hands, kit, NOT_VIABLE if day.poor_first_vial else VIABLE)
    if day.poor_first_vial:
        for vial in vials:
            await hands.do("tamar", "vial-waste", vial, reason="below_limit")
        await finish_thaw(hands, await pick_and_thaw(hands, kit))
        await measure(hands, kit, VIABLE)
    hands.clock.reach(called)
    hands.clock.pass_minutes(hands.site.profile.limits.ready_after_minutes)
    volumes = [hands.site.profile.kit.dose_microlitres] * len(texts(await hands.see("tamar", kit), "joints"))
    await hands.do("tamar", "kit-prepare", kit, second="tomas", volumes_ul=volumes, sleeve="opaque")


async def bring_to_bedside(hands: Hands, kit: str, participant: str) -> None:
    """Two handovers with the dispensing between them."""
    hands.clock.pass_minutes(2)
    await hands.do("tamar", "kit-hand-to-pharmacy", kit)
    hands.clock.pass_minutes(4)
    await hands.do("priya", "kit-accept-at-pharmacy", kit)
    hands.clock.pass_minutes(5)
    await hands.do("priya", "kit-dispense", kit, second="pavel", participant=participant)
    hands.clock.pass_minutes(2)
    await hands.do("priya", "kit-hand-to-bedside", kit)
    hands.clock.pass_minutes(5)
    await hands.do("carla", "kit-accept-at-bedside", kit)


async def inject(hands: Hands, kit: str, participant: str, day: Day = ORDINARY) -> None:
    """The confirmation by two people, then joint by joint."""
    hands.clock.pass_minutes(4)
    await hands.do("ines", "kit-confirm", kit, second="carla", participant=participant)
    syringes = texts(await hands.see("ines", kit), "syringes")
    for ordinal, code in enumerate(syringes):
        hands.clock.pass_minutes(3)
        syringe = await hands.see("ines", code)
        if ordinal == day.drop:
            await hands.do("ines", "syringe-drop", code, reason="dropped")
            continue
        if day.late_minutes and ordinal == len(syringes) - 1:
            hands.clock.reach(clocks.parse_instant(str(syringe.due)))
            hands.clock.pass_minutes(day.late_minutes)
        kept = day.lost_ul if ordinal == len(syringes) - 1 else 0
        await hands.do(
            "ines", "syringe-give", code, participant=participant, joint=str(syringe.facts["joint"]),
            given_ul=int(str(syringe.facts["filled_ul"])) - kept,
            **({"not_scanned": "label_unreadable"} if ordinal == day.unscanned else {}),
        )  # fmt: skip


async def clear_away(hands: Hands, kit: str, day: Day = ORDINARY) -> None:
    """What is left comes back, is balanced and destroyed before a witness, as far as anybody got with it."""
    for action, minutes in (("kit-return", 20), ("kit-reconcile", 10), ("kit-destroy", 60)):
        if action == day.waits_for:
            return
        hands.clock.pass_minutes(minutes)
        match action:
            case "kit-return":
                await hands.do("priya", action, kit, remainders=await _remainders(hands, kit, day))
            case "kit-reconcile":
                await hands.do("priya", action, kit)
            case _:
                await hands.do("priya", action, kit, second="pavel", method="incineration")


async def _remainders(hands: Hands, kit: str, day: Day) -> list[dict[str, Json]]:
    found: list[dict[str, Json]] = []
    for code in texts(await hands.see("priya", kit), "syringes"):
        syringe = await hands.see("priya", code)
        left = int(str(syringe.facts["filled_ul"])) - int(str(syringe.facts.get("given_ul", 0)))
        found.append({"syringe": code, "remainder_ul": left})
    if day.lost_ul:
        found[-1]["remainder_ul"] = 0
    return found


async def whole_day(hands: Hands, kit: str, day: Day = ORDINARY) -> None:
    """A kit's whole day."""
    participant = str((await hands.see("carla", kit)).parent)
    await order(hands, kit)
    hands.clock.pass_minutes(20)
    await call(hands, kit)
    await prepare(hands, kit, day)
    if day.not_given:
        hands.clock.pass_minutes(3)
        await hands.do("carla", "kit-not-give", kit, reason=day.not_given)
    else:
        await bring_to_bedside(hands, kit, participant)
        await inject(hands, kit, participant, day)
    await clear_away(hands, kit, day)
