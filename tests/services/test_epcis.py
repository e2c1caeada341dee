"""The record as EPCIS events: by the standard's schema, by its reference hash, and in lives that objects can have."""

from __future__ import annotations

import json
from typing import Any

from inventory.domain.items import Kind, Log
from inventory.domain.lives import ACTIONS
from inventory.services.epcis.arrivals import SENSED, SHIPPED
from inventory.services.epcis.steps import STEPS
from inventory.services.exporting import Wanted
from inventory.services.interchange import export_epcis
from inventory.store import gate
from tests.furniture import position
from tests.services.bench import THAW, filled, pick, record, thaw
from tests.services.epcis_lives import standing, troubles
from tests.services.epcis_oracle import reference_hashes
from tests.services.epcis_schema import errors
from tests.services.stock import stocked
from tests.services.ward import AUDITOR, UNBLINDED, Ward, word_of_the_lab

DIGITAL_LINK = "https://id.gs1.org/01/{}/21/{}"
OF_ALL = "09506000134376"
CELLS, VEHICLE = "09506000134352", "09506000134369"


async def exported(ward: Ward, who: str = AUDITOR, *, unblinded: bool = False) -> bytes:
    person = await gate.person(who)
    assert person is not None
    return await export_epcis(ward.site, Wanted(person, unblinded=unblinded))


async def events(ward: Ward, who: str = AUDITOR, *, unblinded: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await exported(ward, who, unblinded=unblinded))["epcisBody"][
        "eventList"
    ]
    return found


def steps(told: list[dict[str, Any]], epc: str) -> list[str]:
    """The steps of business that an object went through, the standard's words bare, ours without their prefix."""
    listed = ("epcList", "inputEPCList", "outputEPCList")
    return [
        event["bizStep"].rpartition(":")[2]
        for event in told
        if any(epc in event.get(name, ()) for name in listed)
    ]


async def a_busy_ward(ward: Ward) -> str:
    """Most of what can happen to vials, boxes and kits, and some of it taken back; a kit that was destroyed."""
    kit = await ward.kit_at("destroyed")
    await stocked(ward, "MSC-9", vials=6, sterility="fail")
    await ward.does("quinn", "lot-reject", "MSC-9", reason="test_failed")
    await ward.does("tina", "vial-move", "MSC-9-1", position=position(50))
    await ward.does("tina", "vial-sample", "MSC-9-1", purpose="retention")
    await ward.does("tina", "vial-destroy", "MSC-9-1", method="autoclave")
    await ward.does("tina", "vial-waste", "MSC-9-2", reason="broken")
    await ward.does("tina", "vial-destroy", "MSC-9-2", method="autoclave")
    await ward.does("tina", "vial-lose", "MSC-9-3", reason="not_found")
    await ward.does("tina", "vial-find", "MSC-9-3", position=position(51))
    await ward.does("tina", "vial-ship-out", "MSC-9-3", consignee="Maker", shipper="DRY-2")
    other = await ward.kit_at("called_for", "P-002")
    vial = await pick(ward, other)
    await ward.does("tina", "vial-return", vial, position=position(52))
    await ward.cast.must("lot-hold", "DMSO-1", reason="under_investigation")
    await ward.cast.must("lot-resume", "DMSO-1", reason="assessment_complete")
    return kit


# Others read it
async def test_every_document_is_valid_and_every_hash_is_what_the_reference_implementation_computes(
    ward: Ward,
) -> None:
    await a_busy_ward(ward)
    for who, unblinded in ((AUDITOR, False), (UNBLINDED, True)):
        document = await exported(ward, who, unblinded=unblinded)
        told = json.loads(document)
        assert errors(told) == []
        found = told["epcisBody"]["eventList"]
        assert [event["eventID"] for event in found] == reference_hashes(document)
        assert len({event["eventID"] for event in found}) == len(found) > 10
        assert troubles(found) == []


async def test_every_event_names_an_entry_that_an_auditor_finds_in_the_log(ward: Ward) -> None:
    await a_busy_ward(ward)
    told = json.loads(await exported(ward, UNBLINDED, unblinded=True))
    hashes = {
        (log, index): bytes(leaf_hash).hex()
        for log in ("open", "vault")
        for index, leaf_hash in await ward.cast.fetch(f'SELECT "index", leaf_hash FROM {log}_entry')
    }
    for event in told["epcisBody"]["eventList"]:
        place = event["cellcustody:log"], event["cellcustody:entry"]
        assert event["cellcustody:leafHash"] == hashes[place]
    heads = {one["cellcustody:log"]: one["cellcustody:size"] for one in told["cellcustody:heads"]}
    assert heads == dict(zip(("open", "vault"), await ward.sizes(), strict=True))


# What it tells
async def test_a_kit_and_its_syringes_are_told_from_their_making_to_their_end(ward: Ward) -> None:
    kit = await ward.kit_at("destroyed")
    told = await events(ward)
    syringe = (await ward.syringes(kit))[0].code
    assert steps(told, DIGITAL_LINK.format(OF_ALL, kit)) == [
        "commissioning", "shipping", "accepting", "dispensing", "shipping", "accepting", "inspecting",
        "receiving", "stock_taking", "destroying",
    ]  # fmt: skip
    assert steps(told, DIGITAL_LINK.format(OF_ALL, syringe)) == [
        "commissioning", "administering", "receiving", "destroying",
    ]  # fmt: skip
    (packed,) = [event for event in told if event["type"] == "AggregationEvent"]
    assert packed["parentID"] == DIGITAL_LINK.format(OF_ALL, kit)
    assert DIGITAL_LINK.format(OF_ALL, syringe) in packed["childEPCs"]


async def test_a_vial_is_told_from_its_manifest_into_the_syringes_it_filled(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    vial = await thaw(ward, kit)
    await record(ward, kit)
    ward.wait(minutes=60)
    await ward.does("tina", "kit-prepare", kit, **filled())
    told = await events(ward, UNBLINDED, unblinded=True)
    assert steps(told, DIGITAL_LINK.format(CELLS, vial)) == [
        "commissioning", "shipping", "receiving", "storing", "picking", "thawing", "thawed", "commissioning",
    ]  # fmt: skip
    (prepared,) = [event for event in told if event["type"] == "TransformationEvent"]
    syringes = [DIGITAL_LINK.format(OF_ALL, one.code) for one in await ward.syringes(kit)]
    assert prepared["inputEPCList"] == [DIGITAL_LINK.format(CELLS, vial)]
    assert prepared["outputEPCList"] == sorted(syringes)


async def test_times_are_those_of_the_entry_and_the_offset_is_the_sites(ward: Ward) -> None:
    ward.reach("2027-04-05T14:00:00Z")
    kit = await ward.kit_at("prepared")
    ward.wait(minutes=1)
    at = ward.ago(seconds=30)
    await ward.does("tina", "kit-hand-to-pharmacy", kit, at=at)
    shipped = (await events(ward))[-1]
    (leaf,) = (await ward.leaves(Log.OPEN))[-1:]
    assert (shipped["eventTime"], shipped["recordTime"]) == (leaf["occurred_at"], leaf["recorded_at"])
    assert shipped["eventTime"] < shipped["recordTime"]
    assert shipped["eventTimeZoneOffset"] == "-04:00", "the site's summer"
    assert (shipped["cellcustody:performedBy"], shipped["readPoint"]["id"][-9:]) == ("tina", "JAX%2Flab")


async def test_an_excursion_is_an_alarm_of_its_logger(ward: Ward) -> None:
    spans = {"started_at": "2026-11-22T08:30:00Z", "ended_at": "2026-11-22T09:00:00Z"}
    await ward.does(
        "tina", "excursion-open", "EX-1", place="JAX/CRYO/T1", logger="LOGGER", readings="0" * 64,
        warmest_millicelsius=-120_500, **spans,
    )  # fmt: skip
    told = await events(ward, UNBLINDED, unblinded=True)
    (element,) = next(e for e in reversed(told) if "sensorElementList" in e)["sensorElementList"]
    assert element["sensorReport"] == [
        {"type": "Temperature", "maxValue": -120.5, "uom": "CEL", "exception": "ALARM_CONDITION"}
    ]
    assert element["sensorMetadata"]["startTime"] == "2026-11-22T08:30:00Z"
    held = [event for event in told if event["bizStep"] == "holding"]
    assert sum(len(event["epcList"]) for event in held) == 10, "every vial that lay there"


async def test_what_is_voided_is_declared_in_error_and_never_taken_back(ward: Ward) -> None:
    vial = await pick(ward, await ward.kit_at("called_for"))
    await ward.does("tina", "vial-thaw", vial, **THAW)
    index = (await ward.sizes())[1] - 1
    before = await events(ward, UNBLINDED, unblinded=True)
    void = {"log": "vault", "index": index, "reason": "did_not_happen"}
    await ward.does("tina", "vial-void", vial, second="tom", **void)
    told = await events(ward, UNBLINDED, unblinded=True)
    assert told[: len(before)] == before
    (declared,) = told[len(before) :]
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"
    (wrong,) = [event for event in before if event["eventID"] == declared["eventID"]]
    assert wrong["cellcustody:entry"] == index
    assert {**declared, "recordTime": 0, "errorDeclaration": 0} == {
        **wrong,
        "recordTime": 0,
        "errorDeclaration": 0,
    }
    assert wrong not in standing(told)
    assert troubles(told) == []


async def test_a_preparation_that_is_voided_and_done_again_is_told_twice_and_once_in_error(
    ward: Ward,
) -> None:
    kit = await ward.kit_at("prepared")
    void = {"log": "vault", "index": (await ward.sizes())[1] - 1, "reason": "recorded_wrongly"}
    await ward.does("tina", "kit-void", kit, second="tom", **void)
    ward.wait(minutes=1)
    await ward.does("tina", "kit-prepare", kit, **filled())
    for who, unblinded in ((AUDITOR, False), (UNBLINDED, True)):
        told = await events(ward, who, unblinded=unblinded)
        assert troubles(told) == []
        made = [
            event for event in told if kit in "".join(event.get("epcList", ())) and event["action"] == "ADD"
        ]
        assert ["errorDeclaration" in event for event in made] == [False, True, False]
        assert made[1]["errorDeclaration"]["reason"] == "incorrect_data"


# The blind
async def test_a_blinded_document_tells_kits_and_syringes_and_no_word_of_the_laboratory(ward: Ward) -> None:
    await a_busy_ward(ward)
    text = (await exported(ward)).decode()
    assert not word_of_the_lab(text)
    assert CELLS not in text
    assert VEHICLE not in text
    told = json.loads(text)["epcisBody"]["eventList"]
    assert {event["cellcustody:log"] for event in told} == {"open"}


async def test_two_kits_of_either_product_are_told_alike(ward: Ward) -> None:
    """The list gives the arms in turn, cells first."""
    kits = [await ward.kit_at("destroyed", participant) for participant in ("P-001", "P-002")]
    told = await events(ward)
    shapes = []
    for kit in kits:
        codes = {kit: "K"} | {one.code: f"Y{n}" for n, one in enumerate(await ward.syringes(kit))}
        shapes.append([shape for event in told if (shape := _shape(event, codes))])
    assert shapes[0] == shapes[1] != []


def _shape(event: dict[str, Any], codes: dict[str, str]) -> dict[str, Any] | None:
    text = json.dumps(event)
    if not any(code in text for code in codes):
        return None
    passing = ("eventID", "eventTime", "recordTime", "cellcustody:entry", "cellcustody:leafHash")
    text = json.dumps({name: value for name, value in event.items() if name not in passing})
    for code, name in {**codes, "P-001": "P", "P-002": "P"}.items():
        text = text.replace(code, name)
    shape: dict[str, Any] = json.loads(text)
    return {
        name: sorted(value) if name.endswith(("EPCs", "epcList")) else value for name, value in shape.items()
    }


async def test_a_blinded_document_is_part_of_the_unblinded_one(ward: Ward) -> None:
    await a_busy_ward(ward)
    blinded, unblinded = await events(ward), await events(ward, UNBLINDED, unblinded=True)
    assert [event for event in unblinded if event["cellcustody:log"] == "open"] == blinded


async def test_serials_of_others_are_escaped_as_digital_links_want_it(ward: Ward) -> None:
    await stocked(ward, "L.9/a", vials=1)
    vial = (await ward.item(Kind.VIAL, "L.9/a-1")).code
    told = await events(ward, UNBLINDED, unblinded=True)
    assert f"https://id.gs1.org/01/{CELLS}/21/{vial.replace('/', '%2F')}" in json.dumps(told)
    (made,) = [event for event in told if event.get("ilmd", {}).get("cbvmda:lotNumber") == "L.9/a"]
    assert made["ilmd"]["cbvmda:itemExpirationDate"] == "2027-12-31"


# What moves an object, hands it on, or changes how it is: each is an event. Checked by hand against the procedures.
MOVES = """
    kit-prepare kit-hand-to-pharmacy kit-accept-at-pharmacy kit-refuse-at-pharmacy kit-dispense kit-hand-to-bedside
    kit-accept-at-bedside kit-refuse-at-bedside kit-confirm kit-not-give kit-return kit-reconcile kit-destroy
    syringe-give syringe-not-give syringe-drop study-withdraw-kits
    lot-register lot-release lot-release-conditionally lot-reject lot-hold lot-resume lot-recall lot-record-results
    vial-receive vial-store vial-move vial-pick vial-return vial-thaw vial-finish-thaw vial-thaw-by-mistake vial-waste
    vial-destroy vial-sample vial-ship-out vial-lose vial-find vial-quarantine vial-clear vial-reject
    box-register box-move box-spill box-rescan box-count box-retire
    excursion-open excursion-assess shipment-advise shipment-receive shipment-refuse
"""
# A number before it is a kit, an order, what is written down of an object that stays where it is, and as it is.
MOVES_NOTHING = """
    kit-discard kit-order kit-call kit-cancel-order kit-cancel kit-sign-on kit-open-pick-list kit-record-preparation
    kit-replace lot-extend lot-look-back vial-look-back shipment-close syringe-explain
    syringe-explain-volume
"""
OBJECTS = {Kind.KIT, Kind.SYRINGE, Kind.VIAL, Kind.BOX, Kind.LOT, Kind.SHIPMENT, Kind.EXCURSION}


def test_every_act_that_moves_an_object_is_an_event_and_no_other() -> None:
    moves, nothing = set(MOVES.split()), set(MOVES_NOTHING.split())
    acts = {name for name, row in ACTIONS.items() if row.kind in OBJECTS and not row.restores}
    assert acts - {"study-withdraw-kits"} == (moves | nothing) - {"study-withdraw-kits"}, (
        "decide of a new act"
    )
    assert set(STEPS) | set(SHIPPED) | SENSED == moves
    assert not moves & nothing


async def test_a_test_that_fails_holds_the_lot_for_other_systems_too(ward: Ward) -> None:
    failed = [{"test": "sterility", "result": "growth", "verdict": "fail"}]
    before = len(await events(ward, UNBLINDED, unblinded=True))
    await ward.does("quinn", "lot-record-results", "BM-MSC-1", issued_on="2026-11-21", results=failed)
    told = await events(ward, UNBLINDED, unblinded=True)
    assert [(one["bizStep"], one["disposition"]) for one in told[before:]] == [("holding", "unavailable")]
    passed = [{"test": "sterility", "result": "no growth", "verdict": "pass"}]
    await ward.does("quinn", "lot-record-results", "DMSO-1", issued_on="2026-11-21", results=passed)
    assert len(await events(ward, UNBLINDED, unblinded=True)) == len(told)
