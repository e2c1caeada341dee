"""The study that the benchmarks work on: people, devices, storage and lots of the demonstration's files.

It is made through the services, as a user would make it, with sixteen participants whose kits can be ordered
and sixteen stored vials that can be moved: what sixteen clients scan for as long as they like.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from inventory.demo import past
from inventory.demo.cast import ADMINISTRATORS, PASSWORD
from inventory.demo.hands import Hands, ToldClock, text, texts
from inventory.domain import manifests
from inventory.domain.identifiers import numbers
from inventory.domain.items import Item
from inventory.services import people
from inventory.services.imports import import_file
from inventory.services.opening import Administrator, initialise
from inventory.services.site import Site
from inventory.store import gate
from inventory.store.settings import Environment, Settings

CLIENTS = 16
COORDINATOR, TECHNICIAN = "carla", "tamar"


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit that is assigned, and the joints that an order of it names."""

    code: str
    joints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vial:
    """A stored vial, with the position it lies in and a free one beside it."""

    code: str
    lies: str
    free: str


@dataclass(frozen=True, slots=True)
class Study:
    """What a load needs to know of a study: who may ask, and what there is to scan."""

    settings: Settings
    tokens: dict[str, str]
    kits: list[Kit]
    vials: list[Vial]


def settings_for(home: Path, url: str | None = None, owner_url: str | None = None) -> Settings:
    """The settings of a study under `home`; on SQLite unless a database is named."""
    return Settings(
        environment=Environment.TEST,
        home=home,
        keys=home / "keys",
        database_url=url or f"sqlite:///{home / 'cellcustody.sqlite'}",
        database_owner_url=owner_url,
    )


def made(settings: Settings) -> Study:
    """A new study, ready to be served by another process."""
    return asyncio.run(_made(settings))


async def _made(settings: Settings) -> Study:
    site = await initialise(settings, [Administrator(a.code, a.name, PASSWORD) for a in ADMINISTRATORS])
    try:
        hands = Hands(site, ToldClock(datetime.now(UTC)))
        await past.people_and_things(hands)
        kits, vials = await _kits(hands), await _vials(hands)
        tokens = {name: await people.new_token(site, name) for name in (COORDINATOR, TECHNICIAN)}
    finally:
        await site.close()
    return Study(settings, tokens, kits, vials)


async def _kits(hands: Hands) -> list[Kit]:
    rows = past.file("participants.csv")
    await import_file(hands.site, COORDINATOR, "participants", rows)
    kits = []
    for row in manifests.read_participants(rows, hands.site.profile)[:CLIENTS]:
        await hands.do(COORDINATOR, "participant-confirm-eligible", row.participant)
        await hands.do(COORDINATOR, "participant-randomise", row.participant)
        code = text(await hands.see(COORDINATOR, row.participant), "live_kit_1")
        kits.append(Kit(code, tuple(texts(await hands.see(COORDINATOR, code), "joints"))))
    return kits


async def _vials(hands: Hands) -> list[Vial]:
    shipment = manifests.read_shipments(past.file("shipment.csv"), hands.site.profile)[0]
    await hands.do(
        TECHNICIAN, "shipment-receive", shipment.code, second="tomas", seal=shipment.seal,
        logger_id=shipment.logger_id, warmest_millicelsius=-176_400, condition="intact",
    )  # fmt: skip
    boxes = [place.name for place in manifests.read_places(past.file("storage.csv")) if place.kind == "box"]
    cells = itertools.product(boxes, range(1, 10), range(1, 10))
    positions = (numbers.position_code(*cell) for cell in cells)
    vials = []
    for code, lies, free in zip(shipment.vials[:CLIENTS], positions, positions, strict=False):
        await _store(hands, shipment.code, code, lies)
        vials.append(Vial(code, lies, free))
    await _supply(hands, shipment, positions)
    return vials


async def _store(hands: Hands, shipment: str, vial: str, position: str) -> None:
    await hands.do(TECHNICIAN, "vial-receive", vial, shipment=shipment)
    await hands.do(TECHNICIAN, "vial-store", vial, position=position)


async def _supply(hands: Hands, shipment: manifests.Shipment, positions: Iterator[str]) -> None:
    """A lot of each product released and enough of it posted, so that every client can order."""
    lots = {
        row.vial_serial: row.lot_number
        for row in manifests.read_lots(past.file("lot.csv"), hands.site.profile)
    }
    for lot in dict.fromkeys(lots[vial] for vial in shipment.vials):
        mine = [vial for vial in shipment.vials[CLIENTS:] if lots[vial] == lot]
        for vial in mine[: CLIENTS + 1]:
            await _store(hands, shipment.code, vial, next(positions))
        await import_file(hands.site, "quinn", "coa", past.file(f"coa-{lot}.json"))
        await hands.do("quinn", "lot-release", lot, second="quira")
    await hands.do("mona", "study-post-supply", hands.site.profile.study.id)


async def person(site: Site, code: str) -> Item:
    """That person of the study, as signing in finds them."""
    found = await gate.person(code)
    if found is None:
        raise LookupError(f"{code} is nobody in {site.profile.study.id}")
    return found
