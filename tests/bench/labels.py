"""Labels: placed, painted, decoded and compared, one of each template, as printers of 300 dpi get them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from statistics import median

from labels import (
    BoxContent,
    Environment,
    Isbt,
    Joint,
    KitContent,
    LabelContent,
    SyringeContent,
    VialContent,
    render_label,
)
from tests.bench.table import Figure

DPI = 300
MOST_MS = {"vial": 5.0}
SHEET, SHEET_MOST_MS = 96, 500.0
_GTIN = "09506000134352"  # GS1's own demonstration company prefix
_JOINTS = tuple(Joint(level, side) for level in ("L4-L5", "L5-S1") for side in ("left", "right"))


def figures(times: int) -> Iterator[Figure]:
    """Rendering and checking one label, the median of so many; and a sheet of vials, as a lot gets them."""
    for name in _contents(0):
        render_label(name, _contents(0)[name], DPI)  # the typefaces are read once
        spent = sorted(_milliseconds(name, _contents(number)[name]) for number in range(times))
        note = f"p99 {spent[int(times * 0.99)]:.1f} ms"
        most = MOST_MS.get(name, 10.0)
        yield Figure(f"{name} label rendered and checked", median(spent), "ms", most=most, note=note)
    started = time.perf_counter()
    for number in range(SHEET):
        render_label("vial", _contents(times + number)["vial"], DPI)
    spent_ms = (time.perf_counter() - started) * 1000
    yield Figure(f"{SHEET} vial labels, one after the other", spent_ms, "ms", most=SHEET_MOST_MS)


def _milliseconds(name: str, content: LabelContent) -> float:
    started = time.perf_counter()
    render_label(name, content, DPI)
    return (time.perf_counter() - started) * 1000


def _contents(number: int) -> dict[str, LabelContent]:
    """One content of each template; the number makes codes that were not on the label before."""
    use_by = datetime(2026, 11, 22, 12, 31, tzinfo=timezone(timedelta(hours=-5)))
    kit = f"K{number:07d}"
    blinded = {"kit": kit, "participant": "JAX-017", "use_by": use_by, "study": "NCT06001853", "gtin": _GTIN}
    lot = {"product": "BM-MSC", "lot": "MSC-2501", "expires_on": date(2030, 9, 18)}
    isbt = Isbt(din="A999925000107", product="YA001V", facility="A9999")
    own = {
        "gtin": _GTIN,
        "serial": f"V{number:07d}",
        "division": f"{number:06d}",
        "environment": Environment.DEMO,
    }
    return {
        "kit": KitContent(**blinded, joints=_JOINTS, serial=kit),
        "syringe": SyringeContent(**blinded, joint=_JOINTS[0], serial=f"{kit}1"),
        "vial": VialContent(**lot, **own, isbt=isbt),
        "box": BoxContent(code=f"B{number:07d}"),
    }
