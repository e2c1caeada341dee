"""Whose turn it is in a kit's life, for a newcomer who plays everybody in it.

Rules this module keeps:
- It says who comes next and where they go; what may happen is decided where it always is.
- It tells nobody more than a blinded person may know: it reads as the coordinator does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inventory.demo.printing import WAITING, version
from inventory.domain.items import Kind
from inventory.store import gate
from inventory.store.gate import Reader

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.records import ItemRecord

READS_AS: Final = "carla"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from which state of the kit, who takes it, who checks it, where, and in which words."""

    state: str
    who: str
    second: str
    address: str
    says: str


STEPS: Final = (
    Step("assigned", "ines", "", "/acts/kit-order/{kit}", "Ines, who will inject, signs the order and its joints."),
    Step("ordered", "carla", "", "/acts/kit-call/{kit}?participant={participant}",
         "The participant is here, the pregnancy test is negative: Carla calls for the kit."),
    Step("called_for", "tamar", "tomas", "/preparation/{kit}",
         "Tamar picks the vials that the list names, thaws and measures them with Tomas, and fills the syringes. "
         "Every kit is ready after the same time, so let the clock run ahead before she releases it."),
    Step("prepared", "tamar", "", "/acts/kit-hand-to-pharmacy/{kit}", "Tamar hands the sleeved syringes out."),
    Step("offered_to_pharmacy", "priya", "", "/pharmacy/{kit}",
         "Priya accepts them: nothing is in nobody's hands."),
    Step("at_pharmacy", "priya", "pavel", "/pharmacy/{kit}",
         "Priya scans kit, participant and syringes; Pavel scans all of it again on a page that shows him nothing "
         "of it, and what both scanned is compared."),
    Step("dispensed", "priya", "", "/pharmacy/{kit}", "Priya hands the kit to the bedside."),
    Step("offered_to_bedside", "carla", "", "/acts/kit-accept-at-bedside/{kit}", "Carla accepts it there."),
    Step("at_bedside", "ines", "carla", "/acts/kit-confirm/{kit}?participant={participant}",
         "Ines and Carla compare kit and participant."),
    Step("confirmed", "ines", "", "/items/{kit}", "Ines scans each syringe and gives it, joint by joint."),
    Step("administered", "priya", "", "/pharmacy/{kit}", "The empty syringes come back to Priya."),
    Step("returned", "priya", "", "/pharmacy/{kit}", "Priya balances them to the microlitre."),
    Step("reconciled", "priya", "pavel", "/pharmacy/{kit}", "They are destroyed before Pavel."),
    Step("destroyed", "anders", "", "/items/{kit}", "Anders, the blinded auditor, reads the whole life."),
)  # fmt: skip
"""A kit's ordinary life, in the order of its states."""

LABELS: Final = (
    Step("", "tamar", "", f"/labels/print?template={version('vial')}",
         "Tamar chooses vials and has their labels printed. The printer stands at the foot of every page: scan there "
         "what came out, and the job tells what is still to be seen."),
    Step("", "quinn", "quira", f"/labels/templates/{version(WAITING)}",
         "Quinn looks at a drafted template dot by dot, and approves it with Quira."),
    Step("", "quira", "", "/labels/accounts", "Quira reconciles: printed = applied + void + destroyed + on hand."),
)  # fmt: skip
"""Labels from template to count, for whoever wants to print."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of this kit: done already, now, or later."""

    step: Step
    address: str
    when: str


async def waiting(site: Site) -> ItemRecord | None:
    """The kit that a newcomer may play: not ordered yet, of the first participant who waits for one."""
    reader = await _reader(site)
    after = ""
    while page := await reader.page(Kind.PARTICIPANT, after):
        for participant in page:
            live = participant.facts.get("live_kit_1")
            kit = await reader.item(str(live)) if participant.state == "randomised" and live else None
            if kit is not None and kit.state == "assigned":
                return kit
        after = page[-1].code
    return None


async def kit_of(site: Site, code: str) -> ItemRecord | None:
    """That kit as a blinded person sees it, or None."""
    found = await (await _reader(site)).item(code)
    return found if found is not None and found.kind is Kind.KIT else None


def turns_of(kit: ItemRecord) -> list[Turn]:
    """Every step of a kit's ordinary life, with where this kit is in it; none is now where it left that life."""
    states = [step.state for step in STEPS]
    here = states.index(kit.state) if kit.state in states else len(states)
    return [
        Turn(
            step,
            step.address.format(kit=kit.code, participant=kit.parent or ""),
            "now" if number == here else "done" if number < here else "later",
        )
        for number, step in enumerate(STEPS)
    ]


async def _reader(site: Site) -> Reader:
    person = await gate.person(READS_AS)
    if person is None:
        raise LookupError(f"{READS_AS} is not in this study")
    return Reader(person, site.profile, site.keys.vault)
