"""The scan workbench in a real browser: what a scanner types, wherever the focus is, and what is said to it."""

from __future__ import annotations

import asyncio
import itertools
import os
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.identifiers import numbers
from tests.furniture import enrol, furnished
from tests.pages.ward import GS, STX, Ward, offline, signed_in, violations, wedge
from tests.sites import Line

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

pytestmark = pytest.mark.asyncio(loop_scope="session")

FULL = os.environ.get("CELLCUSTODY_BROWSER") == "full"
FOCUSES = {
    "nothing": "<p></p>",
    "scan field": "",
    "text": "<input id='here' value='kept'>",
    "number": "<input id='here' type='number' value='7'>",
    "select": "<select id='here'><option>Bench</option><option>Vault</option><option>Keep</option></select>",
    "checkbox": "<input id='here' type='checkbox'>",
    "textarea": "<textarea id='here'>kept</textarea>",
    "button": "<button id='here' onclick=''>Never</button>",
    "password": "<input id='here' type='password' value='kept'>",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """A kit that is assigned to P-001."""
    await furnished(ward.cast)
    return await enrol(ward.cast)


@pytest_asyncio.fixture(loop_scope="session")
async def bench(ward: Ward, kit: str, page: Page) -> Page:
    """The workbench, open for the coordinator."""
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/scan")
    return page


def verdict(page: Page) -> str:
    return "#outcome .panel"


async def focused(page: Page, what: str) -> None:
    """Put a field of that kind on the page, and the focus into it."""
    if what == "scan field":
        await page.focus("#data")
        return
    html = FOCUSES[what].replace(" onclick=''", "")
    await page.evaluate("html => document.querySelector('h1').insertAdjacentHTML('afterend', html)", html)
    if what != "nothing":
        await page.focus("#here")
        await page.evaluate(
            "document.getElementById('here').addEventListener('click', () => window.pressed = true)"
        )


SHORT = [
    ("nothing", "us"),
    ("select", "persian"),
    ("number", "german"),
    ("button", "french"),
    ("textarea", "us"),
]
MATRIX = list(itertools.product(FOCUSES, ("us", "german", "french", "persian"))) if FULL else SHORT


@pytest.mark.parametrize(("focus", "layout"), MATRIX)
async def test_a_scan_with_a_prefix_is_read_whole_and_changes_nothing_else(
    bench: Page, kit: str, focus: str, layout: str
) -> None:
    await focused(bench, focus)
    before = await state(bench)
    await wedge(bench, f"]d1{kit}", layout=layout)
    await expect(bench.locator("#outcome .panel.ok")).to_contain_text(numbers.grouped(kit))
    assert await state(bench) == before


async def state(page: Page) -> object:
    """What the field under the focus holds, and whether it was pressed."""
    return await page.evaluate(
        "(() => { const at = document.getElementById('here') ?? document.getElementById('data');"
        " return [at.value, at.checked, window.pressed ?? false]; })()"
    )


PLAIN = [focus for focus in FOCUSES if focus != "password"]
QUICK = [("scan field", 20, "french"), ("text", 20, "persian"), ("select", 20, "us")]
SPEEDS = [
    *itertools.product(PLAIN, (0, 20, 60), ("us",)),
    *itertools.product(PLAIN, (20,), ("german", "french", "persian")),
]


@pytest.mark.parametrize(("focus", "gap", "layout"), SPEEDS if FULL else QUICK)
async def test_a_scan_without_a_prefix_is_told_by_its_speed_and_taken_out_again(
    bench: Page, kit: str, focus: str, gap: int, layout: str
) -> None:
    await focused(bench, focus)
    before = await state(bench)
    await wedge(bench, kit, prefix="", gap=gap, layout=layout)
    await expect(bench.locator("#outcome .panel.ok")).to_contain_text(numbers.grouped(kit))
    assert await state(bench) == before


async def test_nothing_quick_is_taken_from_a_password(bench: Page) -> None:
    await focused(bench, "password")
    await wedge(bench, "K1234567", prefix="", suffix="", gap=5)
    assert await state(bench) == ["keptK1234567", False, False]


async def test_what_a_person_types_slowly_is_theirs(bench: Page, kit: str) -> None:
    await bench.focus("#data")
    await bench.keyboard.type(kit[:5].lower(), delay=110)
    assert await bench.input_value("#data") == kit[:5].lower()
    assert await bench.locator(verdict(bench)).count() == 0


@pytest.mark.parametrize("separator", [GS, "{GS}", "<GS>"] if FULL else [GS])
async def test_a_gs1_label_is_read_whatever_the_scanner_makes_of_its_separator(
    bench: Page, kit: str, separator: str
) -> None:
    profile = "09506000134376"
    await wedge(bench, f"]d201{profile}10CK-01{separator}21{kit}")
    await expect(bench.locator("#outcome .panel.ok")).to_contain_text(numbers.grouped(kit))


async def test_a_scan_that_is_cut_off_is_not_guessed(bench: Page, kit: str) -> None:
    await wedge(bench, kit, suffix="")
    await expect(bench.locator("#notice .panel")).to_contain_text("cut off")
    assert await bench.locator(verdict(bench)).count() == 0


async def test_an_unknown_code_and_one_of_the_laboratory_are_told_alike(bench: Page) -> None:
    told = []
    for code in ("NOTHING-THERE", "BM-MSC-1", "JAX/CRYO/T1"):
        await wedge(bench, code)
        await expect(bench.locator("#scans li")).to_have_count(len(told) + 1)
        told.append(await bench.locator("#outcome").inner_html())
    assert len(set(told)) == 1
    assert "not known here" in told[0]


async def test_an_unknown_scan_on_a_page_is_kept_as_one_over_the_api_is(ward: Ward, bench: Page) -> None:
    line = Line(ward.cast.database.url)
    (before,) = (await line.fetch("SELECT count(*) FROM refusal"))[0]
    for code in ("NOBODY-1", "BM-MSC-1"):
        answer = await bench.request.post(
            f"{ward.url}/scan",
            form={
                "data": code,
                "_csrf": await bench.locator("meta[name=csrf]").get_attribute("content") or "",
            },
        )
        assert answer.status == 404
    assert await line.fetch("SELECT count(*) FROM refusal") == [(before + 2,)]


async def test_the_same_code_again_within_three_seconds_is_quiet_and_later_a_scan_of_its_own(
    bench: Page, kit: str
) -> None:
    labels = bench.locator("#scans li span:last-child")
    await wedge(bench, f"{kit}\r{STX}{kit}")  # the second while the first is under way
    await expect(labels).to_have_text([kit])
    await bench.evaluate(
        "() => { const now = performance.now; window.late = 0;"
        " performance.now = () => now.call(performance) + window.late; }"
    )
    await bench.evaluate("document.body.dataset.sounded = ''")
    await wedge(bench, kit)
    assert await bench.evaluate("document.body.dataset.sounded") == "tick"
    await wedge(bench, "P-001")
    await expect(labels).to_have_text(["P-001", kit])
    await wedge(bench, kit)
    await expect(labels).to_have_text([kit, "P-001", kit])
    await bench.evaluate("window.late = 3000")
    await wedge(bench, kit)
    await expect(labels).to_have_text([kit, kit, "P-001", kit])


async def test_scans_made_while_one_is_under_way_are_answered_in_their_order(bench: Page, kit: str) -> None:
    first = asyncio.Event()

    async def slow(route: Route) -> None:
        if not first.is_set():
            first.set()
            await asyncio.sleep(0.3)
        await route.continue_()

    await bench.route("**/scan", slow)
    for code in (kit, "P-001", "UNKNOWN-1"):
        await wedge(bench, code)
    await expect(bench.locator("#scans li")).to_have_count(3)
    labels = await bench.locator("#scans li span:last-child").all_text_contents()
    assert labels == ["UNKNOWN-1", "P-001", kit]
    await expect(bench.locator("#outcome")).to_contain_text("not known here")


async def test_a_typed_number_needs_its_check_character_and_is_said_to_be_typed(
    bench: Page, kit: str
) -> None:
    await bench.fill("#data", "P-001")
    await bench.get_by_role("button", name="Look up").click()
    await expect(bench.locator("#outcome .panel.check")).to_contain_text("check character")
    await bench.fill("#data", numbers.grouped(kit).lower())
    await bench.get_by_role("button", name="Look up").click()
    await expect(bench.locator("#outcome .panel.ok")).to_contain_text("Typed, not scanned")


async def test_without_a_connection_scans_wait_and_are_told_to_be_waiting(bench: Page, kit: str) -> None:
    await offline(bench)
    await wedge(bench, kit)
    await expect(bench.locator("#notice .panel.offline")).to_contain_text("Nothing was recorded")
    await expect(bench.locator("#outbox")).to_have_text("⇡ 1 waiting")
    await expect(bench.locator("#net")).to_contain_text("Offline")
    await bench.context.set_offline(False)
    await expect(bench.locator("#outcome .panel.ok")).to_contain_text(numbers.grouped(kit), timeout=8000)
    await expect(bench.locator("#outbox")).to_be_hidden()
    assert await violations(bench) == []


async def test_a_barcode_for_a_button_that_is_not_there_does_nothing(bench: Page) -> None:
    await wedge(bench, "#UNDO")
    await expect(bench.locator("#notice")).to_contain_text("Nothing here answers to #UNDO")
    assert await bench.locator("#scans li").count() == 0


async def test_the_prefix_alone_reaches_no_page(bench: Page) -> None:
    await focused(bench, "text")
    await wedge(bench, "", prefix=STX + STX)
    assert (await state(bench))[0] == "kept"
