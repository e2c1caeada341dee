"""Sheets of paper for scanners: what to set, what to read to see whether it is set, and barcodes that press buttons.

Rules this module keeps:
- What is drawn is a bitmap in whole dots, and the PDF holds that bitmap: what was decoded is what is printed.
- How a maker's scanner is programmed stands in its manual; no programming code is made up here.
- A barcode of a button begins with `#`, which no code of a thing does, and no button that signs has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import zxingcpp
from PIL import Image, ImageDraw

from inventory.domain.scanner_check import SEPARATOR, TEST_SHEET, TestSymbol
from labels.formats import pdf
from labels.typefaces import Face, typeface

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DPI: Final = 300
PAGE: Final = (2480, 3508)
"""A4 at 300 dots per inch."""
MARGIN, GAP = 160, 70
COLUMNS: Final = 2
LINEAR_DOTS, MATRIX_DOTS = 3, 8
"""Dots a module: 0.25 mm and 0.68 mm."""
BAR: Final = 170
"""How high the bars of a linear symbol are, in dots: 14 mm."""
LINEAR: Final = frozenset({"]C0", "]C1"})

SETTINGS: Final = (
    "1  Prefix: STX (ASCII 02), sent as Ctrl+B.",
    "2  Suffix: CR, sent as Enter. Nothing after it.",
    "3  AIM identifier (ISO/IEC 15424): sent with every symbology.",
    "4  Control characters: sent as Ctrl+key, so that GS (ASCII 29) is Ctrl+]. Not Alt+number, not function keys.",
    "5  Keyboard: USB HID, country US, whatever keyboard the computer has.",
    "6  Letters: as they are read. No conversion to capitals, Caps Lock ignored.",
    "7  Symbologies on: Code 128, GS1-128, ISBT 128, Data Matrix, GS1 Data Matrix, QR. EAN and UPC off.",
    "8  No delay between characters; if characters get lost, 5 ms.",
    "",
    "The barcodes that program these settings stand in the manual of the scanner's maker; print them from there.",
    "Afterwards read the two symbols below on the page “Scanner”, then the whole test sheet, and save the record.",
)
"""What a scanner is to be set to: what pages listen for (wedge.js), and AIM identifiers (ISO/IEC 15424)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A symbol on a sheet, with what stands below it."""

    identifier: str
    text: str
    caption: str


def test_sheet() -> bytes:
    """Every symbol that shows whether a scanner brings what it reads, as PDF."""
    title = "Scanner test sheet"
    says = ("Read them in their order on the page “Scanner”. Cover the others with a hand.",)
    return _pdf(title, says, [_drawn(each, number) for number, each in enumerate(TEST_SHEET, 1)])


def set_up_sheet() -> bytes:
    """What to set on a scanner, with two symbols that show whether it took, as PDF."""
    first = [each for each in TEST_SHEET if each.name in {"signs", "gs1-data-matrix"}]
    return _pdf("Scanner set-up", SETTINGS, [_drawn(each, 0) for each in first])


def command_sheet(commands: Mapping[str, str]) -> bytes:
    """The barcodes that press a button of a page, each with what it does, as PDF."""
    says = ("For gloved hands: each presses the button of that name on the page that is open.",)
    symbols = [Drawn("]C0", text, f"{text}   {what}") for text, what in commands.items()]
    return _pdf("Command barcodes", says, symbols)


def _drawn(symbol: TestSymbol, number: int) -> Drawn:
    before = f"{number}  " if number else ""
    return Drawn(
        symbol.identifier, symbol.text, f"{before}{symbol.title}: {symbol.text.replace(SEPARATOR, '<GS>')}"
    )


def _pdf(title: str, says: Sequence[str], symbols: Sequence[Drawn]) -> bytes:
    return pdf(page_of(title, says, symbols), DPI)


def page_of(title: str, says: Sequence[str], symbols: Sequence[Drawn]) -> Image.Image:
    """The sheet's bitmap: title, lines, and the symbols in two columns."""
    sheet = Image.new("1", PAGE, 1)
    pen = ImageDraw.Draw(sheet)
    pen.fontmode = "1"
    pen.text((MARGIN, MARGIN), f"CellCustody   {title}", font=typeface(Face.TEXT, 80), fill=0)
    top = MARGIN + 140
    for line in says:
        pen.text((MARGIN, top), line, font=typeface(Face.TEXT, 42), fill=0)
        top += 62
    _place(sheet, pen, top + GAP, symbols)
    return sheet


def _place(sheet: Image.Image, pen: ImageDraw.ImageDraw, top: int, symbols: Sequence[Drawn]) -> None:
    width = (PAGE[0] - 2 * MARGIN) // COLUMNS
    for start in range(0, len(symbols), COLUMNS):
        row = [(each, symbol_of(each)) for each in symbols[start : start + COLUMNS]]
        for column, (each, image) in enumerate(row):
            left = MARGIN + column * width
            sheet.paste(image, (left, top))
            pen.text((left, top + image.height + 16), each.caption, font=typeface(Face.TEXT, 36), fill=0)
        top += max(image.height for _, image in row) + 60 + 2 * GAP


def symbol_of(drawn: Drawn) -> Image.Image:
    """The symbol in whole dots, with its quiet zone.

    Raises:
        RuntimeError: the encoder made another kind of symbol than was asked for, a defect.
    """
    kinds = zxingcpp.BarcodeFormat
    kind = {"C": kinds.Code128, "d": kinds.DataMatrix, "Q": kinds.QRCode}[drawn.identifier[1]]
    gs1 = SEPARATOR in drawn.text
    square = {"force_square": True} if kind == kinds.DataMatrix else {}
    barcode = zxingcpp.create_barcode(_bracketed(drawn.text) if gs1 else drawn.text, kind, gs1=gs1, **square)
    if barcode.symbology_identifier != drawn.identifier:
        raise RuntimeError(f"the encoder made {barcode.symbology_identifier}, not {drawn.identifier}")
    modules = Image.fromarray(barcode.to_image(scale=1, add_quiet_zones=True))
    if drawn.identifier in LINEAR:
        bars = modules.crop((0, modules.height // 2, modules.width, modules.height // 2 + 1))
        size = (bars.width * LINEAR_DOTS, BAR)
        return bars.resize(size, Image.Resampling.NEAREST).convert("1", dither=Image.Dither.NONE)
    size = (modules.width * MATRIX_DOTS, modules.height * MATRIX_DOTS)
    return modules.resize(size, Image.Resampling.NEAREST).convert("1", dither=Image.Dither.NONE)


def _bracketed(text: str) -> str:
    """`10TEST␝21CC1` as the encoder asks for it; every element of the sheets has an identifier of two digits."""
    return "".join(f"({each[:2]}){each[2:]}" for each in text.split(SEPARATOR))
