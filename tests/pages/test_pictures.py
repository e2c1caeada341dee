"""The pictures of the documents: each is a page of the demonstration as a browser shows it.

`make pictures` writes them to docs/pictures; without it a page that cannot be shown any more fails here.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
COLOURS = 96
"""Enough for a page, and a quarter of the bytes."""


@dataclass(frozen=True)
class Picture:
    """Whose page, where, what it has to show, what is clicked first, and how wide and high the screen is."""

    name: str
    who: str
    address: str
    shows: str
    click: str = ""
    size: tuple[int, int] = (1180, 760)
    dark: bool = False


PICTURES = (
    Picture("demonstration", "", "/demo", "Play one kit's life"),
    Picture(
        "preparation",
        "tamar",
        "/preparation",
        "End the thaw",
        click="main .box-card:has-text('Called for')",
        size=(1180, 900),
    ),
    Picture(
        "storage",
        "tamar",
        "/storage",
        "Next free",
        click="main progress >> xpath=ancestor::a",
        size=(1180, 1060),
    ),
    Picture("pharmacy", "priya", "/pharmacy", "Pharmacy"),
    Picture("bedside", "ines", "/bedside", "Bedside", size=(390, 760)),
    Picture("excursion", "quinn", "/quality/excursions", "no reading", click="tbody a", size=(1180, 900)),
    Picture("label", "tamar", "/labels/templates/kit.v2", "Every dot", size=(1180, 1000)),
    Picture("history", "anders", "/kits?state=destroyed", "Destroyed", click="tbody a", dark=True),
    Picture("proof", "anders", "/logs/open/40", "bash verify.sh"),
)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_a_picture_shows_a_page_as_it_is(url: str, page: Page, picture: Picture) -> None:
    width, height = picture.size
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(color_scheme="dark" if picture.dark else "light")
    if picture.who:
        await page.request.post(f"{url}/demo/be", form={"who": picture.who, "next": "/"})
    answer = await page.goto(url + picture.address)
    assert answer is not None
    assert answer.status == 200
    if picture.click:
        await page.locator(picture.click).first.click()
        await page.wait_for_load_state()
    assert picture.shows in await page.locator("body").inner_text()
    taken = Image.open(io.BytesIO(await page.screenshot()))
    assert taken.size == picture.size
    if os.environ.get("CELLCUSTODY_BROWSER") == "pictures":
        taken.convert("RGB").quantize(COLOURS).save(PLACE / f"{picture.name}.png", optimize=True)
