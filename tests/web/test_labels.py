"""Labels over HTTP: the same bitmap in each format, for whoever may see the thing and nobody else."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from tests.web.house import BOX, CELLS, VIALS, House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_label_of_a_vial_of_cells_reads_back_as_its_donation_and_division(house: House) -> None:
    answer = await house["tess"].get(f"/api/v1/labels/vial/{VIALS[0]}.png?dpi=300")
    assert answer.headers["content-type"] == "image/png"
    read = zxingcpp.read_barcode(Image.open(io.BytesIO(answer.content)), text_mode=zxingcpp.TextMode.Plain)
    assert read is not None
    assert read.text.startswith("=+04000=A999926")
    assert read.text.endswith("=<YA001V99=,000001=>090001")


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("zpl", b"^XA"), ("pdf", b"%PDF")])
async def test_a_box_has_its_label_in_every_format(house: House, ending: str, begins: bytes) -> None:
    answer = await house["tess"].get(f"/api/v1/labels/box/{BOX}.{ending}?dpi=203")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)


async def test_what_a_person_may_not_see_has_no_label_for_them(house: House) -> None:
    unknown = await house["cora"].get("/api/v1/labels/vial/VNOWHERE1.png")
    hidden = await house["cora"].get(f"/api/v1/labels/vial/{VIALS[0]}.png")
    assert hidden.status_code == 404
    assert hidden.content == unknown.content


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (f"vial/{VIALS[0]}.png?dpi=299", "label_dpi_unsupported"),
        (f"vial/{VIALS[0]}.gif", "malformed"),
        (f"vial/{VIALS[0]}", "malformed"),
        (f"carton/{VIALS[0]}.png", "no_label"),
        (f"kit/{VIALS[0]}.png", "label_content_mismatch"),
        ("kit/P-001.png", "label_content_mismatch"),
        ("kit/tess.png", "no_label"),
    ],
)
async def test_a_label_that_cannot_be_made_is_refused_with_its_reason(
    house: House, address: str, code: str
) -> None:
    answer = await house["tess"].get(f"/api/v1/labels/{address}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.status_code in {400, 409}


@pytest.mark.parametrize(
    ("template", "code", "reads"),
    [
        ("rack", "SITE/T1", "SITE/T1"),
        ("location-sheet", "SITE/T1", BOX),
        ("position", CELLS[2], CELLS[2]),
        ("card", "P-001", "P-001"),
        ("lot", "L1", "L1"),
        ("vial-cap", VIALS[0], VIALS[0]),
    ],
)
async def test_every_thing_of_the_laboratory_has_its_label(
    house: House, template: str, code: str, reads: str
) -> None:
    answer = await house["tess"].get(f"/api/v1/labels/{template}/{code}.png?dpi=203")
    assert answer.status_code == 200, answer.text
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)), text_mode=zxingcpp.TextMode.Plain)
    assert reads in {one.text for one in found}


@pytest.mark.parametrize("code", ["PNOWHERE1", "P3333333D", "SITE/T9", "JAX-999"])
@pytest.mark.parametrize("template", ["position", "rack", "location-sheet", "card", "lot", "shipper"])
async def test_a_label_of_nothing_is_unknown(house: House, template: str, code: str) -> None:
    answer = await house["tess"].get(f"/api/v1/labels/{template}/{code}.png")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_code")


async def test_a_blinded_person_has_the_card_and_nothing_of_the_laboratory(house: House) -> None:
    assert (await house["cora"].get("/api/v1/labels/card/P-001.png")).status_code == 200
    for address in (
        "rack/SITE/T1.png",
        "location-sheet/SITE/T1.png",
        f"position/{CELLS[2]}.png",
        "lot/L1.png",
    ):
        assert (await house["cora"].get(f"/api/v1/labels/{address}")).status_code == 404
