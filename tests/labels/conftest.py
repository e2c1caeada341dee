"""Contents for the labels' tests: of each template an ordinary one and the longest its stock is drawn for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from labels import BoxContent, Environment, Joint, KitContent, LabelContent, SyringeContent, VialContent

GTIN = "09506000134352"  # GS1's own demonstration company prefix
CHICAGO = timezone(timedelta(hours=-5))
LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
ALL_JOINTS = tuple(Joint(level, side) for level in LEVELS for side in ("left", "right"))


def vial(**changes: object) -> VialContent:
    values: dict[str, object] = {
        "product": "BM-MSC 10 million cells, 1 mL",
        "lot": "MSC-0007",
        "expires_on": date(2028, 6, 30),
        "gtin": GTIN,
        "serial": "V7F3K9Q2M4",
        "din": "A999922123458",
    }
    return VialContent(**(values | changes))  # type: ignore[arg-type]  # the tests plant wrong ones


def syringe(**changes: object) -> SyringeContent:
    values: dict[str, object] = {
        "kit": "K3H7P22C",
        "participant": "S01-017",
        "joint": Joint("L4-L5", "left"),
        "use_by": datetime(2026, 11, 22, 12, 31, tzinfo=CHICAGO),
        "study": "NCT06001853",
        "gtin": GTIN,
        "serial": "K3H7P22C01",
    }
    return SyringeContent(**(values | changes))  # type: ignore[arg-type]


def kit(**changes: object) -> KitContent:
    values: dict[str, object] = {
        "kit": "K3H7P22C",
        "participant": "S01-017",
        "joints": ALL_JOINTS[6:8],
        "use_by": datetime(2026, 11, 22, 17, 31, tzinfo=UTC),
        "study": "NCT06001853",
        "gtin": GTIN,
        "serial": "K3H7P22C",
    }
    return KitContent(**(values | changes))  # type: ignore[arg-type]


def box(**changes: object) -> BoxContent:
    return BoxContent(**({"code": "LN2A-R2-07"} | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make() -> dict[str, object]:
    """The four makers, by template name: `make["vial"](lot=...)`."""
    return {"vial": vial, "syringe": syringe, "kit": kit, "box": box}


@pytest.fixture(scope="session")
def contents() -> dict[tuple[str, str], LabelContent]:
    """(template, what) → content; the extremes are widest letters in the longest codes, and no DIN."""
    wide, widest = (
        "W" * 20,
        datetime(2000, 10, 20, 20, 48, tzinfo=timezone(timedelta(hours=-10, minutes=-30))),
    )
    training = Environment.TRAINING
    blinded = {"kit": "WWWW-WWWW-W", "serial": wide, "use_by": widest, "environment": training}
    return {
        ("vial", "ordinary"): vial(),
        ("vial", "longest"): vial(
            serial=wide, lot="DMSO-26-00040", expires_on=date(2040, 10, 20), environment=training
        ),
        ("vial", "no-din"): vial(din=None, product="DMSO 10 % in saline", environment=Environment.DEMO),
        ("syringe", "ordinary"): syringe(),
        ("syringe", "longest"): syringe(
            participant="SITE-0001-00017", joint=Joint("L4-L5", "right"), **blinded
        ),
        ("kit", "ordinary"): kit(environment=Environment.TEST),
        ("kit", "longest"): kit(joints=ALL_JOINTS, participant="SITE-0001-00017-WWW", **blinded),
        ("box", "ordinary"): box(),
        ("box", "longest"): box(code=wide, environment=training),
    }
