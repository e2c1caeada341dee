"""A scanner before the test sheet: read symbol by symbol, judged, and kept as its dated record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from inventory.domain.items import Kind
from inventory.domain.scanner_check import SEPARATOR, TEST_SHEET
from tests.pages.ward import GS, Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def read_sheet(page: Page, *, layout: str = "us", prefix: str | None = None) -> None:
    """Read every symbol as a scanner does; the page's step is awaited after each."""
    for number, each in enumerate(TEST_SHEET, 1):
        await expect(page.locator("tr[aria-current] th")).to_have_text(str(number))
        text = each.expected.replace(SEPARATOR, GS)
        await (wedge(page, text, layout=layout) if prefix is None else wedge(page, text, prefix=prefix))


async def test_a_scanner_that_is_set_up_right_is_kept_as_fit(ward: Ward, page: Page) -> None:
    await ward.cast.must("device-register", "SC-1", kind="scanner", serial="SN-9")
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/scanner")
    save = page.get_by_role("button", name="Save the record")
    await page.get_by_label("Scanner", exact=True).select_option("SC-1")
    await expect(save).to_be_disabled()
    await read_sheet(page, layout="german")
    await expect(page.locator("tr[data-right=yes]")).to_have_count(len(TEST_SHEET))
    await expect(page.locator("#outcome .panel")).to_have_count(0)
    assert await violations(page) == []
    await save.click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("checked against the test sheet")
    facts = (await ward.cast.item(Kind.DEVICE, "SC-1")).facts
    assert (facts["qualified"], facts["capture"], facts["findings"]) == (True, "prefix", [])


async def test_a_scanner_that_loses_the_separator_and_sends_no_prefix_is_kept_as_unfit(
    ward: Ward, page: Page
) -> None:
    await ward.cast.must("device-register", "SC-2", kind="scanner", serial="SN-10")
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/scanner")
    for each in TEST_SHEET:
        await wedge(page, each.expected.replace(SEPARATOR, ""), prefix="")
        await expect(page.locator(f"[data-symbol={each.name}]")).to_have_attribute(
            "data-right", "no" if SEPARATOR in each.text else "yes"
        )
    await page.get_by_role("button", name="The last one again").click()
    await page.get_by_role("button", name="It cannot be read").click()
    await page.get_by_label("Scanner", exact=True).select_option("SC-2")
    await page.get_by_role("button", name="Save the record").click()
    await expect(page.locator("#outcome .card")).to_contain_text("separator_lost")
    facts = (await ward.cast.item(Kind.DEVICE, "SC-2")).facts
    assert (facts["qualified"], facts["capture"]) == (False, "none")
    assert facts["findings"] == [
        "gs1-128: separator_lost", "gs1-data-matrix: separator_lost", "gs1-qr: not_read",
    ]  # fmt: skip


async def test_the_sheets_are_for_everybody_who_scans(ward: Ward, page: Page) -> None:
    await signed_in(ward, page, "paula")
    for name in ("test-sheet", "set-up", "commands"):
        answer = await page.context.request.get(f"{ward.url}/scanner/{name}.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert (await answer.body()).startswith(b"%PDF-1.4")
