"""Study, site, people, devices and subjects as resources.

Rules this module keeps:
- A participant is a code and nothing else: no name, no number of anybody's records.
- A subject's comparison group is told where it is handed over, which no blinded export does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inventory.services.fhir.references import Ids, Resource, concept, filled, first, identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.domain.items import Item
    from inventory.domain.profile import Profile

PARTS: Final = {"lab": "Cell laboratory", "pharmacy": "Pharmacy", "bedside": "Bedside"}
REGISTRY: Final = "http://clinicaltrials.gov"


def study(ids: Ids, profile: Profile, item: Item, *, unblinded: bool) -> Resource:
    """The study; its groups are named in unblinded exports alone."""
    groups = [{"linkId": arm.code, "name": arm.code} for arm in profile.arms] if unblinded else []
    return ids.resource(
        "ResearchStudy",
        item.code,
        identifier=[identifier(REGISTRY, item.code)],
        title=profile.study.title,
        status="retired" if item.state == "closed" else "active",
        site=[ids.to("Organization", profile.site.code)],
        comparisonGroup=groups,
    )


def site(ids: Ids, profile: Profile) -> Iterator[Resource]:
    """The site, and the parts of it between which things are handed on."""
    yield ids.resource(
        "Organization",
        profile.site.code,
        identifier=[identifier(ids.system("site"), profile.site.code)],
        name=profile.site.name,
        active=True,
    )
    for part, name in PARTS.items():
        yield ids.resource(
            "Location",
            part,
            identifier=[identifier(ids.system("location"), f"{profile.site.code}/{part}")],
            name=name,
            mode="instance",
            managingOrganization=ids.to("Organization", profile.site.code),
        )


def person(ids: Ids, item: Item) -> Resource:
    """Somebody who works on the study."""
    return ids.resource(
        "Practitioner",
        item.code,
        identifier=[identifier(ids.system("person"), item.code)],
        name=[{"text": item.text("name")}],
        active=item.state == "active",
    )


def device(ids: Ids, item: Item) -> Resource:
    """A device of the register."""
    return ids.resource(
        "Device",
        item.code,
        identifier=[identifier(ids.system("device"), item.code)],
        serialNumber=item.text("serial"),
        type_=[concept(item.text("kind_of_device"))],
        status="active" if item.state == "in_service" else "inactive",
    )


def patient(ids: Ids, item: Item) -> Resource:
    """The participant, by the study's code alone."""
    return ids.resource(
        "Patient", item.code, identifier=[identifier(ids.system("participant"), item.code)], active=True
    )


def subject(ids: Ids, item: Item, study_code: str, arm: str | None) -> Resource:
    """The participant in the study."""
    facts = {"eligible": "eligible_at", "randomised": "randomised_at", "treated": "treated_at"}
    steps = [("enrolled", item.text("enrolled_on") or None)]
    steps += [(state, first(item.facts.get(fact))) for state, fact in facts.items()]
    steps += [("withdrawn", first(item.facts.get("withdrawn_at")))]
    return ids.resource(
        "ResearchSubject",
        item.code,
        identifier=[identifier(ids.system("participant"), item.code)],
        status="unknown" if item.state == "voided" else "active",
        progress=[
            filled({"subjectState": concept(state, ids.system("state"), state), "startDate": at})
            for state, at in steps
            if at
        ],
        study=ids.to("ResearchStudy", study_code),
        subject=ids.to("Patient", item.code),
        assignedComparisonGroup=arm,
    )
