"""What a working study holds, put there by acts: devices, storage, lots, vials, a list, kits in any state."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from inventory.domain import clocks
from inventory.domain.identifiers import numbers
from inventory.domain.items import Item, Kind
from tests.domain import walks
from tests.sites import Cast

DIGEST = "0" * 64
RACK = "JAX/CRYO/T1/R1"
DEVICES = {"BATH": "thaw-device", "LOGGER": "temperature-logger", "COUNTER": "cell-counter"}
PLACES = {"JAX": "site", "JAX/CRYO": "room", "JAX/CRYO/T1": "tank", RACK: "rack"}
GRID = 9


def box_code(seed: int = 5) -> str:
    """The code of a box; another seed, another box."""
    digits = itertools.chain([seed // 23, seed % 23], itertools.repeat(3))
    return numbers.draw(numbers.Kind.BOX, lambda limit: next(digits) % limit)


BOX = box_code()


def position(ordinal: int, box: str = BOX) -> str:
    """The code of position number `ordinal` of a box of nine columns, from 1."""
    return numbers.position_code(box, (ordinal - 1) // GRID + 1, (ordinal - 1) % GRID + 1)


async def devices_and_storage(cast: Cast) -> None:
    """A thaw device, a logger, a counter; a rack with one empty box."""
    await cast.together(
        *(
            cast.request(
                "device-register", code, kind=kind, serial=f"SN-{code}", calibration_due="2027-06-30"
            )
            for code, kind in DEVICES.items()
        )
    )
    warmest = {"limit_millicelsius": -150_000}
    await cast.together(
        *(cast.request("place-register", path, kind=kind, **warmest) for path, kind in PLACES.items())
    )
    await box(cast, BOX)


async def box(cast: Cast, code: str, place: str = RACK) -> None:
    """An empty box."""
    await cast.must("box-register", code, place=place, name=f"Box {code}", rows=GRID, columns=GRID)


def serials(lot: str, vials: int) -> list[str]:
    """The serials of a lot's vials."""
    return [f"{lot}-{ordinal}" for ordinal in range(1, vials + 1)]


def manifest(product: str, vials: list[str]) -> dict[str, Any]:
    """What `lot-register` asks for."""
    return {
        "product": product, "manufacturer": "Maker", "cryo_medium": "CS10", "dmso_basis_points": 1000,
        "filled_on": "2026-01-15", "expires_on": "2027-12-31",
        **walks.filled(vials, cells=product == "BM-MSC"),
    }  # fmt: skip


async def lot_received(cast: Cast, code: str, product: str = "DMSO", vials: int = 5) -> list[str]:
    """A lot in quarantine, its vials received; their serials. Devices and storage must be there."""
    mine, seal = serials(code, vials), {"seal": "SEAL-1", "logger_id": "LOGGER"}
    found = {"warmest_millicelsius": -160_000, "condition": "intact"}
    if await cast.find(Kind.DONOR, "DN-1") is None:
        told = {"determined_on": "2026-01-10", "determined_by": "Dr Gray"}
        await cast.must("donor-register", "DN-1", eligibility="eligible", **told)
    await cast.together(
        cast.request("lot-register", code, **manifest(product, mine)),
        cast.request(
            "shipment-advise", f"S-{code}", sender="Maker", receiver="Site", carrier="Carrier",
            shipper_id="DRY-1", expected_from="2026-11-20", expected_to="2026-11-23", vials=mine, **seal,
        ),
        cast.request("shipment-receive", f"S-{code}", **found, **seal),
        *(cast.request("vial-receive", serial, shipment=f"S-{code}") for serial in mine),
    )  # fmt: skip
    return mine


async def lot_stored(
    cast: Cast, code: str, product: str = "DMSO", vials: int = 5, *, first: int = 1, box: str = BOX
) -> list[str]:
    """A released lot, its vials stored in that box from position number `first` on; their serials."""
    mine = await lot_received(cast, code, product, vials)
    results = [
        {"test": test, "method": "M", "specification": "S", "result": "R", "verdict": "pass"}
        for test in cast.site.profile.release_tests_for(product)
    ]
    await cast.together(
        *(
            cast.request("vial-store", serial, position=position(first + place, box))
            for place, serial in enumerate(mine)
        ),
        cast.request("lot-record-results", code, issued_on="2026-11-01", results=results),
        cast.request("lot-release", code),
    )
    return mine


async def furnished(cast: Cast, vials: int = 5) -> None:
    """Devices, storage, a released lot for each product, all posted as a supply, a list of eight rows, twenty kits.

    No more kits can be ordered than a lot has vials.
    """
    await devices_and_storage(cast)
    for turn, product in enumerate(cast.site.profile.products):
        await lot_stored(cast, f"{product.code}-1", product.code, vials, first=1 + vials * turn)
    await list_and_kits(cast)
    await cast.must("study-post-supply", cast.site.profile.study.id)


async def list_and_kits(cast: Cast, rows: int = 8, kits: int = 20) -> None:
    """A randomisation list that takes the arms in turn, and planned kits."""
    profile = cast.site.profile
    arms = itertools.cycle(arm.code for arm in profile.arms)
    told = [
        {"row": f"R{number}", "stratum": stratum, "arm": next(arms)}
        for stratum in profile.randomisation.strata
        for number in range(rows)
    ]
    await cast.must("study-load-randomization", profile.study.id, version="1", file=DIGEST, rows=told)
    await cast.must("study-plan-kits", profile.study.id, count=kits)


async def enrol(cast: Cast, participant: str = "P-001", *, joints: int = 2) -> str:
    """A participant, randomised; the code of their kit."""
    profile = cast.site.profile
    await cast.together(
        cast.request(
            "participant-enrol", participant, site=profile.site.code,
            stratum=profile.randomisation.strata[0], consented_on="2026-11-01", enrolled_on="2026-11-02",
            pregnancy_test_required=True, joints=profile.joints[:joints],
        ),
        cast.request("participant-confirm-eligible", participant),
        cast.request("participant-randomise", participant),
    )  # fmt: skip
    return (await cast.item(Kind.PARTICIPANT, participant)).text("live_kit_1")


def pregnancy_test(cast: Cast, hours: int = 2) -> dict[str, str]:
    """A negative test read some hours ago."""
    return {"result": "negative", "at": clocks.format_instant(cast.site.now() - timedelta(hours=hours))}


def preparation(**rest: Any) -> dict[str, Any]:
    """A preparation record, as good for one product as for another."""
    diluent = {"name": "saline", "lot_number": "NS-1", "expires_on": "2027-05-31"}
    told = {"inspection": "pass", "viability_permille": 910, "count": 41_000_000, "device": "BATH"}
    return {**told, "counter": "COUNTER", "diluent": diluent, **rest}


async def pick_list(cast: Cast, kit: str) -> list[Item]:
    """The vials that a technician is told to take for the kit."""
    items = await _all(cast, Kind.VIAL)
    arm = await cast.item(Kind.ARM, (await cast.item(Kind.KIT, kit)).parent or "")
    product = cast.site.profile.product_for(arm.text("arm"), 1)
    lots = {lot.code: lot for lot in await _all(cast, Kind.LOT) if lot.text("product") == product}
    fit = [vial for vial in items if vial.state == "stored" and vial.parent in lots]
    fit.sort(key=lambda vial: (lots[vial.parent or ""].due or "", vial.place or "", vial.code))
    return fit[: cast.site.profile.kit.vials_per_kit]


async def _all(cast: Cast, kind: Kind) -> list[Item]:
    from tests.sites import stored_items

    return [item for item in (await stored_items(cast)).values() if item.kind is kind]


async def _order(cast: Cast, kit: str, participant: str) -> None:
    await cast.must("kit-order", kit, joints=(await cast.item(Kind.KIT, kit)).texts("joints"))


async def _call(cast: Cast, kit: str, participant: str) -> None:
    await cast.must("kit-call", kit, participant=participant, pregnancy_test=pregnancy_test(cast))
    await cast.must("kit-sign-on", kit)


async def thaw(cast: Cast, kit: str) -> list[str]:
    """The kit's vials, picked and thawed."""
    vials = await pick_list(cast, kit)
    for vial in vials:
        await cast.must("vial-pick", vial.code, kit=kit, position=vial.place)
        await cast.must("vial-thaw", vial.code, device="BATH", celsius_milli=37_000)
        cast.hands.wait(minutes=3)
        await cast.must("vial-finish-thaw", vial.code, appearance="clear_of_ice")
    return [vial.code for vial in vials]


async def _prepare(cast: Cast, kit: str, participant: str) -> None:
    await thaw(cast, kit)
    await cast.must("kit-record-preparation", kit, **preparation())
    cast.hands.wait(minutes=60)
    joints = (await cast.item(Kind.KIT, kit)).texts("joints")
    await cast.must("kit-prepare", kit, volumes_ul=[1000] * len(joints), sleeve="opaque")


async def _give_all(cast: Cast, kit: str, participant: str) -> None:
    for syringe in (await cast.item(Kind.KIT, kit)).texts("syringes"):
        await give(cast, syringe, participant)


async def give(cast: Cast, syringe: str, participant: str) -> None:
    """An injection into the planned joint, of all that the syringe holds."""
    joint = (await cast.item(Kind.SYRINGE, syringe)).text("joint")
    await cast.must("syringe-give", syringe, participant=participant, joint=joint, given_ul=1000)


async def _return(cast: Cast, kit: str, participant: str) -> None:
    syringes = (await cast.item(Kind.KIT, kit)).texts("syringes")
    await cast.must("kit-return", kit, remainders=[{"syringe": one, "remainder_ul": 0} for one in syringes])


def _step(action: str, *, for_participant: bool = False, **evidence: Any) -> Callable[..., Awaitable[None]]:
    async def step(cast: Cast, kit: str, participant: str) -> None:
        told = {"participant": participant} if for_participant else {}
        await cast.must(action, kit, **told, **evidence)

    return step


STEPS: dict[str, Callable[..., Awaitable[None]]] = {
    "ordered": _order,
    "called_for": _call,
    "prepared": _prepare,
    "offered_to_pharmacy": _step("kit-hand-to-pharmacy"),
    "at_pharmacy": _step("kit-accept-at-pharmacy"),
    "dispensed": _step("kit-dispense", for_participant=True),
    "offered_to_bedside": _step("kit-hand-to-bedside"),
    "at_bedside": _step("kit-accept-at-bedside"),
    "confirmed": _step("kit-confirm", for_participant=True),
    "administered": _give_all,
    "returned": _return,
    "reconciled": _step("kit-reconcile"),
    "destroyed": _step("kit-destroy", method="autoclave"),
}
"""The printed path of a kit that is given, each state with the step that leads to it.

Once the kit is called for, the first technician has signed on to it.
"""


async def walk(cast: Cast, kit: str, participant: str, state: str) -> None:
    """Walk a kit on from where it is to that state."""
    path = ["assigned", *STEPS]
    here = (await cast.item(Kind.KIT, kit)).state
    for step in path[path.index(here) + 1 : path.index(state) + 1]:
        await STEPS[step](cast, kit, participant)


async def kit_at(cast: Cast, state: str, participant: str = "P-001") -> str:
    """A new participant's kit, walked along the printed path to that state."""
    kit = await enrol(cast, participant)
    await walk(cast, kit, participant, state)
    return kit


async def called_for(cast: Cast, participant: str = "P-001") -> str:
    """A new participant's kit, just called for: nobody has signed on to it."""
    kit = await kit_at(cast, "ordered", participant)
    await cast.must("kit-call", kit, participant=participant, pregnancy_test=pregnancy_test(cast))
    return kit
