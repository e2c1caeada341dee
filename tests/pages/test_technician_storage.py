"""The storage map: found by a scan, walked by arrow keys, told without colour, moved from by scans alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from inventory.web.pages.menu import menu_of as menu
from tests.domain.lab import PEOPLE
from tests.furniture import BOX, RACK, box, box_code, furnished, lot_received, position
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
OTHER = box_code(6)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stocked(ward: Ward) -> Ward:
    """Ten vials in a box, one of them in quarantine; an empty box; three vials that are not put away yet."""
    await furnished(ward.cast)
    await box(ward.cast, OTHER)
    await ward.cast.must("vial-quarantine", "DMSO-1-2", reason="under_investigation")
    await lot_received(ward.cast, "NEW-1", vials=3)
    return ward


async def _place(ward: Ward, vial: str) -> str | None:
    return (await ward.cast.item(Kind.VIAL, vial)).place


async def test_a_vial_is_found_and_moved_without_a_touch(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/storage")
    await expect(page.locator(".boxes")).to_contain_text("10 of 81")
    assert await violations(page) == []
    await wedge(page, BOX)
    await page.wait_for_url(f"**/storage/{BOX}")
    await wedge(page, "BM-MSC-1-3")
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("lies in A3")
    assert await page.locator("#outcome .found").inner_text() == "◆"
    assert await violations(page) == []
    await wedge(page, position(5))
    await expect(page.locator("#outcome .panel.check")).to_contain_text("another vial lies in that position")
    await expect(page.locator("#outcome [data-map]")).to_be_visible()
    await wedge(page, position(30))
    await expect(page.locator("#outcome .panel.ok")).to_contain_text(
        "The vial was moved to another position."
    )
    assert await _place(stocked, "BM-MSC-1-3") == position(30)
    await expect(page.locator("#live .stored")).to_have_count(9)
    await expect(page.locator("#live [aria-label^='D3, stored']")).to_have_count(1)


async def test_vials_are_put_away_into_the_box_that_is_open(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/storage/{OTHER}")
    await wedge(page, "NEW-1-1")
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("is received")
    sizes = await page.locator("#outcome button.cell, #outcome .bench").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 72
    await wedge(page, "#FREE")
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("put into its position")
    assert await _place(stocked, "NEW-1-1") == position(1, OTHER)
    await wedge(page, "NEW-1-2")
    await page.get_by_role("button", name="C4, free").click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("put into its position")
    assert await _place(stocked, "NEW-1-2") == position(22, OTHER)


async def test_a_box_that_is_retired_meanwhile_says_so_at_once(stocked: Ward, page: Page) -> None:
    empty = box_code(9)
    await box(stocked.cast, empty)
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/storage/{empty}")
    await expect(page.locator("h1 .state")).to_contain_text("In use")
    await stocked.cast.must("box-retire", empty)
    await expect(page.locator("h1 .state")).to_contain_text("Retired")


async def test_a_box_is_one_stop_of_the_tab_key_and_walked_by_arrows(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/storage/{BOX}")
    assert await page.locator("[data-map] [tabindex='0']").count() == 1
    await page.locator("[data-map] [tabindex='0']").focus()
    for key in ("Home", "ArrowUp", "ArrowDown", "ArrowDown", "ArrowRight"):
        await page.keyboard.press(key)
    told = await page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert told == "C2, free"
    assert await page.locator("[data-map] [tabindex='0']").count() == 1


async def test_every_state_of_a_cell_has_a_shape_of_its_own_without_colour(stocked: Ward, page: Page) -> None:
    await signed_in(stocked, page, "tina")
    await page.emulate_media(forced_colors="active")
    await page.goto(f"{stocked.url}/storage/{BOX}")
    shapes = await page.locator("[data-map] td").evaluate_all(
        "all => all.map(each => [each.className.split(' ')[0], each.innerText.trim()])"
    )
    told = {kind: {shape for which, shape in shapes if which == kind} - {"◎"} for kind, _ in shapes}
    assert told == {"stored": {"●"}, "on-hold": {"■"}, "free": {"○"}}
    legend = await page.locator(".legend span[aria-hidden]").all_inner_texts()
    assert len(legend) == len(set(legend)) == 8


async def test_the_heat_of_expiry_has_its_table(stocked: Ward, page: Page) -> None:
    await (await signed_in(stocked, page, "tina")).goto(f"{stocked.url}/storage/{BOX}?by=expiry")
    rows = await page.locator("table.heat tbody tr").all_inner_texts()
    assert [row.replace("\n", "").split("\t")[1:5] for row in rows] == [
        ["BM-MSC-1", "2027-12-31", "404", "5"], ["DMSO-1", "2027-12-31", "404", "5"],
    ]  # fmt: skip
    assert await violations(page) == []
    await page.goto(f"{stocked.url}/storage?by=expiry")
    await expect(page.locator("table.heat")).to_contain_text(f"{RACK} ")


async def test_nothing_of_the_laboratory_is_wider_than_a_narrow_phone(stocked: Ward, page: Page) -> None:
    await signed_in(stocked, page, "tina")
    await page.set_viewport_size({"width": 320, "height": 640})
    boxes = (f"/storage/{BOX}", f"/storage/{BOX}?by=expiry", f"/stock-take/{BOX}")
    for address in ("/storage", *boxes, "/stock-take", "/receipts", "/receipts/S-NEW-1", "/preparation"):
        await page.goto(stocked.url + address)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, address


async def test_who_reads_no_box_finds_no_map_at_all(stocked: Ward, page: Page) -> None:
    await signed_in(stocked, page, "cora")
    answers = [
        await page.context.request.get(stocked.url + address, headers={"accept": "text/html"})
        for address in ("/storage", f"/storage/{BOX}", "/storage/NOTHING", "/nowhere")
    ]
    assert {answer.status for answer in answers} == {404}
    assert len({await answer.body() for answer in answers}) == 1
    assert {
        names[0]
        for names in PEOPLE.values()
        if "/storage" in [e.address for _, g in menu(await stocked.reader(names[0])) for e in g]
    } == {"tina", "quinn", "max", "uma"}
