"""How pages look: to axe in every theme, on a narrow phone, in forced colours, to a finger in a glove."""

from __future__ import annotations

import io
import os
import unicodedata
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
import pytest_asyncio
from playwright.async_api import expect

from inventory.domain.roles import Role
from inventory.web.pages.menu import lists_of, menu_of
from tests.domain.lab import PEOPLE
from tests.furniture import enrol, furnished, walk
from tests.pages.ward import Ward, signed_in, violations

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

FULL = os.environ.get("CELLCUSTODY_BROWSER") == "full"
THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "contrast": {"contrast": "more"},
    "forced": {"forced_colors": "active"},
}
OTHERS = {name: media for name, media in THEMES.items() if name != "light"}
BENCH, ANYWHERE = 72, 24
A4 = 718
"""Pixels between the margins of a page, a centimetre each."""
FIELDS = "select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])"
TOUCHED = f"button, .button, summary, .menu a, label:has(input), {FIELDS}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kits(ward: Ward) -> dict[str, str]:
    """Kits by state, and what else has a page."""
    await furnished(ward.cast)
    found = {"P-301": "ordered", "P-302": "prepared", "P-303": "at_bedside"}
    kits = {}
    for participant, state in found.items():
        kits[state] = await enrol(ward.cast, participant)
        await walk(ward.cast, kits[state], participant, state)
    return kits


async def addresses(ward: Ward, who: str, kits: dict[str, str]) -> list[str]:
    """Every page of this person's menu, a thing, and a form."""
    reader = await ward.reader(who)
    menu = [entry.address for _, entries in menu_of(reader) for entry in entries]
    return [*menu, f"/items/{kits['prepared']}", f"/items/{kits['at_bedside']}"]


async def views(ward: Ward, kits: dict[str, str]) -> list[tuple[str, str]]:
    """Each page once as a blinded person has it and once as an unblinded one: who, and where.

    Lists are one page with other words in it: two of them stand for all, but in `make browser-full`.
    """
    found: dict[tuple[str, bool], str] = {}
    for who in (names[0] for names in PEOPLE.values()):
        reader = await ward.reader(who)
        alike = set() if FULL else {f"/{name}" for name in lists_of(reader)} - {"/kits", "/people"}
        for address in await addresses(ward, who, kits):
            if address not in alike:
                found.setdefault((address, reader.unblinded), who)
    return [(who, address) for (address, _), who in found.items()]


async def test_axe_finds_nothing_on_any_page_in_any_theme(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    """Everything in light; in the other themes each page once, and what a theme can change, which is contrast."""
    looked, themed = "", set[str]()
    for who, address in sorted(await views(ward, kits)):
        # The frame round a person's pages is the same on each of them: their first one shows it in every theme.
        part = "html" if who != looked or FULL else "main"
        if who != looked:
            looked = who
            await signed_in(ward, page, who)
        await page.emulate_media(color_scheme="light", contrast="no-preference", forced_colors="none")
        await page.goto(ward.url + address)
        assert await violations(page) == [], (who, address)
        others = OTHERS if part == "html" or address not in themed else {}
        themed.add(address)
        for theme, media in others.items():
            await page.emulate_media(**{"color_scheme": "light", "contrast": "no-preference", **media})
            assert await violations(page, "color-contrast", within=part) == [], (who, address, theme)


EVERY = [(names[0], theme) for names in PEOPLE.values() for theme in THEMES]


@pytest.mark.parametrize(("who", "theme"), EVERY if FULL else [("tina", "dark")])
async def test_axe_finds_nothing_when_it_is_asked_everything(
    ward: Ward, kits: dict[str, str], page: Page, who: str, theme: str
) -> None:
    await signed_in(ward, page, who)
    await page.emulate_media(**THEMES[theme])
    every = await addresses(ward, who, kits)
    for address in every if FULL else every[:3]:
        await page.goto(ward.url + address)
        assert await violations(page) == [], address


FORMS = (
    ("cora", "/acts/kit-call/{ordered}"), ("ivan", "/acts/kit-confirm/{at_bedside}"),
    ("tina", "/acts/kit-record-preparation/{ordered}"),
    ("tina", "/acts/lot-register"), ("quinn", "/acts/lot-record-results/BM-MSC-1"),
    ("tina", "/acts/vial-thaw/BM-MSC-1-5"),
    ("paula", "/acts/kit-return/{prepared}"), ("ivan", "/acts/participant-break-code/P-301"),
)  # fmt: skip


@pytest.mark.parametrize(("who", "address"), FORMS if FULL else FORMS[1:4])
async def test_a_form_of_any_shape_is_well_made(
    ward: Ward, kits: dict[str, str], page: Page, who: str, address: str
) -> None:
    await signed_in(ward, page, who)
    answer = await page.goto(ward.url + address.format(**kits))
    assert answer is not None
    assert answer.status == 200
    for button in await page.locator("[data-add-row]").all():
        await button.click()
    assert await violations(page) == []
    names = await page.locator("form[data-act] [name]").evaluate_all("all => all.map(each => each.name)")
    assert not [name for name in names if "*" in name]
    assert {"key", "occurred_at", "code", "_csrf"} <= set(names)


async def test_nothing_is_wider_than_a_narrow_phone(ward: Ward, kits: dict[str, str], page: Page) -> None:
    await signed_in(ward, page, "tina")
    await page.set_viewport_size({"width": 320, "height": 640})
    pages = await addresses(ward, "tina", kits)
    for address in pages if FULL else [*pages[:3], pages[-1]]:
        await page.goto(ward.url + address)
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 320, (address, wide)


async def test_what_gloves_touch_is_large_and_nothing_is_tiny(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    await signed_in(ward, page, "cora")
    for address in ("/scan", f"/items/{kits['at_bedside']}", f"/acts/kit-call/{kits['ordered']}"):
        await page.goto(ward.url + address)
        for box in await heights(page, ".bench, .pair button, .pair input"):
            assert box >= BENCH, address
        for box in await heights(page, TOUCHED):
            assert box >= ANYWHERE, address
    fields = await heights(page, f"form.gloves :is({FIELDS}, .choice label, summary)")
    assert len(fields) >= 5
    assert min(fields) >= BENCH


async def heights(page: Page, selector: str) -> list[float]:
    found: list[float] = await page.locator(selector).evaluate_all(
        "all => all.filter(each => each.checkVisibility()).map(each => each.getBoundingClientRect().height)"
    )
    return found


async def test_states_are_told_apart_without_any_colour(ward: Ward, kits: dict[str, str], page: Page) -> None:
    await signed_in(ward, page, "cora")
    await page.emulate_media(forced_colors="active")
    await page.goto(f"{ward.url}/kits")
    told = await page.locator("tbody .state").all_inner_texts()
    assert {text.split()[0] for text in told} >= {"●", "○"}
    assert all(len(text.split()) > 1 for text in told)


async def test_a_list_says_what_is_looked_for_in_its_address(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    await (await signed_in(ward, page, "cora")).goto(f"{ward.url}/kits")
    await page.get_by_label("State").select_option("prepared")
    await page.get_by_role("button", name="Show").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert "state=prepared" in page.url
    await page.goto(f"{ward.url}/kits?q={kits['ordered'][2:6].lower()}&state=ordered")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.goto(f"{ward.url}/kits?state=destroyed")
    await expect(page.locator(".empty")).to_contain_text("Nothing here fits.")


async def test_what_is_begun_is_begun_from_its_list_by_whoever_may(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    begun = {
        "cora": {"participants": {"participant-enrol"}, "deviations": {"deviation-report"}, "kits": set()},
        "tina": {
            "lots": {"lot-register", "donor-register"}, "shipments": {"shipment-advise"},
            "locations": {"place-register", "box-register"}, "excursions": {"excursion-open"},
        },
        "bert": {"participants": set(), "deviations": set()},
    }  # fmt: skip
    for who, lists in begun.items():
        await signed_in(ward, page, who)
        for name, acts in lists.items():
            await page.goto(f"{ward.url}/{name}")
            links = await page.locator("main .actions a").evaluate_all("all => all.map(each => each.href)")
            assert {link.rpartition("/")[2] for link in links} == acts, (who, name)
            for link in links:
                assert (await page.context.request.get(link)).status == 200, link


async def test_everybody_has_the_lists_that_exist_for_them(
    ward: Ward, kits: dict[str, str], page: Page
) -> None:
    for names in PEOPLE.values():
        reader = await ward.reader(names[0])
        blinded = not reader.unblinded
        assert ("lots" in lists_of(reader)) is not blinded, names[0]
    assert not (await ward.reader(PEOPLE[Role.ADMINISTRATOR][0])).unblinded


@pytest.mark.parametrize(
    ("who", "address", "said", "unsaid"),
    [
        (
            "cora",
            "/items/{at_bedside}",
            ["At bedside", "P-30"],
            ["Sign out", "More", "As a file", "UNBLINDED"],
        ),
        ("tina", "/timelines/BM-MSC-1-1", ["UNBLINDED", "tina"], ["Sign out", "Scanner"]),
        ("bert", "/history", ["Kit"], ["Sign out", "Show", "As a file"]),
        ("quinn", "/admin/roles", ["UNBLINDED", "Vial"], ["Sign out", "Scanner"]),
    ],
)
async def test_a_page_printed_to_pdf_says_what_it_says_on_the_screen_and_has_no_buttons(
    ward: Ward, kits: dict[str, str], page: Page, who: str, address: str, said: list[str], unsaid: list[str]
) -> None:
    await (await signed_in(ward, page, who)).goto(ward.url + address.format(**kits))
    shown = await page.locator("#main :is(h1, li .what strong, td, th, .at):visible").all_inner_texts()
    pages = pypdf.PdfReader(io.BytesIO(await page.pdf(format="A4"))).pages
    text = unicodedata.normalize("NFKC", " ".join(each.extract_text() for each in pages))
    assert len(shown) > 3
    assert [each for each in shown if _plain(each) not in _plain(text)] == []
    assert [each for each in [*said, "TEST – NOT FOR USE"] if each not in text] == []
    assert [each for each in unsaid if each in text] == []
    await page.emulate_media(media="print")
    await page.set_viewport_size({"width": A4, "height": 1000})
    assert (
        await page.evaluate("document.documentElement.scrollWidth") <= A4
    )  # nothing is cut off at the right
    await page.emulate_media(media="screen")


def _plain(text: str) -> str:
    """Letters and digits alone: where a line is broken is the paper's."""
    return "".join(char for char in text if char.isalnum()).lower()
