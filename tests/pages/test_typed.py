"""A code that was typed says so in its entry, needs its check character, and is counted for quality assurance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.identifiers import numbers
from inventory.services.acts import MalformedError
from inventory.web.pages.typed import typed_in
from tests.furniture import enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """A kit at the bedside, which two people may confirm."""
    await furnished(ward.cast)
    kit = await enrol(ward.cast, "P-501")
    await walk(ward.cast, kit, "P-501", "at_bedside")
    return kit


async def evidence(ward: Ward) -> dict[str, object]:
    rows = await ward.cast.fetch('SELECT leaf FROM open_entry ORDER BY "index" DESC LIMIT 1')
    told: dict[str, object] = orjson.loads(bytes(rows[0][0]))["evidence"]
    return told


async def test_what_was_typed_is_told_by_the_entry_and_what_was_scanned_is_not(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/acts/kit-confirm/{kit}")
    await page.evaluate("localStorage.setItem('cellcustody.scanner', 'SC-7')")
    await wedge(page, "P-501")
    await page.get_by_label("Their name").fill("cora")
    await page.get_by_label("Their password").fill(await ward.password("cora"))
    wrong = kit[:-1] + ("A" if kit[-1] != "A" else "C")
    scan = page.get_by_label("What they scan")
    await scan.fill(wrong)
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.locator("#second-scan-error")).to_contain_text("check character")
    await scan.fill(numbers.grouped(kit).lower())
    await page.get_by_label("Their password").fill(await ward.password("cora"))
    await page.get_by_role("button", name="Confirm", exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert (await evidence(ward))["typed"] == {"fields": ["second.scan"], "scanner": "SC-7"}
    await page.goto(f"{ward.url}/items/{kit}")
    await expect(page.locator(".timeline")).to_contain_text("typed: second.scan")


async def test_quality_assurance_sees_who_typed_and_beside_which_scanner(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, "quinn")).goto(f"{ward.url}/typed-codes")
    await expect(page.get_by_role("row").filter(has_text="ivan")).to_contain_text("1")
    await expect(page.get_by_role("row").filter(has_text="SC-7")).to_contain_text("1")
    assert await violations(page) == []
    answer = await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/typed-codes")
    assert answer is not None
    assert answer.status == 404


async def test_a_typed_number_is_put_right_or_refused_and_anything_else_is_taken() -> None:
    number = numbers.draw(numbers.Kind.KIT, lambda limit: 3 % limit)
    given = {
        "typed": ["code", "evidence.participant"],
        "code": [number.lower()],
        "evidence.participant": ["P-1"],
    }
    assert typed_in(given) == {"typed": {"fields": ["code", "participant"]}}
    assert given["code"] == [number]
    assert typed_in({"code": [number]}) == {}
    assert typed_in({"typed": ["code"], "code": [""]}) == {}
    with pytest.raises(MalformedError):
        typed_in({"typed": ["code"], "code": [number[:-1] + ("0" if number[-1] != "0" else "1")]})
