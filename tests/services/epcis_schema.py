"""What an EPCIS 2.0 document may look like, as a JSON Schema of our own making.

It is written from the standard's tables (EPCIS 2.0 §7.4 and §10, CBV 2.0 §7), beside the product and without
any part of it, and is held to the verdicts on documents that others published (`tests/vectors`). Formats are
checked: without them every word would pass for a URI, and every text for a time.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
VECTORS = Path(__file__).parents[1] / "vectors"
VOCABULARY: dict[str, list[str]] = json.loads((VECTORS / "epcis_cbv_vocabulary.json").read_text())

URI: Schema = {"type": "string", "format": "uri"}
TIME: Schema = {"type": "string", "format": "date-time"}
NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
EPCS: Schema = {"type": "array", "items": URI, "uniqueItems": True}
PLACE: Schema = {"type": "object", "properties": {"id": URI}, "required": ["id"]}


def word(kind: str) -> Schema:
    """One of the standard's bare words, or somebody's own URI."""
    return {"anyOf": [{"enum": VOCABULARY[kind]}, URI]}


def known(properties: Schema, *required: str, own: bool = False) -> Schema:
    """An object of these fields; with `own`, of fields with a prefix besides."""
    rest: Schema = (
        {"propertyNames": {"anyOf": [{"enum": [*properties]}, URI]}}
        if own
        else {"additionalProperties": False}
    )
    return {"type": "object", "properties": properties, "required": [*required], **rest}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def party(name: str) -> Schema:
    return listed(known({"type": word("source-dest-type"), name: URI}, "type", name))


QUANTITIES = listed(
    known(
        {"epcClass": URI, "quantity": NUMBER, "uom": {"type": "string", "pattern": "^[A-Z0-9]{2,3}$"}},
        "epcClass",
    )
)
TRANSACTIONS = listed(known({"type": word("bizTransaction-type"), "bizTransaction": URI}, "bizTransaction"))
METADATA = known(
    {
        **dict.fromkeys(("time", "startTime", "endTime"), TIME),
        **dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), URI),
    },
    own=True,
)
REPORT = known(
    {
        "type": {"anyOf": [{"type": "string", "pattern": "^[A-Z][A-Za-z]+$"}, URI]},
        "exception": word("sensor-alert-type"),
        "time": TIME,
        **dict.fromkeys(
            ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), NUMBER
        ),
        **dict.fromkeys(
            (
                "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "microorganism",
                "chemicalSubstance", "coordinateReferenceSystem", "uriValue", "bizRules",
            ),
            URI,
        ),
        **dict.fromkeys(("stringValue", "component", "uom"), TEXT),
        "hexBinaryValue": {"type": "string", "pattern": "^[A-Fa-f0-9]+$"},
        "booleanValue": {"type": "boolean"},
    },
    "type",
    own=True,
)  # fmt: skip
SENSED = listed(
    known(
        {"sensorMetadata": METADATA, "sensorReport": {**listed(REPORT), "minItems": 1}},
        "sensorReport",
        own=True,
    )
)
COMMON: Schema = {
    "@context": {},
    "type": TEXT,
    "eventID": URI,
    "eventTime": TIME,
    "recordTime": TIME,
    "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-](0\d|1[0-3]):[0-5]\d$|^[+-]14:00$"},
    "certificationInfo": {"anyOf": [URI, listed(URI)]},
    "errorDeclaration": known(
        {"declarationTime": TIME, "reason": word("error-reason"), "correctiveEventIDs": listed(URI)},
        "declarationTime",
        own=True,
    ),
}
WHY: Schema = {
    "bizStep": word("bizStep"),
    "disposition": word("disposition"),
    "readPoint": PLACE,
    "bizLocation": PLACE,
    "bizTransactionList": TRANSACTIONS,
    "sourceList": party("source"),
    "destinationList": party("destination"),
    "sensorElementList": SENSED,
}
ACTION: Schema = {"enum": ["ADD", "OBSERVE", "DELETE"]}
ILMD: Schema = {"type": "object", "propertyNames": URI}
DISPOSED: Schema = known({"set": listed(word("disposition")), "unset": listed(word("disposition"))})
MADE: Schema = {"ilmd": ILMD, "persistentDisposition": DISPOSED}
SOMETHING: Schema = {"minItems": 1}
NOT_DELETED: Schema = {"properties": {"action": {"not": {"const": "DELETE"}}}}


def event(name: str, properties: Schema, *required: str, **more: Any) -> Schema:
    """The events of one type."""
    fields = {**COMMON, **WHY, **properties}
    shape = known(fields, "eventTime", "eventTimeZoneOffset", *required, own=True)
    return {"if": {"properties": {"type": {"const": name}}}, "then": {"allOf": [shape, more]}}


def any_of(*fields: str, filled: bool = True) -> Schema:
    return {
        "anyOf": [{"required": [one], "properties": {one: SOMETHING if filled else {}}} for one in fields]
    }


EVENTS = [
    event(
        "ObjectEvent",
        {"action": ACTION, "epcList": EPCS, "quantityList": QUANTITIES, **MADE},
        "action",
        **any_of("epcList", "quantityList", "sensorElementList", filled=False),
        **{"if": {"required": ["ilmd"]}, "then": {"properties": {"action": {"const": "ADD"}}}},
    ),
    *(
        event(
            name,
            {"action": ACTION, "parentID": URI, "childEPCs": EPCS, "childQuantityList": QUANTITIES},
            "action",
            **{"if": NOT_DELETED, "then": any_of("childEPCs", "childQuantityList")},
        )
        for name in ("AggregationEvent", "AssociationEvent")
    ),
    event(
        "TransactionEvent",
        {"action": ACTION, "parentID": URI, "epcList": EPCS, "quantityList": QUANTITIES},
        "action", "bizTransactionList",
    ),
    event(
        "TransformationEvent",
        {
            "inputEPCList": EPCS, "inputQuantityList": QUANTITIES, "outputEPCList": EPCS,
            "outputQuantityList": QUANTITIES, "transformationID": URI, **MADE,
        },
        **any_of("inputEPCList", "inputQuantityList", "transformationID", filled=False),
    ),
]  # fmt: skip
TYPES = ["ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent"]
DOCUMENT: Schema = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "properties": {
        "type": {"const": "EPCISDocument"},
        "schemaVersion": {"type": "string", "pattern": r"^\d+(\.\d+)*$"},
        "creationDate": TIME,
        "epcisBody": {
            "type": "object",
            "required": ["eventList"],
            "properties": {
                "eventList": listed(
                    {"required": ["type"], "properties": {"type": {"enum": TYPES}}, "allOf": EVENTS}
                )
            },
        },
    },
}


@cache
def validator() -> Any:
    """What holds a document to the schema."""
    # Imported where it is used: it makes grammars of URIs for seconds, and every process collects every test.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(DOCUMENT, format_checker=Draft202012Validator.FORMAT_CHECKER)


def errors(document: Any) -> list[str]:
    """Everything that is not as it should be, by its path."""
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(document)]
