"""Stock on the first page: a word for everybody, each product for the supply manager, who pauses ordering there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.furniture import enrol, furnished
from tests.pages.ward import Ward, signed_in, violations

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
BY_PRODUCT = "Stock by product"


async def test_the_manager_sees_what_is_short_and_pauses_ordering_for_everybody(
    ward: Ward, page: Page
) -> None:
    await furnished(ward.cast)
    kit = await enrol(ward.cast, "P-701")
    await ward.cast.must("kit-order", kit, joints=ward.cast.site.profile.joints[:2])
    await ward.cast.must("lot-recall", "BM-MSC-1", reason="supplier_notice")
    await (await signed_in(ward, page, "max")).goto(ward.url)
    await expect(page.get_by_role("row").filter(has_text="BM-MSC")).to_contain_text("Short")
    await expect(page.get_by_role("row").filter(has_text="DMSO")).not_to_contain_text("Short")
    assert await violations(page) == []
    await expect(page.get_by_role("link", name="Resume ordering")).to_have_count(0)
    await page.get_by_role("link", name="Pause ordering").click()
    await page.get_by_label("Reason").select_option("supply_review")
    await page.get_by_role("button", name="Pause ordering").click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Ordering was paused")
    await (await signed_in(ward, page, "cora")).goto(ward.url)
    await expect(page.get_by_text("Ordering paused")).to_be_visible()
    await expect(page.locator("main p").first).to_contain_text("Low")
    await expect(page.get_by_text(BY_PRODUCT)).to_have_count(0)
    assert "BM-MSC" not in await page.content()
