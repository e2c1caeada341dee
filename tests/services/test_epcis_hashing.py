"""The hash of an event is the one that others publish for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inventory.services.epcis.hashing import event_id, pre_hash
from tests.services.epcis_schema import VECTORS, errors

PUBLISHED = json.loads((VECTORS / "epcis_event_hash.json").read_text())["vectors"]
CASES = json.loads((VECTORS / "epcis_schema_cases.json").read_text())["cases"]
WRITTEN_OTHERWISE = {
    # These name GS1 keys under other resolvers' names, or hold fields that their hash was asked to ignore. What
    # is exported here does neither.
    "CertificationInfoAndSensorReportWithCRS", "TimeStampRoundOff", "epcisDocHavingEventWithIgnoreFields",
    "epcisDocWithSensorComponent", "epcisDocWithSensorDataObjectEvent", "epcisEventWithCURIEs",
    "epcisQueryDocHavingEventWithIgnoreFields", "epclist_normalisation",
}  # fmt: skip


def namespaces(*held: Any) -> dict[str, str]:
    contexts = [each.get("@context", []) for each in held]
    listed = [one for each in contexts for one in (each if isinstance(each, list) else [each])]
    return {prefix: uri for one in listed if isinstance(one, dict) for prefix, uri in one.items()}


def events(document: dict[str, Any]) -> list[dict[str, Any]]:
    body = document["epcisBody"]
    if "queryResults" in body:
        body = body["queryResults"]["resultsBody"]
    found: list[dict[str, Any]] = body.get("eventList") or [body["event"]]
    return found


ROWS = [
    (f"{one['name']} {place}", one, place)
    for one in PUBLISHED
    if one["document_digital_link"] and one["name"] not in WRITTEN_OTHERWISE
    for place in range(one["events"])
]


@pytest.mark.parametrize(("name", "vector", "place"), ROWS, ids=[row[0] for row in ROWS])
def test_the_hash_is_the_published_one(name: str, vector: dict[str, Any], place: int) -> None:
    document = vector["document_digital_link"]
    event = events(document)[place]
    prefixes = namespaces(document, event)
    assert event_id(event, prefixes) == vector["hashes"][place], pre_hash(event, prefixes)


def test_most_of_what_is_published_is_compared() -> None:
    assert len(ROWS) == 31
    assert {one["name"] for one in PUBLISHED} > WRITTEN_OTHERWISE


@pytest.mark.parametrize("left_out", ["eventID", "recordTime", "errorDeclaration"])
def test_what_says_nothing_of_the_event_does_not_count(left_out: str) -> None:
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-11-22T10:00:00Z",
        "epcList": ["urn:x:1"],
        "action": "ADD",
    }
    assert event_id({**event, left_out: "anything"}, {}) == event_id(event, {})
    assert event_id({**event, "bizStep": "storing"}, {}) != event_id(event, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"eventTime": "2026-11-22T10:00:00.0005Z"}, {"eventTime": "2026-11-22T05:00:00.001-05:00"}),
        ({"epcList": ["urn:x:2", "urn:x:1"]}, {"epcList": ["urn:x:1", "urn:x:2"]}),
        (
            {"quantityList": [{"epcClass": "urn:x:c", "quantity": 20.0}]},
            {"quantityList": [{"quantity": 20, "epcClass": "urn:x:c"}]},
        ),
        ({"epcList": []}, {}),
        ({"own:b": "1", "own:a": "2"}, {"own:a": "2", "own:b": "1"}),
    ],
)  # fmt: skip
def test_two_ways_to_write_one_event_have_one_hash(one: dict[str, Any], other: dict[str, Any]) -> None:
    base = {"type": "ObjectEvent", "action": "ADD"}
    assert event_id(base | one, {"own": "urn:own:"}) == event_id(base | other, {"own": "urn:own:"})


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_schema_of_these_tests_gives_the_published_verdicts(case: dict[str, Any]) -> None:
    found = errors(case["document"])
    assert (found == []) is case["valid"], found[:3]
