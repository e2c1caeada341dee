"""What the record leaves open is said in words, with how long: no holder, no reading, no word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.domain.items import Kind
from inventory.services import gaps
from tests.services.ward import Ward


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (41, "41 s"),
        (180, "3 min"),
        (192, "3 min 12 s"),
        (9660, "2 h 41 min"),
        (86_400 * 37 + 14_400, "37 d 4 h"),
    ],
)
def test_a_span_is_spoken_by_its_two_largest_units(seconds: int, words: str) -> None:
    assert gaps.spoken(timedelta(seconds=seconds)) == words


async def _gaps(ward: Ward, who: str, code: str) -> list[tuple[str, str]]:
    reader = await ward.reader(who)
    record, entries = await reader.item(code), await reader.history(code)
    assert record is not None
    assert entries is not None
    return [(gap.what, gap.text) for gap in gaps.gaps(record, entries, ward.site.now())]


async def test_a_vial_tells_when_nobody_knew_where_it_was_and_how_long_nothing_was_read(ward: Ward) -> None:
    vial = await ward.item(Kind.VIAL, "DMSO-1-4")
    ward.wait(days=40)
    await ward.does("tina", "vial-lose", vial.code, reason="not_found")
    ward.wait(hours=2, minutes=41)
    await ward.does("tina", "vial-find", vial.code, position=vial.place)
    told = await _gaps(ward, "uma", vial.code)
    assert ("holder", "For 2 h 41 min: nobody knew where it was.") in told
    assert [text for what, text in told if what == "silence"] == [
        "Nothing was recorded for 40 d, while it was stored."
    ]
    assert [text for what, text in told if what == "reading"][-1].startswith(
        "No temperature stands in the record for 40 d 2 h until now"
    )


async def test_a_kit_in_hand_is_silent_after_an_hour_and_a_planned_one_after_a_month(ward: Ward) -> None:
    kit, later = await ward.kit_at("at_pharmacy"), await ward.kit_at("ordered", "P-002")
    ward.wait(hours=3)
    silences = [text for what, text in await _gaps(ward, "bert", kit) if what == "silence"]
    assert silences == ["Nothing was recorded for 3 h until now, while it was at pharmacy."]
    assert await _gaps(ward, "bert", later) == []


async def test_what_is_over_is_silent_without_a_gap(ward: Ward) -> None:
    kit = await ward.kit_at("destroyed")
    before = await _gaps(ward, "bert", kit)
    ward.wait(days=400)
    assert await _gaps(ward, "bert", kit) == before
