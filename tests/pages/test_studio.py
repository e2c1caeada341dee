"""The label studio: a template proven and approved, a job printed by a real agent, every label scanned and counted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

import inventory
from inventory.agent.journal import Journal
from inventory.agent.printing import Agent
from inventory.agent.server import Server
from inventory.demo.printers import symbol_on
from inventory.domain.items import Item, Kind
from inventory.web.cookies import PLAIN
from inventory.web.pages import print_jobs
from labels.printers import Came, Fault, FilePrinter, Outcome
from labels.template import load_template
from tests.furniture import enrol, furnished, serials, walk
from tests.pages.ward import Ward, signed_in, violations, wedge

if TYPE_CHECKING:
    from PIL import Image
    from playwright.async_api import APIResponse, Locator, Page, Route

pytestmark = pytest.mark.asyncio(loop_scope="session")
VIAL, KIT = (f"{name}.v{load_template(name).version}" for name in ("vial", "kit"))
VIALS = serials("BM-MSC-1", 5)


class Hanging(FilePrinter):
    """A printer that hangs up in the middle of a label."""

    def print(self, image: Image.Image, dpi: int, name: str) -> Outcome:
        return Outcome(Came.DOUBT, Fault.HUNG_UP)


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shipped profile, and a reprint asks for a second person."""
    text = (Path(inventory.__file__).parent / "profiles" / "nct06001853.toml").read_text()
    strict = tmp_path_factory.mktemp("profile") / "strict.toml"
    strict.write_text(text.replace("two_person = [", 'two_person = [\n    "job-reprint",', 1))
    return str(strict)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(ward: Ward) -> Ward:
    """A laboratory with vials, a connected printer and a roll, and no approved template yet."""
    await furnished(ward.cast)
    for code, agent, in_lab in (("ZEBRA-1", "agent-1", True), ("ZEBRA-2", "agent-2", False)):
        await ward.cast.must("device-register", code, kind="printer", serial=f"SN-{code}")
        await ward.cast.must("device-connect", code, agent=agent, dpi=300, in_lab=in_lab)
    for roll, name, printer, by in (
        ("LAB-ROLL-1", "vial", "ZEBRA-1", "tina"),
        ("ROLL-2", "kit", "ZEBRA-2", "paula"),
    ):
        told = {"stock": load_template(name).stock.name, "labels": 100, "supplier_batch": "SB-1"}
        await ward.cast.must("roll-receive", roll, by=by, in_lab=by == "tina", **told)
        await ward.cast.must("roll-mount", roll, by=by, printer=printer)
    return ward


async def prints(ward: Ward, printer: FilePrinter, agent: str = "agent-1") -> tuple[int, int]:
    """Let the agent beside a printer print what waits."""
    server = Server(ward.url, ward.cast.tokens[agent], clock=ward.cast.hands)
    work = Agent(server, printer, Journal(printer.folder / "journal"), lambda _: None).work
    return await asyncio.to_thread(work)


async def stands(ward: Ward, code: str) -> Item:
    return await ward.cast.item(Kind.LABEL, code)


def card(page: Page, thing: str) -> Locator:
    """The card of a thing's label on a job's page."""
    return page.locator(".labels li").filter(has=page.locator(f'a[href="/items/{thing}"]')).last


async def chosen(page: Page, link: str) -> None:
    """Ask for the form of what may be done with the page's own thing."""
    await page.locator("#live").get_by_role("link", name=link, exact=True).click()


async def recorded(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()


async def test_a_template_is_looked_at_dot_by_dot_and_approved_by_two_people(shop: Ward, page: Page) -> None:
    await (await signed_in(shop, page, "quinn")).goto(f"{shop.url}/labels")
    assert await violations(page) == []
    await page.get_by_role("link", name=VIAL).click()
    await expect(page.locator("header.title")).to_contain_text("Not drafted")
    await chosen(page, "Draft this version")
    await recorded(page, "Draft")
    await expect(page.locator("header.title")).to_contain_text("Draft")
    for check in ("isbt: module", "datamatrix: quiet zone", "text inside its box", "sentence of law"):
        await expect(page.locator(".checks tr").filter(has_text=check).locator(".state.good")).to_be_visible()
    await expect(page.locator(".checks")).to_contain_text("3 dots, 0.254 mm")
    dots = await page.locator("img.dots").evaluate(
        "i => [i.naturalWidth, i.naturalHeight, i.width, i.height]"
    )
    assert dots == [384, 150, 384, 150]  # 32.512 x 12.7 mm at 300 dpi, one pixel a dot
    box = await page.locator("img.true").bounding_box()
    assert box is not None
    assert box["width"] * 25.4 / 96 == pytest.approx(32.512, abs=0.05)
    assert await violations(page) == []
    await chosen(page, "Approve by two people")
    await page.get_by_label("Measured on").fill("2026-11-20")
    await page.get_by_label("Width").fill("33.1")  # more than half a millimetre off
    await page.get_by_label("Height").fill("12.7")
    for label, text in (("Their name", "quentin"), ("Their password", await shop.password("quentin"))):
        await page.get_by_label(label).fill(text)
    await page.get_by_label("What they scan").fill(VIAL)
    await page.get_by_role("button", name="Approve by two people").click()
    await expect(page.locator("#outcome .panel.check")).to_contain_text("32.512 x 12.7 mm")
    await page.get_by_label("Width").fill("32.5")
    await page.get_by_label("Their password").fill(await shop.password("quentin"))
    await page.get_by_label("What they scan").fill(VIAL)
    await recorded(page, "Approve by two people")
    await expect(page.locator("header.title")).to_contain_text("Approved")
    proof = (await shop.cast.item(Kind.TEMPLATE, VIAL)).text("proof")
    await expect(page.locator("#live")).to_contain_text(proof)


async def test_a_sample_is_a_file_of_true_size(shop: Ward) -> None:
    async with httpx.AsyncClient(cookies={PLAIN: shop.cast.tokens["tina"]}) as client:
        sheet = f"{shop.url}/labels/templates/{VIAL}/300"
        pdf = (await client.get(f"{sheet}/0-1.pdf")).content
        assert b"/MediaBox [0 0 92.1600 36.0000]" in pdf  # points: 384 x 150 dots at 300 dpi
        assert (await client.get(f"{sheet}/0-88.png")).content != (
            await client.get(f"{sheet}/0-1.png")
        ).content
        for nothing in (f"{sheet}/0-2.png", f"{sheet}/9-1.png", sheet.replace("300", "299") + "/0-1.png"):
            assert (await client.get(nothing)).status_code == 404


async def test_labels_are_printed_scanned_back_put_on_and_counted(
    shop: Ward, page: Page, tmp_path: Path
) -> None:
    await (await signed_in(shop, page, "tina")).goto(f"{shop.url}/labels/print")
    await page.get_by_label("Template").select_option(VIAL)
    await page.get_by_label("Only of").fill("BM-MSC-1")
    await page.get_by_role("button", name="Show what may have it").click()
    assert await violations(page) == []
    await expect(page.get_by_role("radio", name="ZEBRA-1")).to_be_checked()
    await expect(page.locator(".offers li")).to_have_count(5)
    for vial in VIALS[:2]:
        await page.get_by_role("checkbox", name=vial, exact=True).check()
    await wedge(page, VIALS[2])
    await page.get_by_role("button", name="Check and queue").click()
    await page.wait_for_url("**/labels/jobs/J*")
    await expect(page.locator("#live .card").first).to_contain_text("Queued")
    assert await prints(shop, FilePrinter(tmp_path)) == (1, 0)
    await expect(page.locator("#live")).to_contain_text("0 of 3 printed labels accounted for")
    assert await violations(page) == []
    await wedge(page, symbol_on(tmp_path / f"{VIALS[0]}.vial.1.png"))
    await expect(page.locator("#outcome .panel.ok")).to_contain_text("it is there")
    await wedge(page, VIALS[3])
    await expect(page.locator("#outcome .panel.check")).to_contain_text("has no label in this job")
    await page.get_by_role("link", name="Scan: it is on its thing").click()
    await page.wait_for_url("**as=apply")
    for vial in VIALS[:2]:
        await wedge(page, symbol_on(tmp_path / f"{vial}.vial.1.png"))
        await expect(page.locator("#outcome .panel.ok")).to_contain_text(f"{vial}: it is on")
    states = [(await stands(shop, f"{vial}.vial.1")).state for vial in VIALS[:3]]
    assert states == ["applied", "applied", "sent"]
    await page.goto(f"{shop.url}/labels/accounts?by=roll")
    await expect(page.locator("tr.off")).to_contain_text("LAB-ROLL-1")
    await expect(page.locator(".panel.check")).to_contain_text("1 label was printed and not seen since")
    assert await violations(page) == []
    await page.go_back()
    await card(page, VIALS[2]).get_by_role("link", name="Make void").click()
    await page.get_by_label("Reason").select_option("unreadable")
    await recorded(page, "Make void")
    await chosen(page, "Count and close")
    for name, count in (("Applied", "2"), ("Void", "1"), ("Destroyed", "0"), ("On hand", "0")):
        await page.get_by_label(name).fill(count)
    await recorded(page, "Count and close")
    await expect(page.locator("[data-scan-field]")).to_have_count(0)
    await page.goto(f"{shop.url}/labels/accounts")
    await expect(page.locator(".panel.ok")).to_contain_text("Every printed label is accounted for")


async def test_what_may_have_come_out_is_void_and_printed_again_as_a_marked_copy(
    shop: Ward, page: Page, tmp_path: Path
) -> None:
    await (await signed_in(shop, page, "tina")).goto(f"{shop.url}/labels/print?template={VIAL}")
    await wedge(page, VIALS[3])
    await page.get_by_role("button", name="Check and queue").click()
    await page.wait_for_url("**/labels/jobs/J*")
    assert await prints(shop, Hanging(tmp_path)) == (0, 1)
    await expect(page.locator("#live .panel.check")).to_contain_text("hung up")
    await expect(card(page, VIALS[3])).to_contain_text("In doubt")
    assert await violations(page) == []
    await chosen(page, "Print the rest")
    await recorded(page, "Print the rest")
    await page.reload()
    await page.get_by_role("button", name="Check and queue").click()
    await expect(page.locator("#live .card").first).to_contain_text("Queued")
    assert await prints(shop, FilePrinter(tmp_path)) == (1, 0)
    await expect(card(page, VIALS[3])).to_contain_text("R2")
    await wedge(page, symbol_on(tmp_path / f"{VIALS[3]}.vial.2.png"))
    await expect(page.locator("#outcome .panel.ok")).to_be_visible()
    assert (await stands(shop, f"{VIALS[3]}.vial.1")).text("reason") == "in_doubt"
    assert (await stands(shop, f"{VIALS[3]}.vial.2")).state == "on_hand"


async def test_a_second_person_proves_who_they_are_before_a_label_is_printed_again(
    shop: Ward, page: Page
) -> None:
    old = await stands(shop, f"{VIALS[0]}.vial.1")
    await (await signed_in(shop, page, "tina")).goto(f"{shop.url}/labels/jobs")
    assert await violations(page) == []
    await page.goto(f"{shop.url}/labels/jobs/{old.parent}")
    await card(page, VIALS[0]).get_by_role("link", name="Print again…").click()
    await page.get_by_label("Reason").select_option("damaged")
    again = await page.locator("#outcome").get_by_label("Code", exact=True).input_value()
    right = await shop.password("tom")
    await shop.password("tina")
    for name, typed, scanned, said in (
        ("tom", "not his password", again, "Name or password is wrong"),
        ("tina", right, again, "Another person must check"),
        ("tom", right, VIALS[1], "The second scan is of another code"),
        ("tom", right, again, "Labels were asked for again, with the reason"),
    ):
        assert await stands(shop, old.code) == old
        for label, text in (("Their name", name), ("Their password", typed), ("What they scan", scanned)):
            await page.get_by_label(label).fill(text)
        await page.get_by_role("button", name="Reprint", exact=True).click()
        await expect(page.locator(".panel[data-outcome]").last).to_contain_text(said)
        await wedge(page, "#OK")
    assert (await stands(shop, old.code)).state == "void"
    assert (await stands(shop, f"{VIALS[0]}.vial.2")).state == "planned"
    await page.goto(f"{shop.url}/timelines/{again}")
    made, *refused = await page.locator("main li .by").all_inner_texts()
    assert made.split() == ["tina", "Cell", "lab", "technician", "with", "tom", "✍✍"]
    assert refused == ["tina", "tina"]
    leaf = (await (await shop.reader("tina")).history(again) or [])[0].leaf
    assert [leaf[who] for who in ("by", "with")] == ["tina", "tom"]


async def test_the_queue_is_read_a_page_at_a_time_and_what_is_over_is_a_list_of_its_own(
    shop: Ward, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_jobs, "SHOWN", 1)
    under_way = page.locator("tbody th")
    reader = await shop.reader("tina")
    jobs = [job for job in await reader.page(Kind.JOB) if job.state != "closed"]
    by_age = [
        job.code for job in sorted(jobs, key=lambda job: (job.facts["drafted_at"][-1], job.code))
    ]  # as recorded
    assert len(by_age) > 1
    await (await signed_in(shop, page, "tina")).goto(f"{shop.url}/labels/jobs")
    for code in reversed(by_age):
        await expect(under_way).to_have_text([code])
        await page.reload()
        following = page.get_by_role("link", name="Next page")
        if code != by_age[0]:
            await following.click()
    await page.get_by_role("link", name="closed").click()
    closed = [job.code for job in await reader.page(Kind.JOB) if job.state == "closed"]
    await expect(under_way).to_have_text(closed)


async def test_a_pharmacist_sees_blinded_templates_and_the_labels_of_kits_alone(
    shop: Ward, page: Page, tmp_path: Path
) -> None:
    for who in ("tina", "paula"):
        await shop.cast.must(
            "person-train", who, by="xena", document="T-2", from_day="2026-01-01", to_day="2027-12-31"
        )
    kit = await enrol(shop.cast)
    await walk(shop.cast, kit, "P-001", "at_pharmacy")
    await (await signed_in(shop, page, "quinn")).goto(f"{shop.url}/labels/templates/{KIT}")
    await chosen(page, "Draft this version")
    await recorded(page, "Draft")
    await expect(page.locator(".checks")).to_contain_text("differ in their numbers alone")
    await chosen(page, "Approve by two people")
    for label, text in (("Measured on", "2026-11-20"), ("Width", "100"), ("Height", "50"), ("Their name", "quentin"),
                        ("Their password", await shop.password("quentin")), ("What they scan", KIT)):  # fmt: skip
        await page.get_by_label(label).fill(text)
    await recorded(page, "Approve by two people")
    await (await signed_in(shop, page, "paula")).goto(f"{shop.url}/labels")
    names = await page.locator("tbody th").all_inner_texts()
    assert set(names) == {"Syringe", "Kit", "Card"}
    answer = await page.request.get(f"{shop.url}/labels/templates/{VIAL}")
    assert answer.status == 404
    assert (await page.request.get(f"{shop.url}/labels/jobs")).status == 200
    await page.goto(f"{shop.url}/labels/print?template={KIT}")
    await page.get_by_role("checkbox", name=f"{kit[:4]}-{kit[4:8]}-{kit[8:]}").check()
    await page.get_by_role("button", name="Check and queue").click()
    await page.wait_for_url("**/labels/jobs/J*")
    assert await prints(shop, FilePrinter(tmp_path), "agent-2") == (1, 0)
    await page.goto(f"{shop.url}/labels/jobs")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert await violations(page) == []
    await page.goto(f"{shop.url}/labels/rolls")
    await expect(page.locator("tbody th a")).to_have_text(["ROLL-2"])
    await expect(page.locator("tbody tr")).to_contain_text("99")
    assert await violations(page) == []


@pytest.mark.parametrize("drafted", [False, True], ids=["the form", "the job's page"])
async def test_a_job_is_queued_once_however_often_its_form_is_sent(
    shop: Ward, page: Page, *, drafted: bool
) -> None:
    await (await signed_in(shop, page, "tina")).goto(f"{shop.url}/labels/print?template={VIAL}")
    sent: list[APIResponse] = []

    async def twice(route: Route) -> None:
        sent.append(await route.fetch())
        shop.cast.hands.wait(minutes=1)
        sent.append(await route.fetch())
        await route.fulfill(response=sent[-1])

    if drafted:
        told = {"template": VIAL, "printer": "ZEBRA-1", "things": ["DMSO-1-1"]}
        await shop.cast.must("job-draft", "J0000000000AB", by="tina", **told)
        await page.route("**/labels/jobs/J0000000000AB/onward", twice)
        await page.goto(f"{shop.url}/labels/jobs/J0000000000AB")
    else:
        await page.route("**/labels/print", twice)
        await wedge(page, VIALS[4])
    await page.get_by_role("button", name="Check and queue").click()
    await expect(page.locator("#live .card").first).to_contain_text("Queued")
    assert [(each.status, each.headers.get("hx-redirect")) for each in sent] == [
        (200, urlsplit(page.url).path)
    ] * 2
