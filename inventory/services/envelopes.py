"""The paper that goes into a sealed envelope, and onto it.

Rules this module keeps:
- The first page is the outside: participant and seal number, and nothing else. The second goes inside.
- Whatever the arm, the file has the same length: neither a spooler's list nor a folder's tells one from another.
- It is made for the answer of the act that records it, and kept nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inventory.store.records import Revealed
from labels.formats import pdf_file, pdf_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inventory.domain.profile import Profile

PAGE: Final = (595, 842)
"""A4 in points."""
MARGIN: Final = 60
LARGE, PLAIN = 26, 10
"""Sizes of the type, in points: of the outside, and of the inside."""
WIDTH: Final = int((PAGE[0] - 2 * MARGIN) / (PLAIN * 0.6))
"""Characters a line inside: one of Courier is 0.6 em wide."""
ROOM: Final = 2 * WIDTH
"""Bytes that each line's text takes up in the file; escaping doubles a character at most."""

OPENED: Final = (
    "To be opened in an emergency alone, when CellCustody cannot be asked.",
    "Whoever opens it notes time, reason and who asked, and records",
    "`envelope-open` under the number of the seal as soon as that is possible.",
)


def sheet(seal: str, told: Revealed, profile: Profile) -> bytes:
    """The two pages for an envelope with that seal: outside, inside (ISO 32000-1, 7.7.3, 9.4)."""
    outside = _text(LARGE, [f"Participant {told.participant}", "", f"Seal {seal}"])
    inside = _text(PLAIN, _inside(seal, told, profile))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R 6 0 R] /Count 2 >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        _page(5), pdf_stream("", outside), _page(7), pdf_stream("", inside),
    ]  # fmt: skip
    return pdf_file(objects)


def _inside(seal: str, told: Revealed, profile: Profile) -> Iterator[str]:
    """As many lines for every arm: a period in which an arm gives nothing has a line too."""
    given = {one.period: f"{one.product}, {one.name}" for one in told.treatments}
    yield from (profile.study.id, f"Participant {told.participant}", f"Seal {seal}", "")
    yield from (f"Arm {told.arm}: {told.title}", "")
    for period in profile.periods:
        words = f"Period {period.number}: {given.get(period.number, 'nothing is given')}"
        yield from (words[:WIDTH], f"    {words[WIDTH : 2 * WIDTH - 4]}")
    yield from ("", *OPENED)


def _text(points: int, lines: Iterable[str]) -> bytes:
    start = f"BT /F {points} Tf {points + 6} TL {MARGIN} {PAGE[1] - 2 * MARGIN} Td\n".encode("ascii")
    return start + b"\n".join(_shown(line) for line in lines) + b"\nET"


def _shown(line: str) -> bytes:
    """A literal string of ISO 32000-1, 7.3.4.2, filled up behind it to the same number of bytes."""
    plain = line.encode("cp1252", errors="replace")[:WIDTH]
    escaped = plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"(" + escaped + b") '" + b" " * (ROOM - len(escaped))


def _page(content: int) -> bytes:
    width, height = PAGE
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
        f"/Resources << /Font << /F 3 0 R >> >> /Contents {content} 0 R >>"
    ).encode("ascii")
