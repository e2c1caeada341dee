"""Whole lives walked in the lab: a furnished study, and a kit brought to any state of its path."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from zlib import crc32

from inventory.domain import clocks
from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind, new
from inventory.domain.lives.contents import pick_list
from inventory.domain.roles import Role
from tests.domain.lab import PEOPLE, Lab, profile

TERM = {"from_day": "2026-01-01", "to_day": "2027-12-31", "document": "DOA-1"}
DIGEST = "0" * 64
UNBLINDED = {
    "data_lock": DIGEST,
    "locked_by": "Data manager",
    "locked_on": "2026-11-20",
    "told": [{"who": "Dr Gray", "how": "in_person"}],
    "entitled": [],
}
"""What `participant-unblind` asks for; the participant's data of month 6 have to be locked by then."""
RACK = "JAX/CRYO/T1/R1"
VIALS_A_LOT = 5


def box_code(seed: int = 5) -> str:
    return numbers.draw(numbers.Kind.BOX, lambda limit: seed % limit)


BOX = box_code()


def position(ordinal: int, box: str = BOX) -> str:
    """The code of the position number `ordinal` of a box of nine columns, from 1."""
    return numbers.position_code(box, (ordinal - 1) // 9 + 1, (ordinal - 1) % 9 + 1)


def study(name: str = "nct06001853") -> Lab:
    """A study with people, devices, storage, a released lot of each product, a list and kit numbers."""
    return _furnished(name).copy()


@cache
def _furnished(name: str) -> Lab:
    lab = Lab(profile(name))
    _people(lab)
    _storage(lab)
    cells = count(1)
    for product in lab.profile.products:
        lot(lab, f"{product.code}-1", product.code)
        for ordinal in range(1, VIALS_A_LOT + 1):
            lab.must("vial-store", f"{product.code}-1-{ordinal}", position=position(next(cells)))
        release(lab, f"{product.code}-1")
    arms = [arm.code for arm in lab.profile.arms]
    strata = lab.profile.randomisation.strata
    rows = [
        {"row": f"R{i}", "stratum": stratum, "arm": arms[i % len(arms)]}
        for stratum in strata
        for i in range(8)
    ]
    lab.must("study-load-randomization", lab.profile.study.id, version="1", file=DIGEST, rows=rows)
    lab.must("study-plan-kits", lab.profile.study.id, count=20)
    lab.must("study-post-supply", lab.profile.study.id)
    return lab


def _people(lab: Lab) -> None:
    lab.put(new(Kind.PERSON, "init", "active", roles=[Role.ADMINISTRATOR.value]))
    opened = {"profile": DIGEST, "environment": "test", "origin": "lab"}
    lab.must("study-open", lab.profile.study.id, by="init", **opened)
    for name in PEOPLE[Role.ADMINISTRATOR]:
        lab.must("person-add", name, by="init", name=name, roles=[Role.ADMINISTRATOR])
    del lab.view.items[Kind.PERSON, "init"]
    for role, names in PEOPLE.items():
        for name in names if role is not Role.ADMINISTRATOR else ():
            lab.must("person-add", name, by="xena", second="xaver", name=name, roles=[role])
            lab.must("person-delegate", name, by="xena", **TERM)
            lab.must("person-train", name, by="xena", **TERM)


def _storage(lab: Lab) -> None:
    for code, kind in (
        ("BATH", "thaw-device"),
        ("LOGGER", "temperature-logger"),
        ("COUNTER", "cell-counter"),
    ):
        lab.must("device-register", code, kind=kind, serial=f"SN-{code}", calibration_due="2027-06-30")
    for path, kind in (("JAX", "site"), ("JAX/CRYO", "room"), ("JAX/CRYO/T1", "tank"), (RACK, "rack")):
        lab.must("place-register", path, kind=kind, limit_millicelsius=-150_000)
    lab.must("box-register", BOX, place=RACK, name="Box 1", rows=9, columns=9)
    lab.must(
        "donor-register", "DN-1", eligibility="eligible", determined_on="2026-01-10", determined_by="Dr Gray"
    )


def filled(serials: list[str], *, cells: bool, donor: str = "DN-1") -> dict[str, Any]:
    """What a manifest says of vials with these serials: of cells also where they come from."""
    vials: list[dict[str, Any]] = [{"serial": one, "volume_ul": 4500} for one in serials]
    if not cells:
        return {"vials": vials}
    din = f"A999926{crc32(serials[0].encode()) % 10**6:06}"
    more = [{"division": f"{place:06}", "cells": 45_000_000} for place, _ in enumerate(serials, start=1)]
    origin = {"donor_code": donor, "din": din, "isbt_product_code": "YA001", "passage": 3}
    return {**origin, "vials": [{**vial, **one} for vial, one in zip(vials, more, strict=True)]}


def lot(lab: Lab, code: str, product: str, vials: int = VIALS_A_LOT, **manifest: Any) -> None:
    """A lot in quarantine, its vials received."""
    cellular = lab.profile.product(product).cellular
    serials = [f"{code}-{ordinal}" for ordinal in range(1, vials + 1)]
    told = {
        "product": product, "manufacturer": "Maker", "cryo_medium": "CS10", "dmso_basis_points": 1000,
        "filled_on": "2026-01-15", "expires_on": "2027-12-31", **filled(serials, cells=cellular),
    }  # fmt: skip
    lab.must("lot-register", code, **{**told, **manifest})
    seal = {"seal": "SEAL-1", "logger_id": "LOGGER"}
    lab.must(
        "shipment-advise", f"S-{code}", sender="Maker", receiver="Site", carrier="Carrier",
        shipper_id="DRY-1", expected_from="2026-11-20", expected_to="2026-11-23", vials=serials, **seal,
    )  # fmt: skip
    lab.must("shipment-receive", f"S-{code}", warmest_millicelsius=-160_000, condition="intact", **seal)
    for serial in serials:
        lab.must("vial-receive", serial, shipment=f"S-{code}")


def results(lab: Lab, code: str, **verdicts: str) -> dict[str, Any]:
    """A certificate on which every release test passes but those named, with _ for - in their names."""
    product = lab.get(Kind.LOT, code).text("product")
    given = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    lines = [
        {"test": test, "method": "M", "specification": "S", "result": "R", "verdict": given.get(test, "pass")}
        for test in lab.profile.release_tests_for(product)
    ]
    return {"issued_on": "2026-11-01", "results": lines}


def release(lab: Lab, code: str) -> None:
    """The lot's tests, all passed, and its release."""
    lab.must("lot-record-results", code, **results(lab, code))
    lab.must("lot-release", code)


def enrol(lab: Lab, participant: str) -> str:
    """A participant's kit, assigned."""
    joints = lab.profile.joints[: min(2, lab.profile.kit.max_joints)]
    lab.must(
        "participant-enrol", participant, site=lab.profile.site.code,
        stratum=lab.profile.randomisation.strata[0], consented_on="2026-11-01", enrolled_on="2026-11-02",
        pregnancy_test_required=True, joints=joints,
    )  # fmt: skip
    lab.must("participant-confirm-eligible", participant)
    lab.must("participant-randomise", participant)
    return lab.get(Kind.PARTICIPANT, participant).text("live_kit_1")


def half_a_year_ago(lab: Lab, participant: str) -> None:
    """Let all that was done to the participant have been done half a year ago."""
    item = lab.get(Kind.PARTICIPANT, participant)
    known = {name: ["2026-05-20T09:00:00.000000Z"] * 2 for name in ("randomised_at", "treated_at")}
    lab.put(item.with_facts(**{name: at for name, at in known.items() if name in item.facts}))


def unblind(lab: Lab, participant: str, *entitled: str) -> None:
    """The participant's planned unblinding, half a year on."""
    half_a_year_ago(lab, participant)
    lab.must("participant-unblind", participant, **{**UNBLINDED, "entitled": list(entitled)})


def pregnancy_test(lab: Lab, result: str = "negative", hours: int = 2) -> dict[str, str]:
    """A test read some hours ago."""
    return {"result": result, "at": clocks.format_instant(lab.now - timedelta(hours=hours))}


def instant(text: str | None) -> datetime:
    """An instant that a fact or a due holds."""
    assert text is not None
    return clocks.parse_instant(text)


def minutes_ago(lab: Lab, minutes: int) -> datetime:
    return lab.now - timedelta(minutes=minutes)


def picked(lab: Lab, kit: str) -> list[str]:
    """The vials that the pick list names, picked."""
    case = lab.case("kit-prepare", kit, volumes_ul=[1], sleeve="opaque")
    vials = pick_list(case, lab.get(Kind.KIT, kit))
    for vial in vials:
        lab.must("vial-pick", vial.code, kit=kit, position=vial.place)
    return [vial.code for vial in vials]


def thawed(lab: Lab, kit: str) -> list[str]:
    """The kit's vials, picked and thawed."""
    vials = picked(lab, kit)
    for vial in vials:
        lab.must("vial-thaw", vial, device="BATH", celsius_milli=37_000)
        lab.wait(minutes=3)
        lab.must("vial-finish-thaw", vial, appearance="clear_of_ice")
    return vials


def preparation(**rest: Any) -> dict[str, Any]:
    """A preparation record, as good for one product as for another."""
    diluent = {"name": "saline", "lot_number": "NS-1", "expires_on": "2027-05-31"}
    told = {"inspection": "pass", "viability_permille": 910, "count": 41_000_000, "device": "BATH"}
    return {**told, "counter": "COUNTER", "diluent": diluent, **rest}


def _order(lab: Lab, kit: str, participant: str) -> None:
    lab.must("kit-order", kit, joints=lab.get(Kind.KIT, kit).texts("joints"))


def _call(lab: Lab, kit: str, participant: str) -> None:
    lab.must("kit-call", kit, participant=participant, pregnancy_test=pregnancy_test(lab))
    lab.must("kit-sign-on", kit)


def _prepare(lab: Lab, kit: str, participant: str) -> None:
    thawed(lab, kit)
    lab.must("kit-record-preparation", kit, **preparation())
    lab.wait(minutes=60)
    lab.must(
        "kit-prepare", kit, volumes_ul=[1000] * len(lab.get(Kind.KIT, kit).texts("joints")), sleeve="opaque"
    )


def _step(action: str) -> Any:
    def step(lab: Lab, kit: str, participant: str) -> None:
        lab.must(action, kit)

    return step


def _for_participant(action: str) -> Any:
    def step(lab: Lab, kit: str, participant: str) -> None:
        lab.must(action, kit, participant=participant)

    return step


def give(lab: Lab, syringe: str, to: str, **rest: Any) -> Any:
    """An injection into the planned joint, of all that the syringe holds."""
    joint = lab.get(Kind.SYRINGE, syringe).text("joint")
    return lab.do("syringe-give", syringe, **{"participant": to, "joint": joint, "given_ul": 1000, **rest})


def _give_all(lab: Lab, kit: str, participant: str) -> None:
    for syringe in lab.get(Kind.KIT, kit).texts("syringes"):
        assert give(lab, syringe, participant).refused == ()


def _return(lab: Lab, kit: str, participant: str) -> None:
    back = [{"syringe": code, "remainder_ul": 0} for code in lab.get(Kind.KIT, kit).texts("syringes")]
    lab.must("kit-return", kit, remainders=back)


STEPS = {
    "ordered": _order,
    "called_for": _call,
    "prepared": _prepare,
    "offered_to_pharmacy": _step("kit-hand-to-pharmacy"),
    "at_pharmacy": _step("kit-accept-at-pharmacy"),
    "dispensed": _for_participant("kit-dispense"),
    "offered_to_bedside": _step("kit-hand-to-bedside"),
    "at_bedside": _step("kit-accept-at-bedside"),
    "confirmed": _for_participant("kit-confirm"),
    "administered": _give_all,
    "returned": _return,
    "reconciled": _step("kit-reconcile"),
    "destroyed": lambda lab, kit, participant: lab.must("kit-destroy", kit, method="autoclave"),
}
"""The printed path of a kit that is given, each state with the step that leads to it."""


def kit_at(lab: Lab, state: str, participant: str = "P-001") -> str:
    """A participant's kit, walked along the printed path to that state."""
    kit = enrol(lab, participant)
    walk(lab, kit, participant, state)
    return kit


def walk(lab: Lab, kit: str, participant: str, state: str) -> None:
    """Walk a kit on from where it is."""
    path = ["assigned", *STEPS]
    for step in path[path.index(lab.state(Kind.KIT, kit)) + 1 : path.index(state) + 1]:
        STEPS[step](lab, kit, participant)
        assert lab.state(Kind.KIT, kit) == step
