"""What a person may write in their own words: a name, a line, a note.

Rules this module keeps:
- Something of it is seen: blanks and joiners alone are no name.
- No character acts on what stands around it: no control character, none that breaks the line, and none that turns
  the direction of writing (UAX 9), for what is signed has to read as it is stored. The joiners of Persian or Hindi
  (U+200C, U+200D) belong to their letters, and stay.
- One text has one form: keyboards and file names send é as one character or as two (e, U+0301), and it is kept as
  one (NFC). Codes are never read so: what is not ASCII in them is refused, since U+212A would become the letter K.

Source: UAX 15, Unicode Normalization Forms.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

_ACTING: Final = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Controls above ASCII, line and paragraph separators, and all characters of the property Bidi_Control."""

LINE: Final = rf"^[^\x00-\x1f{_ACTING}]+$"
NOTE: Final = rf"^[^\x00-\x08\x0b-\x1f{_ACTING}]+$"
"""As a line, and it may have tabs and several lines."""

_BLANK: Final = re.compile(r"[\s\u00ad\u200b-\u200d\u2060\ufeff]*")


def composed(brought: Any) -> Any:
    """A text in the one form in which it is kept (NFC); what is no text, as it is."""
    return unicodedata.normalize("NFC", brought) if isinstance(brought, str) else brought


def line(text: str) -> str:
    """That text, if it is one line of words.

    Raises:
        ValueError: it is blank, or holds a character that acts on the text around it.
    """
    return _words(text, LINE)


def note(text: str) -> str:
    """That text, if it is words, on as many lines as it likes.

    Raises:
        ValueError: as `line`.
    """
    return _words(text, NOTE)


def _words(text: str, pattern: str) -> str:
    if _BLANK.fullmatch(text):
        raise ValueError("is blank.")
    if not re.fullmatch(pattern, text):
        raise ValueError(
            "holds a character that is not seen: a control character, or one that turns the direction of writing. "
            "Type it instead of pasting it."
        )
    return text
