"""FHIR R5 as others read it: every resource by its own model, codes by HL7's lists, references to their ends.

`fhir.resources` knows fields, types and cardinalities, and no code lists: those are written here from the
value sets of FHIR R5 (5.0.0) that are bound as required.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

Resource = dict[str, Any]

CODES: dict[tuple[str, str], set[str]] = {
    ("Bundle", "type"): {
        "document", "message", "transaction", "transaction-response", "batch", "batch-response", "history",
        "searchset", "collection", "subscription-notification",
    },
    ("ResearchStudy", "status"): {"draft", "active", "retired", "unknown"},
    ("ResearchSubject", "status"): {"draft", "active", "retired", "unknown"},
    ("Medication", "status"): {"active", "inactive", "entered-in-error"},
    ("MedicationDispense", "status"): {
        "preparation", "in-progress", "cancelled", "on-hold", "completed", "entered-in-error", "stopped", "declined",
        "unknown",
    },
    ("MedicationAdministration", "status"): {
        "in-progress", "not-done", "on-hold", "completed", "entered-in-error", "stopped", "unknown",
    },
    ("BiologicallyDerivedProductDispense", "status"): {
        "preparation", "in-progress", "allocated", "issued", "unfulfilled", "returned", "entered-in-error", "unknown",
    },
    ("Device", "status"): {"active", "inactive", "entered-in-error"},
    ("Location", "mode"): {"instance", "kind"},
    ("AuditEvent", "action"): {"C", "R", "U", "D", "E"},
    ("AuditEvent", "severity"): {
        "emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug",
    },
    ("Provenance", "entity.role"): {"revision", "quotation", "source", "instantiates", "removal"},
}  # fmt: skip


def resources(document: bytes) -> list[Resource]:
    """The resources of a bundle, in their order."""
    return [one["resource"] for one in json.loads(document)["entry"]]


def of_type(found: list[Resource], kind: str) -> list[Resource]:
    return [one for one in found if one["resourceType"] == kind]


def troubles(document: bytes) -> list[str]:
    """Everything in a bundle that another system would stumble over, once each resource fits its model."""
    for resource in [json.loads(document), *resources(document)]:
        _parsed(resource)
    return stumbles(document)


def stumbles(document: bytes) -> list[str]:
    """Codes that are in no list, and references that lead nowhere or to something else."""
    whole = json.loads(document)
    found = [each for one in [whole, *resources(document)] for each in _of_codes(one)]
    return [*found, *_of_references(whole)]


def _parsed(resource: Resource) -> None:
    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.{kind.lower()}"), kind)
    again = json.loads(model.model_validate(resource).model_dump_json())
    assert set(again) == set(resource), "nothing is lost on the way"


def _of_codes(resource: Resource) -> Iterator[str]:
    for (kind, path), allowed in CODES.items():
        if resource["resourceType"] == kind:
            for value in _at(resource, path.split(".")):
                if value not in allowed:
                    yield f"{kind}.{path} is {value}"


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    for one in value if isinstance(value, list) else [value]:
        if not path:
            yield one
        elif path[0] in one:
            yield from _at(one[path[0]], path[1:])


def _of_references(whole: Resource) -> Iterator[str]:
    kinds = {one["fullUrl"]: one["resource"]["resourceType"] for one in whole["entry"]}
    if len(kinds) != len(whole["entry"]):
        yield "two entries have one address"
    for one in whole["entry"]:
        if one["fullUrl"] != f"urn:uuid:{one['resource']['id']}":
            yield f"{one['fullUrl']} holds {one['resource']['id']}"
    for reference in _references(whole):
        if kinds.get(reference["reference"]) != reference.get("type"):
            yield f"{reference} leads to {kinds.get(reference['reference'])}"


def _references(value: Any) -> Iterator[Resource]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if isinstance(one.get("reference"), str):
                yield one
            left += one.values()
        elif isinstance(one, list):
            left += one
