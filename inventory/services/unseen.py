"""What an act names and its person may not see: the code of nothing, before anything is decided.

Whether it is hidden or does not exist at all, the same is read and the same is refused, in the same time. In what is
told it keeps its spelling.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inventory.domain.lives import ACTIONS, deviations, visits
from inventory.domain.lives.codes import given_by_others
from inventory.domain.lives.drafting import JobDrafted
from inventory.domain.nothing import nothing

if TYPE_CHECKING:
    from inventory.domain.custody import Act
    from inventory.domain.evidence import Evidence
    from inventory.store.gate import Reader


async def as_seen(act: Act, reader: Reader) -> Act:
    """The same act, as far as this person knows what it names."""
    if reader.unblinded:
        return act
    # What the laboratory has could be counted by trying its codes; whether one is taken is not looked up.
    others = ACTIONS[act.action].creates and given_by_others(act.code)
    code = nothing(act.code) if others else act.code
    evidence = await _known_of(act.evidence, reader)
    return act if evidence is act.evidence and not others else replace(act, code=code, evidence=evidence)


async def _known_of(evidence: Evidence, reader: Reader) -> Evidence:
    told: dict[str, Any] = {}
    about = vars(evidence).get("about")
    if isinstance(about, deviations.About | visits.About):
        told["about"] = about.model_copy(update={"code": await _known(about.code, reader)})
    if isinstance(evidence, JobDrafted):
        told["things"] = tuple([await _known(code, reader) for code in evidence.things])
    return evidence.model_copy(update=told) if told else evidence


async def _known(code: str, reader: Reader) -> str:
    return code if await reader.sees(code) else nothing(code)
