"""Acts as resources: each entry as a provenance of what it changed, and what told an arm as an audit event.

Rules this module keeps:
- A provenance names its entry by log, index and leaf hash, and everybody who took part by their role then.
- A signature shows who signed, when, and as what; the proof of who they are stays in the record.

Source: FHIR R5, Provenance §6.3, AuditEvent §6.4; ASTM E1762-95 (purposes of signatures).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.services.epcis.steps import STEPS
from inventory.services.fhir.references import Ids, Resource, concept, identifier
from inventory.services.printed import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.services.printed import Leaf

_PARTICIPATION: Final = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_AUTHOR, _WITNESS = "1.2.840.10065.1.12.1.1", "1.2.840.10065.1.12.1.5"
_ALERT, _EXPORT, _RECORD = "110113", "110106", "110110"
"""DICOM's kinds of audit events: a security alert, an export, the use of a patient's record."""
TOLD: Final = {
    "participant-break-code": (_ALERT, "alert"),
    "envelope-open": (_ALERT, "alert"),
    "unblinding-look-again": (_ALERT, "notice"),
    "participant-report-unblinding": (_ALERT, "warning"),
    "participant-unblind": (_RECORD, "notice"),
    "participant-entitle": (_RECORD, "notice"),
    "participant-look-back": (_RECORD, "notice"),
    "kit-open-pick-list": (_RECORD, "informational"),
    "study-export": (_EXPORT, "notice"),
}
"""The acts by which somebody came to know, or may have: which kind of audit event, and how grave it is."""


class Acts:
    """The acts of one study; `names` are people's printed names by code."""

    def __init__(self, ids: Ids, site: str, names: Mapping[str, str]) -> None:
        self._ids = ids
        self._site = site
        self._names = names

    def provenance(
        self, leaf: Leaf, leaf_hash: str, targets: list[Resource], used: list[Resource]
    ) -> Resource:
        """Who did what to these; `used` is what it was made from."""
        steps = STEPS.get(leaf["action"], ())
        voids = leaf["voids"]
        return self._ids.resource(
            "Provenance",
            f"{leaf['log']} {leaf['index']}",
            target=targets,
            occurredDateTime=leaf["occurred_at"],
            recorded=leaf["recorded_at"],
            location=self._ids.to("Location", steps[0].where.value) if steps else None,
            activity=concept(meaning(leaf), self._ids.system("action"), leaf["action"]),
            agent=list(self._agents(leaf)),
            entity=[
                {"role": "instantiates", "what": self._entry(leaf["log"], leaf["index"], leaf_hash)},
                *({"role": "source", "what": one} for one in used),
                *([{"role": "removal", "what": self._entry(voids["log"], voids["index"])}] if voids else []),
            ],
            signature=list(self._signatures(leaf)),
        )

    def audit(self, leaf: Leaf, participant: str | None) -> Resource:
        """That somebody came to know, of which participant, and never what."""
        category, severity = TOLD[leaf["action"]]
        return self._ids.resource(
            "AuditEvent",
            f"{leaf['log']} {leaf['index']}",
            category=[concept(None, _DICOM, category)],
            code=concept(meaning(leaf), self._ids.system("action"), leaf["action"]),
            action="R",
            severity=severity,
            occurredDateTime=leaf["occurred_at"],
            recorded=leaf["recorded_at"],
            agent=[{"who": self._who(leaf["by"]), "requestor": True, "role": [concept(leaf["role"])]}],
            source={"observer": self._ids.to("Organization", self._site)},
            patient=self._ids.to("Patient", participant) if participant else None,
        )

    def _who(self, code: str) -> Resource:
        """A person; whoever opened the study before anybody was known has a name and no resource."""
        if code in self._names:
            return self._ids.to("Practitioner", code, self._names[code])
        return {"identifier": identifier(self._ids.system("person"), code)}

    def _agents(self, leaf: Leaf) -> Iterator[Resource]:
        performer = concept(None, _PARTICIPATION, "performer")
        yield {"type": performer, "role": [concept(leaf["role"])], "who": self._who(leaf["by"])}
        if leaf["with"]:
            yield {"type": concept(None, _PARTICIPATION, "verifier"), "who": self._who(leaf["with"])}

    def _entry(self, log: str, index: int, leaf_hash: str | None = None) -> Resource:
        named: Resource = {"identifier": identifier(self._ids.system(f"log:{log}"), str(index))}
        return named | ({"display": f"leaf hash {leaf_hash}"} if leaf_hash else {})

    def _signatures(self, leaf: Leaf) -> Iterator[Resource]:
        signed: Any = leaf.get("signed") or {}
        for place, one in enumerate(signed.get("by", ())):
            purpose = {"system": "urn:iso-astm:E1762-95:2013", "code": _WITNESS if place else _AUTHOR}
            yield {"type": [purpose], "when": one["at"], "who": self._who(one["by"])}
