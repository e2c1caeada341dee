"""An administrator at work: people and their rights, refused by the name of the rule; devices; settings; no arm."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from tests.furniture import furnished
from tests.pages.ward import Ward, signed_in, violations

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADMINISTRATOR, OTHER = "xena", "xaver"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def study(ward: Ward) -> Ward:
    """A working study with a device whose calibration is over."""
    await furnished(ward.cast)
    told = {"kind": "thermometer", "serial": "T-9", "calibration_due": "2026-01-31"}
    await ward.cast.must("device-register", "THERMO-9", **told)
    return ward


async def _second(ward: Ward, page: Page, code: str) -> None:
    await page.get_by_label("Their name").fill(OTHER)
    await page.get_by_label("Their password").fill(await ward.password(OTHER))
    await page.get_by_label("What they scan").fill(code)


async def test_a_monitor_is_added_given_a_last_day_and_locked(study: Ward, page: Page) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/")
    await page.get_by_role("link", name="People").last.click()
    await page.goto(f"{study.url}/admin/people")
    assert await violations(page) == []
    await expect(page.locator("#bert")).to_contain_text("a monitor's account without a last day")
    await page.get_by_role("link", name="Add a person").click()
    await page.get_by_label("Code", exact=True).fill("moss")
    await page.get_by_label("Name", exact=True).fill("Moss Berg")
    await page.get_by_label("Auditor or monitor, blinded").check()
    await page.get_by_label("Last day").fill("2027-01-31")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await page.goto(f"{study.url}/admin/people")
    moss = page.locator("#moss")
    await expect(moss).to_contain_text("Last day 2027-01-31")
    await expect(moss).not_to_contain_text("without a last day")
    await moss.get_by_text("Change").click()
    assert await violations(page) == []
    await moss.get_by_role("link", name="Lock", exact=True).click()
    await page.get_by_label("Reason").select_option("left_study")
    await page.get_by_role("button", name="Lock").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert (await study.cast.item(Kind.PERSON, "moss")).state == "locked"


async def test_a_name_whose_accent_is_sent_as_a_character_of_its_own_is_kept_and_found_as_one(
    study: Ward, page: Page
) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/acts/person-add")
    await page.get_by_label("Code", exact=True).fill("zoe")
    await page.get_by_label("Name", exact=True).fill("Zoe\u0301 Berg")
    await page.get_by_label("Auditor or monitor, blinded").check()
    await page.get_by_label("Last day").fill("2027-01-31")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert (await study.cast.item(Kind.PERSON, "zoe")).text("name") == "Zo\u00e9 Berg"
    for sent in ("Zo\u00e9", "Zoe\u0301"):
        await page.goto(f"{study.url}/people?q={quote(sent)}")
        await expect(page.get_by_role("link", name="zoe")).to_be_visible()


async def test_what_was_opened_on_a_page_stays_open_when_the_page_looks_again(
    study: Ward, page: Page
) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/admin/people")
    await page.locator("#peter").get_by_text("Change").click()
    await study.cast.must("person-lock", "ugo", by=ADMINISTRATOR, reason="left_study")
    await expect(page.locator("#ugo")).to_contain_text("Locked")
    await expect(page.locator("#peter").get_by_role("link", name="Lock", exact=True)).to_be_visible()


async def test_a_reset_password_is_shown_once_and_makes_way_for_one_of_ones_own(
    study: Ward, page: Page
) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/acts/person-reset-password/carl")
    await page.get_by_label("Reason").select_option("forgotten")
    await page.get_by_role("button", name="Reset password").click()
    given = await page.locator("#told .secret").inner_text()
    await page.context.clear_cookies()
    for password, address in ((given, "**/password"), ("tall grass and rain", f"{study.url}/")):
        await page.goto(f"{study.url}/sign-in")
        await page.get_by_label("Name").fill("carl")
        await page.get_by_label("Password").fill(password)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(address)
        if password == given:
            assert (await page.request.get(f"{study.url}/kits")).status == 401
            assert await violations(page) == []
            await page.get_by_label("New password").fill("tall grass and rain")
            await page.get_by_label("The same once more").fill("tall grass and rain")
            await page.get_by_role("button", name="Set it").click()
            await page.get_by_text("Nobody else knows it.").wait_for()


@pytest.mark.parametrize(
    ("person", "role", "rule"),
    [
        ("cora", "Laboratory quality assurance", "blinding_conflict"),
        ("tina", "Study coordinator", "blinding_conflict"),
        ("cora", "Administrator of accounts", "administrator_alone"),
        ("tina", "Laboratory quality assurance", "second_person_missing"),
    ],
)
async def test_a_role_that_may_not_be_held_is_refused_by_the_name_of_the_rule(
    study: Ward, page: Page, person: str, role: str, rule: str
) -> None:
    before = await study.cast.item(Kind.PERSON, person)
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/acts/person-grant/{person}")
    await page.get_by_label("Role").select_option(label=role)
    await page.get_by_role("button", name="Grant").click()
    await expect(page.locator(".panel.check")).to_contain_text(f"Rule: {rule}")
    assert await study.cast.item(Kind.PERSON, person) == before


async def fits_a_phone(page: Page) -> None:
    """Whatever is wider than a telephone scrolls by itself, and the page does not (WCAG 2.2, 1.4.10)."""
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_the_matrix_is_the_tables(study: Ward, page: Page) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/admin/roles")
    assert await violations(page) == []
    await fits_a_phone(page)
    heads = await page.locator(".matrix thead th span").all_inner_texts()
    profile = study.cast.site.profile
    titles = {profile.role(role).title: role for role in profile.role_of}
    for row in ("kit-dispense", "person-add", "lot-release", "visit-tick"):
        cells = await page.locator(f"tr[id='{row}'] td").all_inner_texts()
        may = {titles[head] for head, cell in zip(heads, cells, strict=True) if "●" in cell}
        assert may == set(ACTIONS[row].by), row
    assert await page.locator(".matrix tr[id]").count() == len(ACTIONS)


async def test_devices_past_their_calibration_come_first(study: Ward, page: Page) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/admin/devices")
    assert await violations(page) == []
    first = page.locator("tbody tr").first
    await expect(first).to_contain_text("THERMO-9")
    await expect(first).to_contain_text("✕ overdue")
    await (await signed_in(study, page, "quinn")).goto(f"{study.url}/admin/devices")
    await fits_a_phone(page)


async def test_settings_show_what_is_to_be_confirmed_and_why_and_no_arm(study: Ward, page: Page) -> None:
    await (await signed_in(study, page, ADMINISTRATOR)).goto(f"{study.url}/admin/settings")
    assert await violations(page) == []
    await fits_a_phone(page)
    row = page.locator("tr.marked", has=page.get_by_text("limits.use_by_minutes", exact=True))
    await expect(row).to_contain_text("confirm with protocol The stability of the thawed product")
    text = await page.locator("main").inner_text()
    assert not {word for word in ("BM-MSC", "DMSO", "arms", "randomisation.") if word in text}
    marks = study.cast.site.profile.to_confirm()
    everybody = [
        mark for mark in marks if not mark.startswith(("products", "periods", "randomisation", "conditional"))
    ]
    assert await page.locator("tr.marked").count() == len(everybody)
    await (await signed_in(study, page, "uma")).goto(f"{study.url}/admin/settings")
    assert await page.locator("tr.marked").count() == len(marks)


async def test_whose_page_it_is_not_finds_nothing_there(study: Ward, page: Page) -> None:
    for who, name in (("tina", "people"), ("cora", "settings"), ("bert", "people"), ("paula", "roles")):
        answer = await (await signed_in(study, page, who)).request.get(f"{study.url}/admin/{name}")
        assert answer.status == 404, (who, name)
