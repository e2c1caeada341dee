"""The camera as a scanner, with a real picture before it: a browser is given a film of a label to look at.

Chromium on Linux has no BarcodeDetector, so the reader that is vendored is what reads here; a browser's own one
is stood in for by one that names what it is told to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
import zxingcpp
from PIL import Image
from playwright.async_api import async_playwright, expect

from inventory.web.pages.frame import HEADERS
from tests.furniture import furnished, kit_at
from tests.pages.conftest import FLAGS, PATIENCE, chromium
from tests.pages.ward import Ward, signed_in, violations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

pytestmark = pytest.mark.asyncio(loop_scope="session")

CAMERA = (
    "--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    "--use-file-for-fake-video-capture",
)  # fmt: skip
STAND_IN = """window.asked = 0;
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code", "data_matrix"]; }
  async detect() { return [{ rawValue: window.names[window.asked++] ?? "P-001", format: "data_matrix" }]; }
};"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kit(ward: Ward) -> str:
    """P-001's kit, at the bedside."""
    await furnished(ward.cast)
    return await kit_at(ward.cast, "at_bedside")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def film(ward: Ward, kit: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit's label, as a camera would film it: GS1 Data Matrix, 30 frames a second (YUV4MPEG2)."""
    data = f"(01){ward.cast.site.profile.labels.gtin}(21){kit}"
    symbol = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, force_square=True)
    bars = Image.fromarray(symbol.to_image(scale=8, add_quiet_zones=True)).convert("L")
    frame = Image.new("L", (640, 480), 200)
    frame.paste(bars, ((640 - bars.width) // 2, (480 - bars.height) // 2))
    chroma = bytes([128]) * (640 * 480 // 2)
    film = tmp_path_factory.mktemp("film") / "label.y4m"
    film.write_bytes(b"YUV4MPEG2 W640 H480 F30:1 Ip C420\n" + 4 * (b"FRAME\n" + frame.tobytes() + chroma))
    return film


@pytest_asyncio.fixture(loop_scope="session")
async def phone(film: Path) -> AsyncIterator[Page]:
    """A phone whose camera sees that film."""
    async with async_playwright() as playwright:
        flags = [*FLAGS, *CAMERA[:-1], f"{CAMERA[-1]}={film}"]
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        context = await browser.new_context(
            viewport={"width": 390, "height": 844}, service_workers="block", permissions=["camera"]
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        told: list[str] = []
        page.on("pageerror", lambda error: told.append(str(error)))
        yield page
        await browser.close()
        assert told == []


async def test_a_label_before_the_camera_is_a_scan_and_its_reader_comes_when_it_is_wanted(
    ward: Ward, kit: str, phone: Page
) -> None:
    fetched: list[str] = []
    phone.on("request", lambda request: fetched.append(request.url))
    await (await signed_in(ward, phone, "ivan")).goto(f"{ward.url}/bedside/P-001")
    assert await violations(phone) == []
    assert not [each for each in fetched if "zxing" in each]
    await phone.get_by_role("button", name="Scan by camera").click()
    await expect(phone.locator("#outcome .panel.ok")).to_contain_text("Right kit for P-001")
    await expect(phone.get_by_role("button", name="Scan by camera")).to_be_visible()  # it let the camera go
    assert await phone.locator("video").evaluate("video => video.srcObject") is None
    assert {each.rpartition("/")[2] for each in fetched if "zxing" in each} == {
        "reader.js",
        "zxing_reader.wasm",
    }
    assert all(each.startswith(ward.url) for each in fetched)


async def test_a_browsers_own_reader_is_used_and_one_reading_alone_is_no_scan(
    ward: Ward, kit: str, phone: Page
) -> None:
    fetched: list[str] = []
    phone.on("request", lambda request: fetched.append(request.url))
    await phone.add_init_script(STAND_IN + 'window.names = ["X-1", "P-001", "X-2"];')
    await (await signed_in(ward, phone, "ivan")).goto(f"{ward.url}/bedside")
    await phone.get_by_role("button", name="Scan by camera").click()
    await phone.wait_for_url(
        "**/bedside/P-001"
    )  # P-001 again and again; and the first P-001 were passed by
    assert not [each for each in fetched if "zxing" in each]


async def test_where_no_camera_can_be_had_the_page_says_what_to_do(ward: Ward, kit: str, page: Page) -> None:
    await (await signed_in(ward, page, "ivan")).goto(f"{ward.url}/bedside")
    says = page.locator("[data-camera-says]")
    await page.context.grant_permissions(["camera"])
    await page.get_by_role("button", name="Scan by camera").click()
    await expect(says).to_contain_text("has no camera that can be used. Use a scanner, or type the number.")
    await page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    await page.get_by_role("button", name="Scan by camera").click()
    await expect(says).to_contain_text("This browser cannot scan with a camera.")


async def test_no_other_page_may_use_the_camera_or_compile_anything(ward: Ward, kit: str, page: Page) -> None:
    await signed_in(ward, page, "ivan")
    for address, may in (("/bedside", True), ("/bedside/P-001", True), ("/", False), ("/scan", False)):
        answer = await page.goto(f"{ward.url}{address}")
        assert answer is not None
        told = {name: answer.headers[name.lower()] for name in HEADERS}
        assert ("camera=(self)" in told["Permissions-Policy"]) is may, address
        assert ("'wasm-unsafe-eval'" in told["Content-Security-Policy"]) is may, address
        assert "microphone=()" in told["Permissions-Policy"]
        assert "'unsafe-eval'" not in told["Content-Security-Policy"]
