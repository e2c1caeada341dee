"""Ways to a printer: raw port 9100, IPP, a folder. Each says of every label whether it came out, or may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from labels.printers.files import FilePrinter
from labels.printers.ipp import IppPrinter
from labels.printers.outcome import Came, Fault, Outcome, Printer, PrinterAddressWrong
from labels.printers.raw import RawPrinter

__all__ = [
    "Came", "Fault", "FilePrinter", "IppPrinter", "Outcome", "Printer", "PrinterAddressWrong", "RawPrinter",
    "printer_at",
]  # fmt: skip


def printer_at(address: str) -> Printer:
    """The printer at `raw://HOST[:9100]`, `ipp://HOST[:631]/PATH`, `ipps://...` or `file://FOLDER[?format=png]`.

    Raises:
        PrinterAddressWrong: it is none of these.
    """
    scheme = address.partition("://")[0]
    if scheme not in AT:
        raise PrinterAddressWrong(address)
    return AT[scheme](address)


AT: Mapping[str, Callable[[str], Printer]] = {
    "raw": RawPrinter.at,
    "ipp": IppPrinter.at,
    "ipps": IppPrinter.at,
    "file": FilePrinter.at,
}
"""By the scheme of an address."""
