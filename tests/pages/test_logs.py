"""The auditor's pages: the logs with filters in the address, what proves an entry, and a check of everything."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain import merkle
from tests.furniture import enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations
from tests.sites import Line

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
BLINDED, UNBLINDED = "bert", "uma"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """A study with a past, and a kit of it."""
    await furnished(ward.cast)
    return await enrol(ward.cast)


async def test_a_blinded_auditor_has_the_open_log_and_no_other(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/logs")
    await expect(page.get_by_role("heading", level=2)).to_have_text(["Open"])
    assert await violations(page) == []
    answer, nowhere = (
        await page.goto(f"{ward.url}/logs/vault"),
        await page.request.get(f"{ward.url}/logs/none"),
    )
    assert answer is not None
    assert (answer.status, await answer.body()) == (404, await nowhere.body())


async def test_filters_stand_in_the_address_and_a_code_is_found_with_its_dashes(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/logs/open")
    assert await violations(page) == []
    await page.get_by_label("Code", exact=True).fill(f"{kit[:4]}-{kit[4:]}")
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**code=*")
    rows = page.locator("tbody tr")
    stored = await Line(ward.cast.database.url).fetch('SELECT "index", leaf FROM open_entry ORDER BY 1 DESC')
    concerned = [
        f"#{index}"
        for index, leaf in stored
        if f'"code":"{kit}"'.encode() in leaf or f'"item":"{kit}"'.encode() in leaf
    ]
    assert concerned
    await expect(rows.get_by_role("rowheader")).to_have_text(concerned)
    await page.goto(f"{ward.url}/logs/open?action=study-open")
    await expect(rows).to_have_count(1)


async def test_looking_through_the_vault_finds_no_vial_by_its_kit(ward: Ward, kit: str, page: Page) -> None:
    other = await enrol(ward.cast, "P-077")
    await walk(ward.cast, other, "P-077", "prepared")
    await signed_in(ward, page, UNBLINDED)
    await page.goto(f"{ward.url}/logs/vault?code={other}")
    rows = page.locator("tbody tr")
    of = await rows.locator("td a").all_inner_texts()
    assert {text.replace("-", "") for text in of} <= {other}
    await page.goto(f"{ward.url}/logs/vault?action=vial-pick")
    assert await rows.count() > 0


async def test_what_is_shown_as_proof_proves_the_entry(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/items/{kit}")
    await page.locator(".timeline .marks a.dim").first.click()
    await page.wait_for_url("**/logs/open/*")
    assert await violations(page) == []
    data = await page.get_by_label("Bytes of the entry").inner_text()
    hashed = hashlib.sha256(b"\x00" + data.encode()).digest()
    await expect(page.locator("main")).to_contain_text(hashed.hex())
    index = int(page.url.rpartition("/")[2])
    path = [bytes.fromhex(each) for each in await page.locator(".path code").all_inner_texts()]
    edge = await _edge(ward)
    merkle.verify_inclusion(index, edge.size, hashed, path, edge.root())
    assert edge.root().hex() in await page.locator("main").inner_text()


async def _edge(ward: Ward) -> merkle.Edge:
    found = await Line(ward.cast.database.url).fetch("SELECT open_size, open_edge FROM head")
    return merkle.Edge.decode(found[0][0], bytes(found[0][1]))


@pytest.mark.parametrize("who", [BLINDED, UNBLINDED])
async def test_a_check_of_everything_is_one_button_away(ward: Ward, kit: str, page: Page, who: str) -> None:
    await (await signed_in(ward, page, who)).goto(f"{ward.url}/logs")
    await page.get_by_role("button", name="Verify now").first.click()
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("Verified:")


async def test_a_byte_changed_past_the_service_is_a_stop(ward: Ward, kit: str, page: Page) -> None:
    line = Line(ward.cast.database.superuser_url)
    await line.fetch("DROP TRIGGER open_entry_refuses_update")
    told = (await line.fetch('SELECT leaf FROM open_entry WHERE "index" = 3'))[0][0]
    changed = told.replace(b"2026", b"2025", 1)
    assert changed != told
    for who in (BLINDED, UNBLINDED):
        await line.fetch('UPDATE open_entry SET leaf = ? WHERE "index" = 3', changed)
        await (await signed_in(ward, page, who)).goto(f"{ward.url}/logs")
        await page.get_by_role("button", name="Verify now").first.click()
        await expect(page.locator("dialog.stop")).to_contain_text("NOT VERIFIED")
        await page.get_by_role("button", name="I have stopped").click()
        await line.fetch('UPDATE open_entry SET leaf = ? WHERE "index" = 3', told)
