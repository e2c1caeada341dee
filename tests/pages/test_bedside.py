"""The bedside on a phone: participant first, then each syringe; a wrong one is a STOP, and a set stays open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.identifiers import gs1
from inventory.domain.items import Item, Kind
from tests.furniture import enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations, wedge
from tests.sites import stored_items

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """P-001's kit, at the bedside; P-002's is there as well."""
    await furnished(ward.cast)
    kit = await enrol(ward.cast)
    await walk(ward.cast, kit, "P-001", "at_bedside")
    other = await enrol(ward.cast, "P-002")
    await walk(ward.cast, other, "P-002", "at_bedside")
    return kit


async def _syringes(ward: Ward, kit: str) -> list[str]:
    return [code for code, item in sorted((await stored(ward)).items()) if item.parent == kit]


async def stored(ward: Ward) -> dict[str, Item]:
    return {
        code: item for (kind, code), item in (await stored_items(ward.cast)).items() if kind is Kind.SYRINGE
    }


async def _phone(ward: Ward, page: Page, who: str = "ivan") -> Page:
    await page.set_viewport_size({"width": 390, "height": 844})
    return await signed_in(ward, page, who)


async def test_a_kit_is_confirmed_and_given_by_scans(ward: Ward, kit: str, page: Page) -> None:
    await (await _phone(ward, page)).goto(f"{ward.url}/bedside")
    assert await violations(page) == []
    await wedge(page, f"]d2{_gs1(ward, kit)}")
    await expect(page.locator("#outcome .panel.check")).to_contain_text("The participant first")
    await wedge(page, "]C0P-001")
    await page.wait_for_url("**/bedside/P-001")
    await wedge(page, kit)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Right kit for P-001")
    await page.get_by_role("link", name="Confirm", exact=True).first.click()
    await page.get_by_label("Their name").fill("cora")
    await page.get_by_label("Their password").fill(await ward.password("cora"))
    await wedge(page, kit)
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    first, second = await _syringes(ward, kit)
    await wedge(page, first)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Right syringe for P-001")
    await page.get_by_role("link", name="Give", exact=True).click()
    assert await violations(page) == []
    await expect(page.get_by_label("Given")).to_have_value("1")
    await page.get_by_role("button", name="Give", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await expect(page.locator("#live")).to_contain_text("1 of 2 syringes accounted for")
    for code in (kit, first):  # the same twice within three seconds is a held trigger
        await wedge(page, code)
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Already said: given")
    await page.reload()
    await wedge(page, second)
    await page.get_by_role("link", name="Record as dropped").click()
    await page.get_by_label("Reason").select_option("dropped")
    await page.get_by_role("button", name="Record as dropped").click()
    await expect(page.locator("#outcome .panel")).to_be_visible()
    assert [(await stored(ward))[each].state for each in (first, second)] == ["given", "dropped"]


async def test_another_participants_syringe_is_a_stop_that_does_not_say_whose(
    ward: Ward, kit: str, page: Page
) -> None:
    others = [code for code, item in (await stored(ward)).items() if item.parent != kit]
    await (await _phone(ward, page)).goto(f"{ward.url}/bedside/P-002")
    wrong = (await _syringes(ward, kit))[0]
    await wedge(page, wrong)
    stop = page.locator("dialog.stop")
    await expect(stop).to_contain_text("WRONG SYRINGE — STOP")
    assert "P-001" not in await stop.inner_text()
    await wedge(page, others[0])
    await expect(stop).to_be_visible()
    await wedge(page, "#OK")
    await expect(stop).to_have_count(0)


async def test_who_does_nothing_at_the_bedside_finds_no_such_page(ward: Ward, kit: str, page: Page) -> None:
    for address in ("/bedside", "/bedside/P-001"):
        answer = await (await _phone(ward, page, "tina")).goto(f"{ward.url}{address}")
        assert answer is not None
        assert answer.status == 404


def _gs1(ward: Ward, code: str) -> str:
    return gs1.build([("01", ward.cast.site.profile.labels.gtin), ("21", code)])
