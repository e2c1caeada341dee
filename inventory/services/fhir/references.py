"""How resources are named and point at each other, and the small data types that they share.

Rules this module keeps:
- A resource's id is derived from study, type and code: the same thing has the same id in every export.
- References are the URNs under which the bundle's entries stand, so that every one leads somewhere in it.

Source: FHIR R5 (5.0.0), data types; bundle §2.36.4 (resolving references); RFC 9562 (UUID version 5).
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Resource: TypeAlias = dict[str, Any]
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cellcustody:fhir")
URI_SYSTEM: Final = "urn:ietf:rfc:3986"
"""The system of identifiers that are URIs themselves."""


@lru_cache(maxsize=4_096)
def _id(named: str) -> str:
    """Who did an act and what it was done to are named over and over: their ids are made once."""
    return str(uuid.uuid5(_NAMESPACE, named))


class Ids:
    """The names of one study's resources."""

    def __init__(self, study: str) -> None:
        self._study = study

    def system(self, kind: str) -> str:
        """The system of our own codes of a kind."""
        return f"urn:cellcustody:{self._study}:{kind}"

    def id(self, kind: str, code: str) -> str:
        """A resource's id."""
        return _id(f"{self._study} {kind} {code}")

    def to(self, kind: str, code: str, display: str | None = None) -> Resource:
        """A reference to a resource of the bundle."""
        return filled({"reference": f"urn:uuid:{self.id(kind, code)}", "type": kind, "display": display})

    def resource(self, kind: str, code: str, /, **fields: Any) -> Resource:
        """A resource of that type; a field that is empty is left out."""
        named = {name.rstrip("_"): value for name, value in fields.items()}
        return filled({"resourceType": kind, "id": self.id(kind, code), **named})


def filled(fields: Mapping[str, Any]) -> Resource:
    """The fields that hold something: FHIR knows no empty value (§2.1.0.1)."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def identifier(system: str, value: str) -> Resource:
    """An identifier."""
    return {"system": system, "value": value}


def concept(text: str | None = None, system: str | None = None, code: str | None = None) -> Resource:
    """A concept in words, as a code, or both."""
    return filled({"coding": [{"system": system, "code": code}] if code else None, "text": text})


def millilitres(microlitres: int) -> Resource:
    """An amount."""
    return {"value": microlitres / 1000, "unit": "mL", "system": "http://unitsofmeasure.org", "code": "mL"}


def first(times: object) -> str | None:
    """When something happened, of the two times that a fact holds (claimed, recorded)."""
    return str(times[0]) if isinstance(times, list) and times else None


def entry(resource: Resource) -> Resource:
    """The bundle's entry of a resource."""
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def ordered(resources: Iterable[Resource]) -> list[Resource]:
    """Entries, each resource once."""
    return [entry(one) for one in {one["id"]: one for one in resources}.values()]
