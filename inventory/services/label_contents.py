"""What a thing's label says, from the record that a person may see and the study's profile.

Rules this module keeps:
- The kit's, the syringe's and the card's label come from the open record and the profile's one GTIN alone, so that
  two kits of a study differ in codes, joints and times and in nothing else.
- No use-by, no label: a kit is labelled once it is prepared.
- A donor's statements go on the lot's label, which stays in the laboratory, and on nothing that leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from inventory.domain import clocks
from inventory.domain.identifiers import numbers
from inventory.domain.items import Kind
from labels import (
    BoxContent,
    CardContent,
    Environment,
    Isbt,
    Joint,
    KitContent,
    LabelContent,
    LocationSheetContent,
    LotContent,
    PlaceContent,
    PositionContent,
    ShipperContent,
    SyringeContent,
    ThawSheetContent,
    VialContent,
)
from labels.content import minute_text
from labels.extremes import StudyWords
from labels.refusals import ContentMismatch
from labels.sentences import SENTENCES

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.domain.profile import Product, Profile
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
class Wording:
    """What labels say in a study: the study, and what the person at the printer may see."""

    site: Site
    reader: Reader

    async def content(
        self, kind: str, code: str, copy: int = 1, printed: datetime | None = None
    ) -> LabelContent:
        """What the label of that kind says of that thing.

        `copy` numbers a sheet that is printed again, `printed` is when a sheet says that it was: now, without it.

        Raises:
            NoLabelError: no such thing, or it has no such label (yet).
            LabelRefused: a value cannot be printed.
        """
        if kind == "position":
            return await self._position(code)
        item = await self._seen(code)
        match kind, item.kind:
            case "kit", Kind.KIT:
                return self._kit(item)
            case "thaw-sheet", Kind.KIT:
                return self._thaw_sheet(item, copy, printed or self.site.now())
            case "syringe", Kind.SYRINGE:
                return await self._syringe(item)
            case "card", Kind.PARTICIPANT:
                return self._card(item)
            case "vial", Kind.VIAL:
                return await self._vial(item)
            case "lot", Kind.LOT:
                return await self._lot(item)
            case "box", Kind.BOX:
                name = item.facts.get("name")
                return BoxContent(code=item.code, name=str(name or ""), environment=self.environment)
            case "place", Kind.PLACE:
                return PlaceContent(code=item.code, environment=self.environment)
            case "location-sheet", Kind.PLACE:
                return await self._location_sheet(item, printed or self.site.now())
            case "shipment", Kind.SHIPMENT:
                return self._shipper(item)
        if item.kind in LABELLED:
            raise ContentMismatch(kind, f"it is for a {kind}, not for a {item.kind}")
        raise NoLabelError(f"There is no label for a {item.kind}.")

    @property
    def environment(self) -> Environment | None:
        """The word that is printed outside production."""
        return WORDS.get(self.site.settings.environment.value)

    @property
    def _profile(self) -> Profile:
        return self.site.profile

    def _local(self, instant: datetime) -> datetime:
        """The instant as the site's clock on the wall shows it."""
        return instant.astimezone(ZoneInfo(self._profile.site.time_zone))

    async def _seen(self, code: str) -> ItemRecord:
        found = await self.reader.item(code)
        if found is None:
            raise NothingThereError(code)
        return found

    def _use_by(self, item: ItemRecord) -> datetime:
        if item.due is None:
            raise NoLabelError(f"{item.code} has no use-by yet. It is labelled once the kit is prepared.")
        return self._local(clocks.parse_instant(item.due))

    def _kit(self, kit: ItemRecord) -> KitContent:
        words = study_words(self._profile)
        return KitContent(
            kit=kit.code,
            participant=kit.parent or "",
            joints=joints_of(kit),
            use_by=self._use_by(kit),
            study=words.study,
            gtin=words.gtin,
            serial=kit.code,
            statements=words.statements,
            batch=words.batch,
            contact=words.contact,
            environment=self.environment,
        )

    async def _syringe(self, syringe: ItemRecord) -> SyringeContent:
        kit = await self._seen(syringe.parent or "")
        return SyringeContent(
            kit=kit.code,
            participant=kit.parent or "",
            joint=joint(str(syringe.facts.get("joint", ""))),
            use_by=self._use_by(syringe),
            study=self._profile.study.id,
            gtin=self._profile.labels.gtin,
            serial=syringe.code,
            environment=self.environment,
        )

    def _card(self, participant: ItemRecord) -> CardContent:
        words = study_words(self._profile)
        return CardContent(
            participant=participant.code,
            study=words.study,
            title=words.title,
            contact=words.contact,
            environment=self.environment,
        )

    def _thaw_sheet(self, kit: ItemRecord, copy: int, printed: datetime) -> ThawSheetContent:
        if kit.state != "called_for":
            raise NoLabelError(f"{kit.code} is not called for, so there is nothing to thaw for it.")
        return ThawSheetContent(
            kit=kit.code,
            participant=kit.parent or "",
            joints=joints_of(kit),
            study=self._profile.study.id,
            sheet=f"{kit.code}.thaw-sheet.{copy}",
            printed=minute_text(self._local(printed)),
            environment=self.environment,
        )

    async def _vial(self, vial: ItemRecord) -> VialContent:
        lot = await self._seen(vial.parent or "")
        product, expires_on = self._of_lot(lot)
        return VialContent(
            product=product.code,
            lot=lot.code,
            expires_on=expires_on,
            gtin=product.gtin,
            serial=vial.code,
            isbt=self._isbt(lot),
            division=str(vial.facts.get("division") or "00"),
            environment=self.environment,
        )

    async def _lot(self, lot: ItemRecord) -> LotContent:
        product, expires_on = self._of_lot(lot)
        donor = await self.reader.item(lot.parent) if lot.parent else None
        return LotContent(
            lot=lot.code,
            product=product.code,
            name=product.name,
            manufacturer=str(lot.facts.get("manufacturer")),
            storage=storage_sentence(product),
            expires_on=expires_on,
            gtin=product.gtin,
            statements=str((donor.facts.get("label_statements") if donor else "") or ""),
            isbt=self._isbt(lot),
            environment=self.environment,
        )

    def _of_lot(self, lot: ItemRecord) -> tuple[Product, date]:
        product = self._profile.product(str(lot.facts.get("product")))
        if product is None or lot.due is None:
            raise NoLabelError(f"Lot {lot.code} has no product of the profile or no expiry date.")
        return product, date.fromisoformat(lot.due)

    def _isbt(self, lot: ItemRecord) -> Isbt | None:
        din, code = lot.facts.get("din"), lot.facts.get("isbt_product_code")
        if not din or not code:
            return None
        told = self._profile.labels.isbt128
        return Isbt(din=str(din), product=f"{code}{told.collection_type}", facility=told.facility)

    async def _position(self, code: str) -> PositionContent:
        try:
            number = numbers.parse(code)
        except numbers.NumberError:
            raise NothingThereError(code) from None
        box = await self._seen(number.of or code)
        if number.kind is not numbers.Kind.POSITION or box.kind is not Kind.BOX:
            raise NoLabelError(f"{code} is no position of a box.")
        row, column = number.at
        return PositionContent(
            code=number.code, box=box.code, row=row, column=column, environment=self.environment
        )

    async def _location_sheet(self, place: ItemRecord, printed: datetime) -> LocationSheetContent:
        inside = await self.reader.inside(place.code)
        return LocationSheetContent(
            place=place.code,
            printed=minute_text(self._local(printed)),
            inside=tuple((one.code, str(one.facts.get("name") or "")) for one in inside),
            environment=self.environment,
        )

    def _shipper(self, shipment: ItemRecord) -> ShipperContent:
        told = {name: str(shipment.facts.get(name) or "") for name in SHIPPED}
        return ShipperContent(
            shipment=shipment.code,
            sender=told["sender"],
            receiver=told["receiver"],
            carrier=told["carrier"],
            shipper=told["shipper_id"],
            seal=told["seal"],
            logger=told["logger_id"],
            environment=self.environment,
        )


LABELLED = frozenset(
    {
        Kind.KIT, Kind.SYRINGE, Kind.PARTICIPANT, Kind.VIAL, Kind.LOT, Kind.BOX, Kind.PLACE, Kind.SHIPMENT,
    }
)  # fmt: skip
"""The kinds of thing that have a label of their own."""

SHIPPED = ("sender", "receiver", "carrier", "shipper_id", "seal", "logger_id")


def study_words(profile: Profile) -> StudyWords:
    """What the study prints on its labels, the sentences of law left to the templates."""
    labels = profile.labels
    return StudyWords(
        study=profile.study.id,
        title=labels.title,
        gtin=labels.gtin,
        batch=labels.packaging_batch,
        contact=labels.contact,
        statements=" ".join(one for one in labels.statements if one not in SENTENCES.values()),
        products=tuple((one.code, one.name, storage_sentence(one)) for one in profile.products),
        joints=tuple(joint(name) for name in profile.joints),
        at_most=profile.kit.max_joints,
    )


def telling_words(profile: Profile) -> tuple[str, ...]:
    """The study's own words that no blinded label may bear: what its products and arms are called."""
    products = (word for product in profile.products for word in (product.code, product.name))
    return tuple(dict.fromkeys([*products, *(arm.title for arm in profile.arms)]))


def storage_sentence(product: Product) -> str:
    """`Store at or below -150 °C`."""
    return f"Store at or below {product.storage_limit_millidegrees / 1000:g} °C"


def joints_of(kit: ItemRecord) -> tuple[Joint, ...]:
    """The joints of a kit, in its order."""
    joints = kit.facts.get("joints")
    return tuple(joint(str(one)) for one in joints) if isinstance(joints, list) else ()


def joint(name: str) -> Joint:
    """A joint from the profile's spelling, `L4-L5:left`."""
    level, _, side = name.partition(":")
    return Joint(level, side)
