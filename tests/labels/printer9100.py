"""A ZPL printer on a real TCP port, that can be out of labels, hang up half-way, be busy, or say nothing.

It keeps what it has printed in `paper`. A label that came while it had none waits, and comes out when labels are
loaded, unless it was cancelled: as a printer does.
"""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from dataclasses import dataclass, field

LABEL = re.compile(rb"\^XA.*?\^XZ", re.DOTALL)


@dataclass
class Zebra:
    """The printer: `labels` on the roll, `slow` questions until one is out; it hangs up once after so many bytes."""

    labels: int = 1000
    paused: bool = False
    head_open: bool = False
    ribbon_out: bool = False
    too_hot: bool = False
    buffer_full: bool = False
    silent: bool = False
    hang_up_after: int | None = None
    slow: int = 0
    garbled: bytes | None = None
    paper: list[bytes] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        printer = self

        class Line(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                printer.serve(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def load(self, labels: int) -> None:
        """A new roll: what waited comes out."""
        with self._lock:
            self.labels = labels
            self._work()

    def serve(self, line: socket.socket) -> None:
        held, taken = b"", 0
        line.settimeout(20)
        while True:
            try:
                more = line.recv(65536)
            except OSError:
                return
            if not more:
                return
            held += more
            taken += len(more)
            if self.hang_up_after is not None and b"^XA" in held and len(held) > self.hang_up_after:
                self.hang_up_after = None
                line.close()
                return
            held = self._read(line, held)

    def _read(self, line: socket.socket, held: bytes) -> bytes:
        with self._lock:
            while True:
                label = LABEL.search(held)
                command = re.search(rb"~(HS|JA)\r\n", held)
                if command and (label is None or command.start() < label.start()):
                    held = held[command.end() :]
                    if command[1] == b"JA":
                        self.waiting.clear()
                    elif not self.silent:
                        self.asked += 1
                        self._work()
                        line.sendall(self.status())
                elif label:
                    held = held[label.end() :]
                    self.waiting.append(label[0] + b"\n")
                    self._left = self.slow
                else:
                    return held

    def _work(self) -> None:
        """Print what waits, unless something is wrong; a slow printer lets itself be asked a few times first."""
        if self.waiting and self._left:
            self._left -= 1
            return
        while self.waiting and self.labels and not (self.paused or self.head_open or self.ribbon_out):
            self.labels -= 1
            self.paper.append(self.waiting.pop(0))

    def status(self) -> bytes:
        """The three lines that answer ~HS."""
        if self.garbled is not None:
            return self.garbled
        empty, paused, full, hot = map(int, (not self.labels, self.paused, self.buffer_full, self.too_hot))
        first = f"030,{empty},{paused},0150,{len(self.waiting):03},{full},0,0,000,0,0,{hot}"
        second = f"001,0,{int(self.head_open)},{int(self.ribbon_out)},1,2,6,0,00000000,1,000"
        return b"".join(b"\x02" + text.encode() + b"\x03\r\n" for text in (first, second, "1234,0"))
