"""What a thing's label says, and the label itself, for whoever may see the thing.

Rules this module keeps:
- A label is made from what the person's `Reader` gives: what they may not see, they cannot print.
- The kit's and the syringe's label come from the open record and the profile's one GTIN alone, so that two
  kits of a study differ in codes, joints and times and in nothing else.
- No use-by, no label: a kit is labelled once it is prepared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.services import anchors
from inventory.store.checkpoints import Occasion
from labels import (
    BoxContent,
    Environment,
    Joint,
    KitContent,
    Label,
    LabelContent,
    SyringeContent,
    VialContent,
    render_label,
)

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.services.site import Site
    from inventory.store.gate import Reader
    from inventory.store.records import ItemRecord

WORDS = {"demo": Environment.DEMO, "test": Environment.TEST}
"""What is printed outside production."""


class NoLabelError(Exception):
    """There is no label for this; the sentence says why."""


class NothingThereError(NoLabelError):
    """No such thing for this person."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code} is not known here.")


@dataclass(frozen=True, slots=True)
class Bench:
    """Where labels are made: the study, and what the person at the printer may see."""

    site: Site
    reader: Reader

    async def label(self, template: str, code: str, dpi: int) -> Label:
        """The label of the thing with that code, read back and found right.

        Raises:
            NoLabelError: no such thing, it has no label, or the study does not use the template.
            LabelRefused: what cannot be printed, as the labels say it.
        """
        if template not in self.site.profile.labels.templates:
            known = ", ".join(self.site.profile.labels.templates)
            raise NoLabelError(f"The study's label set has no template '{template}'. It has {known}.")
        return render_label(template, await self.content(code), dpi)

    async def hand_out(self, template: str, code: str, dpi: int) -> Label:
        """The same, to be printed: the heads under which it is handed out are kept first.

        Raises:
            NoLabelError, LabelRefused: as `label`; then nothing is kept.
        """
        made = await self.label(template, code, dpi)
        await anchors.keep_heads(self.site, self.reader, Occasion.PRINT)
        return made

    async def content(self, code: str) -> LabelContent:
        """What the label of that thing says.

        Raises:
            NoLabelError: no such thing, or it has no label (yet).
            LabelRefused: a value cannot be printed.
        """
        item = await self._seen(code)
        match item.kind:
            case Kind.KIT:
                return self._kit(item)
            case Kind.SYRINGE:
                return await self._syringe(item)
            case Kind.VIAL:
                return await self._vial(item)
            case Kind.BOX:
                return BoxContent(code=item.code, environment=self._environment)
        raise NoLabelError(f"There is no label for a {item.kind}.")

    async def _seen(self, code: str) -> ItemRecord:
        found = await self.reader.item(code)
        if found is None:
            raise NothingThereError(code)
        return found

    @property
    def _environment(self) -> Environment | None:
        return WORDS.get(self.site.settings.environment.value)

    def _use_by(self, item: ItemRecord) -> datetime:
        """The use-by as the site's clock on the wall shows it."""
        if item.due is None:
            raise NoLabelError(f"{item.code} has no use-by yet. It is labelled once the kit is prepared.")
        return clocks.parse_instant(item.due).astimezone(ZoneInfo(self.site.profile.site.time_zone))

    def _kit(self, kit: ItemRecord) -> KitContent:
        joints = kit.facts.get("joints")
        return KitContent(
            kit=kit.code,
            participant=kit.parent or "",
            joints=tuple(joint(str(one)) for one in joints) if isinstance(joints, list) else (),
            use_by=self._use_by(kit),
            study=self.site.profile.study.id,
            gtin=self.site.profile.labels.gtin,
            serial=kit.code,
            environment=self._environment,
        )

    async def _syringe(self, syringe: ItemRecord) -> SyringeContent:
        kit = await self._seen(syringe.parent or "")
        return SyringeContent(
            kit=kit.code,
            participant=kit.parent or "",
            joint=joint(str(syringe.facts.get("joint", ""))),
            use_by=self._use_by(syringe),
            study=self.site.profile.study.id,
            gtin=self.site.profile.labels.gtin,
            serial=syringe.code,
            environment=self._environment,
        )

    async def _vial(self, vial: ItemRecord) -> VialContent:
        lot = await self._seen(vial.parent or "")
        product = self.site.profile.product(str(lot.facts.get("product")))
        if product is None or lot.due is None:
            raise NoLabelError(f"Lot {lot.code} has no product of the profile or no expiry date.")
        din = lot.facts.get("din")
        return VialContent(
            product=product.code,
            lot=lot.code,
            expires_on=date.fromisoformat(lot.due),
            gtin=product.gtin,
            serial=vial.code,
            din=str(din) if din else None,
            environment=self._environment,
        )


def joint(name: str) -> Joint:
    """A joint from the profile's spelling, `L4-L5:left`."""
    level, _, side = name.partition(":")
    return Joint(level, side)
