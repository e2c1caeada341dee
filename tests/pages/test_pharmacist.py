"""The pharmacy by scans: an order that waits, dispensed by two people, handed over, taken back, destroyed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Item, Kind
from inventory.services import people
from inventory.web.cookies import PLAIN
from tests.furniture import enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kits(ward: Ward) -> dict[str, str]:
    """Kits by their participants: two handed to the pharmacy, one called for, one that came back wrong."""
    await furnished(ward.cast)
    # The one that waits to be accepted comes last: a handover may take half an hour.
    states = {
        "P-005": "at_pharmacy",
        "P-003": "called_for",
        "P-002": "at_pharmacy",
        "P-001": "offered_to_pharmacy",
    }
    found = {participant: await enrol(ward.cast, participant) for participant in states}
    for participant, state in states.items():
        await walk(ward.cast, found[participant], participant, state)
    for who in ("paula", "peter"):
        await ward.password(who)
    return found


async def _kit(ward: Ward, code: str) -> Item:
    return await ward.cast.item(Kind.KIT, code)


async def _both(ward: Ward, kit: str, participant: str) -> list[str]:
    """All that is scanned of a kit."""
    return [kit, f"]C0{participant}", *(await _kit(ward, kit)).texts("syringes")]


async def _first_turn(page: Page, codes: list[str]) -> None:
    for place, code in enumerate(codes, start=1):
        await wedge(page, code)
        await expect(page.locator("#outcome .panel.ok")).to_contain_text(f"{place} of {len(codes)} scanned")
    await wedge(page, "]C0#NEXT")
    await page.wait_for_url("**/pharmacy/turn?turn=*")


async def _second_turn(page: Page, codes: list[str], password: str, who: str = "peter") -> None:
    for place, code in enumerate(codes, start=1):
        await wedge(page, code)
        await expect(page.locator("#outcome .panel.ok")).to_contain_text(f"Read: {place} of {len(codes)}")
    await page.get_by_label("Your name").fill(who)
    await page.get_by_label("Your password").fill(password)
    await page.get_by_role("button", name="Sign and dispense").click()


async def _act(page: Page, command: str) -> None:
    """Open an act's form by its barcode, and record it by the next."""
    await wedge(page, command)
    await expect(page.locator("#outcome form[data-act]")).to_be_visible()
    await wedge(page, "]C0#NEXT")
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()


async def test_from_the_order_to_destroyed_with_two_people(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    kit, password = kits["P-001"], await ward.password("peter")
    await (await signed_in(ward, page, "paula")).goto(f"{ward.url}/pharmacy")
    assert await violations(page) == []
    await expect(page.locator("#live")).to_contain_text("ready no earlier than")
    await expect(page.locator("#live .timer").first).to_have_text(re.compile(r"0\d:\d\d:\d\d left"))
    await wedge(page, kit)
    await page.wait_for_url(f"**/pharmacy/{kit}")
    await expect(page.locator("[aria-current=step]")).to_contain_text("Accept it from the lab")
    await expect(page.locator(".hands")).to_contain_text("tina")
    await _act(page, "#ACCEPT")
    await expect(page.locator("[aria-current=step]").first).to_contain_text("Scan the kit")
    assert await violations(page) == []
    codes = await _both(ward, kit, "P-001")
    await wedge(page, (await _both(ward, kits["P-002"], "P-002"))[2])
    await expect(page.locator("dialog.stop")).to_contain_text("WRONG SYRINGE — STOP")
    await wedge(page, "]C0#OK")
    await _first_turn(page, codes)
    seen = await page.content()
    assert not [code for code in codes if code.removeprefix("]C0") in seen], (
        "the second person sees what was scanned"
    )
    assert await violations(page) == []
    await _second_turn(page, codes[::-1], password)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Dispensed: both scans agree")
    assert (await _kit(ward, kit)).state == "dispensed"
    await wedge(page, "]C0#NEXT")
    await page.wait_for_url(f"**/pharmacy/{kit}")
    await _act(page, "#HAND")
    await expect(page.locator("[aria-current=step]")).to_contain_text("Accepted at the bedside")
    await expect(page.locator(".hands")).to_contain_text("until it is accepted")
    await walk(ward.cast, kit, "P-001", "administered")
    await page.reload()
    await wedge(page, "#RETURN")
    await expect(page.locator("#outcome [name$='.syringe']")).to_have_count(2)
    for code in codes[2:]:
        await wedge(page, code)
    for place, left in enumerate(("0", "0.07")):
        await page.locator(f"[name='evidence.remainders.{place}.remainder_ul']").fill(left)
    await page.locator("#outcome form[data-act] button.main").click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text(
        "a volume does not fit the dose, or what there was"
    )
    await page.locator("[name='evidence.remainders.1.remainder_ul']").fill("0.047")
    await page.locator("#outcome form[data-act] button.main").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await expect(page.locator("#live table")).to_contain_text("−0.047 mL")
    await _act(page, "#BALANCE")
    await expect(page.locator("[aria-current=step]")).to_contain_text("Destroy it before a witness")
    await wedge(page, "#DESTROY")
    await page.get_by_label("Autoclave").check()
    await page.get_by_label("Their name").fill("peter")
    await page.get_by_label("Their password").fill(password)
    await wedge(page, kit)
    await page.locator("#outcome form[data-act] button.main").click()
    await expect(page.locator("#live .steps")).to_contain_text("paula with peter")
    await expect(page.locator("#live .steps li.done")).to_have_count(9)
    assert (await _kit(ward, kit)).state == "destroyed"


async def test_a_second_scan_that_differs_is_a_stop_and_dispenses_nothing(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    kit, other = kits["P-002"], kits["P-001"]
    codes, password = await _both(ward, kit, "P-002"), await ward.password("peter")
    wrong = (await _both(ward, other, "P-001"))[2]
    await (await signed_in(ward, page, "paula")).goto(f"{ward.url}/pharmacy/{kit}")
    await _first_turn(page, codes)
    await _second_turn(page, [*codes[:-1], wrong], password)
    await expect(page.locator("dialog.stop")).to_contain_text("The second scan is of another code")
    assert (await _kit(ward, kit)).state == "at_pharmacy"
    await wedge(page, "]C0#OK")
    await wedge(page, "]C0#NEXT")
    await page.wait_for_url(f"**/pharmacy/{kit}")
    await _first_turn(page, codes)
    await _second_turn(page, codes, "not the password")
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Name or password is wrong")
    await page.get_by_label("Your name").fill("paula")
    await page.get_by_label("Your password").fill(password)
    await page.get_by_role("button", name="Sign and dispense").click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("the second person is the first")
    assert (await _kit(ward, kit)).state == "at_pharmacy"
    await page.get_by_label("Your name").fill("peter")
    await page.get_by_label("Your password").fill(password)
    await page.get_by_role("button", name="Sign and dispense").click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("both scans agree")


async def test_a_kit_with_a_broken_syringe_is_dispensed_with_the_ones_that_are_left(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    kit, password = kits["P-005"], await ward.password("peter")
    *codes, broken, good = await _both(ward, kit, "P-005")
    await ward.cast.must("syringe-drop", broken, by="paula", reason="broken")
    await (await signed_in(ward, page, "paula")).goto(f"{ward.url}/pharmacy/{kit}")
    await wedge(page, broken)
    await expect(page.locator("dialog.stop")).to_contain_text("WRONG SYRINGE — STOP")
    await wedge(page, "]C0#OK")
    await _first_turn(page, [*codes, good])
    await _second_turn(page, [*codes, good], password)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Dispensed: both scans agree")
    assert (await _kit(ward, kit)).state == "dispensed"


async def test_a_turn_outlasts_a_renewal_of_its_session_and_opens_in_no_other(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    kit, site, begun = kits["P-003"], ward.cast.site, ward.cast.tokens["paula"]
    await walk(ward.cast, kit, "P-003", "at_pharmacy")
    codes, password = await _both(ward, kit, "P-003"), await ward.password("peter")
    await (await signed_in(ward, page, "paula")).goto(f"{ward.url}/pharmacy/{kit}")
    for place, code in enumerate(codes, start=1):
        await wedge(page, code)
        await expect(page.locator("#outcome .panel.ok")).to_contain_text(f"{place} of {len(codes)} scanned")
        await _stay(page)
    assert await people.person_of(site, begun) is None
    await wedge(page, "]C0#NEXT")
    await page.wait_for_url("**/pharmacy/turn?turn=*")
    turn = page.url
    first, *others = codes
    await wedge(page, first)
    await expect(page.locator("#outcome .panel.ok")).to_contain_text(f"Read: 1 of {len(codes)}")
    await _stay(page)
    ward.cast.tokens["paula"] = await people.new_token(site, "paula")  # signed in once more
    for who in ("peter", "paula"):
        async with httpx.AsyncClient(cookies={PLAIN: ward.cast.tokens[who]}) as client:
            assert (await client.get(turn)).status_code == 400, who
    for place, code in enumerate(others, start=2):
        await wedge(page, code)
        await expect(page.locator("#outcome .panel.ok")).to_contain_text(f"Read: {place} of {len(codes)}")
    await page.get_by_label("Your name").fill("peter")
    await page.get_by_label("Your password").fill(password)
    await _stay(page)
    await page.get_by_role("button", name="Sign and dispense").click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Dispensed: both scans agree")
    assert (await _kit(ward, kit)).state == "dispensed"


async def _stay(page: Page) -> None:
    """Stay signed in, where the page has been told that its session is about to end."""
    await page.evaluate(
        "document.body.dataset.ends = new Date(window.cellcustody.now() + 300000).toISOString()"
    )
    await page.get_by_role("button", name="Stay signed in").click()
    await expect(page.locator("#session")).to_be_hidden()


async def test_a_refused_handover_stays_with_the_lab_and_a_passed_use_by_says_so(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    kit = await enrol(ward.cast, "P-004")
    await walk(ward.cast, kit, "P-004", "offered_to_pharmacy")
    await (await signed_in(ward, page, "paula")).goto(f"{ward.url}/pharmacy/{kit}")
    await page.set_viewport_size({"width": 390, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = await page.locator("#live .bench").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(heights) >= 72
    await wedge(page, "#REFUSE")
    await page.get_by_label("Reason").select_option("label_unreadable")
    await wedge(page, "]C0#NEXT")
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert ((await _kit(ward, kit)).state, (await _kit(ward, kit)).text("custodian")) == ("prepared", "tina")
    ward.cast.hands.wait(minutes=300)
    await page.reload()
    await expect(page.locator(".passed").first).to_contain_text("USE-BY PASSED")
    await expect(page.locator(".passed").first).to_be_visible()


async def test_who_does_not_dispense_finds_no_such_page(ward: Ward, kits: dict[str, str], page: Page) -> None:
    for address in ("/pharmacy", f"/pharmacy/{kits['P-001']}", "/pharmacy/turn?turn=x"):
        answer = await (await signed_in(ward, page, "cora")).goto(f"{ward.url}{address}")
        assert answer is not None
        assert answer.status == 404
