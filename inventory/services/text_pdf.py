r"""Plain text on A4 pages as PDF, for what people read on paper.

Rules this module keeps:
- The same text gives the same bytes: no date and no identifier of the file's own making.
- The type is Courier, one of the fourteen that every reader has; a character outside its code page is written
  as its number (`\u0142`) rather than left out.
"""

from __future__ import annotations

import textwrap
import zlib
from typing import TYPE_CHECKING, Final

from labels.formats import pdf_file, pdf_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PAGE: Final = (595, 842)
"""A4 in points."""
MARGIN, POINTS, LEADING = 40, 8, 10
COLUMNS: Final = int((PAGE[0] - 2 * MARGIN) / (POINTS * 0.6))
"""Characters a line: one of Courier is 0.6 em wide."""
LINES: Final = (PAGE[1] - 2 * MARGIN) // LEADING - 2
"""Lines a page; two are left for the foot."""


def text_pdf(title: str, lines: Iterable[str]) -> bytes:
    """The lines, wrapped, on as many pages as they need; each foot has the title and the page's number.

    Source: ISO 32000-1, 7.7.3 (page tree), 9.4 (text objects), annex D.2 (WinAnsiEncoding).
    """
    pages = list(_pages(lines)) or [[]]
    count = len(pages)
    # 1 catalogue, 2 page tree, 3 type; then for each page its object and its content.
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        foot = f"{title}   page {number + 1} of {count}"
        objects += [_page(5 + 2 * number), _content([*page, *[""] * (LINES + 1 - len(page)), foot])]
    return pdf_file(objects)


def _pages(lines: Iterable[str]) -> Iterator[list[str]]:
    page: list[str] = []
    for line in lines:
        for part in _wrapped(line):
            if len(page) == LINES:
                yield page
                page = []
            page.append(part)
    if page:
        yield page


def _wrapped(line: str) -> list[str]:
    """The line in pieces of at most `COLUMNS`, continued one step further in than it begins."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(line, COLUMNS, subsequent_indent=indent, drop_whitespace=False) or [""]


def _page(content: int) -> bytes:
    width, height = PAGE
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
        f"/Resources << /Font << /F 3 0 R >> >> /Contents {content} 0 R >>"
    ).encode("ascii")


def _content(lines: Sequence[str]) -> bytes:
    shown = b"\n".join(b"(" + _escaped(line) + b") '" for line in lines)
    start = f"BT /F {POINTS} Tf {LEADING} TL {MARGIN} {PAGE[1] - MARGIN} Td\n".encode("ascii")
    return pdf_stream("/Filter /FlateDecode", zlib.compress(start + shown + b"\nET", 9))


def _escaped(line: str) -> bytes:
    """A literal string of ISO 32000-1, 7.3.4.2, in WinAnsiEncoding."""
    encoded = line.encode("cp1252", errors="backslashreplace")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
