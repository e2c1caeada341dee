"""A page that nobody touches is covered, and shown again to the session that it was made for and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.furniture import furnished, kit_at
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

COVER = "dialog.cover"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """P-001's kit, at the bedside."""
    await furnished(ward.cast)
    return await kit_at(ward.cast, "at_bedside")


async def _still(page: Page) -> None:
    """A clock that the test moves, and no news from the service: a look at it would be given up by such a leap."""
    await page.clock.install()
    await page.route("**/events*", lambda route: route.abort())


async def _idle(ward: Ward, page: Page, who: str, address: str) -> None:
    """That page, five minutes after anybody touched it."""
    await _still(page)
    await (await signed_in(ward, page, who)).goto(f"{ward.url}{address}")
    await page.clock.fast_forward("04:50")
    await expect(page.locator("main")).to_be_visible()
    await expect(page.locator(COVER)).to_have_count(0)
    await page.mouse.move(100, 100)
    await page.clock.fast_forward("04:50")
    await expect(page.locator(COVER)).to_have_count(0)
    await page.clock.fast_forward("00:15")
    await expect(page.locator(COVER)).to_be_visible()


@pytest.mark.parametrize("who", ["ivan", "tina"])
async def test_nothing_of_an_idle_page_can_be_read_until_somebody_of_its_session_touches_it(
    ward: Ward, kit: str, page: Page, who: str
) -> None:
    address = "/bedside/P-001" if who == "ivan" else "/items/BM-MSC-1-5"
    named = "P-001" if who == "ivan" else "BM-MSC-1"
    await _idle(ward, page, who, address)
    assert (
        await page.locator("main, header, nav").evaluate_all(
            "all => all.some(each => each.checkVisibility({ visibilityProperty: true }))"
        )
        is False
    )
    assert named not in await page.inner_text("body")
    assert named not in await page.title()
    assert await violations(page) == []
    await page.mouse.click(200, 400)
    await expect(page.locator(COVER)).to_have_count(0)
    assert named in await page.inner_text("main")
    assert page.url.endswith(address)


async def test_a_scan_uncovers_the_page_and_is_heard(ward: Ward, kit: str, page: Page) -> None:
    await _idle(ward, page, "ivan", "/bedside/P-001")
    assert "left" in await page.locator(COVER).inner_text()  # the kit's clock runs on, unnamed
    assert kit not in await page.locator(COVER).inner_text()
    await wedge(page, kit)
    await expect(page.locator(COVER)).to_have_count(0)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Right kit for P-001")


async def test_another_session_gets_the_page_anew_and_none_the_sign_in(
    ward: Ward, kit: str, page: Page
) -> None:
    await _idle(ward, page, "ivan", f"/items/{kit}")
    await signed_in(ward, page, "bert")
    await page.keyboard.press("Shift")
    await expect(page.locator(".who summary")).to_have_text("Bert")
    await page.wait_for_load_state()  # its scripts come after what they work on
    await page.clock.fast_forward("05:10")
    await expect(page.locator(COVER)).to_be_visible()
    await page.context.clear_cookies()
    await page.keyboard.press("Shift")
    await page.wait_for_url("**/sign-in?**")


async def test_a_page_whose_session_ends_is_covered_whatever_somebody_does(
    ward: Ward, kit: str, page: Page
) -> None:
    await _still(page)
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/bedside/P-001")
    await page.evaluate(
        "document.body.dataset.ends = new Date(window.cellcustody.now() + 8000).toISOString()"
    )
    await page.mouse.move(100, 100)
    await page.clock.fast_forward(5_000)
    await expect(page.locator(COVER)).to_have_count(0)
    await page.clock.fast_forward(3_000)
    await expect(page.locator(COVER)).to_contain_text("You are signed out")
    async with page.expect_navigation():
        await page.keyboard.press("Shift")
