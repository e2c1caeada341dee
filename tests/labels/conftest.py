"""Contents for the labels' tests: of each template an ordinary one, and those that approval proves it on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

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
    template_names,
)
from labels.extremes import StudyWords, extremes
from labels.template import load_template

GTIN = "09506000134352"  # GS1's own demonstration company prefix
CHICAGO = timezone(timedelta(hours=-5))
LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
ALL_JOINTS = tuple(Joint(level, side) for level in LEVELS for side in ("left", "right"))
NOON = datetime(2026, 11, 22, 12, 31, tzinfo=CHICAGO)
ISBT = Isbt(din="A999922123458", product="YA001V", facility="A9999")

WORDS = StudyWords(
    study="NCT06001853",
    title="Injection into painful facet joints of the lower back",
    gtin=GTIN,
    batch="CK-01",
    contact="Study team, +1 904 555 0100 (24 h)",
    statements="For intra-articular injection. For clinical trial use only.",
    products=(
        ("BM-MSC", "Allogeneic culture-expanded mesenchymal stem cells", "Store at or below -150 °C"),
        ("DMSO", "DMSO in cryopreservation medium, without cells", "Store at or below -150 °C"),
    ),
    joints=ALL_JOINTS,
    at_most=4,
)

ORDINARY: dict[str, tuple[type[LabelContent], dict[str, object]]] = {
    "vial": (
        VialContent,
        {
            "product": "BM-MSC", "lot": "MSC-0007", "expires_on": date(2028, 6, 30), "gtin": GTIN,
            "serial": "V7F3K9Q2M", "isbt": ISBT, "division": "000017", "environment": Environment.DEMO,
        },
    ),
    "lot": (
        LotContent,
        {
            "lot": "MSC-0007", "product": "BM-MSC", "name": "Mesenchymal stem cells", "gtin": GTIN, "isbt": ISBT,
            "manufacturer": "Cell Products Laboratory", "storage": "Store at or below -150 °C",
            "expires_on": date(2028, 6, 30), "environment": Environment.DEMO,
        },
    ),
    "syringe": (
        SyringeContent,
        {
            "kit": "K3H7P22C", "participant": "S01-017", "joint": Joint("L4-L5", "left"), "use_by": NOON,
            "study": "NCT06001853", "gtin": GTIN, "serial": "K3H7P22C01",
        },
    ),
    "kit": (
        KitContent,
        {
            "kit": "K3H7P22C", "participant": "S01-017", "joints": ALL_JOINTS[6:8],
            "use_by": datetime(2026, 11, 22, 17, 31, tzinfo=UTC), "study": "NCT06001853", "gtin": GTIN,
            "serial": "K3H7P22C", "batch": "CK-01", "environment": Environment.TEST,
        },
    ),
    "card": (
        CardContent,
        {"participant": "S01-017", "study": "NCT06001853", "title": WORDS.title, "contact": WORDS.contact},
    ),
    "box": (BoxContent, {"code": "LN2A-R2-07", "name": "Box 7"}),
    "place": (PlaceContent, {"code": "JAX/CRYO/T1/R2"}),
    "position": (PositionContent, {"code": "P7Q49XHC34E", "box": "B7Q49XHCE", "row": 1, "column": 2}),
    "shipment": (
        ShipperContent,
        {
            "shipment": "SH-2026-014", "sender": "Cell Products Laboratory", "receiver": "Jacksonville laboratory",
            "carrier": "Cryo courier", "shipper": "CX-100-07", "seal": "S-448120", "logger": "TL-0093",
        },
    ),
    "location-sheet": (
        LocationSheetContent,
        {"place": "JAX/T1", "printed": "2026-11-22 12:31 UTC-05:00", "inside": (("JAX/T1/R1", ""), ("JAX/T1/R2", ""))},
    ),
    "thaw-sheet": (
        ThawSheetContent,
        {
            "kit": "K7Q49XHCE", "participant": "S01-017", "joints": ALL_JOINTS[6:8], "study": "NCT06001853",
            "sheet": "K7Q49XHCE.thaw-sheet.1", "printed": "2026-11-22 12:31 UTC-05:00",
        },
    ),
}  # fmt: skip


class Maker:
    """`make["vial"](lot=...)`: the ordinary content of a template with some values changed."""

    def __getitem__(self, template: str):
        kind, values = ORDINARY[load_template(template).content]
        return lambda **changes: kind(**(values | changes))


@pytest.fixture(scope="session")
def make() -> Maker:
    return Maker()


@pytest.fixture(scope="session")
def words() -> StudyWords:
    """What the study of these tests prints on its labels."""
    return WORDS


def cases() -> dict[tuple[str, str], LabelContent]:
    """(template, what) → content: ordinary, and every one of its extremes."""
    found: dict[tuple[str, str], LabelContent] = {}
    for name in template_names():
        found[name, "ordinary"] = Maker()[name]()
        found |= {(name, what): content for what, content in extremes(load_template(name), WORDS).items()}
    return found


@pytest.fixture(scope="session")
def contents() -> dict[tuple[str, str], LabelContent]:
    return cases()
