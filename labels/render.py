"""From content to a checked label: place, paint, check, hand out.

Rules kept here: there is one bitmap per label, 1 bit deep, painted without smoothing at the printer's own
resolution, and every format is that bitmap; `render_label` is the only door, and nothing passes it unchecked.
"""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from labels import formats
from labels.check import LabelReport, check
from labels.content import LabelContent
from labels.layout import Layout, PlacedText, place
from labels.template import load_template
from labels.typefaces import typeface

INK, PAPER = 0, 255  # Pillow keeps the value as given: 1 is white on paper, but not to an inversion


@dataclass(frozen=True, slots=True)
class Label:
    """A label that has been read back and found right: its bitmap (0 is ink), resolution and report."""

    image: Image.Image
    dpi: int
    report: LabelReport

    def png(self) -> bytes:
        """The bitmap as PNG, with its resolution."""
        return formats.png(self.image, self.dpi)

    def zpl(self) -> bytes:
        """The bitmap as one ZPL graphic."""
        return formats.zpl(self.image)

    def pdf(self) -> bytes:
        """The bitmap as one PDF page of true size."""
        return formats.pdf(self.image, self.dpi)


def render_label(template_name: str, content: LabelContent, dpi: int) -> Label:
    """The label of this content at `dpi` dots per inch (203, 300 or 600), decoded and compared.

    Raises:
        LabelRefused: one of its subclasses, for what cannot be printed or was not printed rightly.
    """
    layout = place(load_template(template_name), content, dpi)
    image = paint(layout)
    return Label(image, dpi, check(image, layout))


def paint(layout: Layout) -> Image.Image:
    """The layout's ink on white, one bit a dot."""
    image = Image.new("1", (layout.width, layout.height), PAPER)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    for text in layout.texts:
        paint_text(draw, text)
    for placed in layout.symbols:
        bars = placed.area.height if len(placed.symbol.rows) == 1 else None
        image.paste(placed.symbol.image(placed.dots, bars), placed.area.corners)
    return image


def paint_text(draw: ImageDraw.ImageDraw, text: PlacedText) -> None:
    """The lines of one slot, and its frame."""
    font = typeface(text.face, text.px)
    for x, y, line in text.lines:
        draw.text((x, y), line, fill=INK, font=font, anchor="la")
    if text.frame:
        box = text.box
        draw.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=INK, width=text.frame)
