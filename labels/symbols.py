"""Symbols as module matrices: GS1 Data Matrix and Code 128, one pixel a module, to be painted at whole dots.

Rules kept here: a Data Matrix is always square, because the rectangular extension is unreadable to part of
the scanners; GS1 elements go in between square brackets, which GS1 character set 82 does not contain, so no
serial can pose as another element; an encoder that chooses another symbology than asked for is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import zxingcpp
from barcode.codex import Code128
from barcode.errors import BarcodeError
from PIL import Image

from labels.payloads import Payload, Symbology
from labels.refusals import SymbolNotEncodable

BLACK, WHITE = 0, 255
PIXELS = bytes.maketrans(b"10", bytes((BLACK, WHITE)))
MODULES = bytes.maketrans(bytes((BLACK, WHITE)), b"10")
"""Modules as pixels, and back."""
SIDES = (10, 12, 14, 16, 18, 20, 22, 24, 26)
"""Sides of the square ECC 200 symbols with one data region, in the order of ISO/IEC 16022, table 7."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A payload and its modules, row by row: 1 is dark. A Code 128 has one row. No quiet zones."""

    payload: Payload
    rows: tuple[str, ...]

    @property
    def columns(self) -> int:
        """Modules across."""
        return len(self.rows[0])

    def image(self, dots: int, height: int | None = None) -> Image.Image:
        """The modules painted at `dots` dots each; `height` in dots stretches a linear symbol's one row."""
        pixels = "".join(self.rows).encode("ascii").translate(PIXELS)
        modules = Image.frombytes("L", (self.columns, len(self.rows)), pixels)
        size = (self.columns * dots, height or len(self.rows) * dots)
        return modules.resize(size, Image.Resampling.NEAREST).convert("1", dither=Image.Dither.NONE)


def encode(payload: Payload, side: int = 0) -> Symbol:
    """The payload's modules; `side` is a Data Matrix's side in modules, 0 for the smallest that holds it.

    Raises:
        SymbolNotEncodable: a character that the symbology cannot hold, or too many of them.
    """
    if payload.symbology is Symbology.CODE_128:
        return Symbol(payload, (code_128_modules(payload),))
    return Symbol(payload, data_matrix_modules(payload, side))


def code_128_modules(payload: Payload) -> str:
    """ISO/IEC 15417 modules from start to stop, as python-barcode builds them before its writers scale."""
    try:
        modules: str = _Code128(payload.text).build()[0]
    except BarcodeError as error:
        raise SymbolNotEncodable("Code 128", str(error)) from error
    return modules


class _Code128(Code128):  # type: ignore[misc]  # untyped in python-barcode
    """As the library builds it, but for a code that begins with 99: it takes these digits for its own switch.

    In code set C, 99 is a pair of digits (ISO/IEC 15417, table 1); only in A and B it switches to C.
    """

    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        if encoded[:2] == [_START_C, 99]:
            return encoded
        optimized: list[int] = super()._try_to_optimize(encoded)
        return optimized


_START_C = 105


def data_matrix_modules(payload: Payload, side: int) -> tuple[str, ...]:
    """ISO/IEC 16022 (ECC 200) modules, finder included."""
    content = "".join(f"[{ai}]{value}" for ai, value in payload.elements) or payload.text
    kind, gs1 = zxingcpp.BarcodeFormat.DataMatrix, bool(payload.elements)
    size = {"version": SIDES.index(side) + 1} if side else {}
    try:
        barcode = zxingcpp.create_barcode(content, kind, force_square=True, gs1=gs1, **size)
    except ValueError as error:
        raise SymbolNotEncodable("Data Matrix", str(error)) from error
    if barcode.symbology_identifier != payload.identifier:
        # zxing-cpp ignores options it does not know; without this line a plain symbol would pass for GS1.
        raise SymbolNotEncodable("Data Matrix", f"the encoder made {barcode.symbology_identifier}")
    modules = Image.fromarray(barcode.to_image(scale=1, add_quiet_zones=False))
    if side and modules.width != side:
        raise SymbolNotEncodable("Data Matrix", f"it needs {modules.width} modules a side, not {side}")
    width, bits = modules.width, modules.tobytes().translate(MODULES).decode("ascii")
    return tuple(bits[start : start + width] for start in range(0, len(bits), width))
