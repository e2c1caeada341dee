"""A world before its first participant: people, devices, tanks, released lots of each product, the list.

Everything passes through the services, in groups of acts that are recorded together or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from inventory.services import acts, people
from inventory.worlds import cast, stock
from inventory.worlds.world import MADE, ScriptBrokenError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.profile import Profile
    from inventory.worlds.stock import Lot
    from inventory.worlds.world import World

FORWARD = {"from_day": "2025-12-01", "to_day": "2028-12-31"}
KITS_FOR = 12
"""For how many kits a lot is enough, as many as the script prepares before its supply runs out; more than twice as
many kit numbers are drawn."""


class Deed(NamedTuple):
    """One act of the set-up."""

    who: str
    action: str
    code: str
    evidence: dict[str, Any]
    second: str = ""


async def furnish(world: World, kits: int = KITS_FOR) -> None:
    """Everything up to the first enrolment; each lot is enough for so many kits."""
    profile = world.site.profile
    await together(world, _people())
    for who in (cast.SIGNS_IN, *cast.SIGNING):
        await people.set_password(world.site, who, cast.PASSWORD)
    lots = stock.lots(profile, kits)
    await together(world, _things(profile, lots))
    posted = [lot for lot in lots if lot.expires_on == stock.EXPIRES[0]]
    for lot in posted:
        await together(world, _lot(profile, lot))
    supplied = Deed("mona", "study-post-supply", profile.study.id, {})
    await together(world, [_list(profile, world.arms), _kits(profile, 2 * kits + 6), supplied])
    for lot in (one for one in lots if one not in posted):
        await together(world, _lot(profile, lot))


async def together(world: World, deeds: Iterable[Deed]) -> None:
    """Record these acts as one group.

    Raises:
        ScriptBrokenError: with what was refused.
    """
    requests = []
    for who, action, code, evidence, second in deeds:
        world.hands.done += 1
        if second:
            evidence["second"] = {"token": await world.hands.token(second), "scan": code}
        brought = acts.evidence_of(action, evidence)
        asked = acts.Asked(who, action, code, world.hands.clock.at, brought, f"seed {world.hands.done}")
        requests.append(await acts.request_of(world.site, asked))
    for request, outcome in zip(requests, await world.site.ledger.submit(requests), strict=True):
        if outcome.status != MADE and outcome.answer:
            raise ScriptBrokenError(f"{request.act.action} {request.act.code}: {outcome.answer}")


def _people() -> Iterator[Deed]:
    for one in cast.HIRED:
        yield Deed("ada", "person-add", one.code, {"name": one.name, "roles": [one.role.value]}, "abel")
        yield Deed("ada", "person-delegate", one.code, {"document": "DELEGATION-1", **FORWARD})
        yield Deed("ada", "person-train", one.code, {"document": "TRAINING-1", **FORWARD})


def _things(profile: Profile, lots: list[Lot]) -> Iterator[Deed]:
    for code, kind in cast.DEVICES:
        told = {"kind": kind, "serial": f"SN-{code}", "calibration_due": "2028-12-31"}
        yield Deed("quinn", "device-register", code, told)
    yield Deed("tamar", "place-register", profile.site.code, {"kind": "site"})
    for tank in sorted({lot.tank for lot in lots}):
        yield Deed("tamar", "place-register", tank, {"kind": "tank", "limit_millicelsius": -150_000})
    for lot in lots:
        grid = {"name": f"Box of {lot.number}", "rows": stock.GRID, "columns": stock.GRID}
        yield Deed("tamar", "box-register", lot.box, {"place": lot.tank, **grid})
    if any(lot.product.cellular for lot in lots):
        told = {"eligibility": "eligible", "determined_on": "2025-06-03", "determined_by": "Donor programme"}
        yield Deed("quinn", "donor-register", stock.DONOR, told)


def _lot(profile: Profile, lot: Lot) -> Iterator[Deed]:
    sealed = {"seal": f"SEAL-{lot.number}", "logger_id": "LG-0001"}
    yield Deed("tamar", "lot-register", lot.number, lot.registered())
    advised = {
        "sender": "Maker", "receiver": "Laboratory", "carrier": "Courier", "shipper_id": "DS-0042",
        "expected_from": "2026-01-05", "expected_to": "2026-01-06", "vials": list(lot.vials), **sealed,
    }  # fmt: skip
    yield Deed("tamar", "shipment-advise", lot.shipment, advised)
    found = {"warmest_millicelsius": -176_400, "condition": "intact", **sealed}
    yield Deed("tamar", "shipment-receive", lot.shipment, found, "tomas")
    for ordinal, vial in enumerate(lot.vials):
        yield Deed("tamar", "vial-receive", vial, {"shipment": lot.shipment})
        yield Deed("tamar", "vial-store", vial, {"position": stock.position(lot, ordinal)})
    yield Deed("tamar", "shipment-close", lot.shipment, {})
    tests = profile.release_tests_for(lot.product.code)
    results = [{"test": test, "result": "complies", "verdict": "pass"} for test in tests]
    yield Deed("quinn", "lot-record-results", lot.number, {"issued_on": "2026-01-04", "results": results})
    yield Deed("quinn", "lot-release", lot.number, {}, "quira")


def strata(profile: Profile, participants: int) -> list[str]:
    """The stratum of each participant: the profile's, in turn."""
    known = profile.randomisation.strata
    return [known[ordinal % len(known)] for ordinal in range(participants)]


def _list(profile: Profile, arms: tuple[str, ...]) -> Deed:
    rows = [
        {"row": str(number), "stratum": stratum, "arm": arm}
        for number, (stratum, arm) in enumerate(zip(strata(profile, len(arms)), arms, strict=True), start=1)
    ]
    # The digest is of the sealed file, and stands in the vault; no world needs a file.
    told = {"version": "1", "file": "0" * 64, "rows": rows}
    return Deed("stella", "study-load-randomization", profile.study.id, told)


def _kits(profile: Profile, count: int) -> Deed:
    return Deed("mona", "study-plan-kits", profile.study.id, {"count": count})
