"""What a scanner and a ruler say of a finished label, asked before it is handed out.

Rules kept here: the checks read the bitmap, not the drawing; a symbol must decode to its payload under its
own symbology identifier, and besides have every module right, because error correction hides a damaged one
until frost takes the next; nothing else on the label may read as a symbol; the checks stop at the first failure
and raise it by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import gcd

import zxingcpp
from PIL import Image, ImageChops

from labels.boxes import MM_PER_INCH, Box
from labels.layout import POINTS_PER_INCH, Layout, PlacedSymbol
from labels.payloads import Symbology
from labels.refusals import (
    InkOutsideBoxes,
    ModulesDamaged,
    ModuleSizeOutOfRange,
    PayloadDiffers,
    QuietZoneBroken,
    SymbolNotSquare,
    SymbologyWrong,
    SymbolUnreadable,
    TextMissing,
)

FORMATS = {
    Symbology.DATA_MATRIX: zxingcpp.BarcodeFormat.DataMatrix,
    Symbology.CODE_128: zxingcpp.BarcodeFormat.Code128,
}
# ICCBBA ST-001 §6-7. Templates for vials stay near the lower bound: a larger symbol wraps out of sight.
MODULE_MM = {Symbology.DATA_MATRIX: (0.25, 1.0), Symbology.CODE_128: (0.17, 0.5)}
QUIET_MODULES = {Symbology.DATA_MATRIX: 1, Symbology.CODE_128: 10}
RUNS = re.compile(rb"\x00+|\xff+")
"""Dots of one colour side by side."""
LEAST_BAR_MM = 5.0  # ICCBBA ST-001 §6: height of a linear symbol


@dataclass(frozen=True, slots=True)
class SymbolReport:
    """One symbol as measured on the bitmap."""

    slot: str
    identifier: str
    text: str
    columns: int
    rows: int
    module_mm: float
    quiet_modules: int


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What was checked on one label. `points` are the sizes of its texts by slot."""

    template: str
    version: int
    dpi: int
    width_mm: float
    height_mm: float
    symbols: tuple[SymbolReport, ...]
    points: tuple[tuple[str, float], ...]


def check(image: Image.Image, layout: Layout) -> LabelReport:
    """The report on a label that may be handed out.

    Raises:
        LabelCheckFailed: one of its subclasses, which says what is wrong and where.
    """
    ink = ImageChops.invert(image)  # dots of ink are what a bounding box is drawn around
    for symbol in layout.symbols:
        check_modules(image, symbol)
        check_quiet_zone(ink, symbol)
    check_ink(ink, layout)
    symbols = tuple(measured(image, symbol, layout.dpi) for symbol in layout.symbols)
    check_alone(image, layout)
    points = tuple((text.slot, round(text.px * POINTS_PER_INCH / layout.dpi, 2)) for text in layout.texts)
    width, height = image.width * MM_PER_INCH / layout.dpi, image.height * MM_PER_INCH / layout.dpi
    return LabelReport(layout.template, layout.version, layout.dpi, width, height, symbols, points)


def check_modules(image: Image.Image, placed: PlacedSymbol) -> None:
    """Every dot of the symbol has the colour of its module."""
    bars = placed.area.height if placed.symbol.payload.symbology is Symbology.CODE_128 else None
    meant = placed.symbol.image(placed.dots, bars)
    wrong = ImageChops.logical_xor(image.crop(placed.area.corners), meant).getbbox()
    if wrong:
        column, row = wrong[0] // placed.dots, wrong[1] // placed.dots
        raise ModulesDamaged(f"the {placed.slot} symbol", f"is damaged from column {column}, row {row} on")


def check_quiet_zone(ink: Image.Image, placed: PlacedSymbol) -> None:
    """The quiet zone is as wide as the standard asks, on the label, and without ink."""
    kind, where = placed.symbol.payload.symbology, f"the {placed.slot} symbol"
    if placed.quiet < QUIET_MODULES[kind]:
        raise QuietZoneBroken(where, f"has a quiet zone of {placed.quiet} modules, not {QUIET_MODULES[kind]}")
    for strip in quiet_strips(placed):
        if not Box(0, 0, ink.width, ink.height).holds(strip):
            raise QuietZoneBroken(where, "has a quiet zone that leaves the label")
        if ink_in(ink, strip):
            raise QuietZoneBroken(where, "has ink in its quiet zone")


def quiet_strips(placed: PlacedSymbol) -> tuple[Box, ...]:
    """The white strips beside a linear symbol; around a Data Matrix, also those above and below."""
    area, dots = placed.area, placed.quiet * placed.dots
    left = Box(area.left - dots, area.top, area.left, area.bottom)
    right = Box(area.right, area.top, area.right + dots, area.bottom)
    if placed.symbol.payload.symbology is Symbology.CODE_128:
        return left, right
    above = Box(left.left, area.top - dots, right.right, area.top)
    below = Box(left.left, area.bottom, right.right, area.bottom + dots)
    return left, right, above, below


def check_ink(ink: Image.Image, layout: Layout) -> None:
    """Every slot with a text has ink, and none stands outside the slots and the symbols; uses the picture up."""
    for text in layout.texts:
        if not ink_in(ink, text.box.grown(-text.frame)):
            raise TextMissing(f"the slot '{text.slot}'", "is blank although it has a text")
    for box in (*(text.box for text in layout.texts), *(symbol.area for symbol in layout.symbols)):
        ink.paste(0, box.corners)
    stray = ink.getbbox()
    if stray:
        across, down = (dots * MM_PER_INCH / layout.dpi for dots in stray[:2])
        raise InkOutsideBoxes(
            "the label", f"has ink outside every slot, {across:.1f} mm across, {down:.1f} mm down"
        )


def ink_in(ink: Image.Image, box: Box) -> bool:
    """Whether any dot of the box has ink."""
    return ink.crop(box.corners).getbbox() is not None


def check_alone(image: Image.Image, layout: Layout) -> None:
    """A scanner that sees the whole label finds no other code on it than those that were painted."""
    meant = {placed.symbol.payload.text for placed in layout.symbols}
    kinds = {FORMATS[placed.symbol.payload.symbology] for placed in layout.symbols}
    # Every dot is black or white: a threshold sees just these dots, where a local average would guess at some.
    found = read(image, *kinds, binarizer=zxingcpp.Binarizer.FixedThreshold) if kinds else []
    if len(found) > len(layout.symbols) or any(barcode.text not in meant for barcode in found):
        raise PayloadDiffers("the label", "carries a code besides those that were meant")


def read(
    image: Image.Image,
    *kinds: zxingcpp.BarcodeFormat,
    binarizer: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage,
) -> list[zxingcpp.Barcode]:
    """What the reader finds on a picture among those symbologies."""
    # The default text mode writes brackets for people and hides separators. The reader gets no second chance
    # by turning, shrinking or inverting: what it reads as it lies, a scanner in a hand reads too.
    grey = memoryview(image.tobytes("raw", "L")).cast("B", (image.height, image.width))
    return zxingcpp.read_barcodes(
        grey,
        formats=zxingcpp.BarcodeFormats(list(kinds)),
        binarizer=binarizer,
        text_mode=zxingcpp.TextMode.Plain,
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )


def measured(image: Image.Image, placed: PlacedSymbol, dpi: int) -> SymbolReport:
    """The symbol's geometry from its own bars, its content from the reader, both as they should be."""
    payload, where = placed.symbol.payload, f"the {placed.slot} symbol"
    dots = module_dots(image, placed.area)
    columns, rows = placed.area.width // dots, placed.area.height // dots
    check_geometry(payload.symbology, where, (columns, rows), dots * MM_PER_INCH / dpi)
    found = read(image.crop(with_quiet(placed).corners), FORMATS[payload.symbology])
    if not found:
        raise SymbolUnreadable(where, "cannot be read")
    barcode = found[0]
    if barcode.symbology_identifier != payload.identifier:
        raise SymbologyWrong(where, f"reads as {barcode.symbology_identifier}, not {payload.identifier}")
    if len(found) > 1 or barcode.text != payload.text:
        raise PayloadDiffers(where, "does not read as the code that was meant, and as that alone")
    module_mm = round(dots * MM_PER_INCH / dpi, 4)
    return SymbolReport(
        placed.slot, barcode.symbology_identifier, barcode.text, columns, rows, module_mm, placed.quiet
    )


def with_quiet(placed: PlacedSymbol) -> Box:
    """The symbol with its quiet zone: what a scanner needs to see."""
    dots = placed.quiet * placed.dots
    if placed.symbol.payload.symbology is Symbology.CODE_128:
        return Box(placed.area.left - dots, placed.area.top, placed.area.right + dots, placed.area.bottom)
    return placed.area.grown(dots)


def module_dots(image: Image.Image, area: Box) -> int:
    """Dots per module: what divides every run of the symbol's first row (of a Data Matrix, the clock)."""
    row = image.crop((area.left, area.top, area.right, area.top + 1)).tobytes("raw", "L")
    return gcd(*map(len, RUNS.findall(row)))


def check_geometry(kind: Symbology, where: str, modules: tuple[int, int], module_mm: float) -> None:
    """A Data Matrix is square, bars are high enough, and the X-dimension is in the standard's range."""
    columns, rows = modules
    if kind is Symbology.DATA_MATRIX and columns != rows:
        raise SymbolNotSquare(where, f"has {columns} by {rows} modules")
    least, most = MODULE_MM[kind]
    if not least <= module_mm <= most:
        raise ModuleSizeOutOfRange(where, f"has modules of {module_mm:.3f} mm, outside {least} to {most} mm")
    if kind is Symbology.CODE_128 and rows * module_mm < LEAST_BAR_MM:
        raise ModuleSizeOutOfRange(where, f"has bars lower than {LEAST_BAR_MM:g} mm")
