"""Quality assurance: a release by two people, an excursion drawn and told, a recall traced by one scan, sums."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Kind
from inventory.services.imports import Pages, Where, import_file
from tests.furniture import enrol, furnished, lot_received, walk
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

TESTS = ("appearance", "volume", "endotoxin")
LOT, TANK = "DMSO-9", "JAX/CRYO/T1"
GAP, WARM, READINGS = range(20, 26), range(40, 44), 60


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """P-001 has received everything of their kit; a lot waits for its tests; a logger's file shows an excursion."""
    await furnished(ward.cast)
    kit = await enrol(ward.cast)
    await walk(ward.cast, kit, "P-001", "administered")
    await lot_received(ward.cast, LOT)
    where = Where(TANK, "LOGGER")
    await import_file(ward.cast.site, "tina", "temperature", _readings(ward), where=where)
    await ward.password("quentin")
    return kit


def _readings(ward: Ward) -> bytes:
    """Sixty readings, ten minutes apart, up to now: six are lacking, four are too warm."""
    end = ward.cast.site.now()
    rows = [
        f"{(end - timedelta(minutes=10 * (READINGS - step))).isoformat()},{'-140.5' if step in WARM else '-180.0'}"
        for step in range(READINGS)
        if step not in GAP
    ]
    return "\n".join(["timestamp,celsius", *rows, ""]).encode()


async def _signed_by_two(ward: Ward, page: Page, code: str) -> None:
    await page.get_by_label("Their name").fill("quentin")
    await page.get_by_label("Their password").fill(await ward.password("quentin"))
    await page.get_by_label("What they scan").fill(code)
    await page.locator("#outcome form[data-act] button.main").click()


async def _results(ward: Ward, *, sterility: str) -> None:
    """A certificate with its signed pages, as the import takes them."""
    rows = [(test, "pass", "complies") for test in TESTS] + [("sterility", sterility, "no growth")]
    told = ",".join(
        f'{{"test":"{test}","method":"M-{test}","specification":"S","result":"{result}","unit":"","verdict":"{verdict}"}}'
        for test, verdict, result in rows
    )
    content = f'{{"lot_number":"{LOT}","issued_on":"2026-11-20","results":[{told}]}}'.encode()
    pages = Pages("coa.pdf", b"%PDF-1.4 signed " + sterility.encode())
    await import_file(ward.cast.site, "quinn", "coa", content, pages=pages)


async def test_a_release_names_what_is_missing_and_takes_two_people(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, "quinn")).goto(f"{ward.url}/quality")
    assert await violations(page) == []
    await page.get_by_role("link", name="Tests and release").click()
    await page.wait_for_url(f"**/quality/lots/{LOT}")
    await expect(page.locator(".checks .no").first).to_contain_text(
        "Missing: Appearance and container, Fill volume"
    )
    await _results(ward, sterility="pending")
    await page.reload()
    await expect(page.locator(".checks .wait")).to_contain_text("a conditional release may wait for it")
    await expect(page.locator("tbody tr").first).to_contain_text("M-appearance")
    assert await violations(page) == []
    await page.locator("#live .actions").get_by_role("link", name="Release two people", exact=True).click()
    await _signed_by_two(ward, page, LOT)
    await expect(page.locator("#outcome .panel.check")).to_contain_text("pending")
    await page.locator("#live .actions").get_by_role("link", name="Release conditionally").click()
    await expect(page.locator("#outcome h2").first).to_have_text("Release conditionally")
    await page.get_by_label("Follow up by").fill("2026-12-01")
    await _signed_by_two(ward, page, LOT)
    await expect(page.locator("#live header .state").first).to_contain_text("Conditionally released")
    await _results(ward, sterility="pass")
    await page.reload()
    signed = await page.locator("tbody a", has_text="PDF").first.get_attribute("href")
    answer = await page.request.get(f"{ward.url}{signed}")
    assert await answer.body() == b"%PDF-1.4 signed pass"
    elsewhere = f"{ward.url}{signed}".replace(LOT, "DMSO-1")
    assert (await page.request.get(elsewhere)).status == 404
    await page.locator("#live .actions").get_by_role("link", name="Release two people", exact=True).click()
    await _signed_by_two(ward, page, LOT)
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert (await ward.cast.item(Kind.LOT, LOT)).state == "released"


async def test_an_excursion_is_drawn_with_its_gap_told_as_a_table_and_assessed(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, "quinn")).goto(f"{ward.url}/quality/excursions")
    await page.locator("tbody th a").click()
    chart = page.locator(".chart svg")
    await expect(chart.locator("polyline")).to_have_count(2)
    assert await chart.locator("rect.gap").count() == 1
    assert await chart.locator("rect.span").count() == 1
    points = await chart.locator("polyline").evaluate_all("all => all.map(one => one.points.numberOfItems)")
    assert points == [20, 34]
    gap = await chart.locator("rect.gap").evaluate("one => [one.x.baseVal.value, one.width.baseVal.value]")
    assert gap == pytest.approx([72 + 876 * 19 / 59, 876 * 7 / 59], abs=0.2)
    span = await chart.locator("rect.span").evaluate("one => [one.x.baseVal.value, one.width.baseVal.value]")
    assert span == pytest.approx([72 + 876 * 40 / 59, 876 * 3 / 59], abs=0.2)
    kinds = await page.locator("[aria-label='Stretches of readings'] tbody tr").all_inner_texts()
    assert [next(word for word in ("allowed", "no reading", "too warm") if word in row) for row in kinds] == [
        "allowed", "no reading", "allowed", "too warm", "allowed",
    ]  # fmt: skip
    assert await page.locator("[style]").count() == 0
    assert await violations(page) == []
    code = page.url.rpartition("/")[2]
    sheet = await (await page.request.get(f"{page.url}/readings.csv")).text()
    assert len(list(csv.DictReader(io.StringIO(sheet)))) == READINGS - len(GAP)
    await page.get_by_role("link", name="Assess").click()
    await page.get_by_label("Usable").check()
    await page.get_by_label("Reason").fill("Four readings during a refill")
    await page.locator("#outcome form[data-act] button.main").click()
    await expect(page.locator("#live")).to_contain_text("Assessed: usable")
    assert (await ward.cast.item(Kind.EXCURSION, code)).state == "assessed"


async def test_one_scan_traces_a_vial_to_whoever_received_it(ward: Ward, kit: str, page: Page) -> None:
    contents = await ward.cast.item(Kind.CONTENTS, kit)
    [vial] = contents.texts("vials")
    lot = (await ward.cast.item(Kind.VIAL, vial)).parent or ""
    syringes = (await ward.cast.item(Kind.KIT, kit)).texts("syringes")
    await (await signed_in(ward, page, "quinn")).goto(f"{ward.url}/quality/look-back")
    await wedge(page, lot)
    await expect(page.locator("#outcome .panel.check")).to_contain_text("Choose the reason first")
    await page.get_by_role("button", name="Donor notice").click()
    assert await violations(page) == []
    await wedge(page, lot)
    await page.wait_for_url(f"**/quality/look-back/{lot}")
    assert await violations(page) == []
    tree = page.locator(".tree")
    for code in (vial, kit, *syringes, "P-001"):
        await expect(tree.locator(f"a[href='/items/{code}']").first).to_be_visible()
    await expect(tree).to_contain_text("4 stored")
    await expect(page.locator("article")).to_contain_text("1 participant has received any of it")
    await expect(page.locator("article")).to_contain_text("Alert")
    sheet = await (await page.request.get(f"{page.url}/tree.csv")).text()
    told = [(row["vial"], row["syringe"], row["recipient"]) for row in csv.DictReader(io.StringIO(sheet))]
    assert sorted(told) == sorted((vial, syringe, "P-001") for syringe in syringes)
    await page.goto(f"{ward.url}/quality/look-back/DMSO-9")
    await expect(page.locator("main")).to_contain_text("You have not looked this up")


async def test_what_does_not_add_up_comes_first_and_a_deviation_is_closed(
    ward: Ward, kit: str, page: Page
) -> None:
    await ward.cast.must("vial-lose", "DMSO-9-3", by="tina", reason="not_found")
    returned = (await ward.cast.item(Kind.KIT, kit)).texts("syringes")
    left = [{"syringe": returned[0], "remainder_ul": 0}, {"syringe": returned[1], "remainder_ul": 0}]
    await ward.cast.must("kit-return", kit, remainders=left)
    told = {"about": {"kind": "kit", "code": kit}, "reason": "damaged"}
    await ward.cast.must("deviation-report", "DEV-1", by="cora", **told)
    await (await signed_in(ward, page, "quinn")).goto(f"{ward.url}/quality/reconciliation")
    assert await violations(page) == []
    first = page.locator("[aria-label=Lots] tbody tr").first
    assert (await first.locator("td").all_inner_texts())[1:5] == ["5", "✕ 1 DMSO-9-3", "0", "4"]
    await expect(first.locator("th")).to_have_text("DMSO-9")
    kits = page.locator("[aria-label=Kits] tbody tr")
    assert (await kits.first.locator("td").all_inner_texts())[2:] == [
        "2",
        "2 mL",
        "2 mL",
        "0 mL",
        "0 mL",
        "0 mL",
    ]
    sheet = await (await page.request.get(f"{page.url}/lots.csv")).text()
    rows = {row["lot"]: row for row in csv.DictReader(io.StringIO(sheet))}
    parts = (
        "stored",
        "in_process",
        "used",
        "sampled",
        "shipped_out",
        "awaiting_destruction",
        "destroyed",
        "missing",
    )
    for row in rows.values():
        assert int(row["received"]) == sum(int(row[part]) for part in parts) + int(row["difference"])
    await page.goto(f"{ward.url}/quality/deviations")
    await page.locator("li", has_text="DEV-1").get_by_role("link", name="Assess").click()
    await expect(page.locator("#outcome form[data-act]")).to_be_visible()
    for label in ("Impact", "Cause", "Remedy"):
        box = page.locator("#outcome").get_by_label(label)
        await (
            box.select_option(index=1)
            if await box.count()
            else page.locator(f"#outcome [name='evidence.{label.lower()}']").first.check()
        )
    await page.locator("#outcome form[data-act] button.main").click()
    await page.locator("li", has_text="DEV-1").get_by_role("link", name="Close").click()
    await page.locator("#outcome form[data-act] button.main").click()
    await expect(page.locator("section[aria-labelledby=closed-h]")).to_contain_text("DEV-1")


async def test_to_who_is_blinded_none_of_it_exists(ward: Ward, kit: str, page: Page) -> None:
    await signed_in(ward, page, "paula")
    nothing = await page.request.get(f"{ward.url}/nothing-at-all", headers={"accept": "text/html"})
    for address in (
        "", "/deviations", "/excursions", f"/lots/{LOT}", "/lots/NONE", "/look-back", f"/look-back/{LOT}",
        f"/look-back/{LOT}/tree.csv", "/reconciliation", "/reconciliation/kits.csv",
    ):  # fmt: skip
        answer = await page.request.get(f"{ward.url}/quality{address}")
        assert (answer.status, await answer.body()) == (404, await nothing.body()), address


async def test_what_was_given_although_it_was_held_back_waits_for_a_look_back(
    ward: Ward, kit: str, page: Page
) -> None:
    later = await enrol(ward.cast, "P-002")
    await walk(ward.cast, later, "P-002", "confirmed")
    contents = await ward.cast.item(Kind.CONTENTS, later)
    [vial] = contents.texts("vials")
    lot = (await ward.cast.item(Kind.VIAL, vial)).parent or ""
    await ward.cast.must("lot-hold", lot, reason="under_investigation")
    await (await signed_in(ward, page, "quinn")).goto(f"{ward.url}/open-tasks")
    waits = page.locator("section[aria-labelledby='untold-h']")
    await expect(waits).to_have_count(0)
    first = (await ward.cast.item(Kind.KIT, later)).texts("syringes")[0]
    joint = (await ward.cast.item(Kind.SYRINGE, first)).text("joint")
    await ward.cast.do("syringe-give", first, participant="P-002", joint=joint, given_ul=1000)
    await page.reload()
    assert await violations(page) == []
    await expect(waits).not_to_contain_text("P-002")
    await waits.get_by_role("listitem").filter(has_text=lot).locator("a.button").click()
    await page.wait_for_url(f"**/acts/lot-look-back/{lot}")
    await expect(page.locator("form[data-act]")).to_be_visible()
