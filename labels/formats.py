"""One bitmap, three ways to hand it out: PNG, ZPL and PDF.

Rules kept here: the dots are those of the bitmap, none added and none resampled; the same bitmap always gives
the same bytes, so no format carries a date.
"""

from __future__ import annotations

import zlib
from io import BytesIO

from PIL import Image, ImageChops

POINTS_PER_INCH = 72


def png(image: Image.Image, dpi: int) -> bytes:
    """A 1-bit PNG whose pHYs chunk says the resolution."""
    out = BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


GRAPHIC_AT_MOST = 99_999
"""Bytes that one `^GF` may hold (ZPL II Programming Guide, `^GF`, parameters b and c)."""


def zpl(image: Image.Image) -> bytes:
    """One ZPL label that is `^GFA` graphics alone, one above the other: no command of the printer draws anything.

    A native `^BC` treats `>` as an escape and drops a digit of some codes without a sign.
    """
    ink, row = ink_bits(image), (image.width + 7) // 8
    band = GRAPHIC_AT_MOST // row
    tops = range(0, image.height, band)
    graphics = "".join(graphic(top, ink[top * row : (top + band) * row], row) for top in tops)
    return f"^XA^PW{image.width}^LL{image.height}{graphics}^XZ\n".encode("ascii")


def graphic(top: int, ink: bytes, row: int) -> str:
    """Rows of ink, `row` bytes each, that begin `top` dots from the label's upper edge."""
    return f"^FO0,{top}^GFA,{len(ink)},{len(ink)},{row},{ink.hex().upper()}^FS"


def ink_bits(image: Image.Image) -> bytes:
    """Rows of eight dots a byte, 1 is ink; the dots that fill the last byte of a row are white."""
    return ImageChops.invert(image).tobytes()


def pdf(image: Image.Image, dpi: int) -> bytes:
    """One page as large as the label, holding the bitmap and nothing else (ISO 32000-1, 8.9.5)."""
    width, height = (f"{dots * POINTS_PER_INCH / dpi:.4f}" for dots in image.size)
    drawing = f"q {width} 0 0 {height} 0 0 cm /L Do Q".encode("ascii")
    graphic = (
        f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height} "
        "/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /FlateDecode"
    )
    return pdf_file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
            "/Resources << /XObject << /L 5 0 R >> >> /Contents 4 0 R >>".encode("ascii"),
            pdf_stream("", drawing),
            pdf_stream(graphic, zlib.compress(image.tobytes(), 9)),
        ]
    )


def pdf_stream(entries: str, data: bytes) -> bytes:
    """A stream object: its dictionary and its bytes."""
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode("ascii") + data + b"\nendstream"


def pdf_file(objects: list[bytes], info: int | None = None) -> bytes:
    """The objects, numbered from 1, with the cross-reference table that a reader looks them up in.

    `info` is the number of the one that describes the document, where there is one (ISO 32000-1, 14.3.3).
    """
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode("ascii") + body + b"\nendobj\n"
    table = len(out)
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(objects) + 1
    out += f"xref\n0 {count}\n0000000000 65535 f \n{rows}".encode("ascii")
    described = f" /Info {info} 0 R" if info else ""
    out += f"trailer\n<< /Size {count} /Root 1 0 R{described} >>\n".encode("ascii")
    out += f"startxref\n{table}\n%%EOF\n".encode("ascii")
    return bytes(out)
