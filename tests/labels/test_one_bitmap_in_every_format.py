"""PNG, ZPL and PDF hold the dots of the one bitmap, and the same label always gives the same bytes."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import Any

import pytest
import zplkit
import zplkit.rendering
from PIL import Image

from labels import render_label
from labels.template import load_template, template_names

NAMES = template_names()
PRINTED = [(name, dpi) for name in NAMES for dpi in load_template(name).dpi]


@pytest.mark.parametrize(("name", "dpi"), PRINTED)
def test_the_png_holds_the_bitmap_and_its_resolution(name: str, dpi: int, contents: Any) -> None:
    label = render_label(name, contents[name, "shortest"], dpi)
    picture = Image.open(BytesIO(label.png()))
    assert picture.mode == "1"
    assert picture.tobytes() == label.image.tobytes()
    assert picture.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)


@pytest.mark.parametrize(("name", "dpi"), PRINTED)
def test_an_independent_printer_shows_the_bitmap_dot_by_dot(name: str, dpi: int, contents: Any) -> None:
    label = render_label(name, contents[name, "shortest"], dpi)
    shown = printed(label.zpl(), label.image.width, label.image.height, dpi)
    assert shown.size == label.image.size
    assert shown.tobytes() == label.image.convert("L").tobytes()


def test_the_zpl_is_one_graphic_and_nothing_else(contents: Any) -> None:
    zpl = render_label("vial", contents["vial", "ordinary"], 300).zpl()
    assert re.fullmatch(rb"\^XA\^PW384\^LL150\^FO0,0\^GFA,7200,7200,48,[0-9A-F]{14400}\^FS\^XZ\n", zpl)


def test_no_graphic_is_larger_than_a_printer_takes(contents: Any) -> None:
    zpl = render_label("shipper", contents["shipper", "ordinary"], 600).zpl()
    graphics = re.findall(rb"\^FO0,(\d+)\^GFA,(\d+),(\d+),296,([0-9A-F]+)\^FS", zpl)
    assert len(graphics) == 11
    assert all(int(size) == int(again) == len(ink) // 2 <= 99_999 for _, size, again, ink in graphics)


def test_the_dots_that_fill_a_row_to_a_byte_are_white(contents: Any) -> None:
    label = render_label("vial", contents["vial", "ordinary"], 203)
    assert label.image.width % 8 == 4
    rows = re.search(rb",33,([0-9A-F]+)\^FS", label.zpl())
    assert rows is not None
    assert {rows[1][at + 65 : at + 66] for at in range(0, len(rows[1]), 66)} == {b"0"}


@pytest.mark.parametrize(("name", "dpi"), PRINTED)
def test_the_pdf_is_one_page_of_true_size_that_holds_the_bitmap(name: str, dpi: int, contents: Any) -> None:
    label, stock = render_label(name, contents[name, "shortest"], dpi), load_template(name).stock
    document = label.pdf()
    assert document.count(b"/Type /Page ") == 1
    page = re.search(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", document)
    assert page is not None
    width, height = (float(points) * 25.4 / 72 for points in page.groups())
    assert (width, height) == pytest.approx((stock.width, stock.height), abs=25.4 / dpi / 2)
    streams = re.findall(rb"stream\n(.*?)\nendstream", document, re.DOTALL)
    assert zlib.decompress(streams[1]) == label.image.tobytes()


def test_the_pdfs_table_points_at_its_objects(contents: Any) -> None:
    document = render_label("box", contents["box", "ordinary"], 300).pdf()
    offsets = [int(row) for row in re.findall(rb"(\d{10}) 00000 n ", document)]
    assert [document[at : at + 7] for at in offsets] == [f"{n} 0 obj".encode() for n in range(1, 6)]
    start = re.search(rb"startxref\n(\d+)\n", document)
    assert start is not None
    assert document[int(start[1]) :].startswith(b"xref\n0 6\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_same_content_gives_the_same_bytes(name: str, contents: Any) -> None:
    one, two = (render_label(name, contents[name, "ordinary"], 300) for _ in range(2))
    assert (one.png(), one.zpl(), one.pdf()) == (two.png(), two.zpl(), two.pdf())


def printed(zpl: bytes, width: int, height: int, dpi: int) -> Image.Image:
    """What zplkit, which shares no code with us, puts on paper."""
    options = zplkit.Options(profile="specification", width=width, height=height, dpi=dpi)
    limits = zplkit.rendering.Limits(graphic_bytes=2_000_000, input_bytes=4_000_000, field_bytes=4_000_000)
    raster = zplkit.render(zpl, options, limits=limits).labels[0].rasterize()
    return Image.frombytes("L", (raster.width, raster.height), raster.pixels)
