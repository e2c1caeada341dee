"""Acting from a page: a form records once, a refusal is said, a STOP stays, a second person proves themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from tests.furniture import RACK, enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations, wedge
from tests.sites import PASSWORD

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

STOP = (
    '<section class="panel stop" data-outcome="stop"><h2>STOP</h2><p class="acknowledge">'
    '<button type="button" data-acknowledge>OK</button></p></section>'
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stocked(ward: Ward) -> Ward:
    """A study with stock, a list and kits; the first is assigned to P-100."""
    await furnished(ward.cast, vials=12)
    await enrol(ward.cast, "P-100")
    return ward


async def entries(ward: Ward, code: str) -> list[str]:
    """The actions of the open log that concern a code, in their order."""
    rows = await ward.cast.fetch(
        'SELECT e.leaf FROM open_entry e JOIN open_subject s ON s."index" = e."index" WHERE s.subject = ? '
        'ORDER BY e."index"',
        code,
    )
    return [orjson.loads(bytes(row[0]))["action"] for row in rows]


async def test_a_scanned_kit_is_ordered_from_its_card(stocked: Ward, page: Page) -> None:
    kit = await enrol(stocked.cast, "P-101")
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/scan")
    await wedge(page, kit)
    await page.get_by_role("link", name="Order", exact=True).click()
    for joint in ("L1-L2 left", "L1-L2 right"):
        await page.get_by_label(joint).check()
    assert await violations(page) == []
    await page.get_by_role("button", name="Order", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("The order was signed")
    await expect(page.locator("#outcome .card")).to_contain_text("Ordered")
    assert (await entries(stocked, kit))[-1] == "kit-order"
    await page.get_by_role("link", name="Take it back…").click()
    assert await page.locator("[name='evidence.index']").input_value() != ""


STORES = {"/acts/place-register": "Place: register", "/acts/box-register": "Box: register"}
REPORTS = {
    "/acts/deviation-report": "Deviation: report",
    "/acts/deviation-report-lab": "Deviation: report one of the laboratory",
}
JUDGES = {"/acts/lot-register": "Lot: register", "/acts/excursion-open": "Excursion: open"}


@pytest.mark.parametrize(
    ("who", "address", "begun"),
    [
        ("tina", "/receipts", {"/acts/shipment-advise": "Shipment: advise"}),
        ("tina", "/storage", STORES),
        ("max", "/storage?by=expiry", STORES),
        ("quinn", f"/storage/{RACK}", STORES),
        ("uma", "/storage", {}),
        ("quinn", "/quality", REPORTS | JUDGES),
        ("uma", "/quality", {}),
        ("quinn", "/quality/deviations", REPORTS),
        ("uma", "/quality/deviations", {}),
    ],
)
async def test_what_a_person_may_begin_on_a_page_has_its_button_there(
    stocked: Ward, page: Page, who: str, address: str, begun: dict[str, str]
) -> None:
    await (await signed_in(stocked, page, who)).goto(stocked.url + address)
    buttons = await page.locator("h1 ~ .actions a").all()
    assert {await each.get_attribute("href"): await each.inner_text() for each in buttons} == begun
    for form, told in begun.items():
        await page.goto(stocked.url + form)
        verb = told.partition(": ")[2]
        await expect(page.locator("form[data-act] h2")).to_have_text(verb[0].upper() + verb[1:])


async def test_a_form_that_is_sent_twice_records_once(stocked: Ward, page: Page) -> None:
    kit = await enrol(stocked.cast, "P-102")
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/acts/kit-order/{kit}")
    for joint in ("L1-L2 left", "L1-L2 right"):
        await page.get_by_label(joint).check()
    sent = []

    async def twice(route: Route) -> None:
        sent.extend([await route.fetch(), await route.fetch()])
        await route.fulfill(response=sent[-1])

    await page.route("**/acts/kit-order", twice)
    await page.get_by_role("button", name="Order", exact=True).dblclick()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("This was recorded before, and once.")
    assert [each.status for each in sent] == [201, 201]
    assert (await entries(stocked, kit)).count("kit-order") == 1


async def test_what_is_recorded_while_a_page_opens_is_shown_on_it(stocked: Ward, page: Page) -> None:
    async def late(route: Route) -> None:
        await stocked.cast.must("device-take-out", "COUNTER", reason="calibration")
        await route.continue_()

    await (await signed_in(stocked, page, "quinn")).route("**/events?*", late)
    await page.goto(f"{stocked.url}/items/COUNTER")
    await expect(page.locator("#live .card").first).to_contain_text("Out of service")
    await stocked.cast.must("device-put-back", "COUNTER", reason="calibration")
    await expect(page.locator("#live .card").first).to_contain_text("In service")


async def test_a_form_works_without_any_script(stocked: Ward, page: Page) -> None:
    kit = await enrol(stocked.cast, "P-103")
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(java_script_enabled=False)
    plain = await context.new_page()
    await (await signed_in(stocked, plain, "cora")).goto(f"{stocked.url}/acts/kit-cancel/{kit}")
    await plain.get_by_label("Reason").select_option("order_changed")
    await plain.get_by_role("button", name="Cancel", exact=True).click()
    await expect(plain.locator(".panel.ok")).to_contain_text("The kit was cancelled for good")
    await context.close()
    assert (await entries(stocked, kit))[-1] == "kit-cancel"


async def test_what_is_refused_is_said_and_the_form_stays_as_it_was_filled_in(
    stocked: Ward, page: Page
) -> None:
    kit = await enrol(stocked.cast, "P-104")
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/acts/kit-order/{kit}")
    await page.get_by_label("L1-L2 left").check()
    await page.get_by_role("button", name="Order", exact=True).click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("not the ones planned")
    earlier = page.get_by_label("When (time at the site)")
    await page.locator("details.aside summary").click()
    await earlier.fill("2027-01-05T10:00")
    await page.get_by_role("button", name="Order", exact=True).click()
    also = page.locator("#outcome .panel p").last
    await expect(also).to_contain_text("Not done: the time given lies in the future. Check the clock.")
    await expect(also.locator("code")).to_have_text("occurred_in_future")
    await expect(page.locator("#outcome .panel h2")).to_contain_text("not the ones planned")
    await earlier.fill("")
    assert await page.get_by_label("L1-L2 left").is_checked()
    key = await page.locator("[name=key]").input_value()
    await page.get_by_label("L1-L2 right").check()
    await page.get_by_role("button", name="Order", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert key
    assert (await entries(stocked, kit)).count("kit-order") == 1


async def test_a_field_that_was_left_out_is_named_where_it_stands(stocked: Ward, page: Page) -> None:
    kit = (await stocked.cast.item(Kind.PARTICIPANT, "P-100")).text("live_kit_1")
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/acts/kit-cancel/{kit}")
    await page.evaluate("document.querySelector('form[data-act]').noValidate = true")
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.locator("#evidence-reason-error")).to_contain_text("This is needed.")
    await expect(page.locator("#evidence-reason")).to_be_focused()


async def test_what_a_field_needs_for_the_sake_of_another_is_said_beside_it(
    stocked: Ward, page: Page
) -> None:
    await (await signed_in(stocked, page, "quinn")).goto(f"{stocked.url}/acts/donor-register")
    await page.get_by_label("Code", exact=True).fill("DN-104")
    await page.locator("[name='evidence.eligibility'][value=eligible]").check(force=True)
    await page.get_by_role("button", name="Register", exact=True).click()
    for name in ("determined_on", "determined_by"):
        await expect(page.locator(f"#evidence-{name}-error")).to_contain_text("needed unless")
    await expect(page.locator("#outcome .panel p")).to_have_count(0)


async def test_a_code_that_is_in_use_is_given_anew_in_the_same_form(stocked: Ward, page: Page) -> None:
    await signed_in(stocked, page, "quinn")
    for _ in range(2):
        await page.goto(f"{stocked.url}/acts/donor-register")
        await page.get_by_label("Code", exact=True).fill("DN-105")
        await page.locator("[name='evidence.eligibility'][value=eligible]").check(force=True)
        await page.locator("[name='evidence.determined_on']").fill("2026-11-20")
        await page.locator("[name='evidence.determined_by']").fill("Dr. Holm")
        await page.get_by_role("button", name="Register", exact=True).click()
        await expect(page.locator("#outcome .panel")).to_be_visible()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("in use already")
    await expect(page.get_by_label("Code", exact=True)).to_have_value("DN-105")


async def test_what_no_field_of_the_form_says_stands_above_it(stocked: Ward, page: Page) -> None:
    kit = (await stocked.cast.item(Kind.PARTICIPANT, "P-100")).text("live_kit_1")
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/acts/kit-cancel/{kit}")
    await page.get_by_label("Reason").select_option("order_changed")
    await page.locator("details.aside summary").click()
    await page.locator("[name='late.sheet']").fill("S-1")
    await page.get_by_role("button", name="Cancel", exact=True).click()
    await expect(page.locator("#outcome .panel")).to_contain_text("Late reason: This is needed.")


async def at_bedside(ward: Ward, participant: str, state: str) -> str:
    kit = await enrol(ward.cast, participant)
    await walk(ward.cast, kit, participant, state)
    return kit


async def test_the_wrong_participant_is_a_stop_that_stays_until_it_is_acknowledged(
    stocked: Ward, page: Page
) -> None:
    kit = await at_bedside(stocked, "P-106", "at_bedside")
    await stocked.password("carl")
    await (await signed_in(stocked, page, "ivan")).goto(f"{stocked.url}/scan")
    await wedge(page, kit)
    await page.get_by_role("link", name="Confirm", exact=True).click()
    await page.locator("form[data-act]").wait_for()
    await wedge(page, "P-100")
    await page.get_by_label("Their name").fill("carl")
    await page.get_by_label("Their password").fill(PASSWORD)
    await page.get_by_label("What they scan").focus()
    await wedge(page, kit)
    await page.get_by_role("button", name="Confirm", exact=True).click()
    stop = page.get_by_role("alertdialog")
    await expect(stop).to_contain_text("STOP. This kit is not for this participant.")
    assert await violations(page) == []
    for key in ("Escape", "Escape", "Escape"):
        await page.keyboard.press(key)
    await wedge(page, "P-106")
    await asyncio.sleep(0.2)
    await expect(stop).to_be_visible()
    assert await page.evaluate("document.body.dataset.sounded") == "stop"
    assert await page.locator("#scans li").first.text_content() is not None
    box = await stop.bounding_box()
    assert box is not None
    assert box["width"] == page.viewport_size["width"]
    await wedge(page, "#OK")
    await expect(stop).to_be_hidden()
    await expect(page.locator("#outcome")).to_contain_text("STOP. This kit is not for this participant.")
    assert (await entries(stocked, kit))[-1] == "kit-accept-at-bedside"


async def test_a_second_person_proves_themselves_in_the_form_and_their_session_ends(
    stocked: Ward, page: Page
) -> None:
    kit = await at_bedside(stocked, "P-108", "at_bedside")
    await stocked.password("carl")
    before = await stocked.cast.fetch(
        "SELECT count(*) FROM token WHERE person = ? AND revoked_at IS NULL", "carl"
    )
    await (await signed_in(stocked, page, "ivan")).goto(f"{stocked.url}/acts/kit-confirm/{kit}")
    await page.get_by_label("Participant").fill("P-108")
    await page.get_by_label("Their name").fill("carl")
    await page.get_by_label("Their password").fill("not his password")
    await page.get_by_label("What they scan").fill(kit)
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Name or password is wrong")
    assert await page.get_by_label("Their password").input_value() == ""
    await page.get_by_label("Their password").fill(PASSWORD)
    await page.get_by_label("What they scan").fill(kit)
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("confirmed at the bedside by two people")
    after = await stocked.cast.fetch(
        "SELECT count(*) FROM token WHERE person = ? AND revoked_at IS NULL", "carl"
    )
    assert before == after


async def test_a_scan_never_replaces_what_stands_in_a_field_unless_it_was_refused(
    stocked: Ward, page: Page
) -> None:
    kit = (await stocked.cast.item(Kind.PARTICIPANT, "P-106")).text("live_kit_1")
    await stocked.password("carl")
    await (await signed_in(stocked, page, "ivan")).goto(f"{stocked.url}/acts/kit-confirm/{kit}")
    participant, second = page.locator("#evidence-participant"), page.locator("#second-scan")
    await expect(participant).to_be_focused()
    await wedge(page, "P-106")
    await expect(second).to_be_focused()
    await participant.focus()
    await wedge(page, kit)
    await expect(participant).to_have_value("P-106")
    await expect(second).to_have_value(kit)
    await participant.focus()
    await wedge(page, "P-100")
    await expect(page.locator("#notice")).to_contain_text("That field is filled already")
    await expect(participant).to_have_value("P-106")
    await page.get_by_label("Their name").fill("carl")
    await page.get_by_label("Their password").fill("not his password")
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Name or password is wrong")
    await expect(participant).to_have_value("P-106")
    await expect(second).to_be_focused()
    await page.evaluate(
        "() => { const at = document.querySelector('#evidence-participant');"
        " at.setAttribute('aria-invalid', 'true'); at.focus(); }"
    )
    await wedge(page, "P-100")
    await expect(participant).to_have_value("P-100")


async def test_what_happened_is_recorded_even_where_it_breaks_a_rule_and_is_a_stop(
    stocked: Ward, page: Page
) -> None:
    kit = await at_bedside(stocked, "P-109", "at_bedside")
    syringe = (await stocked.cast.fetch("SELECT code FROM item WHERE parent = ? ORDER BY code", kit))[0][0]
    await (await signed_in(stocked, page, "ivan")).goto(f"{stocked.url}/acts/syringe-give/{syringe}")
    await page.get_by_label("Participant").fill("P-109")
    await page.get_by_label("Joint").select_option("L1-L2:left")
    await page.get_by_label("Volume given").fill("1")
    await page.get_by_label("None", exact=True).check()
    await page.get_by_label("Forgotten").check()  # nobody scanned it on the way to this form
    await page.get_by_role("button", name="Give", exact=True).click()
    stop = page.get_by_role("alertdialog")
    await expect(stop).to_contain_text("not confirmed at the bedside")
    await expect(stop).to_contain_text("Deviation")
    await stop.get_by_role("button").click()
    await expect(page.locator("#outcome .card")).to_contain_text("Given")


async def test_an_answer_that_comes_while_a_stop_stands_waits_behind_it(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "cora")).goto(f"{stocked.url}/scan")

    both = asyncio.Event()

    async def first(route: Route) -> None:
        await both.wait()
        body = route.request.post_data or ""
        await (
            route.fulfill(status=409, body=STOP, content_type="text/html")
            if "STOPS" in body
            else route.continue_()
        )

    await page.route("**/scan", first)
    await wedge(page, "STOPS")
    await wedge(page, "P-100")
    both.set()
    await expect(page.get_by_role("alertdialog")).to_be_visible()
    await asyncio.sleep(0.3)
    await expect(page.locator("#outcome .card")).to_have_count(0)
    await page.get_by_role("button", name="OK", exact=True).click()
    await expect(page.locator("#outcome .card")).to_contain_text("P-100")


async def test_a_pick_list_is_shown_to_who_signed_on_and_leads_to_the_pick(stocked: Ward, page: Page) -> None:
    kit = (await stocked.cast.item(Kind.PARTICIPANT, "P-100")).text("live_kit_1")
    await walk(stocked.cast, kit, "P-100", "called_for")
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/acts/kit-open-pick-list/{kit}")
    await page.get_by_role("button", name="Open pick list", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("pick list was opened")
    shown = await (await stocked.reader("tina")).pick_list(kit)
    assert shown is not None
    (line,) = shown.take
    row = page.get_by_role("row").filter(has_text=line.lot)
    await expect(row).to_contain_text("2027-12-31")
    assert await violations(page) == []
    await row.get_by_role("link", name="Pick").click()
    assert page.url.endswith(f"/acts/vial-pick/{line.vial}?kit={kit}")
    assert await page.locator("[name='evidence.kit']").input_value() == kit
