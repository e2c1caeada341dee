"""A ZPL printer on port 9100: one label at a time, its state asked before and after.

Rules kept here: nothing is sent to a printer that says it cannot print; a label counts as printed when the printer says
that nothing waits any more; when that is not seen, everything sent is cancelled, so that a label in doubt does not come
out an hour later, and the label stays in doubt.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from PIL import Image

from labels import formats
from labels.printers import host_status
from labels.printers.host_status import HostStatus, StatusUnreadable
from labels.printers.outcome import Came, Fault, Outcome, PrinterAddressWrong

PORT = 9100


@dataclass(frozen=True, slots=True)
class RawPrinter:
    """Where it listens; `patience` is how many seconds a label may take, `pause` how often it is asked."""

    host: str
    port: int = PORT
    connect_seconds: float = 5.0
    answer_seconds: float = 3.0
    patience: float = 60.0
    pause: float = 0.2

    @classmethod
    def at(cls, address: str) -> RawPrinter:
        """The printer at `raw://HOST[:PORT]`. Raises PrinterAddressWrong."""
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or PORT
        except ValueError:
            raise PrinterAddressWrong(address) from None
        if parts.scheme != "raw" or not host or parts.path not in {"", "/"}:
            raise PrinterAddressWrong(address)
        return cls(host, port)

    def trouble(self) -> Fault | None:
        """What keeps it from printing now."""
        try:
            with self._connected() as line:
                return not_ready(self._status(line))
        except TimeoutError:
            return Fault.SILENT
        except (OSError, StatusUnreadable):
            return Fault.UNREACHABLE

    def print(self, image: Image.Image, dpi: int, name: str) -> Outcome:  # noqa: ARG002  (one shape for all printers)
        """Send the bitmap as one ZPL label and wait until the printer has nothing waiting."""
        try:
            line = self._connected()
        except OSError as wrong:
            return Outcome(Came.NOT, Fault.UNREACHABLE, str(wrong))
        with line:
            try:
                fault = not_ready(self._status(line))
            except TimeoutError:
                fault = Fault.SILENT
            except (OSError, StatusUnreadable) as wrong:
                return Outcome(Came.NOT, Fault.UNREACHABLE, str(wrong))
            if fault:
                return Outcome(Came.NOT, fault)
            return self._sent(line, formats.zpl(image))

    def _connected(self) -> socket.socket:
        line = socket.create_connection((self.host, self.port), self.connect_seconds)
        line.settimeout(self.answer_seconds)
        return line

    def _sent(self, line: socket.socket, zpl: bytes) -> Outcome:
        """What became of a label once its first byte was sent: printed, or in doubt."""
        fault: Fault | None
        try:
            line.sendall(zpl)
            fault = self._until_printed(line)
        except TimeoutError:
            fault = Fault.SILENT
        except (OSError, StatusUnreadable):
            fault = Fault.HUNG_UP
        if fault is None:
            return Outcome(Came.PRINTED)
        self._cancel(line)
        return Outcome(Came.DOUBT, fault)

    def _until_printed(self, line: socket.socket) -> Fault | None:
        """Ask until nothing waits; a fault that does not pass by itself ends the waiting."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            status = self._status(line)
            if status.fault is None and status.waiting == 0:
                return None
            if status.fault not in {None, Fault.TEMPERATURE, Fault.BUFFER_FULL}:
                return status.fault
            time.sleep(self.pause)
        return Fault.BUSY

    def _cancel(self, line: socket.socket) -> None:
        """Have the printer forget what it has not printed; over a new line where this one is dead."""
        with suppress(OSError):
            line.sendall(host_status.CANCEL_ALL)
        with suppress(OSError), self._connected() as fresh:
            fresh.sendall(host_status.CANCEL_ALL)

    def _status(self, line: socket.socket) -> HostStatus:
        """The printer's state now.

        Raises:
            TimeoutError: it does not answer.
            OSError: it hung up.
            StatusUnreadable: it answers otherwise.
        """
        line.sendall(host_status.ASK)
        answer = b""
        deadline = time.monotonic() + self.answer_seconds
        while not host_status.complete(answer):
            if time.monotonic() > deadline:
                raise TimeoutError
            more = line.recv(4096)
            if not more:
                raise ConnectionError("the printer hung up")
            answer += more
        return host_status.read(answer)


def not_ready(status: HostStatus) -> Fault | None:
    """Why a label may not be sent to a printer in that state."""
    return status.fault or (Fault.BUSY if status.waiting else None)
