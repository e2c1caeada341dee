"""Pages that look again by themselves: what that must never take from under a hand, or from before an eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.furniture import called_for, furnished, manifest
from tests.pages.ward import Ward, signed_in

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

STOP = (
    '<section class="panel stop" data-outcome="stop"><h2>STOP</h2><p class="acknowledge">'
    '<button type="button" data-acknowledge>OK</button></p></section>'
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """P-001's kit, called for; nobody has signed on to it."""
    await furnished(ward.cast)
    return await called_for(ward.cast)


async def looked_again(page: Page) -> None:
    """Let the page look again, and wait until what came of it was shown, or left alone."""
    async with page.expect_event("requestfinished", lambda asked: asked.headers.get("hx-request") == "true"):
        await page.evaluate("document.querySelector('[data-live]').dispatchEvent(new Event('live'))")
    await page.evaluate("new Promise((done) => setTimeout(done, 50))")


async def test_a_form_whose_answer_was_lost_stays_the_same_act_until_it_is_answered(
    ward: Ward, kit: str, page: Page
) -> None:
    answers: list[int] = []

    async def lost(route: Route) -> None:
        answers.append((await route.fetch()).status)
        await route.abort()

    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/preparation/{kit}")
    await page.route("**/acts/*", lost)
    button = page.locator("#now-h ~ form button")
    says = await button.inner_text()
    await button.click()
    await expect(page.locator("#notice .panel.check")).to_contain_text("it is recorded once")
    assert answers == [201]
    await looked_again(page)
    await expect(button).to_have_text(says)
    await page.unroute("**/acts/*")
    await button.click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("This was recorded before, and once.")
    await expect(page.locator("#now-h")).not_to_contain_text(says)


async def test_a_stop_and_what_it_says_outlast_every_look(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/preparation/{kit}")
    await page.route("**/scan", lambda route: route.fulfill(status=409, body=STOP, content_type="text/html"))
    await page.evaluate("document.dispatchEvent(new CustomEvent('cc:scan', {detail: 'ANY'}))")
    stop = page.get_by_role("alertdialog")
    await expect(stop).to_be_visible()
    await looked_again(page)
    await expect(stop).to_be_visible()
    await stop.get_by_role("button").click()
    await looked_again(page)
    await expect(page.locator("#outcome .panel.stop")).to_be_visible()


async def test_lines_that_were_pasted_stay_though_the_page_has_moved_on(
    ward: Ward, kit: str, page: Page
) -> None:
    told = {"sender": "Maker", "receiver": "Site", "carrier": "Carrier", "shipper_id": "DRY-1"}
    told |= {"seal": "SEAL-1", "logger_id": "LOGGER-7"}
    told |= {"expected_from": "2026-11-20", "expected_to": "2026-11-23"}
    await ward.cast.must("lot-register", "NEW-1", **manifest("DMSO", ["NEW-1-1"]))
    await ward.cast.must("shipment-advise", "S-1", vials=["NEW-1-1"], **told)
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/receipts/S-1")
    lines = page.get_by_label("or its lines")
    await lines.fill("timestamp,celsius\n2026-11-21T00:00:00Z,-176\n")
    await ward.cast.must("shipment-refuse", "S-1", reason="damaged")
    await looked_again(page)
    assert (await lines.input_value()).endswith("-176\n")


@pytest.mark.parametrize("status", [401, 503])
async def test_what_stands_on_a_page_stays_where_a_look_finds_nothing(
    ward: Ward, kit: str, page: Page, status: int
) -> None:
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/preparation/{kit}")
    before = await page.locator("#live h2").first.inner_text()
    await page.route(
        f"**/preparation/{kit}",
        lambda route: route.fulfill(status=status, body="<p>Not now.</p>", content_type="text/html"),
    )
    await looked_again(page)
    await expect(page.locator("#live h2").first).to_have_text(before)
    await page.unroute(f"**/preparation/{kit}")
    await looked_again(page)
    await expect(page.locator("#live h2").first).to_have_text(before)
