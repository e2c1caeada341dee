"""Signing in by a browser, staying signed in, signing out; and a page that looks again when something happened."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain import totp
from inventory.domain.identifiers import numbers
from inventory.services import people
from inventory.store import factors
from tests.furniture import enrol, furnished, kit_at, walk
from tests.pages.ward import Ward, signed_in, violations
from tests.sites import PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Page

POLLED = 15
"""After so many seconds the board would look again without being told."""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def sign_in(ward: Ward, page: Page, who: str, password: str = PASSWORD) -> None:
    await page.get_by_label("Name").fill(who)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_one_signs_in_and_goes_on_to_where_one_wanted_to_be(ward: Ward, page: Page) -> None:
    await ward.password("cora")
    await page.goto(f"{ward.url}/kits?state=ordered")
    await expect(page).to_have_title("Sign in · CellCustody")
    assert await violations(page) == []
    assert await page.get_by_label("Password").get_attribute("autocomplete") == "current-password"
    await sign_in(ward, page, "cora", "not her password")
    await expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
    assert await page.get_by_label("Name").input_value() == "cora"
    await sign_in(ward, page, "cora")
    await expect(page).to_have_url(f"{ward.url}/kits?state=ordered")
    await expect(page.get_by_text("BLINDED", exact=True)).to_be_visible()
    await page.locator(".who summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/sign-in")
    await page.goto(f"{ward.url}/kits")
    await expect(page).to_have_title("Sign in · CellCustody")


async def test_the_unblinded_see_that_they_are(ward: Ward, page: Page) -> None:
    await (await signed_in(ward, page, "tina")).goto(ward.url)
    await expect(page.get_by_text("UNBLINDED", exact=True)).to_be_visible()
    border = await page.evaluate("getComputedStyle(document.body).borderTopWidth")
    assert border == "6px"


async def test_a_second_factor_is_enrolled_and_asked_for_from_then_on(ward: Ward, page: Page) -> None:
    await ward.password("peter")
    await (await signed_in(ward, page, "peter")).goto(f"{ward.url}/second-factor")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("img", name="The secret as a QR code")).to_be_visible()
    assert await violations(page) == []
    secret = await secret_of(ward, "peter")
    await page.get_by_label("Code that the app shows now").fill(code_now(ward, secret))
    await page.get_by_role("button", name="It counts from now on").click()
    await expect(page.locator(".recovery li")).not_to_have_count(0)
    await page.get_by_role("link", name="Sign in").click()
    await sign_in(ward, page, "peter")
    await expect(page.get_by_role("alert")).to_contain_text("second factor")
    ward.cast.hands.wait(minutes=1)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Code from your authenticator").fill(code_now(ward, secret))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{ward.url}/")


async def test_somebody_who_never_looks_away_is_warned_and_stays(ward: Ward, page: Page) -> None:
    old = ward.cast.tokens["bella"]
    await (await signed_in(ward, page, "bella")).goto(f"{ward.url}/scan")
    await expect(page.locator("#session")).to_be_hidden()
    ward.cast.hands.wait(hours=11, minutes=55)
    await page.goto(f"{ward.url}/scan")
    await expect(page.locator("#session")).to_be_visible()
    assert await violations(page) == []
    before = await page.locator("meta[name=csrf]").get_attribute("content")
    await page.get_by_role("button", name="Stay signed in").click()
    await expect(page.locator("#session")).to_be_hidden()
    assert await page.locator("meta[name=csrf]").get_attribute("content") != before
    assert await people.person_of(ward.cast.site, old) is None
    await page.fill("#data", "P-001")
    await page.get_by_role("button", name="Look up").click()
    await expect(page.locator("#outcome .panel")).to_contain_text("check character")
    ward.cast.hands.wait(hours=13)
    await expect(page.locator("dialog.cover")).to_contain_text("You are signed out")
    await expect(page.locator("dialog.cover")).to_contain_text("was not sent")
    for who in ward.cast.tokens:
        ward.cast.tokens[who] = await people.new_token(ward.cast.site, who)


async def secret_of(ward: Ward, who: str) -> bytes:
    found = await factors.find(who, ward.cast.site.keys.vault)
    assert found is not None
    return found.secret


def code_now(ward: Ward, secret: bytes) -> str:
    return totp.code_of(secret, totp.step_of(ward.cast.site.now()))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """A kit that waits for the laboratory."""
    await furnished(ward.cast)
    return await kit_at(ward.cast, "ordered", "P-201")


async def test_the_board_looks_again_when_something_was_recorded(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, "cora")).goto(ward.url)
    await expect(page.locator(".needs")).to_contain_text("Call")
    other = await enrol(ward.cast, "P-202")
    await walk(ward.cast, other, "P-202", "ordered")
    began = time.monotonic()
    await expect(page.locator(".needs")).to_contain_text(numbers.grouped(other))
    assert time.monotonic() - began < POLLED


async def test_a_use_by_runs_down_for_everybody_to_see(ward: Ward, kit: str, page: Page) -> None:
    await walk(ward.cast, kit, "P-201", "prepared")
    await (await signed_in(ward, page, "paula")).goto(ward.url)
    timer = page.get_by_role("timer")
    await expect(timer).to_contain_text("left")
    first = await timer.text_content()
    await expect(timer).not_to_have_text(first or "")
    assert await timer.get_attribute("aria-live") == "off"
    ward.cast.hands.wait(hours=3)
    await page.reload()
    await expect(timer).to_have_attribute("data-band", "over")
    await expect(page.locator("#spoken")).to_have_text("")
