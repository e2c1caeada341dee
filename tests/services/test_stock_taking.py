"""What the last count of a box found, what became of it since, and a shipment in its three buckets."""

from __future__ import annotations

from inventory.services import receiving, stock_taking
from inventory.services.stock_taking import Count, Found
from tests.furniture import BOX, manifest, position
from tests.services.ward import Ward

VIALS = [f"{product}-1-{number}" for product in ("BM-MSC", "DMSO") for number in range(1, 6)]


def _seen(where: dict[str, int]) -> list[dict[str, str]]:
    return [{"vial": vial, "position": position(place)} for vial, place in where.items()]


async def _count(ward: Ward) -> Count | None:
    reader = await ward.reader("tina")
    box = await reader.item(BOX)
    assert box is not None
    return await stock_taking.last_count(reader, box)


def _told(count: Count | None) -> dict[str, tuple[str, str, bool]]:
    assert count is not None
    return {one.code: (one.found, one.action, one.resolved) for one in count.differences}


async def test_a_difference_is_told_by_how_it_differs_and_resolved_by_its_own_act(ward: Ward) -> None:
    assert await _count(ward) is None
    await ward.does("tina", "vial-lose", VIALS[9], reason="not_found")
    await ward.does("tina", "vial-destroy", VIALS[8], method="autoclave")
    where = {vial: place for place, vial in enumerate(VIALS[:7], start=1)}
    where |= {VIALS[0]: 20, VIALS[9]: 10, VIALS[8]: 9, "STRANGE": 30}
    await ward.does("tina", "box-count", BOX, seen=_seen(where))
    count = await _count(ward)
    assert count is not None
    assert (count.matched, count.open) == (6, 5)
    assert _told(count) == {
        VIALS[7]: (Found.MISSING, "vial-lose", False),
        VIALS[9]: (Found.LOST, "vial-find", False),
        VIALS[8]: (Found.GONE, "", False),
        "STRANGE": (Found.UNKNOWN, "deviation-report-lab", False),
        VIALS[0]: (Found.MISPLACED, "vial-move", False),
    }
    ward.wait(minutes=1)
    await ward.does("tina", "vial-lose", VIALS[7], reason="not_found")
    await ward.does("tina", "vial-find", VIALS[9], position=position(10))
    await ward.does("tina", "vial-move", VIALS[0], position=position(20))
    code = stock_taking.stray_code(BOX, "STRANGE")
    await ward.does(
        "tina", "deviation-report-lab", code, about={"kind": "box", "code": BOX}, reason="wrong_item"
    )
    after = await _count(ward)
    assert after is not None
    assert [one.code for one in after.differences if not one.resolved] == [VIALS[8]]
    undo = next(one.undo for one in after.differences if one.code == VIALS[0])
    assert undo is not None
    void = {"reason": "recorded_wrongly", "log": undo[0], "index": undo[1], "second": "tom"}
    await ward.does("tina", "vial-void", VIALS[0], **void)
    assert _told(await _count(ward))[VIALS[0]] == (Found.MISPLACED, "vial-move", False)


async def test_a_count_that_was_taken_back_does_not_stand(ward: Ward) -> None:
    await ward.does("tina", "box-count", BOX, seen=_seen({vial: n for n, vial in enumerate(VIALS, start=1)}))
    ward.wait(minutes=1)
    await ward.does("tina", "box-count", BOX, seen=[])
    wrong = await _count(ward)
    assert wrong is not None
    assert (wrong.matched, len(wrong.differences)) == (0, 10)
    void = {"reason": "recorded_wrongly", "log": "vault", "index": wrong.entry.index, "second": "tom"}
    await ward.does("tina", "box-void", BOX, **void)
    before = await _count(ward)
    assert before is not None
    assert (before.matched, before.differences) == (10, ())


async def test_a_shipment_has_three_buckets(ward: Ward) -> None:
    vials = ["NEW-1", "NEW-2", "NEW-3"]
    told = {"sender": "Maker", "receiver": "Site", "carrier": "Carrier", "shipper_id": "DRY-1", "seal": "S",
            "logger_id": "LOGGER", "expected_from": "2026-11-20", "expected_to": "2026-11-23"}  # fmt: skip
    await ward.does("tina", "lot-register", "NEW", **manifest("DMSO", vials))
    await ward.does("tina", "shipment-advise", "SH-9", vials=vials, **told)
    found = {"seal": "S", "logger_id": "LOGGER", "warmest_millicelsius": -160_000, "condition": "intact"}
    await ward.does("tina", "shipment-receive", "SH-9", readings="0" * 64, **found)
    await ward.does("tina", "vial-receive", "NEW-2", shipment="SH-9")
    await ward.does("tina", "vial-lose", "NEW-3", reason="not_found")
    reader = await ward.reader("tina")
    shipment = await reader.item("SH-9")
    assert shipment is not None
    assert shipment.facts["readings"] == "0" * 64
    code = (await receiving.receipt_of(reader, shipment)).stray_code("STRANGE")
    about = {"kind": "shipment", "code": "SH-9"}
    await ward.does("tina", "deviation-report-lab", code, about=about, reason=receiving.WRONG)
    receipt = await receiving.receipt_of(reader, shipment)
    buckets = (receipt.here, receipt.awaited, receipt.missing, receipt.to_put_away)
    assert [[vial.code for vial in bucket] for bucket in buckets] == [
        ["NEW-2"],
        ["NEW-1"],
        ["NEW-3"],
        ["NEW-2"],
    ]
    assert [scanned for scanned, _ in receipt.strays] == ["STRANGE"]
