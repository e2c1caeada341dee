"""One kit's day in a world: every open act at a moment that the script sets, the laboratory's work in between.

The laboratory takes as long as the product makes it take; what the open log says must not show it. Minutes
count from the go-ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from inventory.demo import procedure
from inventory.demo.hands import text, texts
from inventory.domain import clocks
from inventory.services.labelling import Bench
from inventory.worlds import stock
from inventory.worlds.world import BEGIN, ScriptBrokenError

if TYPE_CHECKING:
    from inventory.domain.profile import Product
    from inventory.worlds.world import World

THAW: dict[str, Any] = {"device": "BATH-01", "celsius_milli": 37_000}
DILUENT = {"name": "PlasmaLyte-A", "lot_number": "PL-7781", "expires_on": "2028-12-31"}
PREPARED, OFFERED, ACCEPTED, DISPENSED, SENT, ARRIVED, CONFIRMED, GIVEN = 10, 12, 14, 16, 17, 19, 21, 23
RETURNED, RECONCILED, DESTROYED = 40, 50, 60
"""Minutes after the earliest moment at which any kit may be prepared."""


def code(ordinal: int) -> str:
    """A participant's code, by ordinal from 0."""
    return f"W-{ordinal + 1:03}"


def go_ahead(ordinal: int) -> datetime:
    """When a participant's kit is called for."""
    return BEGIN + timedelta(days=14 + 7 * ordinal)


@dataclass(frozen=True, slots=True)
class Team:
    """Who is at the bedside and in the pharmacy that day."""

    coordinator: str = "carla"
    injector: str = "ines"
    pharmacist: str = "priya"
    checker: str = "pavel"


@dataclass
class Day:
    """A kit's day.

    Attributes:
        ordinal: the participant's, from 0.
        start: the moment of the go-ahead.
        vials: the vials picked so far, the last round's.
    """

    world: World
    ordinal: int
    participant: str
    kit: str
    start: datetime
    period: int = 1
    team: Team = field(default_factory=Team)
    vials: list[str] = field(default_factory=list)

    @property
    def ready(self) -> int:
        """Minutes after the go-ahead from which on a kit may be prepared."""
        return self.world.site.profile.limits.ready_after_minutes

    @property
    def product(self) -> Product | None:
        """What the kit holds, which only its arm and the laboratory know."""
        profile = self.world.site.profile
        return profile.product(profile.product_for(self.world.arms[self.ordinal], self.period) or "")

    @property
    def fragile(self) -> bool:
        """Whether the kit's product is the one that events befall."""
        return self.product == stock.fragile(self.world.site.profile)

    def at(self, minutes: float) -> None:
        """Set the clock for an open act."""
        self.world.reach(self.start + timedelta(minutes=minutes))

    def meanwhile(self, minutes: float) -> None:
        """Let the laboratory's clock go on until then."""
        self.world.hands.clock.reach(self.start + timedelta(minutes=minutes))

    async def lab(self, who: str, action: str, code: str, *, second: str = "", **evidence: Any) -> Any:
        """An act of the laboratory, which has to be recorded; its answer."""
        return (await self.world.hands.do(who, action, code, second=second, **evidence)).answer

    async def lab_is_refused(self, action: str, code: str, **evidence: Any) -> None:
        """An act of the laboratory that has to be refused."""
        outcome = await self.world.hands.attempt("tamar", action, code, second="tomas", **evidence)
        if outcome.status != 409:  # HTTP's Conflict
            raise ScriptBrokenError(f"{action} {code} was to be refused: {outcome.answer}")

    # The bedside asks
    async def order(self, minutes: float = -30) -> None:
        """The order, signed with its joints."""
        self.at(minutes)
        joints = texts(await self.world.hands.see(self.team.coordinator, self.kit), "joints")
        await self.world.do(self.team.injector, "kit-order", self.kit, joints=joints)

    async def call(self) -> None:
        """The participant is here."""
        self.at(0)
        test = {"result": "negative", "at": clocks.format_instant(self.world.hands.clock.at)}
        told: dict[str, Any] = {"participant": self.participant, "pregnancy_test": test}
        await self.world.do(self.team.coordinator, "kit-call", self.kit, **told)

    # The laboratory works
    async def thaw(self, minutes: float) -> None:
        """Scan what the pick list says, thaw it and wait until it is thawed."""
        self.meanwhile(minutes)
        picks = await procedure.open_pick_list(self.world.hands, self.kit)
        self.vials = [pick.vial for pick in picks]
        for pick in picks:
            await self.lab("tamar", "vial-pick", pick.vial, kit=self.kit, position=pick.position)
            await self.lab("tamar", "vial-thaw", pick.vial, second="tomas", **THAW)
        self.meanwhile(minutes + 3)
        for vial in self.vials:
            await self.lab("tamar", "vial-finish-thaw", vial, appearance="clear_of_ice")

    async def measure(self, *, viable: bool = True) -> None:
        """The preparation record, whose counts only cells have."""
        profile = self.world.site.profile
        counted: dict[str, Any] = {}
        if self.product and self.product.cellular:
            limit = profile.limits.viability_minimum_permille
            counted = {"count": 45_000_000, "counter": "COUNT-01"}
            counted["viability_permille"] = limit if viable else max(0, limit - 100)
        await self.lab(
            "tamar", "kit-record-preparation", self.kit, inspection="pass", diluent=DILUENT,
            device="BATH-01", **counted,
        )  # fmt: skip

    async def replace_vials(self, minutes: float, reason: str) -> None:
        """What was thawed is wasted; others are thawed and measured, and their labels printed once more."""
        for vial in self.vials:
            await self.lab("tamar", "vial-waste", vial, reason=reason)
        await self.thaw(minutes)
        bench = Bench(self.world.site, await self.world.hands.reader("tamar"))
        for vial in self.vials:
            await bench.hand_out("vial", vial, 203)
        await self.measure()

    async def filled(self) -> dict[str, Any]:
        """What `kit-prepare` is told."""
        joints = texts(await self.world.hands.see("tamar", self.kit), "joints")
        volume = self.world.site.profile.kit.dose_microlitres
        return {"volumes_ul": [volume] * len(joints), "sleeve": "opaque"}

    async def prepare(self, minutes: float = PREPARED, **more: Any) -> Any:
        """The laboratory's release, at a moment that is the same whatever it took; its answer."""
        self.at(self.ready + minutes)
        return await self.lab("tamar", "kit-prepare", self.kit, second="tomas", **await self.filled(), **more)

    async def prepare_on_paper(self, sheet: str, minutes: float) -> None:
        """The same at the same moment, told of so many minutes before; it has to be recorded, whatever it breaks."""
        self.at(self.ready + PREPARED)
        hands, late = self.world.hands, {"sheet": sheet, "reason": "system_down"}
        outcome = await hands.told(
            hands.clock.at - timedelta(minutes=minutes), "tamar", "kit-prepare", self.kit, second="tomas",
            late=late, **await self.filled(),
        )  # fmt: skip
        if outcome.status != 201:  # HTTP's Created
            raise ScriptBrokenError(f"kit-prepare {self.kit}: {outcome.answer}")

    # The kit travels
    async def to_pharmacy(self, minutes: float = 0) -> None:
        """Handed over and accepted; so much later than usual."""
        self.at(self.ready + OFFERED + minutes)
        await self.lab("tamar", "kit-hand-to-pharmacy", self.kit)
        self.at(self.ready + ACCEPTED + minutes)
        await self.world.do(self.team.pharmacist, "kit-accept-at-pharmacy", self.kit)

    async def dispense(self, minutes: float = 0) -> None:
        """Dispensed by two people; so much later than usual."""
        self.at(self.ready + DISPENSED + minutes)
        await self.world.do(
            self.team.pharmacist, "kit-dispense", self.kit, second=self.team.checker,
            participant=self.participant,
        )  # fmt: skip

    async def to_bedside(self, minutes: float = 0) -> None:
        """Dispensed by two people, handed over and accepted; so much later than usual."""
        await self.dispense(minutes)
        self.at(self.ready + SENT + minutes)
        await self.world.do(self.team.pharmacist, "kit-hand-to-bedside", self.kit)
        self.at(self.ready + ARRIVED + minutes)
        await self.world.do(self.team.coordinator, "kit-accept-at-bedside", self.kit)

    async def confirm(self, minutes: float = 0) -> None:
        """Participant and kit, by two people."""
        self.at(self.ready + CONFIRMED + minutes)
        await self.world.do(
            self.team.injector, "kit-confirm", self.kit, second=self.team.coordinator,
            participant=self.participant,
        )  # fmt: skip

    async def syringes(self) -> list[str]:
        """The kit's syringes, in their order."""
        return texts(await self.world.hands.see(self.team.injector, self.kit), "syringes")

    async def give(self, syringe: str, minutes: float, **how: Any) -> None:
        """One injection."""
        self.at(minutes)
        seen = await self.world.hands.see(self.team.injector, syringe)
        await self.world.do(
            self.team.injector, "syringe-give", syringe, participant=self.participant,
            joint=text(seen, "joint"), given_ul=seen.facts["filled_ul"], **how,
        )  # fmt: skip

    async def explain(self, syringe: str, minutes: float) -> None:
        """Two people say that the syringe which was not scanned was the right one."""
        self.at(minutes)
        told = {"happened": "right_syringe", "reason": "label_unreadable"}
        await self.world.do(
            self.team.injector, "syringe-explain", syringe, second=self.team.coordinator, **told
        )

    async def clear_away(self, minutes: float = 0, lost: str = "") -> None:
        """What is left comes back, is balanced and destroyed before a witness, once the lost syringe is explained."""
        await self.take_back(minutes, lost)
        if lost:
            await self.world.hands.do("quinn", "syringe-explain-volume", lost, cause="spilled")
        self.at(self.ready + DESTROYED + minutes)
        await self.world.do(
            self.team.pharmacist, "kit-destroy", self.kit, second=self.team.checker, method="incineration"
        )

    async def take_back(self, minutes: float = 0, lost: str = "") -> None:
        """What is left comes back and is balanced; nobody can say where the contents of the lost syringe are."""
        self.at(self.ready + RETURNED + minutes)
        remainders = []
        for code in await self.syringes():
            seen = await self.world.hands.see(self.team.pharmacist, code)
            left = int(text(seen, "filled_ul")) - int(text(seen, "given_ul") or 0)
            remainders.append({"syringe": code, "remainder_ul": 0 if code == lost else left})
        await self.world.do(self.team.pharmacist, "kit-return", self.kit, remainders=remainders)
        self.at(self.ready + RECONCILED + minutes)
        differences = [{"syringe": lost, "reason": "unknown"}] if lost else []
        await self.world.do(self.team.pharmacist, "kit-reconcile", self.kit, differences=differences)

    # In one piece
    async def until_prepared(self) -> None:
        """Ordered, called for and prepared, with nothing in particular."""
        await self.order()
        await self.call()
        await self.thaw(1)
        await self.measure()
        await self.prepare()

    async def from_prepared(self, dropped: int | None = None) -> None:
        """From the handover to what is left; the syringe with that ordinal is dropped, and its contents are lost."""
        await self.to_pharmacy()
        await self.to_bedside()
        await self.confirm()
        lost = ""
        for ordinal, syringe in enumerate(await self.syringes()):
            if ordinal == dropped:
                self.at(self.ready + GIVEN + ordinal)
                await self.world.do(self.team.injector, "syringe-drop", syringe, reason="dropped")
                lost = syringe
            else:
                await self.give(syringe, self.ready + GIVEN + ordinal)
        await self.clear_away(lost=lost)


async def day_of(world: World, ordinal: int, **more: Any) -> Day:
    """The day of a participant's kit that is live in the first period."""
    kit = text(await world.hands.see("carla", code(ordinal)), "live_kit_1")
    return Day(world, ordinal, code(ordinal), kit, more.pop("start", go_ahead(ordinal)), **more)
