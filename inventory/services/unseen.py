"""What an act's evidence names and its person may not see: the code of nothing, before anything is decided.

Whether it is hidden or does not exist at all, the same is read and the same is refused, in the same time. In what is
told it keeps its spelling, in quotation marks: no code has any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.domain.lives import deviations, visits
from inventory.domain.lives.drafting import JobDrafted

if TYPE_CHECKING:
    from inventory.domain.evidence import Evidence
    from inventory.store.gate import Reader


async def as_seen(evidence: Evidence, reader: Reader) -> Evidence:
    """The same evidence, as far as this person knows what it names."""
    if reader.unblinded:
        return evidence
    told: dict[str, Any] = {}
    about = getattr(evidence, "about", None)
    if isinstance(about, deviations.About | visits.About):
        told["about"] = about.model_copy(update={"code": await _known(about.code, reader)})
    if isinstance(evidence, JobDrafted):
        told["things"] = tuple([await _known(code, reader) for code in evidence.things])
    return evidence.model_copy(update=told) if told else evidence


async def _known(code: str, reader: Reader) -> str:
    return code if await reader.sees(code) else f"“{code}”"
