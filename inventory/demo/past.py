"""The seeded trial: people, devices, three shipments, forty participants, and what happened to them so far.

Everything passes through the services and the imports that a user has; only the clock is told. The past ends
at the present moment with a vial in the bath.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from inventory.demo import coming, printing, procedure
from inventory.demo.cast import ADMINISTRATORS, CAST, DEVICES, PASSWORD
from inventory.demo.coming import COMING
from inventory.demo.hands import text, texts
from inventory.demo.make_files import table
from inventory.demo.procedure import Day
from inventory.domain import clocks, manifests
from inventory.domain.identifiers import numbers
from inventory.services import people
from inventory.services.imports import Pages, Where, import_file

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from inventory.demo.hands import Hands

    Event = tuple[datetime, Callable[[], Awaitable[None]]]

HALF_A_YEAR = timedelta(days=182)
FORWARD = {"from_day": "2025-12-01", "to_day": "2027-12-31"}

DAYS = {
    8: Day(not_given="pregnancy_test_positive"),
    10: Day(drop=1),
    12: Day(poor_first_vial=True),
    20: Day(late_minutes=3),
    36: Day(waits_for="kit-destroy"),
    37: Day(lost_ul=120, waits_for="kit-reconcile"),
    38: Day(drop=1, unscanned=0, waits_for="kit-return"),
}
"""By the participant's ordinal: days on which something happens. The sixth does not come the first time."""
NO_SHOW, WITHDRAWN, REPLACED_TODAY = 6, 23, "JAX-038"


def file(name: str) -> bytes:
    """One of the demonstration's input files."""
    return (resources.files("inventory.demo") / "files" / name).read_bytes()


def _part(name: str, wanted: Callable[[dict[str, str]], bool]) -> bytes:
    """One of the files with no rows but those; nothing where there is none."""
    header, *rows = csv.reader(io.StringIO(file(name).decode(), newline=""))
    kept = [row for row in rows if wanted(dict(zip(header, row, strict=True)))]
    return table(header, kept) if kept else b""


def _at(hands: Hands, day: date, hour: int, minute: int = 0) -> datetime:
    zone = ZoneInfo(hands.site.profile.site.time_zone)
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)


async def tell(hands: Hands, now: datetime) -> None:
    """Everything up to `now`, in order."""
    await people_and_things(hands)
    events = [*_making(hands), *_shipments(hands), *_labels(hands), *_participants(hands)]
    for moment, event in sorted(events, key=lambda one: one[0]):
        if moment > now - timedelta(hours=12):
            continue
        hands.clock.reach(moment)
        await event()
    await in_flight(hands, now)


async def people_and_things(hands: Hands) -> None:
    """Accounts, delegations, trainings, devices, storage, donors, the list and the kit numbers."""
    site, study = hands.site, hands.site.profile.study.id
    for person in CAST:
        await hands.do(
            "ada", "person-add", person.code, second="abel", name=person.name, roles=[person.role.value]
        )
        await hands.do("ada", "person-delegate", person.code, document="DELEGATION-1", **FORWARD)
        await hands.do("ada", "person-train", person.code, document="TRAINING-1", **FORWARD)
        await people.set_password(site, person.code, PASSWORD)
    for code, kind, serial in DEVICES:
        await hands.do(
            "quinn", "device-register", code, kind=kind, serial=serial, calibration_due="2027-12-31"
        )
    for who, kind in (("tamar", "storage"), ("stella", "randomization")):
        await import_file(site, who, kind, file(f"{kind}.csv"))
    await hands.do("mona", "study-plan-kits", study, count=90)
    await _made(hands, "", _today(hands))
    await printing.furnish(hands)


def _today(hands: Hands) -> str:
    return clocks.local_day(hands.clock.at, hands.site.profile.site.time_zone)


async def _made(hands: Hands, since: str, until: str) -> None:
    """The donors determined and the lots filled after the one day and until the other, and what those are sent in."""
    lots = _part("lot.csv", lambda row: since < row["filled_on"] <= until)
    serials = {row.vial_serial for row in manifests.read_lots(lots, hands.site.profile)} if lots else set()
    donors = _part("donor.csv", lambda row: since < row["determined_on"] <= until)
    sent = _part("shipment.csv", lambda row: row["vial_serial"] in serials)
    for who, kind, rows in (("quinn", "donor", donors), ("tamar", "lot", lots), ("tamar", "shipment", sent)):
        if rows:
            await import_file(hands.site, who, kind, rows)


def _making(hands: Hands) -> list[Event]:
    """Each donor and lot of which nobody knew when the trial began, on its day."""
    events: list[Event] = []
    lots = manifests.read_lots(file("lot.csv"), hands.site.profile)
    days = {row.filled_on for row in lots} | {
        row.determined_on for row in manifests.read_donors(file("donor.csv"))
    }
    since = _today(hands)
    for day in sorted(day.isoformat() for day in days if day is not None):
        if day > since:
            events.append((_at(hands, date.fromisoformat(day), 18), partial(_made, hands, since, day)))
            since = day
    return events


def _shipments(hands: Hands) -> list[Event]:
    boxes = [place.name for place in manifests.read_places(file("storage.csv")) if place.kind == "box"]
    cells = [
        (box, row, column)
        for box in boxes[:2] + boxes[4:6]
        for row in range(1, 10)
        for column in range(1, 10)
    ]
    free = iter(cells)
    events: list[Event] = []
    for shipment in manifests.read_shipments(file("shipment.csv"), hands.site.profile):

        async def arrive(shipment: manifests.Shipment = shipment) -> None:
            await hands.do(
                "tamar", "shipment-receive", shipment.code, second="tomas", seal=shipment.seal,
                logger_id=shipment.logger_id, warmest_millicelsius=-176_400, condition="intact",
            )  # fmt: skip
            for vial in shipment.vials:
                hands.clock.pass_minutes(0.2)
                await hands.do("tamar", "vial-receive", vial, shipment=shipment.code)
                await hands.do("tamar", "vial-store", vial, position=numbers.position_code(*next(free)))
            await hands.do("tamar", "shipment-close", shipment.code)

        events.append((shipment.expected_from + timedelta(hours=2), arrive))
    return events + _releases(hands)


def _labels(hands: Hands) -> list[Event]:
    first = manifests.read_shipments(file("shipment.csv"), hands.site.profile)[0]

    async def label() -> None:
        await printing.label_vials(hands, list(first.vials[:6]))

    return [(first.expected_from + timedelta(hours=5), label)]


def _releases(hands: Hands) -> list[Event]:
    async def certificate(lot: str) -> None:
        pages = Pages(f"coa-{lot}.pdf", file(f"coa-{lot}.pdf"))
        await import_file(hands.site, "quinn", "coa", file(f"coa-{lot}.json"), pages=pages)

    async def release(lot: str) -> None:
        await certificate(lot)
        await hands.do("quinn", "lot-release", lot, second="quira")

    async def conditionally(lot: str) -> None:
        await certificate(lot)
        until = (
            hands.clock.at + timedelta(days=hands.site.profile.conditional_release.follow_up_days)
        ).date()
        await hands.do(
            "quinn", "lot-release-conditionally", lot, second="quira", follow_up_by=until.isoformat()
        )

    async def supplied() -> None:
        await hands.do("mona", "study-post-supply", hands.site.profile.study.id)

    async def reject(lot: str) -> None:
        await certificate(lot)
        await hands.do("quinn", "lot-reject", lot, reason="below_limit")

    async def excursion() -> None:
        where = Where("JAX/CRYO/T1", "LG-0001")
        found = await import_file(hands.site, "tamar", "temperature", file("temperature-T1.csv"), where=where)
        hands.clock.pass_minutes(100)
        for outcome in found.outcomes[1:]:  # the first says that the place was measured
            await hands.do(
                "quinn", "excursion-assess", str(outcome.answer["code"]), disposition="usable",
                reason="Thirty minutes during a refill, warmest -137.7 C, below the glass transition",
            )  # fmt: skip

    async def count() -> None:
        box = [place.name for place in manifests.read_places(file("storage.csv")) if place.kind == "box"][1]
        lying = await _lying_in(hands, box)
        seen = [{"position": position, "vial": vial} for vial, position in lying[:-1]]
        await hands.do("tomas", "box-count", box, seen=seen)
        await hands.do("tomas", "vial-lose", lying[-1][0], reason="not_found")

    async def recount() -> None:
        box = [place.name for place in manifests.read_places(file("storage.csv")) if place.kind == "box"][4]
        lying = await _lying_in(hands, box)
        seen = [{"position": position, "vial": vial} for vial, position in lying[1:-1]]
        seen.append({"position": numbers.position_code(box, 6, 1), "vial": lying[0][0]})
        await hands.do("tomas", "box-count", box, seen=seen)

    async def announce() -> None:
        await hands.do("tamar", "lot-register", COMING.number, **coming.lot())
        await hands.do("mona", "shipment-advise", COMING.shipment, **coming.shipment())

    return [
        (_at(hands, date(2026, 1, 20), 10), lambda: release("MSC-2501")),
        (_at(hands, date(2026, 1, 20), 11), lambda: release("DMSO-2501")),
        (_at(hands, date(2026, 1, 20), 12), supplied),
        (_at(hands, date(2026, 6, 9), 10), lambda: reject("MSC-2503")),
        (_at(hands, date(2026, 11, 13), 10), lambda: conditionally("MSC-2502")),
        (_at(hands, date(2026, 11, 19), 15), lambda: release("DMSO-2502")),
        (_at(hands, date(2026, 11, 19), 16), supplied),
        (_at(hands, date(2026, 11, 21), 7), excursion),
        (_at(hands, date(2026, 11, 21), 9), count),
        (_at(hands, date(2026, 11, 21), 10), recount),
        (_at(hands, date(2026, 11, 21), 11), announce),
    ]


async def _lying_in(hands: Hands, box: str) -> list[tuple[str, str]]:
    reader = await hands.reader("tomas")
    found, after = [], ""
    while page := await reader.vials(after=after):
        found += [(vial.code, vial.place) for vial in page if vial.place and vial.place[1:8] == box[1:8]]
        after = page[-1].code
    return found


def _participants(hands: Hands) -> list[Event]:
    events: list[Event] = []
    rows = manifests.read_participants(file("participants.csv"), hands.site.profile)
    for ordinal, row in enumerate(rows, start=1):
        events += _participant(hands, ordinal, row.participant, row.enrolled_on)
    return events


def _participant(hands: Hands, ordinal: int, code: str, enrolled_on: date) -> list[Event]:
    injection = _at(hands, enrolled_on + timedelta(days=14), 8)

    async def enrol() -> None:
        row = _part("participants.csv", lambda row: row["participant"] == code)
        await import_file(hands.site, "carla", "participants", row)

    async def randomise() -> None:
        await hands.do("carla", "participant-confirm-eligible", code)
        hands.clock.pass_minutes(5)
        await hands.do("carla", "participant-randomise", code)

    async def no_show() -> None:
        kit = text(await hands.see("carla", code), "live_kit_1")
        await procedure.order(hands, kit)
        hands.clock.pass_minutes(90)
        await hands.do("carla", "kit-cancel-order", kit, reason="participant_absent")

    async def withdraw() -> None:
        await hands.do("carla", "participant-withdraw", code, reason="consent_withdrawn")

    async def inject() -> None:
        kit = text(await hands.see("carla", code), "live_kit_1")
        await procedure.whole_day(hands, kit, DAYS.get(ordinal, procedure.ORDINARY))

    async def replace() -> None:
        old = text(await hands.see("carla", code), "live_kit_1")
        given = await hands.see("carla", old)
        joint = texts(given, "joints")[1:2]
        await hands.do("carla", "kit-replace", old, joints=joint, reason="dropped")
        await procedure.whole_day(hands, text(await hands.see("carla", code), "live_kit_1"))

    events: list[Event] = [(_at(hands, enrolled_on, 7), enrol), (_at(hands, enrolled_on, 9), randomise)]
    if ordinal == NO_SHOW:
        events.append((injection - timedelta(days=2), no_show))
    if ordinal == WITHDRAWN:
        return [*events, (injection - timedelta(days=1), withdraw)]
    events.append((injection, inject))
    if ordinal in DAYS and DAYS[ordinal].drop is not None and code != REPLACED_TODAY:
        events.append((injection + timedelta(days=7), replace))
    return events + _month_six(hands, code, injection)


def _month_six(hands: Hands, code: str, injection: datetime) -> list[Event]:
    crossed: dict[str, str] = {}

    async def unblind() -> None:
        locked = hands.clock.at.date().isoformat()
        told = [{"who": who, "how": "in_person"} for who in ("the participant", "Carla Ortiz")]
        entitled = ["carla", "cho", "ines", "ivan", "priya", "pavel"]
        outcome = await hands.do(
            "stella", "participant-unblind", code, second="sven", data_lock="5e" * 32, locked_on=locked,
            locked_by="Data management", told=told, entitled=entitled,
        )  # fmt: skip
        kits = await (await hands.reader("stella")).kits_of(code, period=2)
        if outcome.status and kits:
            crossed["kit"] = kits[0]

    async def cross_over() -> None:
        if crossed:
            await procedure.whole_day(hands, crossed["kit"])

    return [
        (injection + HALF_A_YEAR, unblind),
        (injection + HALF_A_YEAR + timedelta(days=12, hours=3), cross_over),
    ]


async def in_flight(hands: Hands, now: datetime) -> None:
    """Today: a kit waits at the pharmacy's door, and a vial is in the bath since eight minutes ago."""
    hands.clock.reach(now - timedelta(minutes=150))
    replaced = await _replacement(hands)
    for code in [
        row.participant for row in manifests.read_participants(file("participants.csv"), hands.site.profile)
    ]:
        participant = await hands.see("carla", code)
        kit = text(participant, "live_kit_1")
        if participant.state == "randomised" and kit and (await hands.see("carla", kit)).state == "assigned":
            hands.clock.reach(now - timedelta(minutes=45))
            await procedure.order(hands, kit)
            hands.clock.reach(now - timedelta(minutes=20))
            await procedure.call(hands, kit)
            hands.clock.reach(now - timedelta(minutes=10))
            await procedure.pick_and_thaw(hands, kit)
            break
    hands.clock.reach(now - timedelta(minutes=5))
    await hands.do("tamar", "kit-hand-to-pharmacy", replaced)


async def _replacement(hands: Hands) -> str:
    """The syringe that was dropped the other day is replaced, and the new kit prepared; its code."""
    old = text(await hands.see("carla", REPLACED_TODAY), "live_kit_1")
    joint = texts(await hands.see("carla", old), "joints")[1:2]
    await hands.do("carla", "kit-replace", old, joints=joint, reason="dropped")
    kit = text(await hands.see("carla", REPLACED_TODAY), "live_kit_1")
    await procedure.order(hands, kit)
    await procedure.call(hands, kit)
    await procedure.prepare(hands, kit)
    return kit


__all__ = ["ADMINISTRATORS", "file", "tell"]
