"""What the record leaves open is said in words, with how long: no holder, no reading, no word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inventory.domain import clocks
from inventory.domain.items import Kind
from inventory.services import gaps
from inventory.services.imports import Where, import_file
from inventory.services.measured import measured
from inventory.store import attachments
from tests.domain.lab import START
from tests.furniture import BOX, box, box_code, manifest, position
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
    now = ward.site.now()
    read = await measured(reader, record, entries, now)
    return [(gap.what, gap.text) for gap in gaps.gaps(record, entries, now, "America/New_York", read)]


def unread(told: list[tuple[str, str]]) -> list[str]:
    """What was not measured."""
    return [text for what, text in told if what == "reading"]


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
    assert unread(told) == ["No reading between 2026-11-22 04:00 and now (40 d 2 h)."]


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


ELSEWHERE = box_code(7)
PLACE, LOGGED = "JAX/CRYO/T1", range(240, 481)


def logged(*, without: range) -> bytes:
    """An hourly file of the eleventh to the twentieth day, one hour of it too warm."""
    hours = (hour for hour in LOGGED if hour not in without)
    rows = (f"{clocks.format_instant(START + timedelta(hours=hour))},-180" for hour in hours)
    return "\n".join(["timestamp,celsius", *rows, ""]).encode()


async def test_a_loggers_file_is_read_for_what_lay_where_it_measured_and_for_nothing_else(ward: Ward) -> None:
    stays, moves = "DMSO-1-4", "DMSO-1-3"
    await ward.does("tina", "place-register", "JAX/CRYO/T2", kind="tank", limit_millicelsius=-150_000)
    await box(ward.cast, ELSEWHERE, "JAX/CRYO/T2")
    await ward.does("tina", "vial-move", "DMSO-1-2", position=position(1, ELSEWHERE))
    ward.wait(days=15)
    await ward.does("tina", "vial-lose", moves, reason="not_found")
    ward.wait(days=25)
    file = logged(without=range(300, 303))
    await import_file(ward.site, "tina", "temperature", file, where=Where(PLACE, "LOGGER"))
    before = "No reading between 2026-11-22 04:00 and 2026-12-02 04:00 (10 d)."
    within = "No reading between 2026-12-04 15:00 and 2026-12-04 19:00 (4 h): the logger's file has none."
    after = "No reading between 2026-12-12 04:00 and now (20 d)."
    for code in (stays, PLACE, BOX):
        assert unread(await _gaps(ward, "uma", code)) == [before, within, after], code
    assert unread(await _gaps(ward, "uma", moves)) == [
        before,
        within,
        "No reading between 2026-12-07 04:00 and now (25 d).",
    ]
    nothing = ["No reading between 2026-11-22 04:00 and now (40 d)."]
    for code in ("DMSO-1-2", ELSEWHERE, "JAX/CRYO/T2", "JAX/CRYO"):
        assert unread(await _gaps(ward, "uma", code)) == nothing, code


async def test_a_shipment_was_measured_on_its_way_by_the_file_that_came_with_it(ward: Ward) -> None:
    file = logged(without=range(300, 303))
    told = {"sender": "Maker", "receiver": "Site", "carrier": "Carrier", "shipper_id": "DRY-1", "seal": "S-9"}
    told |= {"logger_id": "LOGGER", "expected_from": "2026-12-02", "expected_to": "2026-12-13"}
    await ward.does("tina", "lot-register", "NEW-1", **manifest("DMSO", ["NEW-1-1"]))
    await ward.does("tina", "shipment-advise", "SH-9", vials=["NEW-1-1"], **told)
    ward.wait(days=20)
    kept = await attachments.keep(file, "logger.csv", "text/csv")
    told = {"seal": "S-9", "logger_id": "LOGGER", "warmest_millicelsius": -140_000, "condition": "intact"}
    await ward.does("tina", "shipment-receive", "SH-9", readings=kept, **told)
    assert unread(await _gaps(ward, "uma", "SH-9")) == [
        "No reading between 2026-11-22 04:00 and 2026-12-02 04:00 (10 d).",
        "No reading between 2026-12-04 15:00 and 2026-12-04 19:00 (4 h): the logger's file has none.",
    ]
