"""Every label that is handed out reads as it was meant, at every resolution, in whole dots and true size."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels import render_label
from labels.content import CAUTION
from labels.digits import gtin_digit
from labels.layout import place
from labels.payloads import CSET_82, Payload, Symbology, gs1_payload
from labels.symbols import encode
from labels.template import load_template, template_names

HERE = Path(__file__).parent.parent
VECTORS = json.loads((HERE / "vectors" / "measured_symbols.json").read_text(encoding="utf-8"))
CASES = [
    (name, what)
    for name in ("vial", "syringe", "kit", "box")
    for what in ("ordinary", "longest", "no-din")
    if what != "no-din" or name == "vial"
]
DPI = (203, 300, 600)


def read(image: Image.Image) -> dict[str, str]:
    """Symbology identifier → text, by the reader with all its second chances."""
    found = zxingcpp.read_barcodes(image.convert("L"), text_mode=zxingcpp.TextMode.Plain)
    return {barcode.symbology_identifier: barcode.text for barcode in found}


def test_the_cases_cover_every_template_that_ships() -> None:
    assert {name for name, _ in CASES} == set(template_names())


@pytest.mark.parametrize("dpi", DPI)
@pytest.mark.parametrize(("name", "what"), CASES)
def test_a_label_reads_as_its_payloads(name: str, what: str, dpi: int, contents: Any) -> None:
    content = contents[name, what]
    label = render_label(name, content, dpi)
    assert read(label.image) == {each.identifier: each.text for each in content.payloads().values()}
    assert {symbol.text for symbol in label.report.symbols} == {p.text for p in content.payloads().values()}


@pytest.mark.parametrize("dpi", DPI)
@pytest.mark.parametrize(("name", "what"), CASES)
def test_a_label_has_the_size_of_its_stock_to_half_a_dot(
    name: str, what: str, dpi: int, contents: Any
) -> None:
    label, stock = render_label(name, contents[name, what], dpi), load_template(name).stock
    assert abs(label.report.width_mm - stock.width) <= 25.4 / dpi / 2
    assert abs(label.report.height_mm - stock.height) <= 25.4 / dpi / 2


@pytest.mark.parametrize("dpi", DPI)
@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("vial", 0.25, 0.34), ("syringe", 0.25, 0.34), ("kit", 0.5, 0.51), ("box", 0.33, 0.39)],
)
def test_a_module_is_a_whole_number_of_dots_near_the_target(
    name: str, least: float, most: float, dpi: int, contents: Any
) -> None:
    symbol = render_label(name, contents[name, "longest"], dpi).report.symbols[0]
    assert least <= symbol.module_mm <= most
    dots = symbol.module_mm * dpi / 25.4
    assert abs(dots - round(dots)) < 0.01
    assert symbol.columns == symbol.rows <= 22


@pytest.mark.parametrize("dpi", DPI)
def test_the_reader_sees_the_symbol_as_large_as_the_report_says(dpi: int, contents: Any) -> None:
    label = render_label("vial", contents["vial", "ordinary"], dpi)
    corners = zxingcpp.read_barcodes(label.image.convert("L"))[0].position
    symbol = label.report.symbols[0]
    seen_mm = (corners.bottom_right.x - corners.top_left.x + 1) * 25.4 / dpi
    assert seen_mm == pytest.approx(symbol.columns * symbol.module_mm, abs=26 / dpi)  # it counts in dots


def test_no_text_is_smaller_than_four_points(contents: Any) -> None:
    for (name, _), content in contents.items():
        assert all(points >= 3.99 for _, points in render_label(name, content, 300).report.points)


@pytest.mark.parametrize("name", ["vial", "syringe", "kit"])
def test_the_sentence_of_21_cfr_312_6_is_printed_word_for_word(name: str, contents: Any) -> None:
    rows = json.loads((HERE / "vectors" / "label_text.json").read_text(encoding="utf-8"))["rows"]
    sentence = next(row["text"] for row in rows if row["rule"] == "21 CFR 312.6(a)")
    assert contents[name, "longest"].texts()["caution"] == CAUTION == sentence
    layout = place(load_template(name), contents[name, "longest"], 300)
    text = next(text for text in layout.texts if text.slot == "caution")
    assert "".join(line for _, _, line in text.lines).replace(" ", "") == sentence.replace(" ", "")
    ink = render_label(name, contents[name, "longest"], 300).image.crop(text.box.corners).convert("L")
    assert ink.point(lambda dot: 255 - dot).histogram()[255] > 15 * len(sentence.replace(" ", ""))


def test_a_joint_and_its_side_stay_on_one_line(contents: Any) -> None:
    layout = place(load_template("kit"), contents["kit", "longest"], 300)
    text = next(text for text in layout.texts if text.slot == "joints")
    assert len(text.lines) > 1
    assert all(line.rstrip(",").endswith(("LEFT", "RIGHT")) for _, _, line in text.lines)


GTINS = st.text(string.digits, min_size=13, max_size=13).map(lambda first: first + gtin_digit(first))
SERIALS = st.text(sorted(CSET_82), min_size=1, max_size=20)
ASCII = st.text([chr(code) for code in range(33, 127)], min_size=1, max_size=20)


def round_trip(payload: Payload) -> tuple[str, str]:
    """Identifier and text that the reader gets from the payload's symbol, at 3 dots with 10X quiet."""
    modules = encode(payload).image(3, 60 if payload.symbology is Symbology.CODE_128 else None)
    page = Image.new("L", (modules.width + 60, modules.height + 60), 255)
    page.paste(modules, (30, 30))
    (barcode,) = zxingcpp.read_barcodes(page, text_mode=zxingcpp.TextMode.Plain)
    return barcode.symbology_identifier, barcode.text


@settings(max_examples=400, deadline=None)
@given(GTINS, SERIALS)
def test_any_gtin_and_serial_survive_paper(gtin: str, serial: str) -> None:
    assert round_trip(gs1_payload(gtin, serial)) == ("]d2", f"01{gtin}21{serial}")


@settings(max_examples=100, deadline=None)
@given(ASCII)
def test_any_code_of_our_own_survives_paper_in_both_symbologies(code: str) -> None:
    assert round_trip(Payload(Symbology.CODE_128, code)) == ("]C0", code)
    assert round_trip(Payload(Symbology.DATA_MATRIX, code)) == ("]d1", code)


@pytest.mark.parametrize("row", VECTORS["datamatrix_square"], ids=lambda row: row["in"])
def test_a_data_matrix_is_the_smallest_square_that_three_encoders_agree_on(row: dict[str, Any]) -> None:
    assert len(encode(Payload(Symbology.DATA_MATRIX, row["in"])).rows) == row["size"]


@pytest.mark.parametrize("row", VECTORS["code128_modules_without_quiet"], ids=lambda row: row["in"])
def test_a_code_128_is_as_long_as_measured(row: dict[str, Any]) -> None:
    assert encode(Payload(Symbology.CODE_128, row["in"])).columns == row["modules"]


@pytest.mark.parametrize("name", ["vial", "syringe", "kit", "box"])
def test_the_modules_are_those_once_written_down(name: str, contents: Any) -> None:
    layout = place(load_template(name), contents[name, "ordinary"], 300)
    drawn = "".join(
        f"{p.slot} {p.symbol.payload.text}\n" + "\n".join(p.symbol.rows) + "\n" for p in layout.symbols
    )
    assert drawn == (HERE / "golden" / "labels" / f"{name}.txt").read_text(encoding="ascii")
