"""Where every dot of a label goes: millimetres and points become whole dots at one resolution.

Rules kept here: nothing is cut off: what does not fit is refused by the name of its slot; a module is a whole
number of dots; two labels of one template differ inside its boxes only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from labels.boxes import MM_PER_INCH, Box, dots_of, slot_boxes
from labels.content import LabelContent
from labels.payloads import Symbology
from labels.refusals import (
    ContentMismatch,
    DpiUnsupported,
    GlyphMissing,
    SymbolTooLarge,
    TextTooLong,
)
from labels.symbols import Symbol, encode
from labels.template import SymbolSlot, Template, TextSlot, require_silent
from labels.typefaces import Face, extent, line_height, prints

POINTS_PER_INCH = 72
FRAME_MM = 0.12
CAPTION_MM = 0.8
"""How far the caption of a box to be written in stands from its frame."""
PIECES = re.compile("[^ /\N{EM DASH}]*[ /\N{EM DASH}]|[^ /\N{EM DASH}]+")
PROSE = frozenset({"study", "title", "statements", "contact", "batch"})
"""Slots that hold words of the study; the others hold codes, in which a word says nothing."""


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A text at its size, each line with the left end of its ascender line; `frame` in dots, 0 for none."""

    slot: str
    box: Box
    face: Face
    px: int
    lines: tuple[tuple[int, int, str], ...]
    frame: int


@dataclass(frozen=True, slots=True)
class PlacedSymbol:
    """A symbol at `dots` per module: its modules fill `area`; `quiet` modules around it stay white."""

    slot: str
    symbol: Symbol
    area: Box
    dots: int
    quiet: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that is painted on one label, in dots."""

    template: str
    version: int
    dpi: int
    width: int
    height: int
    texts: tuple[PlacedText, ...]
    symbols: tuple[PlacedSymbol, ...]


def place(
    template: Template, content: LabelContent, dpi: int, copy: int = 1, telling: tuple[str, ...] = ()
) -> Layout:
    """The content on the template at `dpi` dots per inch, as its first print or as copy number `copy`.

    `telling` are words of the study that no blinded label may bear.

    Raises:
        DpiUnsupported, ContentMismatch, TemplateUnsound: the three do not belong together.
        TextTooLong, SymbolTooLarge: a value does not fit.
        GlyphMissing, SymbolNotEncodable: a value cannot be printed.
        WordTells: a blinded label would tell what is inside.
    """
    if dpi not in template.dpi:
        raise DpiUnsupported(dpi, template.dpi)
    texts = {**content.texts(), "copy": f"R{copy}" if copy > 1 else ""}
    payloads = content.payloads()
    require_match(template, content, frozenset(texts), frozenset(payloads))
    boxes = slot_boxes(template, dpi)
    filled = [(slot, slot.text or _filled(slot, texts.get(slot.name, ""))) for slot in template.texts]
    if template.blinded:
        for name, text in texts.items():
            if name in PROSE:
                require_silent(template.name, text, telling)
    return Layout(
        template=template.name,
        version=template.version,
        dpi=dpi,
        width=dots_of(template.stock.width, dpi),
        height=dots_of(template.stock.height, dpi),
        texts=tuple(fit(slot, text, boxes[slot], dpi) for slot, text in filled if text),
        symbols=tuple(
            fit_symbol(slot, encode(payloads[slot.name], slot.modules), boxes[slot], dpi)
            for slot in template.symbols
            if slot.name in payloads
        ),
    )


def _filled(slot: TextSlot, value: str) -> str:
    return slot.before + value if value else ""


def require_match(
    template: Template, content: LabelContent, texts: frozenset[str], payloads: frozenset[str]
) -> None:
    """Refuse a content of another kind, a value without a slot, and a slot that never has a value.

    A numbered slot may go without a value, and what a content calls optional may go without a slot or a value.
    """
    if template.content != content.kind:
        raise ContentMismatch(template.name, f"it is for a {template.content}, not for a {content.kind}")
    slots = {slot.name for slot in template.texts if not slot.text}
    symbols = {slot.name for slot in template.symbols}
    for name in sorted((slots ^ texts) | (symbols ^ payloads)):
        unfilled = "." in name and name in slots | symbols
        if name not in content.optional and not unfilled:
            raise ContentMismatch(template.name, f"'{name}' is on one side only")


@lru_cache(maxsize=1024)
def fit(slot: TextSlot, text: str, box: Box, dpi: int) -> PlacedText:
    """The text at the largest size from the slot's wished to its least one at which it is all in the box."""
    for character in text:
        if not prints(slot.face, character):
            raise GlyphMissing(slot.name, character)
    frame = max(1, dots_of(FRAME_MM, dpi)) if slot.frame else 0
    inner = box.grown(-dots_of(CAPTION_MM, dpi) if frame and slot.valign == "top" else -2 * frame)
    largest = int(slot.points * dpi / POINTS_PER_INCH)
    least = -int(-slot.least * dpi // POINTS_PER_INCH)
    for px in range(max(largest, least), least - 1, -1):
        for pitch in (line_height(slot.face, px), px):
            lines = set_lines(slot, text, inner, px, pitch)
            if lines:
                return PlacedText(slot.name, box, slot.face, px, lines, frame)
    raise TextTooLong(slot.name, text, slot.least)


def set_lines(slot: TextSlot, text: str, box: Box, px: int, pitch: int) -> tuple[tuple[int, int, str], ...]:
    """The lines of the text in the box, `pitch` dots apart; none if any ink would leave the box.

    Capitals stand in the middle of the box, or at its top, so that neighbours share a line to stand on; where what
    hangs below that line would leave the box, all of it is moved up.
    """
    lines = wrap(text, slot.face, px, box.width)
    inks = [extent(slot.face, px, line) for line in lines]
    capitals = extent(slot.face, px, "H")
    height = (len(lines) - 1) * pitch + capitals[3] - capitals[1]
    top = box.top - capitals[1] + (0 if slot.valign == "top" else (box.height - height) // 2)
    lowest = max(top + number * pitch + ink[3] for number, ink in enumerate(inks))
    highest = min(top + number * pitch + ink[1] for number, ink in enumerate(inks))
    top += max(0, box.top - highest) - max(0, lowest - box.bottom)
    placed = []
    for number, (line, ink) in enumerate(zip(lines, inks, strict=True)):
        spare = box.width - (ink[2] - ink[0])
        x = box.left - ink[0] + (spare // 2 if slot.align == "center" else 0)
        y = top + number * pitch
        if not box.holds(Box(x + ink[0], y + ink[1], x + ink[2], y + ink[3])):
            return ()
        placed.append((x, y, line))
    return tuple(placed)


def wrap(text: str, face: Face, px: int, width: int) -> list[str]:
    """The text in lines no wider than `width` dots where its blanks, strokes and dashes allow it."""
    lines = [""]
    for piece in PIECES.findall(text):
        longer = lines[-1] + piece
        ink = extent(face, px, longer.rstrip())
        if lines[-1] and ink[2] - ink[0] > width:
            lines.append(piece)
        else:
            lines[-1] = longer
    return [line.rstrip() for line in lines]


def fit_symbol(slot: SymbolSlot, symbol: Symbol, box: Box, dpi: int) -> PlacedSymbol:
    """The symbol in the middle of its box, at the whole dots nearest to the wished X-dimension."""
    dots = dots_of(slot.module, dpi)
    linear = symbol.payload.symbology is Symbology.CODE_128
    width, height = symbol.columns * dots, box.height if linear else len(symbol.rows) * dots
    quiet = slot.quiet * dots
    require_room(slot.name, width + 2 * quiet, box.width, dpi)
    require_room(slot.name, height if linear else height + 2 * quiet, box.height, dpi)
    left, top = box.left + (box.width - width) // 2, box.top + (box.height - height) // 2
    return PlacedSymbol(slot.name, symbol, Box(left, top, left + width, top + height), dots, slot.quiet)


def require_room(symbol: str, needed: int, given: int, dpi: int) -> None:
    """Refuse a symbol that, with its quiet zone, has more dots than its box."""
    if needed > given:
        raise SymbolTooLarge(symbol, needed * MM_PER_INCH / dpi, given * MM_PER_INCH / dpi)
