r"""Plain text on A4 pages as PDF, for what people read on paper.

Rules this module keeps:
- The same text gives the same bytes: no date and no identifier of the file's own making.
- Every page stands for itself: bands, title, head and foot are on each of them.
- The type is Courier, one of the fourteen that every reader has; a character outside its code page is written
  as its number (`\u0142`) rather than left out.
"""

from __future__ import annotations

import textwrap
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from labels.formats import pdf_file, pdf_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PAGE: Final = (595, 842)
"""A4 in points."""
MARGIN, POINTS, LEADING = 40, 8, 10
COLUMNS: Final = int((PAGE[0] - 2 * MARGIN) / (POINTS * 0.6))
"""Characters a line: one of Courier is 0.6 em wide."""
LINES: Final = (PAGE[1] - 2 * MARGIN) // LEADING - 3
"""Lines a page; three are left for the foot."""
BAND: Final = 14
"""How high a band is, in points; bands stand in the upper margin."""
WARNING, NOTICE = ("0 g", "1 g"), ("1 0.85 0 rg", "0 g")
"""The colours of a band and of its words: white on black, and black on yellow."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands on every page around the text.

    Attributes:
        title: the document's name: above the head, in the foot, and in the file's own description.
        head: the lines below the title.
        foot: what the foot says above title and page number.
        warnings: words in a black band each.
        notices: words in a yellow band each.
    """

    title: str
    head: Sequence[str] = ()
    foot: str = ""
    warnings: Sequence[str] = ()
    notices: Sequence[str] = ()


def text_pdf(frame: Frame, lines: Iterable[str]) -> bytes:
    """The lines, wrapped, on as many pages as they need, each within the frame and numbered `page x of y`.

    Raises:
        ValueError: the frame leaves no room for text.

    Source: ISO 32000-1, 7.7.3 (page tree), 9.4 (text objects), 14.3.3 (title), annex D.2 (WinAnsiEncoding).
    """
    head = [part for line in _head(frame) for part in _wrapped(line)]
    if len(head) >= LINES // 2 or (len(frame.warnings) + len(frame.notices)) * BAND > MARGIN:
        raise ValueError("the frame of a page is longer than half of it")
    pages = list(_pages(lines, LINES - len(head))) or [[]]
    count = len(pages)
    # 1 catalogue, 2 page tree, 3 type; then for each page its object and its content; last the title.
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        shown = [*head, *page]
        foot = [frame.foot, f"{frame.title}   page {number + 1} of {count}"]
        objects += [_page(5 + 2 * number), _content(frame, [*shown, *[""] * (LINES + 1 - len(shown)), *foot])]
    objects.append(b"<< /Title (" + _escaped(frame.title) + b") >>")
    return pdf_file(objects, info=len(objects))


def _head(frame: Frame) -> Iterator[str]:
    if frame.head:
        yield from (frame.title, *frame.head, "-" * COLUMNS)


def _pages(lines: Iterable[str], room: int) -> Iterator[list[str]]:
    page: list[str] = []
    for line in lines:
        for part in _wrapped(line):
            if len(page) == room:
                yield page
                page = []
            page.append(part)
    if page:
        yield page


def _wrapped(line: str) -> list[str]:
    """The line in pieces of at most `COLUMNS`, continued one step further in than it begins."""
    if len(line) <= COLUMNS and line.isprintable():
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, COLUMNS, subsequent_indent=indent, drop_whitespace=False) or [""]


def _page(content: int) -> bytes:
    width, height = PAGE
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
        f"/Resources << /Font << /F 3 0 R >> >> /Contents {content} 0 R >>"
    ).encode("ascii")


def _content(frame: Frame, lines: Sequence[str]) -> bytes:
    shown = b"\n".join(b"(" + _escaped(line) + b") '" for line in lines)
    start = f"BT /F {POINTS} Tf {LEADING} TL {MARGIN} {PAGE[1] - MARGIN} Td\n".encode("ascii")
    text = b"".join(_bands(frame)) + start + shown + b"\nET"
    return pdf_stream("/Filter /FlateDecode", zlib.compress(text, 9))


def _bands(frame: Frame) -> Iterator[bytes]:
    """Each band across the page, its words repeated so that no corner torn off takes them away."""
    bands = [*((WARNING, one) for one in frame.warnings), *((NOTICE, one) for one in frame.notices)]
    for place, ((ground, ink), words) in enumerate(bands, start=1):
        base = PAGE[1] - place * BAND
        repeated = f"   {words}" * (COLUMNS // (len(words) + 3) or 1)
        yield f"{ground} 0 {base} {PAGE[0]} {BAND} re f\n".encode("ascii")
        yield f"{ink} BT /F {POINTS} Tf {MARGIN} {base + 4} Td (".encode("ascii")
        yield _escaped(repeated.strip()) + b") Tj ET 0 g\n"


def _escaped(line: str) -> bytes:
    """A literal string of ISO 32000-1, 7.3.4.2, in WinAnsiEncoding."""
    encoded = line.encode("cp1252", errors="backslashreplace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
