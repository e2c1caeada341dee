"""Breaking a code from a page: on one screen, told there and then, and this once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from tests.furniture import enrol, furnished
from tests.pages.ward import Ward, signed_in, violations

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = ("DMSO", "BM-MSC", "Crossover", "Treatment")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stocked(ward: Ward) -> Ward:
    """A study with a list; P-100 is of the first arm, P-101 of the second."""
    await furnished(ward.cast)
    for participant in ("P-100", "P-101"):
        await enrol(ward.cast, participant)
    return ward


async def breaks(ward: Ward, page: Page, participant: str, *, drill: bool = False) -> None:
    """Fill in and send the form of a code break, as ivan."""
    password = await ward.password("ivan")
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/acts/participant-break-code/{participant}")
    await page.locator(
        "[name='evidence.reason'][value='medical_emergency'], select[name='evidence.reason']"
    ).first.wait_for()
    choice = page.locator("select[name='evidence.reason']")
    if await choice.count():
        await choice.select_option("medical_emergency")
    else:
        await page.locator("[name='evidence.reason'][value='medical_emergency']").check()
    if drill:
        await page.locator("[name='evidence.drill'][type='checkbox']").check()
    await page.locator("[name='signature.password']").fill(password)
    assert await violations(page) == []
    await page.locator("form button[type='submit'], form button:not([type])").last.click()


async def test_what_a_code_break_tells_stands_on_the_next_page_and_on_no_other(
    stocked: Ward, page: Page
) -> None:
    await breaks(stocked, page, "P-101")
    told = page.locator("#told")
    await expect(told).to_contain_text("DMSO Crossover (B)")
    await expect(told).to_contain_text("Period 2: BM-MSC")
    await expect(told).to_contain_text("Shown this once")
    assert await violations(page) == []
    record = [item.code for item in (await _of(stocked, Kind.UNBLINDING))][-1]
    for address in ("/items/P-101", f"/items/{record}", "/unblindings", "/open-tasks", "/"):
        await page.goto(f"{stocked.url}{address}")
        text = await page.locator("body").inner_text()
        assert [word for word in WORDS if word in text] == [], address


async def test_a_drill_shows_nothing(stocked: Ward, page: Page) -> None:
    await breaks(stocked, page, "P-100", drill=True)
    await expect(page.locator("#told")).to_contain_text("Drill: nothing is revealed")
    text = await page.locator("body").inner_text()
    assert [word for word in WORDS if word in text] == []


async def test_the_paper_of_an_envelope_is_saved_from_the_answer(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "stan")).goto(f"{stocked.url}/open-tasks")
    await page.locator("a[href='/acts/envelope-print?participant=P-100']").click()
    await page.locator("input[name='code']").fill("004711")
    await page.locator("form button[type='submit'], form button:not([type])").last.click()
    link = page.get_by_role("link", name="Save the PDF")
    async with page.expect_download() as saving:
        await link.click()
    saved = await (await saving.value).path()
    assert (await saving.value).suggested_filename == "004711.pdf"
    assert b"Arm A: Treatment" in saved.read_bytes()


async def test_notices_and_missing_numbers_wait_on_a_page_of_their_own(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/open-tasks")
    assert await violations(page) == []
    await expect(page.locator("main")).to_contain_text("The code of P-101 was broken")
    await page.get_by_role("link", name="Acknowledge").first.click()
    await page.locator("form button[type='submit'], form button:not([type])").last.click()
    await page.goto(f"{stocked.url}/open-tasks")
    await expect(page.locator("main")).to_contain_text("read 2026-11-22")


async def _of(ward: Ward, kind: Kind):
    return await (await ward.reader("bert")).page(kind)
