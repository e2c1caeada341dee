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
from labels.template import Template, load_template
from labels.typefaces import painted

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


def render_label(
    template: str | Template,
    content: LabelContent,
    dpi: int,
    *,
    copy: int = 1,
    telling: tuple[str, ...] = (),
) -> Label:
    """The label of this content at `dpi` dots per inch, decoded and compared; a copy is marked `R` and its number.

    `template` is a shipped one by its name, or any; `telling` are words that no blinded label may bear.

    Raises:
        LabelRefused: one of its subclasses, for what cannot be printed or was not printed rightly.
    """
    drawn = load_template(template) if isinstance(template, str) else template
    layout = place(drawn, content, dpi, copy, telling)
    image = paint(layout)
    return Label(image, dpi, check(image, layout))


def paint(layout: Layout) -> Image.Image:
    """The layout's ink on white, one bit a dot."""
    image = Image.new("1", (layout.width, layout.height), PAPER)
    for text in layout.texts:
        paint_text(image, text)
    for placed in layout.symbols:
        bars = placed.area.height if len(placed.symbol.rows) == 1 else None
        image.paste(placed.symbol.image(placed.dots, bars), placed.area.corners)
    return image


def paint_text(image: Image.Image, text: PlacedText) -> None:
    """The lines of one slot, and its frame."""
    for x, y, line in text.lines:
        (left, top), mask = painted(text.face, text.px, line)
        image.paste(INK, (x + left, y + top), mask)
    if text.frame:
        box = text.box
        corners = (box.left, box.top, box.right - 1, box.bottom - 1)
        ImageDraw.Draw(image).rectangle(corners, outline=INK, width=text.frame)
