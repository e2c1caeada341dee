"""One technician's morning: from signing in to the released kit, by scans; a wrong vial is a STOP that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.identifiers import gs1
from inventory.domain.items import Kind
from tests.furniture import called_for, enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
RIGHT, WRONG = "BM-MSC-1-1", "DMSO-1-1"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """P-001's kit, just called for; nobody has signed on to it."""
    await furnished(ward.cast)
    return await called_for(ward.cast)


async def _place(ward: Ward, vial: str) -> str:
    return str((await ward.cast.item(Kind.VIAL, vial)).place)


async def _refusals(ward: Ward) -> int:
    return int((await ward.cast.fetch("SELECT count(*) FROM refusal"))[0][0])


async def _second(ward: Ward, page: Page, scan: str) -> None:
    await page.get_by_label("Their name").fill("tom")
    await page.get_by_label("Their password").fill(await ward.password("tom"))
    await page.get_by_label("What they scan").focus()
    await wedge(page, scan)


async def test_from_signing_in_to_the_released_kit(ward: Ward, kit: str, page: Page) -> None:
    ok, now, kept = page.locator("#outcome .panel.ok"), page.locator("#now-h"), await _refusals(ward)
    await page.goto(f"{ward.url}/sign-in?next=/preparation")
    await page.get_by_label("Name").fill("tina")
    await page.get_by_label("Password").fill(await ward.password("tina"))
    await page.get_by_role("button", name="Sign in").click()
    assert await violations(page) == []
    await wedge(page, "]d2" + gs1.build([("01", ward.cast.site.profile.labels.gtin), ("21", kit)]))
    await page.wait_for_url(f"**/preparation/{kit}")
    await wedge(page, "#NEXT")
    await expect(ok).to_contain_text("A person signed on to preparing the kit.")
    await expect(now).to_contain_text("Open the pick list")
    await page.get_by_role("button", name="Open the pick list").click()
    await expect(now).to_contain_text("Pick the vials")
    await expect(page.locator(".next-stop")).to_contain_text("A1")
    assert await violations(page) == []

    await wedge(page, WRONG)
    await expect(page.locator("dialog.stop")).to_contain_text("WRONG VIAL — STOP")
    await wedge(page, "#OK")
    await wedge(page, RIGHT)
    await expect(ok).to_contain_text("Right vial: now its position")
    await wedge(page, await _place(ward, WRONG))
    await expect(page.locator("#outcome .panel.check")).to_contain_text("not recorded in that position")
    await expect(page.locator("#outcome [data-map]")).to_be_visible()
    await wedge(page, await _place(ward, RIGHT))
    await expect(ok).to_contain_text("taken from storage for an order")

    await expect(now).to_contain_text("Start the thaw")
    await expect(page.locator(".bath .timer")).to_contain_text("out of LN₂ left")
    await expect(page.locator(".bath .timer")).to_have_attribute("data-band", "calm")
    await wedge(page, RIGHT)
    await wedge(page, "]C0BATH")
    await page.get_by_label("Temperature of the bath").fill("37")
    await _second(ward, page, RIGHT)
    assert await violations(page) == []
    await wedge(page, "#NEXT")
    await expect(ok).to_contain_text("The thaw was begun.")
    ward.cast.hands.wait(minutes=3)
    await page.reload()
    await expect(page.locator(".thaw-clock")).to_contain_text("00:03:0")
    await wedge(page, RIGHT)
    await expect(ok).to_contain_text("In the bath")
    await wedge(page, "#CLEAR")
    await expect(ok).to_contain_text("The thaw was ended.")

    await expect(now).to_contain_text("Count, inspect, record")
    await wedge(page, "#NEXT")
    await expect(page.locator(".sheet-head")).to_contain_text("37 °C")
    for label, value in {
        "Count": "41000000", "Viability": "91", "Name": "saline", "Lot number": "NS-1",
        "Expires on": "2027-05-31", "Device": "BATH",
    }.items():  # fmt: skip
        await page.get_by_label(label, exact=False).first.fill(value)
    await page.get_by_label("Counter").fill("COUNTER")
    await page.get_by_label("Pass").check()
    assert await violations(page) == []
    await page.get_by_role("button", name="Record preparation").click()
    await expect(ok).to_contain_text("The preparation was recorded")
    await expect(page.locator("#live")).to_contain_text("Viability 91 %")

    await expect(now).to_contain_text("Fill the syringes and release")
    await page.get_by_role("link", name="Fill the syringes and release").click()
    await page.get_by_label("Opaque").check()
    await expect(page.get_by_label("Syringe 2: L1-L2 right")).to_have_value("1")
    await page.get_by_label("Syringe 2: L1-L2 right").fill("0.9")
    await _second(ward, page, kit)
    assert await violations(page) == []
    await page.get_by_role("button", name="Prepare", exact=True).click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("it is too early")
    await expect(page.get_by_label("Syringe 2: L1-L2 right")).to_have_value("0.9")
    await expect(page.locator(".sheet-head")).to_contain_text(RIGHT)
    assert await page.get_by_label("Opaque").is_checked()
    ward.cast.hands.wait(minutes=60)
    await page.reload()
    await page.get_by_role("link", name="Fill the syringes and release").click()
    await page.get_by_label("Opaque").check()
    await _second(ward, page, kit)
    await page.get_by_role("button", name="Prepare", exact=True).click()
    await expect(ok).to_contain_text("The kit was released by the lab")
    released = await ward.cast.item(Kind.KIT, kit)
    assert (released.state, len(released.texts("syringes"))) == ("prepared", 2)
    await expect(now).to_contain_text("Hand over to the pharmacy")
    assert await _refusals(ward) == kept + 3, "the wrong vial, the wrong position, the early release"


async def test_a_viability_below_the_limit_leads_to_another_vial(ward: Ward, page: Page) -> None:
    await enrol(ward.cast, "P-002")
    kit = await enrol(ward.cast, "P-003")
    await walk(ward.cast, kit, "P-003", "called_for")
    await ward.cast.must("kit-open-pick-list", kit)
    (line,) = (await (await ward.reader("tina")).pick_list(kit)).take
    await ward.cast.must("vial-pick", line.vial, kit=kit, position=line.position)
    await ward.cast.must("vial-thaw", line.vial, device="BATH", celsius_milli=37_000)
    await ward.cast.must("vial-finish-thaw", line.vial, appearance="clear_of_ice")
    told = {"inspection": "pass", "viability_permille": 500, "device": "BATH"}
    told |= {"diluent": {"name": "saline", "lot_number": "NS-1", "expires_on": "2027-05-31"}}
    await ward.cast.must("kit-record-preparation", kit, **told)
    await (await signed_in(ward, page, "tina")).goto(f"{ward.url}/preparation/{kit}")
    await expect(page.locator(".now-step .panel.check")).to_contain_text("500 of 700 permille")
    await page.get_by_role("link", name="as wasted").click()
    await page.get_by_role("button", name="Record as wasted").click()
    await expect(page.locator("#now-h")).to_contain_text("Open the pick list")
    await page.get_by_role("button", name="Open the pick list").click()
    await expect(page.locator("#now-h")).to_contain_text("Pick the vials")
    await expect(page.locator(".big-code")).not_to_contain_text(line.vial)


async def test_nobody_else_finds_the_page(ward: Ward, kit: str, page: Page) -> None:
    await signed_in(ward, page, "paula")
    answers = [
        await page.context.request.get(ward.url + address, headers={"accept": "text/html"})
        for address in ("/preparation", f"/preparation/{kit}", f"/preparation/{kit}/sheet", "/nowhere")
    ]
    assert len({(answer.status, await answer.body()) for answer in answers}) == 1
