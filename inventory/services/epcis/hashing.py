"""The hash of an EPCIS event: the same for whoever writes the same event down in another form.

Rules this module keeps:
- The event becomes one string: its fields in the standard's order, extensions after them, lists sorted by bytes.
- Times are UTC with milliseconds, numbers have no needless zeros, words of the vocabulary are full URIs.
- What says nothing of the event itself is left out: eventID, recordTime, errorDeclaration.

Source: CBV 2.0 §8.9 (GS1), and for what that text leaves open the published vectors of its reference
implementation, which the tests hold this to. GS1 identifiers are taken as they are written here: Digital Link
URIs of id.gs1.org without a query.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias

Order: TypeAlias = dict[str, "Order | None"]

_QUANTITY: Final[Order] = {"quantityElement": {"epcClass": None, "quantity": None, "uom": None}}
_EPCS: Final[Order] = {"epc": None}
_ORDER: Final[Order] = {
    "eventTime": None,
    "eventTimeZoneOffset": None,
    "certificationInfo": None,
    "parentID": None,
    "epcList": _EPCS,
    "inputEPCList": _EPCS,
    "childEPCs": _EPCS,
    "quantityList": _QUANTITY,
    "childQuantityList": _QUANTITY,
    "inputQuantityList": _QUANTITY,
    "outputEPCList": _EPCS,
    "outputQuantityList": _QUANTITY,
    "action": None,
    "transformationID": None,
    "bizStep": None,
    "disposition": None,
    "persistentDisposition": {"set": None, "unset": None},
    "readPoint": {"id": None},
    "bizLocation": {"id": None},
    "bizTransactionList": {"": {"type": None, "bizTransaction": None}},
    "destinationList": {"": {"type": None, "destination": None}},
    "sourceList": {"": {"type": None, "source": None}},
    "sensorElementList": {
        "sensorElement": {
            "sensorMetadata": dict.fromkeys(
                (
                    "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData",
                    "dataProcessingMethod", "bizRules",
                )
            ),
            "sensorReport": dict.fromkeys(
                (
                    "type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time",
                    "microorganism", "chemicalSubstance", "value", "component", "stringValue", "booleanValue",
                    "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank",
                    "percValue", "uom", "coordinateReferenceSystem",
                )
            ),
        }
    },
}  # fmt: skip
"""Every field that counts, in the standard's order; below it the fields of what it holds. A list's members have
the one name that stands below it; where that is empty, they have none.
"""

_LEFT_OUT: Final = frozenset(
    {"type", "eventID", "recordTime", "errorDeclaration", "@context", "rdfs:comment"}
)
_VOCABULARY: Final = {
    "bizStep": "https://ref.gs1.org/cbv/BizStep-",
    "disposition": "https://ref.gs1.org/cbv/Disp-",
    "set": "https://ref.gs1.org/cbv/Disp-",
    "unset": "https://ref.gs1.org/cbv/Disp-",
    "bizTransactionList": "https://ref.gs1.org/cbv/BTT-",
    "sourceList": "https://ref.gs1.org/cbv/SDT-",
    "destinationList": "https://ref.gs1.org/cbv/SDT-",
    "sensorReport": "https://gs1.org/voc/",
    "exception": "https://gs1.org/voc/",
}
"""What a bare word under a field stands for; of a list, the `type` of its members."""


def event_id(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """The event's hash as a URI (RFC 6920), to be its eventID; `namespaces` are the prefixes of extensions."""
    digest = hashlib.sha256(pre_hash(event, namespaces).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """The string that is hashed."""
    counted = {name: value for name, value in event.items() if name not in _LEFT_OUT}
    return f"eventType={event['type']}" + _Writer(namespaces).fields(counted, _ORDER, "")


class _Writer:
    """Writes down what an event holds; `namespaces` tell what prefixes mean."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces

    def fields(self, held: Mapping[str, Any], order: Order, within: str) -> str:
        """The fields of one object: the known ones in their order, then the others sorted."""
        known = "".join(self._field(name, held[name], order[name], within) for name in order if name in held)
        others = [self._extension(name, value) for name, value in held.items() if name not in order]
        return known + "".join(sorted(others))

    def _field(self, name: str, value: Any, below: Order | None, within: str) -> str:
        """A known field; one that holds nothing says nothing."""
        if value in ([], {}):
            return ""
        if below is None:
            return "".join(sorted(self._text(name, one, within) for one in _listed(value)))
        ((member, fields),) = below.items() if len(below) == 1 else ((None, None),)
        if isinstance(value, list) and member is not None:
            return name + "".join(sorted(self._member(member, one, fields, name) for one in value))
        return "".join(sorted(name + self.fields(one, below, name) for one in _listed(value)))

    def _member(self, name: str, value: Any, fields: Order | None, within: str) -> str:
        return (
            self._text(name, value, within) if fields is None else name + self.fields(value, fields, within)
        )

    def _text(self, name: str, value: Any, within: str) -> str:
        base = _VOCABULARY.get(within if name == "type" else name)
        return f"{name}={_canonical(name, value, base)}"

    def _extension(self, name: str, value: Any) -> str:
        """A field of nobody's standard, under its namespace; what it holds is sorted, whatever it is."""
        named = self._named(name)
        parts = []
        for one in _listed(value):
            if isinstance(one, Mapping):
                parts.append(named + "".join(sorted(self._extension(*each) for each in one.items())))
            else:
                parts.append(f"{named}={_canonical(name, one, None)}")
        return "".join(sorted(parts))

    def _named(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        return f"{{{self._namespaces[prefix]}}}{local}" if colon and prefix in self._namespaces else name


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _canonical(name: str, value: Any, base: str | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return _number(str(value))
    text = str(value)
    if base and ":" not in text:
        return base + text
    if "time" in name.lower() and "offset" not in name.lower():
        return _time(text)
    return _number(text)


def _number(text: str) -> str:
    """A number without leading and trailing zeros; any other text as it is."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    if not number.is_finite():
        return text
    return f"{number.normalize():f}" if number else "0"


def _time(text: str) -> str:
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return text
    rounded = instant + timedelta(microseconds=500)
    return f"{rounded:%Y-%m-%dT%H:%M:%S}.{rounded.microsecond // 1000:03}Z"
