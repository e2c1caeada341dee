"""A shipment taken in by scans: the logger's file, seal and vials in three buckets, put away, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from tests.furniture import BOX, devices_and_storage, manifest, position
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADVISED = {
    "sender": "Maker", "receiver": "Site", "carrier": "Carrier", "shipper_id": "DRY-1", "seal": "SEAL-1",
    "logger_id": "LOGGER", "expected_from": "2026-11-20", "expected_to": "2026-11-23",
}  # fmt: skip
VIALS = ["NEW-1-1", "NEW-1-2", "NEW-1-3"]
READINGS = "timestamp,celsius\n" + "".join(
    f"2026-11-21T{hour:02}:00:00Z,{celsius}\n" for hour, celsius in enumerate((-176, -171.5, -168.25, -174))
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def announced(ward: Ward) -> Ward:
    """A shipment of three vials that is awaited, and a vial of another lot."""
    await devices_and_storage(ward.cast)
    await ward.cast.must("lot-register", "NEW-1", **manifest("DMSO", VIALS))
    await ward.cast.must("lot-register", "OLD-1", **manifest("DMSO", ["OLD-1-1"]))
    await ward.cast.must("shipment-advise", "S-1", vials=VIALS, **ADVISED)
    return ward


async def test_a_shipment_is_taken_in_put_away_and_closed(announced: Ward, page: Page) -> None:
    ward, ok, live = announced, page.locator("#outcome .panel.ok"), page.locator("#live")
    state = page.locator("h1 .state")
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/receipts")
    await page.get_by_role("link", name="S-1").click()
    assert await violations(page) == []
    await page.get_by_label("or its lines").fill("timestamp,celsius\nyesterday,cold\n")
    await page.get_by_role("button", name="Read the file").click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("The file was not read")
    assert await page.locator("#outcome .panel li").all_inner_texts() == [
        "row 2, timestamp: must be a time with an offset, such as 2026-11-22T10:02:37-05:00.",
        "row 2, celsius: must be a number such as 10 or 4.5, with a point and no unit.",
    ]
    chosen = {"name": "logger.csv", "mimeType": "text/csv", "buffer": READINGS.encode()}
    await page.get_by_label("The logger's file").set_input_files(chosen)
    await page.get_by_role("button", name="Read the file").click()
    await expect(page.locator("#readings-h + p")).to_contain_text("−168.25 °C at the warmest")
    await expect(page.get_by_label("Warmest")).to_have_value("-168.25")
    await wedge(page, "SEAL-1")
    await wedge(page, "LOGGER")
    await page.get_by_label("Intact").check()
    await page.get_by_label("Their name").fill("tom")
    await page.get_by_label("Their password").fill(await ward.password("tom"))
    await page.get_by_label("What they scan").fill("S-1")
    assert await violations(page) == []
    await page.get_by_role("button", name="Receive", exact=True).click()
    await expect(ok).to_contain_text("The shipper was opened")
    kept = (await ward.cast.item(Kind.SHIPMENT, "S-1")).text("readings")
    assert len(kept) == 64

    await expect(state).to_contain_text("Received")
    await expect(page.get_by_label("Scan a vial out of the shipper")).to_be_visible()
    for number, vial in enumerate(VIALS[:2], start=1):
        await wedge(page, vial)
        await expect(ok).to_contain_text(f"Received: {vial}")
        await expect(page.locator("#here-h")).to_contain_text(f"scanned: {number}")
    await wedge(page, "OLD-1-1")
    await expect(page.locator("dialog.stop")).to_contain_text("NOT EXPECTED — STOP")
    await wedge(page, "#OK")
    await wedge(page, "#NEXT")
    await expect(page.locator("#stray-h")).to_contain_text("not expected: 1")
    assert (await ward.cast.item(Kind.DEVIATION, "LAB-S-1-OLD-1-1")).parent == "S-1"
    await live.get_by_role("link", name="Not there…").click()
    await page.get_by_role("button", name="Report missing").click()
    await expect(page.locator("#missing-h")).to_contain_text("missing: 1")
    await expect(ok).to_be_visible()
    assert await violations(page) == []

    await wedge(page, BOX)
    await page.wait_for_url(f"**/receipts/S-1?in={BOX}")
    await wedge(page, VIALS[0])
    await expect(ok).to_contain_text("Put away")
    await wedge(page, position(7))
    await expect(ok).to_contain_text("put into its position")
    await page.get_by_role("button", name="Close: every vial is accounted for").click()
    await expect(ok).to_contain_text("Every vial of the manifest is accounted for.")
    await expect(state).to_contain_text("Closed")
    assert (await ward.cast.item(Kind.SHIPMENT, "S-1")).state == "closed"
    await wedge(page, VIALS[1])
    await expect(ok).to_contain_text("Put away")
    await wedge(page, position(7))
    await expect(page.locator("#outcome .panel.check")).to_contain_text("another vial lies in that position")
    await expect(page.locator("#outcome [data-map]")).to_be_visible()
    await wedge(page, "#FREE")
    await expect(ok).to_contain_text("put into its position")
    places = [(await ward.cast.item(Kind.VIAL, vial)).place for vial in VIALS]
    assert places == [position(7), position(1), None]
    await expect(page.locator("[data-scan-field]")).to_have_count(0)
    await wedge(page, VIALS[0])
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Shipment S-1 is closed")


async def test_a_shipment_that_is_refused_meanwhile_says_so_at_once_and_takes_no_typed_letter_away(
    announced: Ward, page: Page
) -> None:
    ward, ok, state = announced, page.locator("#outcome .panel.ok"), page.locator("h1 .state")
    await ward.cast.must("lot-register", "NEW-2", **manifest("DMSO", ["NEW-2-1", "NEW-2-2"]))
    await ward.cast.must("shipment-advise", "S-2", vials=["NEW-2-1", "NEW-2-2"], **ADVISED)
    opened = {
        "seal": "SEAL-1",
        "logger_id": "LOGGER",
        "warmest_millicelsius": -170_000,
        "condition": "intact",
    }
    await ward.cast.must("shipment-receive", "S-2", **opened)
    await ward.cast.must("vial-receive", "NEW-2-1", shipment="S-2")
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/receipts/S-2?in={BOX}")
    await page.get_by_role("button", name="Keyboard").click()
    field = page.locator("[data-scan-field]")
    await field.fill("NEW-2")
    await ward.cast.must("shipment-refuse", "S-2", reason="damaged")
    await expect(state).to_contain_text("Refused")
    await expect(page.get_by_label("Scan a vial to put it away")).to_have_value("NEW-2")
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("inputmode", "text")
    await field.fill("")
    await wedge(page, "NEW-2-2")
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Shipment S-2 is refused")
    await wedge(page, "NEW-2-1")
    await expect(ok).to_contain_text("Put away: NEW-2-1")
    await wedge(page, position(9))
    await expect(ok).to_contain_text("put into its position")
    await expect(field).to_have_count(0)


async def test_nobody_else_finds_the_page(announced: Ward, page: Page) -> None:
    for who in ("cora", "paula", "bert"):
        await signed_in(announced, page, who)
        answers = [
            await page.context.request.get(announced.url + address, headers={"accept": "text/html"})
            for address in ("/receipts", "/receipts/S-1", "/receipts/S-1/sheet", "/stock-take", "/nowhere")
        ]
        assert len({(answer.status, await answer.body()) for answer in answers}) == 1
