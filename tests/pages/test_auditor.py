"""An auditor at work: the record under a filter, its files, what proves an entry, and what was refused."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pypdf
import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.items import Log
from inventory.services import people
from tests.furniture import enrol, furnished, walk
from tests.pages.ward import STX, Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")
BLINDED, UNBLINDED = "bert", "uma"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """A study with a past: an ordered kit, and a try that was refused."""
    cast = ward.cast
    await furnished(cast)
    kit = await enrol(cast)
    await walk(cast, kit, "P-001", "ordered")
    await cast.refusals("kit-accept-at-pharmacy", kit)
    assert (await cast.do("person-limit", BLINDED, by="xena", last_day="2027-01-31")).status == 201
    return kit


async def _lines(page: Page) -> list[str]:
    return [str(await each.get_attribute("id")) for each in await page.locator(".record > li").all()]


async def test_the_record_is_found_by_a_filter_and_its_files_hold_the_same(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/")
    await page.get_by_role("link", name="History").click()
    assert await violations(page) == []
    await page.get_by_label("Code", exact=True).fill(kit)
    await page.get_by_label("What was refused too").check()
    await page.get_by_role("button", name="Show").click()
    await page.wait_for_url("**item=*")
    await expect(page.locator(".record .refused")).to_contain_text("Wrong state")
    assert await violations(page) == []
    shown = await _lines(page)
    query = page.url.partition("?")[2]
    table = await (await page.request.get(f"{ward.url}/history.csv?{query}")).text()
    assert [_line(row) for row in csv.DictReader(io.StringIO(table))] == shown[::-1]
    told = orjson.loads(await (await page.request.get(f"{ward.url}/history.json?{query}")).body())
    assert (told["filter"], len(told["refusals"])) == ({"item": kit, "refusals": True}, 1)
    assert [f"open-{each['index']}" for each in told["entries"]] == [
        each for each in shown[::-1] if not each.startswith("refused")
    ]
    href = await page.get_by_role("link", name="PDF", exact=True).get_attribute("href")
    printed = pypdf.PdfReader(io.BytesIO(await (await page.request.get(f"{ward.url}{href}")).body()))
    text = "".join(each.extract_text() for each in printed.pages)
    assert f"Filter: item {kit}, refusals" in text
    assert f"{len(shown)} entries shown" in text


@pytest.mark.parametrize(
    ("focus", "prefix", "gap"), [("", STX, 0), ("Code", STX, 0), ("Code", "", 20), ("Who", "", 5)]
)
async def test_a_scan_is_looked_up_in_the_record_under_the_filter_as_it_stands(
    ward: Ward, kit: str, page: Page, focus: str, prefix: str, gap: int
) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/history?action=kit-order")
    await page.get_by_label("What was done").select_option("")
    await page.get_by_label("What was refused too").check()
    if focus:
        await page.get_by_label(focus, exact=True).focus()
    await wedge(page, f"]d1{kit}", prefix=prefix, gap=gap)
    await page.wait_for_url("**item=*")
    await expect(page.get_by_label("Code", exact=True)).to_have_value(kit)
    await expect(page.get_by_label("What was refused too")).to_be_checked()
    await expect(page.get_by_label("Who", exact=True)).to_have_value("")
    await expect(page.locator(".record .refused")).to_contain_text("Wrong state")
    assert len(await _lines(page)) > 2, "an action was asked for still"
    await wedge(page, "]C0P-001", prefix=prefix, gap=gap)
    await page.wait_for_url("**item=P-001*")
    await expect(page.get_by_label("Code", exact=True)).to_have_value("P-001")
    await wedge(page, "K9999999X", prefix=prefix, gap=gap)
    await expect(page.locator("#outcome .panel.check")).to_be_visible()
    await expect(page.get_by_label("Code", exact=True)).to_have_value("P-001")


def _line(row: dict[str, str]) -> str:
    return (
        f"refused-{row['by']}-{row['index']}" if row["log"] == "refused" else f"{row['log']}-{row['index']}"
    )


async def test_a_drawer_holds_what_proves_an_entry_and_a_file_that_checks_it_offline(
    ward: Ward, kit: str, page: Page, tmp_path: Path
) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/history?item={kit}")
    await page.locator(".drawer summary").first.click()
    command = page.get_by_label("Command for entry")
    await expect(command).to_contain_text("bash check-open-")
    assert await violations(page) == []
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Save check-open-").click()
    saved = tmp_path / "check.sh"
    await (await saving.value).save_as(saved)
    key = ward.cast.site.keys.signers[Log.OPEN].vkey
    assert f"'{key}'" in await command.inner_text()
    done = await _bash(str(saved), key)
    assert (done[0], "is in the log" in done[1]) == (0, True)
    for old, new in (("kit", "kat"), ("INDEX=", "INDEX=1"), ("PATH_UP=(", "PATH_UP=(00")):
        wrong = tmp_path / "wrong.sh"
        wrong.write_text(saved.read_text().replace(old, new, 1))
        assert (await _bash(str(wrong), key))[0] == 1, old
    assert (await _bash(str(saved), key.replace("open", "open2")))[0] == 1


async def _bash(*words: str) -> tuple[int, str]:
    run = await asyncio.create_subprocess_exec(
        "bash", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, _ = await run.communicate()
    return run.returncode or 0, out.decode()


async def test_the_blinded_and_the_unblinded_auditor_have_different_records(
    ward: Ward, kit: str, page: Page
) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/history")
    assert "vault" not in await page.locator(".record").inner_html()
    assert not {"Lot", "Vial", "Donor"} & set(
        await page.get_by_label("Kind of thing").locator("option").all_inner_texts()
    )
    await (await signed_in(ward, page, UNBLINDED)).goto(f"{ward.url}/history?kind=vial")
    await expect(page.locator(".record li").first).to_contain_text("Vault")
    assert await violations(page) == []
    before = await _vault_size(ward)
    await page.locator(".drawer summary").first.click()
    await expect(page.get_by_label("Bytes of the entry")).to_contain_text('"log":"vault"')
    tying = "vial-pick" in await page.get_by_label("Bytes of the entry").inner_text()
    assert await _vault_size(ward) == before + tying


async def _vault_size(ward: Ward) -> int:
    found = await ward.cast.fetch("SELECT vault_size FROM head")
    return int(found[0][0])


async def test_a_visit_from_its_beginning_to_its_report(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/monitoring")
    assert await violations(page) == []
    await page.get_by_role("link", name="Begin a visit").click()
    await page.get_by_label("Code", exact=True).fill("MV-1")
    await page.get_by_label("Purpose").select_option("routine")
    await page.get_by_label("From").fill("2026-11-22")
    await page.get_by_label("Until").fill("2026-11-23")
    await page.get_by_role("button", name="Open").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await page.goto(f"{ward.url}/history?item={kit}")
    shown = [each for each in await _lines(page) if not each.startswith("refused")]
    await page.get_by_role("button", name="Tick all shown").click()
    await page.locator(".tick input").first.uncheck()
    await page.get_by_role("button", name="Record as seen").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await expect(page.locator(".record").get_by_text("seen by bert, MV-1")).to_have_count(len(shown) - 1)
    await page.locator(".tick input").first.check()
    await page.get_by_role("button", name="Record as seen").click()
    await expect(page.locator(".record").get_by_text("seen by bert, MV-1")).to_have_count(len(shown))
    assert await violations(page) == []
    await page.locator(".record .ask").first.click()
    await page.get_by_label("Question").fill("Who signed this order?")
    await page.get_by_role("button", name="Raise").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/monitoring")
    await expect(page.locator(".queries")).to_contain_text("Who signed this order?")
    await page.get_by_role("link", name="Answer").click()
    await (
        page.get_by_label("Outcome")
        .get_by_label("Explained")
        .or_(page.get_by_label("Explained"))
        .first.check()
    )
    await page.get_by_label("Note").fill("I did, for the investigator.")
    await page.get_by_role("button", name="Answer").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/monitoring/MV-1")
    await expect(page.locator("main")).to_contain_text("I did, for the investigator.")
    assert await violations(page) == []
    await page.get_by_role("link", name="Close the visit").click()
    await page.get_by_role("button", name="Close").click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    await page.goto(f"{ward.url}/monitoring/MV-1")
    told = await page.request.get(f"{ward.url}/monitoring/MV-1/report.pdf")
    text = "".join(each.extract_text() for each in pypdf.PdfReader(io.BytesIO(await told.body())).pages)
    assert f"open log: {len(shown)} of" in text
    assert "answered by cora: explained. I did, for the investigator." in text
    for who, status in (("cora", 200), ("tina", 200), (UNBLINDED, 200)):
        answer = await (await signed_in(ward, page, who)).request.get(f"{ward.url}/monitoring/MV-1")
        assert answer.status == status


async def test_a_correction_is_struck_through_and_linked_both_ways_and_gaps_are_said(
    ward: Ward, kit: str, page: Page
) -> None:
    reader = await ward.reader("bert")
    wrong = max(each.index for each in await reader.history(kit) or () if each.leaf["action"] == "kit-order")
    told = {"log": "open", "index": wrong, "reason": "recorded_wrongly"}
    await ward.cast.must("kit-void", kit, by="cora", second="carl", **told)
    ward.cast.hands.wait(days=45)
    ward.cast.tokens[BLINDED] = await people.new_token(ward.cast.site, BLINDED)
    await (await signed_in(ward, page, BLINDED)).goto(f"{ward.url}/timelines/{kit}")
    assert await violations(page) == []
    struck = page.locator(f"#open-{wrong}.void")
    right = (await struck.get_by_text("corrected by").get_attribute("href") or "").partition("#")[2]
    back = await page.locator(f"#{right}").get_by_text("corrects").get_attribute("href")
    assert (back or "").endswith(f"#open-{wrong}")
    await expect(page.locator(".gap")).to_contain_text("Nothing was recorded for 45 d until now")
    await page.set_viewport_size({"width": 390, "height": 844})
    since, what = [await page.locator(f".gap {part}").bounding_box() for part in (".at", ".what")]
    assert since is not None
    assert what is not None
    assert since["y"] + since["height"] <= what["y"]  # on a telephone one stands below the other
    assert since["width"] > 150
    await expect(page.locator(".refused")).to_have_count(1)
