"""The contents that a template is proven on: the longest codes and widest dates of each kind, and the shortest.

Rules kept here: a code is as long as its shape allows, or as the template says that it has room for, in the widest
letter; what the study itself
prints on every label (its name, statements, contact, products) is the study's own, so that a template is approved for
the study that uses it; a label with less on it is proven too, because a symbol's size may hang on what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from labels.blinded_content import CardContent, Joint, KitContent, SyringeContent
from labels.content import Environment, LabelContent
from labels.isbt import Isbt
from labels.place_content import BoxContent, PlaceContent, PositionContent, ShipperContent
from labels.refusals import TemplateUnsound
from labels.sheet_content import LINES_AT_MOST, LocationSheetContent, ThawSheetContent
from labels.template import Template
from labels.vial_content import LotContent, VialContent

WIDE = "W"
LAST_DAY = date(2044, 10, 20)
"""A day whose text is as wide as any; `W` is the widest capital of both faces."""
LAST_MINUTE = datetime(2044, 10, 20, 20, 48, tzinfo=timezone(timedelta(hours=-10, minutes=-30)))
DEMO, TEST = Environment.DEMO, Environment.TEST
COPY = 88
"""A copy number that nobody reaches."""

Wide = Mapping[str, str]
"""By the names of `LENGTHS`, that many of the widest letter."""


@dataclass(frozen=True, slots=True)
class StudyWords:
    """What a study prints on its labels: the same on all of them.

    `products` are code, name and storage sentence of each; `joints` all that the study knows, `at_most` how many of
    them one kit is for.
    """

    study: str
    title: str
    gtin: str
    batch: str
    contact: str
    statements: str
    products: tuple[tuple[str, str, str], ...]
    joints: tuple[Joint, ...]
    at_most: int


LENGTHS = {"serial": 20, "lot": 20, "participant": 15, "code": 20, "path": 35, "name": 24}
"""How many characters a code or name has at most; a template with less room says so (`room`)."""


def extremes(template: Template, words: StudyWords) -> dict[str, LabelContent]:
    """The longest and the shortest content for a template, by name.

    Raises:
        TemplateUnsound: nothing is known of what it is drawn for.
    """
    if template.content not in MAKERS:
        raise TemplateUnsound(template.name, f"nothing is known of labels for a {template.content}")
    lengths = LENGTHS | dict(template.room)
    return dict(MAKERS[template.content](words, {name: WIDE * length for name, length in lengths.items()}))


def vials(words: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """One vial of each product, once with a donation and once without."""
    isbt = Isbt(din="A999944999999", product="WWWWWW", facility="A9999")
    made: dict[str, LabelContent] = {}
    for code, _, _ in words.products:
        long: dict[str, Any] = {
            "product": code,
            "lot": wide["lot"],
            "gtin": words.gtin,
            "expires_on": LAST_DAY,
        }
        made[f"{code}, longest"] = VialContent(
            serial=wide["serial"], isbt=isbt, division="WWWWWW", environment=DEMO, **long
        )
    short: dict[str, Any] = {
        "product": words.products[0][0],
        "lot": "1",
        "gtin": words.gtin,
        "expires_on": LAST_DAY,
    }
    return made | {"shortest": VialContent(serial="1", environment=DEMO, **short)}


def lots(words: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """One lot of each product, with every statement that a donor's record can ask for."""
    isbt = Isbt(din="A999944999999", product="WWWWWW", facility="A9999")
    made: dict[str, LabelContent] = {}
    for code, name, storage in words.products:
        made[f"{code}, longest"] = LotContent(
            lot=wide["lot"], product=code, name=name, manufacturer=wide["name"], storage=storage, isbt=isbt,
            expires_on=LAST_DAY, gtin=words.gtin, statements=DONOR_STATEMENTS, environment=DEMO,
        )  # fmt: skip
    code, name, storage = words.products[0]
    shortest = LotContent(
        lot="1", product=code, name=name, manufacturer="1", storage=storage, expires_on=LAST_DAY, gtin=words.gtin,
        environment=DEMO,
    )  # fmt: skip
    return made | {"shortest": shortest}


DONOR_STATEMENTS = (
    "NOT EVALUATED FOR INFECTIOUS SUBSTANCES. WARNING: Advise patient of communicable disease risks. "
    "WARNING: Reactive test results are named in the accompanying records."
)
"""The most that a donor's record asks for at once (21 CFR 1271.60(d)(2), 1271.65(b)(2))."""


def syringes(words: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """The joint with the longest name, and the shortest codes."""
    joint = max(words.joints, key=lambda one: len(str(one)))
    same: dict[str, Any] = {"study": words.study, "gtin": words.gtin, "use_by": LAST_MINUTE, "joint": joint}
    return {
        "longest": SyringeContent(
            kit="WWWW-WWWW-W",
            participant=wide["participant"],
            serial=wide["serial"],
            environment=DEMO,
            **same,
        ),
        "shortest": SyringeContent(kit="1", participant="1", serial="1", environment=DEMO, **same),
    }


def kits(words: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """As many joints as one kit may be for, and one."""
    same: dict[str, Any] = {
        "study": words.study,
        "gtin": words.gtin,
        "use_by": LAST_MINUTE,
        "batch": words.batch,
    }
    same |= {"statements": words.statements, "contact": words.contact}
    joints = longest_joints(words)
    return {
        "longest": KitContent(
            kit="WWWW-WWWW-W", participant=wide["participant"], serial=wide["serial"], joints=joints,
            environment=DEMO, **same,
        ),
        "shortest": KitContent(
            kit="1", participant="1", serial="1", joints=joints[:1], environment=DEMO, **same
        ),
    }  # fmt: skip


def longest_joints(words: StudyWords) -> tuple[Joint, ...]:
    """As many joints as one kit may be for, those with the longest names."""
    return tuple(sorted(words.joints, key=lambda one: -len(str(one)))[: words.at_most])


def cards(words: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """The longest participant code, and the shortest."""
    same: dict[str, Any] = {
        "study": words.study,
        "title": words.title,
        "contact": words.contact,
        "environment": DEMO,
    }
    return {
        "longest": CardContent(participant=wide["participant"], **same),
        "shortest": CardContent(participant="1", **same),
    }


def boxes(_: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """A code of twenty characters with a name, and one of one without."""
    return {
        "longest": BoxContent(code=wide["code"], name=wide["name"], environment=DEMO),
        "shortest": BoxContent(code="1", environment=DEMO),
    }


def places(_: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """A path of four long steps, and one of one."""
    return {
        "longest": PlaceContent(code="/".join([wide["path"][:8]] * 4), environment=DEMO),
        "shortest": PlaceContent(code="1", environment=DEMO),
    }


def positions(_: StudyWords, __: Wide) -> Mapping[str, LabelContent]:
    """The last cell of the largest box."""
    return {
        "longest": PositionContent(code=WIDE * 11, box=WIDE * 9, row=23, column=23, environment=DEMO),
        "shortest": PositionContent(code="1", box="1", row=1, column=1, environment=DEMO),
    }


def shippers(_: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """Long names and codes, and short ones."""
    address = (
        "Department of Laboratory Medicine, Wing WWWWW, Floor WW, 4500 San Pablo Road, 32224 Jacksonville"
    )
    return {
        "longest": ShipperContent(
            shipment=WIDE * 16, sender=address, receiver=address, carrier=wide["name"], shipper=wide["code"],
            seal=WIDE * 16, logger=WIDE * 14, environment=DEMO,
        ),
        "shortest": ShipperContent(
            shipment="1", sender="1", receiver="1", carrier="1", shipper="1", seal="1", logger="1", environment=DEMO
        ),
    }  # fmt: skip


def location_sheets(_: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """A full sheet, and an empty one."""
    inside = tuple((f"{WIDE * 14}{number:02}", WIDE * 12) for number in range(LINES_AT_MOST))
    place = "/".join([wide["path"][:8]] * 3)
    return {
        "longest": LocationSheetContent(
            place=place, printed="2044-10-20 20:48 UTC-10:30", inside=inside, environment=DEMO
        ),
        "shortest": LocationSheetContent(place="1", printed="1", inside=(), environment=DEMO),
    }


def thaw_sheets(words: StudyWords, wide: Wide) -> Mapping[str, LabelContent]:
    """The longest codes, and the shortest."""
    same: dict[str, Any] = {
        "study": words.study,
        "printed": "2044-10-20 20:48 UTC-10:30",
        "joints": longest_joints(words),
    }
    return {
        "longest": ThawSheetContent(
            kit="WWWW-WWWW-W",
            participant=wide["participant"],
            sheet="K" + WIDE * 21,
            environment=DEMO,
            **same,
        ),
        "shortest": ThawSheetContent(kit="1", participant="1", sheet="1", environment=DEMO, **same),
    }


MAKERS: Mapping[str, Callable[[StudyWords, Wide], Mapping[str, LabelContent]]] = {
    "vial": vials,
    "lot": lots,
    "syringe": syringes,
    "kit": kits,
    "card": cards,
    "box": boxes,
    "place": places,
    "position": positions,
    "shipment": shippers,
    "location-sheet": location_sheets,
    "thaw-sheet": thaw_sheets,
}
"""By kind of content."""
