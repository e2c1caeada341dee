"""What is observed without a connection is recorded once, in its order, with its time, by whoever observed it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from inventory.domain.lives import ACTIONS
from inventory.domain.lives.row import Mode
from inventory.services import people
from inventory.web.pages.demands import may_wait
from tests.domain import lab
from tests.furniture import enrol, furnished, lot_stored, walk
from tests.pages.conftest import PATIENCE
from tests.pages.ward import Ward, offline, signed_in, violations, wedge
from tests.sites import stored_items

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Page, Route

pytestmark = pytest.mark.asyncio(loop_scope="session")
BACK = 30_000
"""Milliseconds within which what waited is sent once there is a connection."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def syringes(ward: Ward) -> Iterator[str]:
    """Syringes at the bedside, a new one each time it is asked."""
    await furnished(ward.cast)
    profile = ward.cast.site.profile
    for turn, product in enumerate(profile.products):
        await lot_stored(ward.cast, f"{product.code}-2", product.code, 10, first=21 + 10 * turn)
    await ward.cast.must("study-post-supply", profile.study.id)
    for participant in ("P-401", "P-402", "P-403", "P-404"):
        kit = await enrol(ward.cast, participant)
        await walk(ward.cast, kit, participant, "at_bedside")
    items = await stored_items(ward.cast)
    return iter(sorted(code for kind, code in items if kind is Kind.SYRINGE))


async def dropped(ward: Ward, *codes: str) -> list[tuple[str, str]]:
    """Who recorded which of these as dropped, in the order of the log."""
    rows = await ward.cast.fetch('SELECT leaf FROM open_entry ORDER BY "index"')
    leaves = [orjson.loads(bytes(row[0])) for row in rows]
    drops = [one for one in leaves if one["action"] == "syringe-drop"]
    return [(one["by"], each["code"]) for one in drops for each in one["changes"] if each["code"] in codes]


@asynccontextmanager
async def tablet(page: Page) -> AsyncIterator[Page]:
    """Another browser, one that keeps the page for the time without a connection."""
    browser = page.context.browser
    assert browser is not None
    context = await browser.new_context(service_workers="allow")
    held = await context.new_page()
    held.set_default_timeout(PATIENCE)
    yield held
    await context.close()


KEPT = (
    "navigator.serviceWorker.ready.then(async () => { for (;;) {"
    " if (await (await caches.open('cellcustody.shell')).match('/outbox/shell')) return;"
    " await new Promise((done) => setTimeout(done, 50)); } })"
)


async def test_three_scans_without_a_connection_are_three_entries_after_a_reload_too(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    three = [next(syringes) for _ in range(3)]
    async with tablet(page) as held:
        await (await signed_in(ward, held, "ivan")).goto(f"{ward.url}/scan")
        await held.evaluate(KEPT)
        await offline(held)
        await held.goto(f"{ward.url}/bedside")
        await expect(held.get_by_role("heading", name="No connection")).to_be_visible()
        assert await violations(held) == []
        for codes in (three[:2], three[2:]):
            await held.get_by_label("What happened").select_option("syringe-drop")
            await held.get_by_label("Reason").select_option("dropped")
            for code in codes:
                before = await held.locator("#kept li").count()
                await wedge(held, code)
                await expect(held.locator("#kept li")).to_have_count(before + 1)
            await held.reload()
        await expect(held.locator("#kept li[data-state=waiting]")).to_have_count(3)
        await expect(held.locator("#outbox")).to_contain_text("3 waiting")
        assert await dropped(ward, *three) == []
        await held.context.set_offline(False)
        await expect(held).to_have_url(f"{ward.url}/outbox", timeout=BACK)
        await expect(held.locator("#kept li[data-state=recorded]")).to_have_count(3, timeout=BACK)
        await expect(held.locator("#outbox")).to_be_hidden()
        await held.reload()
        await expect(held.locator("#kept li[data-state=recorded]")).to_have_count(3)
    assert await dropped(ward, *three) == [("ivan", code) for code in three]


async def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_is_recorded_twice(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    two = [next(syringes) for _ in range(2)]
    sent: list[int] = []

    async def lost(route: Route) -> None:
        sent.append((await route.fetch()).status)
        await route.abort()

    await page.route("**/acts/syringe-drop", lost)
    await signed_in(ward, page, "ivan")
    for count, code in enumerate(two, 1):
        await page.goto(f"{ward.url}/acts/syringe-drop/{code}")
        await page.get_by_label("Reason").select_option("dropped")
        await page.get_by_role("button", name="Record as dropped").click()
        await expect(page.locator("#outbox")).to_contain_text(f"{count} waiting")
        await expect(page.locator("#notice .panel.queued")).to_contain_text("not yet recorded")
    assert len(sent) >= 2
    await page.unroute("**/acts/syringe-drop")
    await page.goto(f"{ward.url}/outbox")
    await expect(page.locator("#kept li[data-state=recorded]")).to_have_count(2, timeout=BACK)
    await expect(page.locator("#kept")).to_contain_text("recorded before, and once")
    assert sorted(await dropped(ward, *two)) == sorted(("ivan", code) for code in two)


async def test_what_needs_leave_is_refused_at_once_and_done_when_it_is_sent_again(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    kit = await enrol(ward.cast, "P-410")
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/acts/kit-order/{kit}")
    for joint in ("L1-L2 left", "L1-L2 right"):
        await page.get_by_label(joint).check()
    await offline(page)
    order = page.get_by_role("button", name="Order", exact=True)
    await order.click()
    await expect(page.locator("#notice .panel.check")).to_contain_text("Nothing was recorded")
    await expect(page.locator("#outbox")).to_be_hidden()
    await page.context.set_offline(False)
    await order.click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("The order was signed")


async def test_leave_whose_answer_was_lost_is_told_to_be_unknown_and_is_given_once(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    kit = await enrol(ward.cast, "P-411")
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/acts/kit-order/{kit}")
    for joint in ("L1-L2 left", "L1-L2 right"):
        await page.get_by_label(joint).check()

    async def lost(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/acts/kit-order", lost)
    order = page.get_by_role("button", name="Order", exact=True)
    await order.click()
    await expect(page.locator("#notice .panel.check")).to_contain_text("is not known")
    await page.unroute("**/acts/kit-order")
    await order.click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("This was recorded before, and once.")


async def dropped_without_a_connection(ward: Ward, syringes: Iterator[str], page: Page) -> str:
    """Ivan says that a syringe was dropped while there is no connection: it waits on the device."""
    code = next(syringes)
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/acts/syringe-drop/{code}")
    await page.get_by_label("Reason").select_option("dropped")
    await offline(page)
    await page.get_by_role("button", name="Record as dropped").click()
    await expect(page.locator("#outbox")).to_contain_text("1 waiting")
    return code


async def test_nobody_sends_what_somebody_else_observed(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    code = await dropped_without_a_connection(ward, syringes, page)
    await page.locator(".who summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#notice")).to_contain_text("sent only when you sign in here again")
    await signed_in(ward, page, "cora")
    await page.context.set_offline(False)
    await expect(page.locator("#notice")).to_contain_text("Sent when ivan signs in here", timeout=BACK)
    await page.goto(f"{ward.url}/outbox")
    await expect(page.locator("#kept")).to_contain_text("1 of ivan waits on this device")
    await expect(page.locator("#kept li")).to_have_count(0)
    assert await dropped(ward, code) == []
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/outbox")
    await expect(page.locator("#kept li[data-state=recorded]")).to_have_count(1, timeout=BACK)
    assert await dropped(ward, code) == [("ivan", code)]


async def test_a_page_whose_session_was_ended_elsewhere_says_so_and_keeps_what_waits(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    code = await dropped_without_a_connection(ward, syringes, page)
    await _signed_out_elsewhere(ward, "ivan")
    await page.context.set_offline(False)
    cover = page.locator("dialog.cover")
    await expect(cover).to_contain_text("You are signed out", timeout=BACK)
    await expect(cover).to_contain_text(
        "1 not yet recorded: kept on this device, and sent when ivan signs in"
    )
    assert await violations(page) == []
    await cover.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**/sign-in?next=/acts/syringe-drop/{code}")
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/outbox")
    await expect(page.locator("#kept li[data-state=recorded]")).to_have_count(1, timeout=BACK)
    assert await dropped(ward, code) == [("ivan", code)]


async def test_what_was_sent_by_a_session_that_was_ended_is_said_not_to_be_recorded(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    kit = await enrol(ward.cast, "P-412")
    await page.route("**/events*", lambda route: route.abort())
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/acts/kit-order/{kit}")
    for joint in ("L1-L2 left", "L1-L2 right"):
        await page.get_by_label(joint).check()
    await _signed_out_elsewhere(ward, "cora")
    await page.get_by_role("button", name="Order", exact=True).click()
    await expect(page.locator("dialog.cover")).to_contain_text("What you sent last was not recorded")
    await expect(page.locator("#net")).to_have_text("● Signed out")


async def _signed_out_elsewhere(ward: Ward, who: str) -> None:
    site = ward.cast.site
    await people.sign_out(site, ward.cast.tokens[who])
    ward.cast.tokens[who] = await people.new_token(site, who)


async def test_what_waited_long_says_so_in_its_entry_and_what_is_refused_is_kept_with_its_answer(
    ward: Ward, syringes: Iterator[str], page: Page
) -> None:
    code = await dropped_without_a_connection(ward, syringes, page)
    at = await page.locator("input[data-now]").input_value()
    kept = "window.cellcustody.outbox"
    # A second one, of a thing that does not exist: its form cannot be had, so it is put beside the first.
    await page.evaluate(
        f"{kept}.mine().then(([one]) => {{ const form = document.querySelector('form[data-act]');"
        f" form.code.value = 'S-NOWHERE'; form.key.value = 'another'; return {kept}.keep(form, one.at)"
        f".then((id) => {kept}.tried(id)); }})"
    )
    ward.cast.hands.wait(hours=2)
    await page.context.set_offline(False)
    await page.goto(f"{ward.url}/outbox")
    await expect(page.locator("#kept li[data-state=recorded]")).to_have_count(1, timeout=BACK)
    await expect(page.locator("#kept li[data-state=refused]")).to_contain_text("not known here", timeout=BACK)
    await expect(page.locator("#outbox")).to_contain_text("1 refused")
    assert await violations(page) == []
    rows = await ward.cast.fetch('SELECT leaf FROM open_entry ORDER BY "index" DESC LIMIT 1')
    leaf = orjson.loads(bytes(rows[0][0]))
    assert (leaf["changes"][0]["code"], leaf["occurred_at"][:19]) == (code, at[:19])
    assert leaf["evidence"]["late"]["reason"] == "network_down"
    assert leaf["evidence"]["late"]["sheet"].startswith("outbox:")
    await page.get_by_role("button", name="Put away").click()
    await expect(page.locator("#kept li[data-state=refused]")).to_have_count(0)
    await page.goto(f"{ward.url}/items/{code}")
    await expect(page.locator(".timeline")).to_contain_text("waited on a device without a connection")


async def test_only_what_happened_already_may_wait_and_nothing_that_shows_or_proves() -> None:
    waits = {action for action, row in ACTIONS.items() if may_wait(row, lab.profile())}
    assert {"syringe-give", "syringe-drop", "vial-lose", "box-count", "kit-not-give"} <= waits
    assert not waits & {"kit-dispense", "vial-thaw", "lot-release", "participant-break-code"}
    assert {ACTIONS[action].mode for action in waits} == {Mode.OBSERVATION}
