"""Every label that is handed out reads as it was meant, at every resolution, in whole dots and true size."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels import render_label
from labels.boxes import MM_PER_INCH
from labels.check import with_quiet
from labels.digits import gtin_digit
from labels.layout import place
from labels.payloads import CSET_82, Payload, Symbology, gs1_payload
from labels.symbols import encode
from labels.template import load_template, template_names
from tests.labels import readers
from tests.labels.conftest import cases

HERE = Path(__file__).parent.parent
VECTORS = json.loads((HERE / "vectors" / "measured_symbols.json").read_text(encoding="utf-8"))
CASES = [(name, what, dpi) for name, what in cases() for dpi in load_template(name).dpi]


@pytest.mark.parametrize(("name", "what", "dpi"), CASES)
def test_a_label_reads_as_its_payloads_by_two_readers(name: str, what: str, dpi: int, contents: Any) -> None:
    content = contents[name, what]
    label = render_label(name, content, dpi)
    assert {symbol.slot: symbol.text for symbol in label.report.symbols} == {
        slot: payload.text
        for slot, payload in content.payloads().items()
        if slot in {symbol.name for symbol in load_template(name).symbols}
    }
    for placed in place(load_template(name), content, dpi).symbols:
        picture = label.image.crop(with_quiet(placed).corners)
        if placed.symbol.payload.symbology is Symbology.CODE_128:
            assert readers.code_128(label.image.crop(placed.area.corners)) == placed.symbol.payload.text
        else:
            assert readers.data_matrix(picture) == placed.symbol.payload.text


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize("name", ["vial", "kit", "syringe", "box", "card"])
def test_a_scanner_that_sees_the_whole_label_reads_all_of_it(name: str, dpi: int, contents: Any) -> None:
    content = contents[name, "ordinary"]
    found = zxingcpp.read_barcodes(
        render_label(name, content, dpi).image.convert("L"), text_mode=zxingcpp.TextMode.Plain
    )
    slots = {symbol.name for symbol in load_template(name).symbols}
    meant = [(each.identifier, each.text) for slot, each in content.payloads().items() if slot in slots]
    assert sorted((one.symbology_identifier, one.text) for one in found) == sorted(meant)


@pytest.mark.parametrize(("name", "what", "dpi"), CASES)
def test_a_label_has_the_size_of_its_stock_to_half_a_dot(
    name: str, what: str, dpi: int, contents: Any
) -> None:
    layout, stock = place(load_template(name), contents[name, what], dpi), load_template(name).stock
    assert abs(layout.width * MM_PER_INCH / dpi - stock.width) <= MM_PER_INCH / dpi / 2 + 1e-9
    assert abs(layout.height * MM_PER_INCH / dpi - stock.height) <= MM_PER_INCH / dpi / 2 + 1e-9


@pytest.mark.parametrize("dpi", [203, 300, 600])
@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("vial", 0.25, 0.34),
        ("vial-cap", 0.25, 0.34),
        ("syringe", 0.25, 0.34),
        ("kit", 0.5, 0.51),
        ("box", 0.33, 0.39),
    ],
)
def test_a_module_is_a_whole_number_of_dots_near_the_target(
    name: str, least: float, most: float, dpi: int, contents: Any
) -> None:
    for (template, _), content in contents.items():
        for symbol in render_label(name, content, dpi).report.symbols if template == name else ():
            if symbol.columns == symbol.rows:
                assert least <= symbol.module_mm <= most
                dots = symbol.module_mm * dpi / MM_PER_INCH
                assert abs(dots - round(dots)) < 0.01
                assert symbol.columns <= 24


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_the_reader_sees_the_symbol_as_large_as_the_report_says(dpi: int, make: Any) -> None:
    label = render_label("vial", make["vial"](isbt=None), dpi)
    corners = zxingcpp.read_barcodes(label.image.convert("L"))[0].position
    symbol = label.report.symbols[0]
    seen_mm = (corners.bottom_right.x - corners.top_left.x + 1) * MM_PER_INCH / dpi
    assert seen_mm == pytest.approx(symbol.columns * symbol.module_mm, abs=26 / dpi)  # it counts in dots


def test_no_text_is_smaller_than_four_points(contents: Any) -> None:
    for (name, _), content in contents.items():
        assert all(points >= 3.99 for _, points in render_label(name, content, 300).report.points)


@pytest.mark.parametrize("name", ["vial", "vial-cap", "vial-wide", "lot", "syringe", "kit"])
def test_the_sentence_of_21_cfr_312_6_is_printed_word_for_word(name: str, contents: Any) -> None:
    rows = json.loads((HERE / "vectors" / "label_text.json").read_text(encoding="utf-8"))["rows"]
    sentence = next(row["text"] for row in rows if row["rule"] == "21 CFR 312.6(a)")
    content = contents[name, "ordinary"]
    text = next(text for text in place(load_template(name), content, 300).texts if text.slot == "caution")
    assert "".join(line for _, _, line in text.lines).replace(" ", "") == sentence.replace(" ", "")
    ink = render_label(name, content, 300).image.crop(text.box.corners).convert("L")
    assert ink.point(lambda dot: 255 - dot).histogram()[255] > 15 * len(sentence.replace(" ", ""))


def test_a_joint_and_its_side_stay_on_one_line(make: Any) -> None:
    joints = make["kit"]().joints * 2
    layout = place(load_template("kit"), make["kit"](joints=joints), 300)
    text = next(text for text in layout.texts if text.slot == "joints")
    assert len(text.lines) > 1
    assert all(line.rstrip(",").endswith(("LEFT", "RIGHT")) for _, _, line in text.lines)


def test_texts_of_one_height_stand_on_one_line(make: Any) -> None:
    layout = place(load_template("kit"), make["kit"](), 300)
    at = {text.slot: text for text in layout.texts}
    assert at["identifier"].box.top == at["batch"].box.top
    one, other = (at[name] for name in ("identifier", "batch"))
    feet = [line[1] + readers_baseline(text) for text in (one, other) for line in text.lines]
    assert max(feet) - min(feet) <= 1


def readers_baseline(text: Any) -> int:
    from labels.typefaces import extent

    return extent(text.face, text.px, "H")[3]


GTINS = st.text(string.digits, min_size=13, max_size=13).map(lambda first: first + gtin_digit(first))
SERIALS = st.text(sorted(CSET_82), min_size=1, max_size=20)
ASCII = st.text([chr(code) for code in range(33, 127)], min_size=1, max_size=20)
DINS = st.from_regex(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}", fullmatch=True)


def painted(payload: Payload) -> tuple[Image.Image, Image.Image]:
    """The payload's symbol at 3 dots, alone and with 10X quiet."""
    modules = encode(payload).image(3, 60 if payload.symbology is Symbology.CODE_128 else None)
    page = Image.new("L", (modules.width + 60, modules.height + 60), 255)
    page.paste(modules, (30, 30))
    return modules, page


def round_trip(payload: Payload) -> tuple[str, str]:
    """Identifier and text that zxing-cpp gets from the payload's symbol; the second reader agrees."""
    modules, page = painted(payload)
    (barcode,) = zxingcpp.read_barcodes(page, text_mode=zxingcpp.TextMode.Plain)
    second = (
        readers.code_128(modules) if payload.symbology is Symbology.CODE_128 else readers.data_matrix(page)
    )
    assert second == barcode.text
    return barcode.symbology_identifier, barcode.text


@settings(max_examples=400, deadline=None)
@given(GTINS, SERIALS)
def test_any_gtin_and_serial_survive_paper(gtin: str, serial: str) -> None:
    assert round_trip(gs1_payload(gtin, serial)) == ("]d2", f"01{gtin}21{serial}")


@pytest.mark.parametrize("code", ["99", "990", "9999", "0099", "99-001", "A9999", "1299B99"])
def test_a_pair_of_nines_survives_paper_as_code_128(code: str) -> None:
    assert round_trip(Payload(Symbology.CODE_128, code)) == ("]C0", code)


@settings(max_examples=400, deadline=None)
@given(ASCII)
def test_any_code_survives_paper_as_code_128(code: str) -> None:
    assert round_trip(Payload(Symbology.CODE_128, code)) == ("]C0", code)


@settings(max_examples=400, deadline=None)
@given(ASCII)
def test_any_code_survives_paper_as_data_matrix(code: str) -> None:
    assert round_trip(Payload(Symbology.DATA_MATRIX, code)) == ("]d1", code)


@settings(max_examples=400, deadline=None)
@given(DINS, st.from_regex(r"[A-Z0-9]{6}", fullmatch=True), st.dates())
def test_any_donation_and_division_survive_paper(din: str, division: str, day: Any) -> None:
    from labels import Isbt

    payload = Isbt(din=din, product="YA001V", facility="A9999").of_division(division, day)
    assert round_trip(payload) == ("]d1", payload.text)


@pytest.mark.parametrize("row", VECTORS["datamatrix_square"], ids=lambda row: row["in"])
def test_a_data_matrix_is_the_smallest_square_that_three_encoders_agree_on(row: dict[str, Any]) -> None:
    assert len(encode(Payload(Symbology.DATA_MATRIX, row["in"])).rows) == row["size"]


@pytest.mark.parametrize("row", VECTORS["code128_modules_without_quiet"], ids=lambda row: row["in"])
def test_a_code_128_is_as_long_as_measured(row: dict[str, Any]) -> None:
    assert encode(Payload(Symbology.CODE_128, row["in"])).columns == row["modules"]


@pytest.mark.parametrize("name", template_names())
def test_modules_and_millimetres_are_those_once_written_down(name: str, contents: Any) -> None:
    file = HERE / "golden" / "labels" / f"{name}.txt"
    drawn = drawing(name, contents[name, "ordinary"])
    if os.environ.get("GOLDEN_UPDATE"):
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


def drawing(name: str, content: Any) -> str:
    """The label at 300 dpi in words: millimetres and points of every text, millimetres and modules of every symbol."""
    layout = place(load_template(name), content, 300)
    told = [f"{name}: {in_mm(layout.width)} x {in_mm(layout.height)} mm"]
    for text in layout.texts:
        words = " / ".join(line for _, _, line in text.lines)
        told.append(f"{text.slot}: {corners(text.box)}, {text.px * 72 / 300:.2f} pt: {words}")
    for placed in layout.symbols:
        told.append(
            f"{placed.slot}: {corners(placed.area)}, X {in_mm(placed.dots)}: {placed.symbol.payload.text}"
        )
        told += placed.symbol.rows
    return "\n".join(told) + "\n"


def corners(box: Any) -> str:
    """A box as left, top, width and height in millimetres."""
    return " ".join(in_mm(dots) for dots in (box.left, box.top, box.width, box.height))


def in_mm(dots: int) -> str:
    return f"{dots * MM_PER_INCH / 300:.3f}"
