"""The demonstration as a newcomer meets it: its first page leads, and the scanner on the screen scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.pages.ward import violations

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _turn(page: Page, url: str, name: str) -> None:
    """Go on as whoever is next; it is them."""
    await page.goto(f"{url}/demo")
    await page.get_by_role("button", name=f"Go on as {name}").click()


async def _record(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()


async def _scan(page: Page, kind: str, nth: int = 0) -> None:
    """Press a button of the scanner on the screen."""
    if not await page.locator(".demo .codes").is_visible():
        await page.locator(".demo summary").first.click()
    await page.locator(".demo .codes li").filter(has_text=kind).nth(nth).get_by_role("button").click()


async def test_the_first_page_leads_a_newcomer_to_the_one_whose_turn_it_is(url: str, page: Page) -> None:
    await page.goto(url)
    assert await violations(page) == []
    await page.get_by_role("link", name="Who there is in this demonstration").click()
    await page.wait_for_url("**/demo")
    assert await violations(page) == []
    now = page.locator(".turn.now")
    await expect(now).to_have_count(1)
    await expect(now).to_contain_text("signs the order")
    await _turn(page, url, "Ines Faria")
    await expect(page.get_by_role("checkbox").first).to_be_visible()
    for box in await page.get_by_role("checkbox").all():
        await box.check()
    await _record(page, "Order")
    await _turn(page, url, "Carla Ortiz")
    await expect(page.locator(".who summary")).to_contain_text("Carla Ortiz")


async def test_the_scanner_on_the_screen_scans_as_one_in_the_hand(url: str, page: Page) -> None:
    await page.goto(f"{url}/demo")
    await page.get_by_role("button", name="Tamar Levin").click()
    await page.goto(f"{url}/scan")
    await _scan(page, "kit")
    await expect(page.locator("#outcome .panel")).to_contain_text("Kit")
    await _scan(page, "glove box")
    await expect(page.locator("#outcome .panel")).to_contain_text("Nothing was recorded")


async def test_a_newcomer_prints_a_label_and_scans_what_came_out(url: str, page: Page) -> None:
    await page.goto(f"{url}/demo")
    await page.get_by_role("button", name="Tamar chooses vials").click()
    await page.locator(".offers input:enabled").first.check()
    await page.get_by_role("button", name="Check and queue").click()
    await page.wait_for_url("**/labels/jobs/J*")
    # The agent looks for jobs by itself, claims, prints and reports, each over HTTP, beside this browser.
    await expect(page.locator("#live .card").first).to_contain_text("Sent", timeout=20_000)
    await page.locator(".demo summary", has_text="Printer").click()
    await page.locator(".papers button").first.click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("1 of 1 accounted for")
    assert await violations(page) == []


async def test_time_passes_forward_and_in_no_more_than_a_few_hours(url: str, page: Page) -> None:
    await page.goto(f"{url}/demo")
    before = await page.locator("form.actions .dim").inner_text()
    await page.get_by_role("button", name="Let 30 minutes pass").click()
    assert await page.locator("form.actions .dim").inner_text() > before
    answer = await page.request.post(f"{url}/demo/ahead", form={"minutes": "100000", "next": "/demo"})
    assert answer.status == 400


async def test_no_other_service_has_these_pages(ward, page: Page) -> None:
    assert (await page.request.get(f"{ward.url}/demo")).status == 404
    assert (await page.request.post(f"{ward.url}/demo/be", form={"who": "ada"})).status in {404, 405}
