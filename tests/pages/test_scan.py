"""The scan workbench in a real browser: a scan selects, a form records, a STOP stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.furniture import enrol, furnished
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """A kit that is assigned to P-001."""
    await furnished(ward.cast)
    return await enrol(ward.cast)


async def test_a_scanned_kit_is_ordered_from_its_card(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/scan")
    await wedge(page, kit)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Kit")
    await page.get_by_role("link", name="Order", exact=True).click()
    for joint in ("L1-L2 left", "L1-L2 right"):
        await page.get_by_label(joint).check()
    assert await violations(page) == []
    await page.get_by_role("button", name="Order", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("The order was signed")
    await expect(page.locator("#outcome .card")).to_contain_text("Ordered")


async def test_an_unknown_code_and_one_of_the_laboratory_are_told_alike(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/scan")
    told = []
    for code in ("NOTHING-THERE", "BM-MSC-1", "JAX/CRYO/T1"):
        await wedge(page, code)
        await expect(page.locator("#scans li")).to_have_count(len(told) + 1)
        told.append(await page.locator("#outcome").inner_html())
    assert len(set(told)) == 1
    assert "not known here" in told[0]
