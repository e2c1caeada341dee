"""A folder as printer: a file a label, for stations that print from a watched folder, and for trying things out.

Rules kept here: a file appears whole or not at all; a label that lies there already, dot for dot, has been printed, and
another under the same name is never overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from labels import formats
from labels.printers.outcome import Came, Fault, Outcome, PrinterAddressWrong

WRITTEN: dict[str, Callable[[Image.Image, int], bytes]] = {
    "png": formats.png,
    "zpl": lambda image, _: formats.zpl(image),
    "pdf": formats.pdf,
}


@dataclass(frozen=True, slots=True)
class FilePrinter:
    """The folder, and the format of its files."""

    folder: Path
    form: str = "png"

    @classmethod
    def at(cls, address: str) -> FilePrinter:
        """The folder at `file://FOLDER[?format=png|zpl|pdf]`. Raises PrinterAddressWrong."""
        parts = urlsplit(address)
        form = parse_qs(parts.query).get("format", ["png"])[0]
        folder = Path(parts.netloc + parts.path)
        if parts.scheme != "file" or form not in WRITTEN or not parts.path:
            raise PrinterAddressWrong(address)
        return cls(folder, form)

    def trouble(self) -> Fault | None:
        """Whether the folder can be written to."""
        return None if self.folder.is_dir() and os.access(self.folder, os.W_OK) else Fault.UNREACHABLE

    def print(self, image: Image.Image, dpi: int, name: str) -> Outcome:
        """Write the label's file, durably."""
        if self.trouble():
            return Outcome(Came.NOT, Fault.UNREACHABLE)
        content = WRITTEN[self.form](image, dpi)
        file = self.folder / f"{name}.{self.form}"
        part = file.with_name(f".{file.name}.part")
        try:
            if file.exists():
                same = file.read_bytes() == content
                return (
                    Outcome(Came.PRINTED)
                    if same
                    else Outcome(Came.NOT, Fault.REFUSED, f"{file.name} is another label")
                )
            with part.open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            part.rename(file)
        except OSError as wrong:
            part.unlink(missing_ok=True)
            return Outcome(Came.NOT, Fault.UNREACHABLE, str(wrong))
        return Outcome(Came.PRINTED)
