"""Stock taken of a box by scans, each difference resolved or undone; a spilled box scanned back in one act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from tests.furniture import BOX, box, box_code, furnished, position
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
OTHER = box_code(6)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stocked(ward: Ward) -> Ward:
    """Ten vials in the first ten cells of a box; one is recorded in another box than it lies in."""
    await furnished(ward.cast)
    await box(ward.cast, OTHER)
    await ward.cast.must("vial-move", "DMSO-1-5", position=position(1, OTHER))
    return ward


async def _vial(ward: Ward, code: str) -> tuple[str, str | None]:
    found = await ward.cast.item(Kind.VIAL, code)
    return found.state, found.place


async def test_a_box_is_counted_and_its_differences_resolved(stocked: Ward, page: Page) -> None:
    seen, tally = page.locator("#outcome [data-seen]"), page.locator("[data-tally]")
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/stock-take")
    await wedge(page, BOX)
    await page.wait_for_url(f"**/stock-take/{BOX}")
    assert await violations(page) == []
    for number in (1, 2):
        await wedge(page, f"BM-MSC-1-{number}")
        await expect(tally).to_have_text(str(number))
    await expect(seen).to_contain_text("As recorded")
    await wedge(page, "#UNDO")
    await expect(tally).to_have_text("1")
    await wedge(page, "BM-MSC-1-4")  # a vial in another cell than recorded
    await expect(seen).to_contain_text("seen in another cell")
    await page.reload()
    await expect(tally).to_have_text("2")
    await wedge(page, "#NEXT")  # A3 is empty, A4 too
    await page.get_by_role("button", name="Empty: next cell").click()
    await wedge(page, "BM-MSC-1-5")
    await expect(tally).to_have_text("3")
    await wedge(page, position(6))
    for number in range(1, 5):
        await wedge(page, f"DMSO-1-{number}")
        await expect(tally).to_have_text(str(3 + number))
    await wedge(page, "DMSO-1-5")
    await expect(seen).to_contain_text("recorded elsewhere")
    await wedge(page, "]C0STRANGE-7")
    await expect(seen).to_contain_text("unknown")
    assert await violations(page) == []
    await wedge(page, "#DONE")
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("The box was counted")
    await expect(page.locator("#count-h + p")).to_contain_text("6 as recorded, 5 otherwise, 5 to resolve")

    for code in ("BM-MSC-1-2", "BM-MSC-1-3"):
        await _resolve(page, code, "It is missing", "Report missing")
        assert await _vial(stocked, code) == ("missing", None)
    await _resolve(page, "BM-MSC-1-4", "Record it where it was seen", "Move")
    assert await _vial(stocked, "BM-MSC-1-4") == ("stored", position(2))
    await _resolve(page, "DMSO-1-5", "Record it where it was seen", "Move")
    assert await _vial(stocked, "DMSO-1-5") == ("stored", position(10))
    await _resolve(page, "STRANGE-7", "Report it", "Report one of the laboratory")
    await expect(page.locator("#count-h + p")).to_contain_text("0 to resolve")
    assert (await stocked.cast.item(Kind.DEVIATION, f"LAB-{BOX}-STRANGE-7")).parent == BOX
    assert await violations(page) == []

    await _row(page, "BM-MSC-1-4").get_by_role("link", name="Undo…").click()
    await page.get_by_label("Reason").select_option("recorded_wrongly")
    await page.get_by_label("Their name").fill("tom")
    await page.get_by_label("Their password").fill(await stocked.password("tom"))
    await page.get_by_label("What they scan").fill("BM-MSC-1-4")
    await page.locator("#outcome form").get_by_role("button", name="Void").click()
    await expect(page.locator("#count-h + p")).to_contain_text("1 to resolve")
    assert await _vial(stocked, "BM-MSC-1-4") == ("stored", position(4))
    await page.goto(f"{stocked.url}/stock-take")
    await expect(page.locator("tbody tr", has_text=BOX[:4])).to_contain_text("1 to resolve")


async def test_a_spilled_box_is_scanned_back_in_one_act(stocked: Ward, page: Page) -> None:
    away = await stocked.cast.item(Kind.VIAL, "DMSO-1-5")
    assert away.place == position(10)
    await stocked.cast.must("vial-move", "DMSO-1-5", position=position(5, OTHER))
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/stock-take/{OTHER}")
    await page.get_by_role("link", name="The box was spilled…").click()
    await page.get_by_role("button", name="Report a spill").click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("The box was spilled")
    await page.reload()
    await expect(page.locator("#now-h")).to_contain_text("Scan every vial back into a cell")
    await wedge(page, "#DONE")
    await expect(page.locator("#outcome .panel.check")).to_contain_text("DMSO-1-5")
    await wedge(page, "DMSO-1-5")
    await expect(page.locator("[data-tally]")).to_have_text("1")
    await page.get_by_role("button", name="Record: the box is in order again").click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("scanned back into a cell, in one act")
    assert await _vial(stocked, "DMSO-1-5") == ("stored", position(1, OTHER))
    assert (await stocked.cast.item(Kind.BOX, OTHER)).state == "in_use"


def _row(page: Page, code: str) -> Locator:
    return page.locator(f"#live .needs li:has(> :is(a, strong):has-text('{code}'))")


async def _resolve(page: Page, code: str, link: str, button: str) -> None:
    await _row(page, code).get_by_role("link", name=link).click()
    await page.locator("#outcome form").get_by_role("button", name=button, exact=True).click()
    await expect(_row(page, code)).to_contain_text("resolved")
