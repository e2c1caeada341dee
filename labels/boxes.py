"""A template's boxes in dots: millimetres of paper at one printer's resolution.

Rules kept here: a slot's box depends on the template and the resolution alone, never on what is printed; no
two boxes overlap, and none leaves the printable area or, where the stock has a cap dot, the dot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import hypot

from labels.refusals import TemplateUnsound
from labels.stocks import Dot
from labels.template import SymbolSlot, Template, TextSlot

MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in dots; right and bottom are the first dots outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Dots across."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Dots down."""
        return self.bottom - self.top

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom, as Pillow takes them."""
        return self.left, self.top, self.right, self.bottom

    def grown(self, dots: int) -> Box:
        """The box with `dots` more on every side (fewer when negative)."""
        return Box(self.left - dots, self.top - dots, self.right + dots, self.bottom + dots)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share a dot."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: Box) -> bool:
        """Whether the other lies wholly inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def dots_of(mm: float, dpi: int) -> int:
    """Millimetres in whole dots, rounded half up."""
    return int(mm * dpi / MM_PER_INCH + 0.5)


@lru_cache(maxsize=256)
def slot_boxes(template: Template, dpi: int) -> dict[TextSlot | SymbolSlot, Box]:
    """The box of every slot; refuses boxes that overlap or leave the printable area."""
    printable, dot = printable_box(template, dpi), template.stock.dot
    slots: tuple[TextSlot | SymbolSlot, ...] = (*template.texts, *template.symbols)
    boxes = {slot: slot_box(slot, dpi) for slot in slots}
    for slot, box in boxes.items():
        if not printable.holds(box) and not (dot and on_dot(dot, slot, template.margins.top)):
            raise TemplateUnsound(template.name, f"the slot '{slot.name}' leaves the printable area")
    for (one, box), (other, second) in combinations(boxes.items(), 2):
        if box.overlaps(second):
            raise TemplateUnsound(template.name, f"the slots '{one.name}' and '{other.name}' overlap")
    return boxes


def printable_box(template: Template, dpi: int) -> Box:
    """The stock without the template's margins."""
    stock, margins = template.stock, template.margins
    right, bottom = dots_of(stock.width - margins.right, dpi), dots_of(stock.height - margins.bottom, dpi)
    return Box(dots_of(margins.left, dpi), dots_of(margins.top, dpi), right, bottom)


def on_dot(dot: Dot, slot: TextSlot | SymbolSlot, margin: float) -> bool:
    """Whether all four corners of the slot lie on the cap dot, `margin` mm within its edge."""
    (left, top), (width, height) = slot.at, slot.size
    corners = [(across, down) for across in (left, left + width) for down in (top, top + height)]
    reach = dot.diameter / 2 - margin
    return all(hypot(across - dot.across, down - dot.down) <= reach for across, down in corners)


def slot_box(slot: TextSlot | SymbolSlot, dpi: int) -> Box:
    """A slot's millimetres in dots; both edges are rounded, so that neighbours share one."""
    (left, top), (width, height) = slot.at, slot.size
    return Box(dots_of(left, dpi), dots_of(top, dpi), dots_of(left + width, dpi), dots_of(top + height, dpi))
