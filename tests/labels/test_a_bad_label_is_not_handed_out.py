"""Faults planted in a finished bitmap or in its drawing: each is refused by its own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from labels import refusals
from labels.check import check, with_quiet
from labels.layout import Layout, PlacedSymbol, place
from labels.payloads import Payload, Symbology
from labels.render import paint
from labels.symbols import Symbol, encode
from labels.template import load_template


@pytest.fixture
def good(contents: Any) -> Layout:
    return place(load_template("vial"), contents["vial", "ordinary"], 300)


@pytest.fixture
def carton(contents: Any) -> Layout:
    return place(load_template("kit"), contents["kit", "ordinary"], 300)


def with_symbol(layout: Layout, change: Callable[[PlacedSymbol], PlacedSymbol]) -> Layout:
    return replace(layout, symbols=(change(layout.symbols[0]), *layout.symbols[1:]))


def flip(image: Image.Image, left: int, top: int, size: int) -> None:
    block = (left, top, left + size, top + size)
    image.paste(image.crop(block).point(lambda dot: 0 if dot else 255), block)


def test_a_sound_label_passes(good: Layout) -> None:
    assert check(paint(good), good).symbols[0].identifier == "]d2"


def test_one_flipped_module_is_found_although_error_correction_hides_it(good: Layout) -> None:
    image, placed = paint(good), good.symbols[0]
    flip(image, placed.area.left + 5 * placed.dots, placed.area.top + 7 * placed.dots, placed.dots)
    seen = image.crop(with_quiet(placed).corners).convert("L")
    (barcode,) = zxingcpp.read_barcodes(seen, text_mode=zxingcpp.TextMode.Plain)
    assert barcode.text == placed.symbol.payload.text
    with pytest.raises(refusals.ModulesDamaged, match="column 5, row 7"):
        check(image, good)


def test_one_wrong_dot_in_a_bar_is_found(carton: Layout) -> None:
    image, area = paint(carton), carton.symbols[1].area
    flip(image, area.left + 40, area.top + 3, 1)
    with pytest.raises(refusals.ModulesDamaged, match="code128"):
        check(image, carton)


def test_ink_in_the_quiet_zone_is_found(good: Layout) -> None:
    image, area = paint(good), good.symbols[0].area
    flip(image, area.right + 1, area.top + 20, 1)
    with pytest.raises(refusals.QuietZoneBroken):
        check(image, good)


def test_a_symbol_shifted_until_text_stands_in_its_quiet_zone_is_found(good: Layout) -> None:
    text = next(text for text in good.texts if text.slot == "caution")
    ink_top = text.lines[0][1] + 3

    def down(placed: PlacedSymbol) -> PlacedSymbol:
        area = placed.area
        moved = replace(area, top=ink_top - area.height - 1, bottom=ink_top - 1)
        return replace(placed, area=moved)

    shifted = with_symbol(good, down)
    with pytest.raises(refusals.QuietZoneBroken):
        check(paint(shifted), shifted)


def test_a_symbol_at_the_edge_of_the_label_is_found(good: Layout) -> None:
    def left(placed: PlacedSymbol) -> PlacedSymbol:
        return replace(placed, area=replace(placed.area, left=1, right=1 + placed.area.width))

    shifted = with_symbol(good, left)
    with pytest.raises(refusals.QuietZoneBroken, match="leaves the label"):
        check(paint(shifted), shifted)


def test_a_quiet_zone_narrower_than_the_standard_is_found(carton: Layout) -> None:
    narrow = replace(carton, symbols=(carton.symbols[0], replace(carton.symbols[1], quiet=9)))
    with pytest.raises(refusals.QuietZoneBroken, match="9 modules, not 10"):
        check(paint(narrow), narrow)


def test_another_code_than_the_one_meant_is_found(good: Layout) -> None:
    def other(placed: PlacedSymbol) -> PlacedSymbol:
        meant = replace(placed.symbol.payload, text=placed.symbol.payload.text[:-1] + "X")
        return replace(placed, symbol=replace(placed.symbol, payload=meant))

    wrong = with_symbol(good, other)
    with pytest.raises(refusals.PayloadDiffers):
        check(paint(wrong), wrong)


def test_a_second_symbol_on_the_label_is_found(carton: Layout) -> None:
    image, area = paint(carton), carton.symbols[0].area
    texts = tuple(replace(text, box=text.box.grown(40)) for text in carton.texts if text.slot == "use_by")
    spacious = replace(carton, texts=texts, symbols=carton.symbols[:1])
    image.paste(255, (0, area.bottom + 12, *image.size))
    image.paste(255, (area.right + 12, 0, *image.size))
    second = encode(carton.symbols[0].symbol.payload).image(3)
    image.paste(second, (texts[0].box.left + 60, texts[0].box.top + 20))
    with pytest.raises(refusals.PayloadDiffers):
        check(image, spacious)


def test_a_plain_symbol_that_poses_as_gs1_is_found(good: Layout) -> None:
    def plain(placed: PlacedSymbol) -> PlacedSymbol:
        meant = placed.symbol.payload
        return resized(placed, replace(encode(Payload(Symbology.DATA_MATRIX, meant.text)), payload=meant))

    wrong = with_symbol(good, plain)
    with pytest.raises(refusals.SymbologyWrong, match="]d1, not ]d2"):
        check(paint(wrong), wrong)


def test_a_rectangular_symbol_is_found(good: Layout) -> None:
    def rectangle(placed: PlacedSymbol) -> PlacedSymbol:
        kind = zxingcpp.BarcodeFormat.DataMatrix
        barcode = zxingcpp.create_barcode("[01]09506000134352[21]V7F3", kind, gs1=True)
        pixels = Image.fromarray(barcode.to_image(scale=1, add_quiet_zones=False))
        bits = ["1" if dot == 0 else "0" for dot in pixels.tobytes()]
        rows = tuple("".join(bits[at : at + pixels.width]) for at in range(0, len(bits), pixels.width))
        assert len(rows) != len(rows[0])
        return resized(placed, replace(placed.symbol, rows=rows))

    wrong = with_symbol(good, rectangle)
    cleared = replace(wrong, texts=())
    with pytest.raises(refusals.SymbolNotSquare):
        check(paint(cleared), cleared)


def test_modules_outside_the_standards_range_are_found(good: Layout) -> None:
    def small(placed: PlacedSymbol) -> PlacedSymbol:
        return resized(replace(placed, dots=2), placed.symbol)

    wrong = with_symbol(good, small)
    with pytest.raises(refusals.ModuleSizeOutOfRange, match=r"0\.169 mm"):
        check(paint(wrong), wrong)


def test_bars_too_low_for_a_hand_scanner_are_found(carton: Layout) -> None:
    def low(placed: PlacedSymbol) -> PlacedSymbol:
        return replace(placed, area=replace(placed.area, bottom=placed.area.top + 50))

    wrong = replace(carton, symbols=(carton.symbols[0], low(carton.symbols[1])))
    with pytest.raises(refusals.ModuleSizeOutOfRange, match="lower than 5 mm"):
        check(paint(wrong), wrong)


def test_a_symbol_that_no_reader_reads_is_found(good: Layout) -> None:
    def noise(placed: PlacedSymbol) -> PlacedSymbol:
        rows = tuple(row[0] + row[1:-1][::-1] + row[-1] for row in placed.symbol.rows[1:-1])
        own = placed.symbol.rows
        return replace(placed, symbol=replace(placed.symbol, rows=(own[0], *rows, own[-1])))

    wrong = with_symbol(good, noise)
    with pytest.raises(refusals.SymbolUnreadable):
        check(paint(wrong), wrong)


def test_ink_where_the_template_has_nothing_is_found(good: Layout) -> None:
    image = paint(good)
    image.putpixel((image.width - 1, 0), 0)
    with pytest.raises(refusals.InkOutsideBoxes, match=r"32\.4 mm across, 0\.0 mm down"):
        check(image, good)


@pytest.mark.parametrize("slot", ["caution", "environment", "lot"])
def test_a_text_that_was_not_painted_is_found(slot: str, good: Layout) -> None:
    image = paint(good)
    text = next(text for text in good.texts if text.slot == slot)
    image.paste(255, text.box.grown(-text.frame).corners)
    with pytest.raises(refusals.TextMissing, match=slot):
        check(image, good)


def resized(placed: PlacedSymbol, symbol: Symbol) -> PlacedSymbol:
    """The placed symbol with other modules, its area fitted to them."""
    changed = replace(placed, symbol=symbol)
    area, rows = placed.area, changed.symbol.rows
    right, bottom = area.left + len(rows[0]) * changed.dots, area.top + len(rows) * changed.dots
    return replace(changed, area=replace(area, right=right, bottom=bottom))
