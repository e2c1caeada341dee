"""An IPP printer gets the bitmap byte by byte, and what it says of itself and of its job is believed; HTTP is not."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labels import render_label
from labels.printers import Came, Fault, IppPrinter
from labels.printers import ipp_messages as ipp
from labels.printers.outcome import Outcome
from tests.conftest import not_run
from tests.labels import ipp_server
from tests.labels.ipp_server import IppServer


@pytest.fixture(scope="session")
def ipp_parts() -> tuple[str, str]:
    found = ipp_server.find_or_install()
    if found is None:
        not_run("ippeveprinter (cups-ipp-utils) or dbus-daemon")
    return found


@pytest.fixture
def started(ipp_parts: tuple[str, str], tmp_path: Path) -> Iterator[Callable[..., IppServer]]:
    running: list[IppServer] = []

    def start(**how: str) -> IppServer:
        running.append(ipp_server.start(ipp_parts, tmp_path, **how))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def label(make: Any) -> Any:
    return render_label("kit", make["kit"](), 300)


def test_the_printer_gets_the_png_byte_by_byte(started: Any, label: Any) -> None:
    server = started()
    assert server.client().print(label.image, label.dpi, "K3H7P22C.kit.1") == Outcome(Came.PRINTED)
    (spooled,) = server.spooled()
    assert spooled.read_bytes() == label.png()
    assert Image.open(BytesIO(spooled.read_bytes())).tobytes() == label.image.tobytes()
    assert "k3h7p22c" in spooled.name


def test_a_printer_without_png_gets_the_pdf_of_true_size(started: Any, label: Any) -> None:
    server = started(formats="application/pdf")
    assert server.client().print(label.image, label.dpi, "x").came is Came.PRINTED
    assert [path.read_bytes() for path in server.spooled()] == [label.pdf()]


def test_a_printer_that_takes_neither_is_refused_nothing_sent(started: Any, label: Any) -> None:
    server = started(formats="image/jpeg")
    assert server.client().print(label.image, label.dpi, "x") == Outcome(Came.NOT, Fault.REFUSED)
    assert server.spooled() == []


def test_a_busy_printer_says_so_although_http_says_200_and_nothing_is_lost(
    started: Any, label: Any, tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 2\n")
    slow.chmod(0o755)
    server = started(command=str(slow))
    first: list[Outcome] = []
    thread = threading.Thread(
        target=lambda: first.append(server.client().print(label.image, label.dpi, "first"))
    )
    thread.start()
    deadline = time.monotonic() + 5
    while not server.spooled():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    busy = server.client().print(label.image, label.dpi, "second")
    assert (busy.came, busy.fault) == (Came.NOT, Fault.BUSY)
    assert "0x0507" in busy.told
    thread.join()
    assert first == [Outcome(Came.PRINTED)]


def test_a_job_that_the_printer_gives_up_leaves_its_label_in_doubt(
    started: Any, label: Any, tmp_path: Path
) -> None:
    fails = tmp_path / "fails"
    fails.write_text("#!/bin/sh\nexit 1\n")
    fails.chmod(0o755)
    outcome = started(command=str(fails)).client().print(label.image, label.dpi, "x")
    assert (outcome.came, outcome.fault) == (Came.DOUBT, Fault.STOPPED)


def test_a_printer_out_of_labels_under_a_job_leaves_the_label_in_doubt(
    started: Any, label: Any, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.write_text("#!/bin/sh\necho 'STATE: +media-empty' >&2\nsleep 3\n")
    empty.chmod(0o755)
    server = started(command=str(empty))
    assert server.client().print(label.image, label.dpi, "x") == Outcome(Came.DOUBT, Fault.PAPER_OUT)


def test_a_job_that_never_ends_is_cancelled_and_its_label_in_doubt(
    started: Any, label: Any, tmp_path: Path
) -> None:
    stuck = tmp_path / "stuck"
    stuck.write_text("#!/bin/sh\nexec sleep 4\n")
    stuck.chmod(0o755)
    server = started(command=str(stuck))
    outcome = server.client(patience=0.5).print(label.image, label.dpi, "x")
    assert (outcome.came, outcome.fault) == (Came.DOUBT, Fault.BUSY)
    assert server.told_to_cancel(1)


def test_a_printer_that_is_off_is_unreachable(started: Any, label: Any) -> None:
    client = started().client()
    stopped = IppPrinter("localhost", 1, "/ipp/print")
    assert client.trouble() is None
    assert stopped.trouble() is Fault.UNREACHABLE
    assert stopped.print(label.image, 300, "x").fault is Fault.UNREACHABLE


def test_another_server_than_a_printer_is_unreachable(label: Any) -> None:
    class Web(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Web) as web:
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        printer = IppPrinter("127.0.0.1", web.server_address[1], "/")
        assert printer.trouble() is Fault.UNREACHABLE
        assert printer.print(label.image, 300, "x").came is Came.NOT
        web.shutdown()


def test_a_printer_that_hangs_up_in_the_middle_of_a_document_leaves_the_label_in_doubt(label: Any) -> None:
    class Falls(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = self.rfile.read(int(self.headers["Content-Length"]))
            if message[2:4] == b"\x00\x02":
                self.close_connection = True
                self.connection.close()
                return
            ready = b"\x02\x00\x00\x00" + message[4:8] + b"\x04"
            ready += ipp.encoded((ipp.MEDIA_TYPE, "document-format-supported", ["image/png"]))
            ready += ipp.encoded((ipp.ENUM, "printer-state", 3)) + b"\x03"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ready)

        def finish(self) -> None:
            try:
                super().finish()
            except ValueError:  # it closed the line itself
                return

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Falls) as web:
        threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        outcome = IppPrinter("127.0.0.1", web.server_address[1], "/").print(label.image, 300, "x")
        assert (outcome.came, outcome.fault) == (Came.DOUBT, Fault.HUNG_UP)
        web.shutdown()


def test_a_request_says_that_nothing_is_scaled() -> None:
    message = ipp.request(
        ipp.Operation.PRINT_JOB, 7, "ipp://p/x", [], [(ipp.KEYWORD, "print-scaling", "none")]
    )
    assert message[:8] == b"\x02\x00\x00\x02\x00\x00\x00\x07"
    assert message.endswith(b"\x02\x44\x00\x0dprint-scaling\x00\x04none\x03")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02",
        b"\x02\x00\x00\x00\x00\x00\x00\x01",
        b"\x02\x00\x00\x00\x00\x00\x00\x01\x01\x44\x00\x09abc",
    ],
)
def test_a_broken_answer_is_told_from_an_answer(data: bytes) -> None:
    with pytest.raises(ipp.AnswerUnreadable):
        ipp.answer(data)


def test_a_folder_takes_each_label_once(label: Any, tmp_path: Path) -> None:
    from labels.printers import FilePrinter, printer_at

    printer = printer_at(f"file://{tmp_path}?format=zpl")
    assert printer.trouble() is None
    assert printer.print(label.image, 300, "one") == Outcome(Came.PRINTED)
    assert printer.print(label.image, 300, "one") == Outcome(Came.PRINTED)
    assert (tmp_path / "one.zpl").read_bytes() == label.zpl()
    other = printer.print(label.image.rotate(180), 300, "one")
    assert (other.came, other.fault) == (Came.NOT, Fault.REFUSED)
    assert FilePrinter(tmp_path / "nowhere").print(label.image, 300, "x") == Outcome(
        Came.NOT, Fault.UNREACHABLE
    )
