"""What the text of a barcode or of a typed code means. One question a file.

- `numbers`: which numbers are ours, and is this one written rightly?
- `outside`: which codes that others gave may we take over?
- `isbt128`: what does a message say? Beside it `isbt128_structures`, `isbt128_din` and `isbt128_text`.
- `gs1`: what does an element string say, and may we trust it? Beside it `gs1_keys` and `gs1_refusals`.
- `scan`: what did the scanner or the keyboard send? Beside it `scan_refusals`.

Nothing here knows which items exist: a code that reads well is still unknown until the registry finds it.
"""

from __future__ import annotations

from typing import ClassVar

GS = "\x1d"
"""The group separator: what a scanner sends for FNC1 inside a GS1 message (General Specifications 7.8)."""

LONGEST_SHOWN = 120


class IdentifierError(ValueError):
    """A text that cannot be read as the identifier it should be.

    `code` is the stable name of the refusal; the message is a sentence for the person who scanned.
    """

    code: ClassVar[str] = "scan_unreadable"


def visible(text: str) -> str:
    """The characters of `text` as a person can see them: `␝` for GS, `⟨U+200B⟩` for what prints nothing.

    At most `LONGEST_SHOWN` characters are shown, then how many there were.
    """
    shown = "".join(map(_visible_character, text[:LONGEST_SHOWN]))
    return shown if len(text) <= LONGEST_SHOWN else f"{shown}… ({len(text)} characters)"


def _visible_character(character: str) -> str:
    point = ord(character)
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "␡"
    return character if character.isprintable() else f"⟨U+{point:04X}⟩"
