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


async def _second(ward: Ward) -> str:
    """P-002's kit, confirmed."""
    kit = (await ward.cast.item(Kind.PARTICIPANT, "P-002")).text("live_kit_1")
    await walk(ward.cast, kit, "P-002", "confirmed")
    return kit


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
    (one, _) = await _syringes(ward, kit)
    await wedge(page, one)
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Do not give it yet")
    await wedge(page, kit)
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
    await expect(page.locator("[name='evidence.reaction']:checked")).to_have_count(0)
    await page.evaluate("document.querySelector('form[data-act]').noValidate = true")
    await page.get_by_role("button", name="Give", exact=True).click()
    await expect(page.locator("#evidence-reaction-error")).to_contain_text("This is needed.")
    await page.get_by_label("None", exact=True).check()
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


async def test_what_was_not_scanned_leaves_the_set_unreconciled_until_two_people_explain_it(
    ward: Ward, kit: str, page: Page
) -> None:
    other = await enrol(ward.cast, "P-003")
    await walk(ward.cast, other, "P-003", "confirmed")
    first, second = await _syringes(ward, other)
    await (await _phone(ward, page)).goto(f"{ward.url}/bedside/P-003")
    live = page.locator("#live")
    await expect(live).to_contain_text("0 of 2 syringes accounted for")
    await live.get_by_role("link", name="Cannot scan it").first.click()
    form = page.locator("form[data-act]")
    await form.get_by_role("button", name="Give", exact=True).click()
    assert await page.evaluate(
        "document.querySelector('[name=\"evidence.not_scanned\"]').validity.valueMissing"
    )
    await form.get_by_label("None", exact=True).check()
    await form.get_by_label("Label unreadable").check()
    await form.get_by_role("button", name="Give", exact=True).click()
    await expect(live).to_contain_text("Given without a scan: label unreadable.")
    await expect(live).to_contain_text("1 to be explained by two people")
    await wedge(page, second)  # scanned: nothing is asked, and nothing waits of it
    await page.get_by_role("link", name="Give", exact=True).click()
    await expect(form.get_by_text("Why it was not scanned")).to_have_count(0)
    await form.get_by_label("None", exact=True).check()
    await form.get_by_role("button", name="Give", exact=True).click()
    await expect(live).to_contain_text("2 of 2 syringes accounted for")
    states = await stored(ward)
    assert [states[each].facts.get("to_explain") for each in (first, second)] == [["not_scanned"], None]
    assert await violations(page) == []

    await (await _phone(ward, page, "cora")).goto(f"{ward.url}/")
    row = page.locator(".needs li", has_text="Unreconciled")
    await expect(row.get_by_role("link", name="Explain")).to_have_count(1)
    await page.goto(f"{ward.url}/open-tasks")
    await expect(page.get_by_role("region", name="Sets that are unreconciled")).to_contain_text("P-003")
    await page.goto(f"{ward.url}/bedside/P-003")  # the kit is given, and still here
    await live.get_by_role("link", name="Explain").click()
    await expect(form.get_by_role("radio")).to_have_count(2)
    assert await form.get_by_role("radio").evaluate_all("all => all.map(each => each.value)") == [
        "right_syringe", "not_known",
    ]  # fmt: skip
    await form.get_by_label("Right syringe").check()
    await form.get_by_label("Reason").select_option("label_unreadable")
    await form.get_by_label("Their name").fill("ivan")
    await form.get_by_label("Their password").fill(await ward.password("ivan"))
    await wedge(page, first)
    await form.get_by_role("button", name="Explain").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert (await stored(ward))[first].text("explained") == "right_syringe"
    await expect(live).to_contain_text("All accounted for")
    await page.goto(f"{ward.url}/bedside")
    await expect(live).not_to_contain_text("P-003")


async def test_a_syringe_whose_joint_was_given_from_another_is_never_right(
    ward: Ward, kit: str, page: Page
) -> None:
    """What the record of its injection would say afterwards stands there before."""
    mine, theirs = await _second(ward), await enrol(ward.cast, "P-004")
    await walk(ward.cast, theirs, "P-004", "confirmed")
    (same, other), (strange, _) = await _syringes(ward, mine), await _syringes(ward, theirs)
    joint = (await stored(ward))[same].text("joint")
    given = {"participant": "P-002", "joint": joint, "given_ul": 1000}
    told = await ward.cast.do("syringe-give", strange, by="ivan", **given)
    assert told.answer["refusals"] == ["participant_differs"]
    await (await _phone(ward, page)).goto(f"{ward.url}/bedside/P-002")
    await wedge(page, other)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Right syringe for P-002")
    await wedge(page, same)
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Do not give it")
    await expect(page.locator("#outcome .panel.check")).to_contain_text(
        "Another syringe went into this joint."
    )
    await expect(page.locator("#outcome")).not_to_contain_text("Right")
    assert (await stored(ward))[same].state == "filled"


async def test_what_is_past_its_use_by_is_never_right(ward: Ward, kit: str, page: Page) -> None:
    late = await _second(ward)
    await (await _phone(ward, page)).goto(f"{ward.url}/bedside/P-002")
    (_, first) = await _syringes(ward, late)
    await wedge(page, first)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Right syringe for P-002")
    ward.cast.hands.wait(minutes=300)
    await page.reload()
    for code in (first, late):
        await wedge(page, code)
        await expect(page.locator("#outcome .panel.check")).to_contain_text("Do not give it")
        await expect(page.locator("#outcome")).not_to_contain_text("Right")
        await page.reload()


async def test_who_does_nothing_at_the_bedside_finds_no_such_page(ward: Ward, kit: str, page: Page) -> None:
    for address in ("/bedside", "/bedside/P-001"):
        answer = await (await _phone(ward, page, "tina")).goto(f"{ward.url}{address}")
        assert answer is not None
        assert answer.status == 404


def _gs1(ward: Ward, code: str) -> str:
    return gs1.build([("01", ward.cast.site.profile.labels.gtin), ("21", code)])
