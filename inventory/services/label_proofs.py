"""Whether a template prints what two people approved: the proof of its bitmaps, made again and compared.

Rules this module keeps:
- The proof hangs on everything that a dot hangs on (text, typefaces, encoder, the study's words), so it is made anew
  in each process that prints; within one nothing of that changes but the study's words, which are part of the key.
- A template that would print other dots, or that no longer passes its checks, prints nothing until it is approved anew.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING

from inventory.services.label_contents import NoLabelError, study_words, telling_words
from labels.approval import Approval, examine

if TYPE_CHECKING:
    from inventory.domain.profile import Profile
    from inventory.store.records import ItemRecord
    from labels.extremes import StudyWords
    from labels.template import Template


class NotAsApprovedError(NoLabelError):
    """The template would print otherwise than it was approved."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"{code} would not print what was approved: something that its dots hang on has changed since. "
            "Draft it as a new version, and have that approved."
        )


@lru_cache(maxsize=64)
def _proven(template: Template, words: StudyWords, telling: tuple[str, ...]) -> Approval:
    return examine(template, words, telling)


async def proven(profile: Profile, template: Template) -> Approval:
    """What the checks find on the template's extremes; drawn beside the event loop, because it may take seconds."""
    return await asyncio.to_thread(_proven, template, study_words(profile), telling_words(profile))


async def require_as_approved(profile: Profile, record: ItemRecord, template: Template) -> None:
    """Refuse an approved template that would not print what was approved.

    Raises:
        NotAsApprovedError: its proof is another, or a check no longer passes.
    """
    found = await proven(profile, template)
    if found.reasons or found.proof != record.facts.get("proof"):
        raise NotAsApprovedError(record.code)
