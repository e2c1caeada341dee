"""The two typefaces of the labels, at whole-dot sizes, and which characters they can print.

Rules kept here: the font files are the ones beside this module, never the machine's, so that a label looks
the same everywhere; text is measured and drawn in 1-bit mode with the basic layout engine. The face for codes
tells 0 from O and 1 from l.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parent / "fonts"
PROBE_PX = 64
BLANKS = {" ", "\N{NO-BREAK SPACE}"}
ABSENT = "\uffff"  # a noncharacter: no font has a shape for it


class Face(StrEnum):
    """Running text, and codes."""

    TEXT = "text"
    CODE = "code"


FILES = {Face.TEXT: "DejaVuSansCondensed.ttf", Face.CODE: "DejaVuSansMono-Bold.ttf"}


@lru_cache(maxsize=256)
def typeface(face: Face, px: int) -> ImageFont.FreeTypeFont:
    """The face at `px` dots per em."""
    return ImageFont.truetype(str(FONTS / FILES[face]), px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def prints(face: Face, character: str) -> bool:
    """Whether the face has a shape for the character and our left-to-right layout places it rightly."""
    if character in BLANKS:
        return True
    if not character.isprintable() or unicodedata.bidirectional(character) in {"R", "AL", "AN"}:
        return False
    font = typeface(face, PROBE_PX)
    # A combining mark has no advance of its own; the basic layout would set it beside its letter.
    return font.getlength(character) > 0 and shape(font, character) != shape(font, ABSENT)


def shape(font: ImageFont.FreeTypeFont, character: str) -> tuple[tuple[int, int], bytes]:
    """The character's bitmap: an absent one has that of the font's .notdef glyph."""
    mask = font.getmask(character, mode="1")
    return mask.size, bytes(mask)


@lru_cache(maxsize=1024)
def painted(face: Face, px: int, text: str) -> tuple[tuple[int, int], Image.Image]:
    """The text's ink as a mask (255 is ink), and where it lies from the left end of its ascender line.

    Remembered, because most lines of a roll are the same on every label and drawing letters costs most of a label.
    """
    left, top, right, bottom = extent(face, px, text)
    mask = Image.new("1", (max(1, right - left), max(1, bottom - top)))
    draw = ImageDraw.Draw(mask)
    draw.fontmode = "1"
    draw.text((-left, -top), text, fill=255, font=typeface(face, px), anchor="la")
    return (left, top), mask


@lru_cache(maxsize=4096)
def extent(face: Face, px: int, text: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the text's ink, in dots from the left end of its ascender line."""
    left, top, right, bottom = typeface(face, px).getbbox(text, mode="1", anchor="la")
    return int(left), int(top), int(right), int(bottom)


def line_height(face: Face, px: int) -> int:
    """Ascent plus descent, in dots: the distance between two lines."""
    ascent, descent = typeface(face, px).getmetrics()
    return ascent + descent
