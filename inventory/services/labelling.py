"""The label itself, for whoever may see the thing: rendered, read back and found right.

Rules this module keeps:
- A label is made from what the person's `Reader` gives: what they may not see, they cannot print.
- Only templates of the study's label set are used, in their approved version, which prints what was approved, and no
  blinded one prints a word that tells what is inside.
- Where a label could be put on something for use on people, nothing is made from a template that nobody approved.
  Outside production the version that ships stands in for it: its labels bear the environment's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.domain.refusals import Refusal, Refused
from inventory.services import anchors
from inventory.services.label_contents import NoLabelError, NothingThereError, Wording, telling_words
from inventory.services.label_proofs import require_as_approved
from inventory.services.printing import template_of
from inventory.store.checkpoints import Occasion
from inventory.store.settings import Environment
from labels import Label, LabelContent, render_label
from labels.template import load_template

if TYPE_CHECKING:
    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord
    from labels.template import Template

__all__ = ["Bench", "NoLabelError", "NotApprovedError", "NothingThereError"]


class NotApprovedError(NoLabelError):
    """No version of the template is approved."""

    refusal = Refusal.TEMPLATE_NOT_APPROVED

    def __init__(self) -> None:
        super().__init__(Refused(self.refusal).sentence)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where labels are made: the study, and what the person at the printer may see."""

    site: Site
    reader: Reader

    async def label(self, template: str, code: str, dpi: int) -> Label:
        """The label of the thing with that code, read back and found right.

        Raises:
            NoLabelError: no such thing, it has no such label, the study does not use the template, no version of
                it is approved, or that one would not print what was approved.
            LabelRefused: what cannot be printed, as the labels say it.
        """
        if template not in self.site.profile.labels.templates:
            known = ", ".join(self.site.profile.labels.templates)
            raise NoLabelError(f"The study's label set has no template '{template}'. It has {known}.")
        record = await self.reader.approved_template(template)
        approved = await template_of(record) if record else None
        drawn = approved or load_template(template)
        content = await self.content(
            drawn.content, code
        )  # what is unknown is so before anything else is told
        await self._require_approved(record, approved)
        return render_label(drawn, content, dpi, telling=telling_words(self.site.profile))

    async def _require_approved(self, record: ItemRecord | None, approved: Template | None) -> None:
        if record is not None and approved is not None:
            await require_as_approved(self.site.profile, record, approved)
        elif self.site.settings.environment is Environment.PRODUCTION:
            raise NotApprovedError

    async def hand_out(self, template: str, code: str, dpi: int) -> Label:
        """The same, to be printed: the heads under which it is handed out are kept first.

        Raises:
            NoLabelError, LabelRefused: as `label`; then nothing is kept.
        """
        made = await self.label(template, code, dpi)
        await anchors.keep_heads(self.site, self.reader, Occasion.PRINT)
        return made

    async def content(self, kind: str, code: str) -> LabelContent:
        """What the label of that kind says of that thing. Raises as `Wording.content`."""
        return await Wording(self.site, self.reader).content(kind, code)
