"""What befalls one product in the laboratory alone, none of which anybody outside may notice.

It happens in a world where the last participant was given that product, when no kit is in use: vials are moved,
lost, found, sampled, sent away and thawed by mistake, a box is spilled and counted, labels are printed, a donor is
determined anew, people look back, take out and read the vault, and the physician tells a recipient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.domain.items import Kind
from inventory.worlds import printing, stock
from inventory.worlds.day import code

if TYPE_CHECKING:
    from inventory.demo.hands import Hands
    from inventory.worlds.stock import Lot
    from inventory.worlds.world import World

DEVIATION, VISIT, QUERY = "LAB-9", "LAB-V1", "LAB-Q1"
TREATED = code(9)


async def befall(world: World, kits: int) -> None:
    """All of it, to the lot of the product of which most is left.

    `kits` is for how many kits the first lots are enough.
    """
    fragile, hands = stock.fragile(world.site.profile), world.hands
    mine = [one for one in stock.lots(world.site.profile, kits) if one.product == fragile]
    reader = await hands.reader("tamar")
    left = [(await reader.lying_in(lot.box), lot) for lot in mine]
    lying, lot = max(left, key=lambda each: len(each[0]))
    await _vials(hands, lot, [vial.code for vial in lying])
    await _box(hands, lot)
    await _looked_up(hands, lot)
    await _deviated(hands, lot)
    await printing.label_in_the_lab(world, [lying[0].code, lying[4].code])


async def _vials(hands: Hands, lot: Lot, lying: list[str]) -> None:
    lost, sampled, sent, thawed, moved = lying[:5]
    for who, action, vial, told in (
        ("tamar", "vial-lose", lost, {"reason": "found_elsewhere"}),
        ("tamar", "vial-find", lost, {"position": stock.position(lot, 98)}),
        ("tamar", "vial-move", moved, {"position": stock.position(lot, 99)}),
        ("tamar", "vial-quarantine", moved, {"reason": "temperature_excursion"}),
        ("quinn", "vial-clear", moved, {"reason": "assessment_complete"}),
        ("quinn", "vial-sample", sampled, {"purpose": "quality_control"}),
        ("tamar", "vial-ship-out", sent, {"consignee": "Reference laboratory", "shipper": "DS-0043"}),
        ("tamar", "vial-thaw-by-mistake", thawed, {"reason": "thawed_early"}),
        ("tamar", "vial-waste", thawed, {"reason": "thawed_early"}),
    ):
        await hands.do(who, action, vial, **told)
    await hands.do("tamar", "vial-destroy", sampled, second="tomas", method="autoclave")
    answer = (await hands.do("tamar", "vial-move", lost, position=stock.position(lot, 97))).answer
    entry: Any = answer["entries"]
    voided = {"log": "vault", "index": entry[0]["index"], "reason": "recorded_wrongly"}
    await hands.do("tamar", "vial-void", lost, second="tomas", **voided)


async def _box(hands: Hands, lot: Lot) -> None:
    """A box is spilled and scanned anew, and counted as if one vial were missing."""
    lying = await (await hands.reader("tamar")).lying_in(lot.box)
    seen = [{"position": vial.place, "vial": vial.code} for vial in lying]
    await hands.do("tamar", "box-spill", lot.box)
    await hands.do("tamar", "box-rescan", lot.box, seen=seen)
    await hands.do("tamar", "box-count", lot.box, seen=seen[1:])


async def _looked_up(hands: Hands, lot: Lot) -> None:
    """The donor was ineligible for an hour; who received any of it is looked up and told."""
    if lot.product.cellular:
        found = {"determined_on": "2026-01-20", "determined_by": "Donor programme"}
        await hands.do(
            "quinn", "donor-redetermine", stock.DONOR, eligibility="ineligible", **found,
            label_statements=["WARNING: Advise patient of communicable disease risks"],
        )  # fmt: skip
        await hands.do("quinn", "donor-look-back", stock.DONOR, reason="donor_notice")
        await hands.do("quinn", "donor-redetermine", stock.DONOR, eligibility="eligible", **found)
    await hands.do("quinn", "lot-look-back", f"{lot.product.code}-1", reason="supplier_notice")
    await hands.do("dara", "participant-look-back", TREATED, reason="supplier_notice")
    for alert in await (await hands.reader("dara")).page(Kind.ALERT):
        if alert.state == "open":
            await _told(hands, alert.code, [str(one) for one in _texts(alert.facts.get("recipients"))])
    await hands.do("uma", "study-open-vault", hands.site.profile.study.id, what="entries", start=0, end=9)
    await hands.do("uma", "study-export", hands.site.profile.study.id, what="bundle")


async def _told(hands: Hands, alert: str, recipients: list[str]) -> None:
    await hands.do("dara", "alert-acknowledge", alert)
    for participant in recipients:
        told = {"told": "the participant", "told_at": "2026-03-20", "way": "telephone"}
        await hands.do("dara", "alert-tell", alert, participant=participant, **told)
    await hands.do("dara", "alert-close", alert, follow_up="examined")


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


async def _deviated(hands: Hands, lot: Lot) -> None:
    """A deviation of the laboratory is assessed, and a monitor who may know asks about a lot."""
    about = {"kind": "lot", "code": lot.number}
    await hands.do("tamar", "deviation-report-lab", DEVIATION, reason="thawed_early", about=about)
    assessed = {"impact": "minor", "cause": "person", "remedy": "retrained"}
    await hands.do("quinn", "deviation-assess", DEVIATION, **assessed)
    await hands.do("quinn", "deviation-close", DEVIATION)
    days = {"from_day": "2026-03-01", "to_day": "2026-03-31"}
    await hands.do("uma", "visit-open-lab", VISIT, purpose="routine", **days)
    await hands.do("uma", "visit-tick", VISIT, log="vault", entries=[3, 4, 5])
    await hands.do("uma", "query-raise-lab", QUERY, visit=VISIT, question="Why?", about=about)
    await hands.do("quinn", "query-answer", QUERY, outcome="explained")
    await hands.do("uma", "query-close", QUERY)
    await hands.do("uma", "visit-close", VISIT)
