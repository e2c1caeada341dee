"""A certificate as the simplest PDF there is: one page, one font, the same bytes for the same lines.

Written by hand (ISO 32000-1, 7.5) because the demonstration needs five pages of text, and nothing that would
bring a time stamp or a random identifier into the file.
"""

from __future__ import annotations

from collections.abc import Sequence


def page(lines: Sequence[str]) -> bytes:
    """A PDF of one A4 page with these lines of Latin-1 text, in a font of fixed width."""
    text = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    content = f"BT /F1 10 Tf 14 TL 50 780 Td\n{text}ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    return _file(objects)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(objects: Sequence[bytes]) -> bytes:
    written, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        starts.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(written))
    return written + b"xref\n0 %d\n" % count + table + trailer
