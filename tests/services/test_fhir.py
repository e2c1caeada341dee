"""The record as FHIR resources: as another system reads it, whole, and with nothing that tells an arm."""

from __future__ import annotations

import json
from typing import Any

from inventory.domain.items import Kind
from inventory.services.exporting import Wanted
from inventory.services.interchange import export_fhir
from inventory.store import gate
from tests.furniture import give
from tests.services.fhir_reading import Resource, of_type, resources, troubles
from tests.services.stock import stocked
from tests.services.ward import AUDITOR, UNBLINDED, Ward, word_of_the_lab


async def exported(ward: Ward, who: str = AUDITOR, *, unblinded: bool = False) -> bytes:
    person = await gate.person(who)
    assert person is not None
    return await export_fhir(ward.site, Wanted(person, unblinded=unblinded))


async def told(ward: Ward, who: str = AUDITOR, *, unblinded: bool = False) -> list[Resource]:
    return resources(await exported(ward, who, unblinded=unblinded))


def named(found: list[Resource], code: str) -> Resource:
    """The one resource whose identifier ends with that code."""
    (one,) = [
        each
        for each in found
        for name in each.get("identifier", ())
        if str(name["value"]).endswith(f"/{code}")
    ]
    return one


def to(resource: Resource) -> str:
    return f"urn:uuid:{resource['id']}"


async def a_busy_ward(ward: Ward) -> None:
    """A kit that was given and destroyed, one that was given in part, one that was not, and a code break."""
    await ward.kit_at("destroyed")
    partly = await ward.kit_at("confirmed", "P-002")
    first, second = [one.code for one in await ward.syringes(partly)]
    await give(ward.cast, first, "P-002")
    await ward.does("ivan", "syringe-drop", second, reason="dropped")
    unused = await ward.kit_at("at_bedside", "P-003")
    await ward.does("cora", "kit-not-give", unused, reason="participant_unwell")
    await ward.kit_at("ordered", "P-004")
    await stocked(ward, "MSC-9")
    told = {"reason": "serious_adverse_event", "requested_by": "ivan"}
    await ward.cast.do("participant-break-code", "P-001", by="ivan", **told)


# Others read it
async def test_every_resource_is_what_its_model_wants_and_every_reference_leads_somewhere(ward: Ward) -> None:
    await a_busy_ward(ward)
    for who, unblinded in ((AUDITOR, False), (UNBLINDED, True)):
        document = await exported(ward, who, unblinded=unblinded)
        assert troubles(document) == []
        assert len(resources(document)) > 100


# What it tells
async def test_every_syringe_with_an_outcome_is_an_administration_and_no_other(ward: Ward) -> None:
    await a_busy_ward(ward)
    found = await told(ward)
    outcomes = await ward.cast.fetch("SELECT code, state FROM item WHERE kind = 'syringe' ORDER BY code")
    shown = {}
    for one in of_type(found, "MedicationAdministration"):
        (syringe,) = [each for each in found if to(each) == one["medication"]["reference"]["reference"]]
        shown[syringe["identifier"][0]["value"].rpartition("/")[2]] = one["status"]
    assert list(shown) == [code for code, _ in outcomes]
    assert sorted(shown.values()) == ["completed"] * 3 + ["not-done"] * 3


async def test_an_injection_says_who_gave_whom_how_much_into_which_joint_and_when(ward: Ward) -> None:
    kit = await ward.kit_at("administered")
    found, syringe = await told(ward), (await ward.syringes(kit))[0]
    given = of_type(found, "MedicationAdministration")[0]
    assert given["dosage"] == {
        "site": {"text": syringe.text("joint")},
        "dose": {"value": 1.0, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"},
    }
    (patient,) = [one for one in of_type(found, "Patient") if to(one) == given["subject"]["reference"]]
    assert patient == {
        "resourceType": "Patient", "id": patient["id"], "active": True,
        "identifier": [{"system": "urn:cellcustody:NCT06001853:participant", "value": "P-001"}],
    }  # fmt: skip
    (actor,) = [one["actor"]["reference"]["reference"] for one in given["performer"]]
    (giver,) = [one for one in of_type(found, "Practitioner") if to(one) == actor]
    leaf = next(
        e.leaf for e in await ward.history(AUDITOR, syringe.code) if e.leaf["action"] == "syringe-give"
    )
    assert giver["identifier"][0]["value"] == leaf["by"]
    assert given["occurenceDateTime"] == syringe.facts["given_at"][0]


async def test_a_kit_is_dispensed_once_with_as_many_syringes_as_it_has(ward: Ward) -> None:
    kit = await ward.kit_at("destroyed")
    await ward.kit_at("at_pharmacy", "P-002")
    found = await told(ward)
    (dispensed,) = of_type(found, "MedicationDispense")
    medication = named(found, kit)
    assert dispensed["medication"]["reference"]["reference"] == to(medication)
    assert dispensed["quantity"]["value"] == len(medication["ingredient"]) == len(await ward.syringes(kit))
    facts = (await ward.kit(kit)).facts
    assert [dispensed["whenPrepared"], dispensed["whenHandedOver"]] == [
        facts[name][0] for name in ("prepared_at", "dispensed_at")
    ]


async def test_every_act_on_something_told_is_a_provenance_that_names_its_entry(ward: Ward) -> None:
    kit = await ward.kit_at("dispensed")
    found = await told(ward)
    acts = [one for one in of_type(found, "Provenance") if to(named(found, kit)) in json.dumps(one["target"])]
    history = await ward.history(AUDITOR, kit)
    assert [one["activity"]["coding"][0]["code"] for one in acts] == [e.leaf["action"] for e in history]
    last = acts[-1]
    assert [agent["who"]["display"] for agent in last["agent"]] == ["Paula", "Peter"]
    what = last["entity"][0]["what"]
    ((leaf_hash,),) = await ward.cast.fetch(
        'SELECT leaf_hash FROM open_entry WHERE "index" = ?', history[-1].index
    )
    assert what["identifier"]["value"] == str(history[-1].index)
    assert what["display"] == f"leaf hash {bytes(leaf_hash).hex()}"


async def test_a_void_is_an_act_of_its_own_that_names_what_it_takes_back(ward: Ward) -> None:
    kit = await ward.kit_at("dispensed")
    index = (await ward.sizes())[0] - 1
    void = {"log": "open", "index": index, "reason": "recorded_wrongly"}
    await ward.does("quinn", "kit-void", kit, second="quentin", **void)
    found = await told(ward)
    assert of_type(found, "MedicationDispense") == []
    last = of_type(found, "Provenance")[-1]
    assert [one["role"] for one in last["entity"]] == ["instantiates", "removal"]
    assert last["entity"][1]["what"]["identifier"]["value"] == str(index)


async def test_a_code_break_is_an_audit_event_of_its_participant_without_the_arm(ward: Ward) -> None:
    await a_busy_ward(ward)
    found = await told(ward)
    (broken,) = of_type(found, "AuditEvent")
    (patient,) = [one for one in of_type(found, "Patient") if to(one) == broken["patient"]["reference"]]
    assert patient["identifier"][0]["value"] == "P-001"
    assert (broken["severity"], broken["code"]["coding"][0]["code"]) == ("alert", "participant-break-code")
    assert set(broken) <= {
        "resourceType", "id", "category", "code", "action", "severity", "occurredDateTime", "recorded", "agent",
        "source", "patient",
    }  # fmt: skip


# The vault
async def test_cells_are_products_of_biology_and_what_has_none_is_a_medication(ward: Ward) -> None:
    found = await told(ward, UNBLINDED, unblinded=True)
    reader = await ward.reader(UNBLINDED)
    for vial in await reader.page(Kind.VIAL):
        cells = (vial.parent or "").startswith("BM-MSC")
        shown = named(found, vial.code)
        assert shown["resourceType"] == ("BiologicallyDerivedProduct" if cells else "Medication")
    assert len(of_type(found, "BiologicallyDerivedProduct")) == 5


async def test_what_went_into_a_kit_is_the_source_of_its_preparation(ward: Ward) -> None:
    await ward.kit_at("dispensed")
    found = await told(ward, UNBLINDED, unblinded=True)
    prepared = [
        one for one in of_type(found, "Provenance")
        if one["activity"]["coding"][0]["code"] == "kit-prepare" and len(one["entity"]) > 1
    ]  # fmt: skip
    sources = [one["what"]["reference"] for each in prepared for one in each["entity"][1:]]
    consumed = await ward.cast.fetch("SELECT code FROM vault_item WHERE kind = 'vial' AND state = 'consumed'")
    assert sources == [to(named(found, code)) for (code,) in consumed] != []
    (issued,) = of_type(found, "BiologicallyDerivedProductDispense")
    assert issued["product"]["reference"] == sources[0]


async def test_groups_are_told_in_the_unblinded_bundle_alone(ward: Ward) -> None:
    for participant in ("P-001", "P-002"):
        await ward.kit_at("assigned", participant)
    blinded, unblinded = await told(ward), await told(ward, UNBLINDED, unblinded=True)
    groups = [one.get("assignedComparisonGroup") for one in of_type(unblinded, "ResearchSubject")]
    assert sorted(groups) == ["A", "B"]
    assert [one.get("assignedComparisonGroup") for one in of_type(blinded, "ResearchSubject")] == [None, None]
    assert "comparisonGroup" not in of_type(blinded, "ResearchStudy")[0]


async def test_a_blinded_bundle_has_no_word_of_the_laboratory(ward: Ward) -> None:
    await a_busy_ward(ward)
    text = (await exported(ward)).decode()
    assert not word_of_the_lab(text)
    assert "BiologicallyDerivedProduct" not in text
    assert {one["code"]["text"] for one in of_type(resources(text.encode()), "Medication")} == {
        "Investigational product, blinded"
    }


async def test_two_kits_of_either_product_are_told_alike(ward: Ward) -> None:
    """The list gives the arms in turn, cells first."""
    shapes = []
    for participant in ("P-001", "P-002"):
        await ward.kit_at("destroyed", participant)
    found = await told(ward)
    for participant in ("P-001", "P-002"):
        (patient,) = [
            one for one in of_type(found, "Patient") if one["identifier"][0]["value"] == participant
        ]
        mine = [one for one in found if one.get("subject", {}).get("reference") == to(patient)]
        shapes.append([sorted(_paths(one)) for one in mine])
    assert shapes[0] == shapes[1] != []


def _paths(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [each for name, one in value.items() for each in _paths(one, f"{path}.{name}")]
    if isinstance(value, list):
        return [each for one in value for each in _paths(one, path)]
    return [path]


# Taking it out
async def test_a_thing_has_the_same_name_in_every_export(ward: Ward) -> None:
    kit = await ward.kit_at("called_for")
    before = to(named(await told(ward), kit))
    await ward.walk(kit, "prepared")
    assert to(named(await told(ward, UNBLINDED, unblinded=True), kit)) == before
