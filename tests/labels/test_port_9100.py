"""A ZPL printer on port 9100 that works, and every way in which it does not: each is told, nothing prints unsaid."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from labels import render_label
from labels.printers import (
    Came,
    Fault,
    FilePrinter,
    IppPrinter,
    PrinterAddressWrong,
    RawPrinter,
    host_status,
    printer_at,
)
from labels.printers.outcome import Outcome
from tests.labels.printer9100 import Zebra
from tests.labels.test_one_bitmap_in_every_format import printed


@pytest.fixture
def zebra() -> Iterator[Zebra]:
    printer = Zebra()
    yield printer
    printer.stop()


def at(zebra: Zebra, **changes: Any) -> RawPrinter:
    quick = {"connect_seconds": 1, "answer_seconds": 0.5, "patience": 1.0, "pause": 0.01}
    return replace(RawPrinter("127.0.0.1", zebra.port), **(quick | changes))


@pytest.fixture(scope="module")
def label(make: Any) -> Any:
    return render_label("vial", make["vial"](), 300)


def sent(zebra: Zebra, label: Any, **changes: Any) -> Outcome:
    return at(zebra, **changes).print(label.image, label.dpi, "label-1")


def test_what_comes_out_is_the_bitmap_dot_by_dot(zebra: Zebra, label: Any) -> None:
    assert sent(zebra, label) == Outcome(Came.PRINTED)
    (paper,) = zebra.paper
    assert paper == label.zpl()
    assert printed(paper, *label.image.size, label.dpi).tobytes() == label.image.convert("L").tobytes()


def test_a_slow_printer_is_waited_for(zebra: Zebra, label: Any) -> None:
    zebra.slow = 5
    assert sent(zebra, label).came is Came.PRINTED
    assert zebra.asked > 5


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        (Fault.PAPER_OUT, {"labels": 0}),
        (Fault.HEAD_OPEN, {"head_open": True}),
        (Fault.RIBBON_OUT, {"ribbon_out": True}),
        (Fault.PAUSED, {"paused": True}),
        (Fault.TEMPERATURE, {"too_hot": True}),
        (Fault.BUFFER_FULL, {"buffer_full": True}),
        (Fault.SILENT, {"silent": True}),
        (Fault.UNREACHABLE, {"garbled": b"\x02PRINTER READY\x03\x02\x03\x02\x03"}),
        (
            Fault.UNREACHABLE,
            {"garbled": b"\x02a,0,0,0,x,0,0,0,0,0,0,0\x03\x020,0,0,0,0,0,0,0,0,0,0\x03\x020,0\x03"},
        ),
    ],
)
def test_nothing_is_sent_to_a_printer_that_cannot_print(
    fault: Fault, changes: dict[str, Any], zebra: Zebra, label: Any
) -> None:
    for name, value in changes.items():
        setattr(zebra, name, value)
    assert at(zebra).trouble() is fault
    outcome = sent(zebra, label)
    assert (outcome.came, outcome.fault) == (Came.NOT, fault)
    assert (zebra.paper, zebra.waiting) == ([], [])


def test_of_two_faults_the_one_to_be_mended_first_is_told(zebra: Zebra) -> None:
    zebra.head_open, zebra.labels, zebra.paused = True, 0, True
    assert at(zebra).trouble() is Fault.HEAD_OPEN


def test_a_printer_that_is_off_is_unreachable(zebra: Zebra, label: Any) -> None:
    zebra.stop()
    assert at(zebra).trouble() is Fault.UNREACHABLE
    outcome = sent(zebra, label)
    assert (outcome.came, outcome.fault) == (Came.NOT, Fault.UNREACHABLE)
    assert "refused" in outcome.told


def test_a_printer_with_another_label_in_it_is_busy(zebra: Zebra, label: Any) -> None:
    zebra.waiting, zebra.slow, zebra._left = [b"^XA^XZ"], 9, 9
    assert sent(zebra, label) == Outcome(Came.NOT, Fault.BUSY)
    assert zebra.waiting == [b"^XA^XZ"]


def test_a_roll_that_ends_under_a_label_leaves_it_in_doubt_and_it_never_comes_out_later(
    zebra: Zebra, label: Any
) -> None:
    zebra.labels, zebra.slow = 2, 1
    assert sent(zebra, label).came is Came.PRINTED
    work = zebra._work

    def runs_out() -> None:
        zebra.labels = 0 if zebra.waiting else zebra.labels
        work()

    zebra._work = runs_out
    assert sent(zebra, label) == Outcome(Came.DOUBT, Fault.PAPER_OUT)
    eventually(lambda: zebra.waiting == [])
    zebra._work = work
    zebra.load(500)
    assert len(zebra.paper) == 1


def test_the_last_label_of_a_roll_is_in_doubt_because_nobody_knows_whether_all_of_it_came(
    zebra: Zebra, label: Any
) -> None:
    zebra.labels = 1
    assert sent(zebra, label) == Outcome(Came.DOUBT, Fault.PAPER_OUT)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until the printer has read what it was sent."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("bytes_before", [10, 4000, 14_000])
def test_a_printer_that_hangs_up_half_way_leaves_the_label_in_doubt(
    bytes_before: int, zebra: Zebra, label: Any
) -> None:
    zebra.hang_up_after = bytes_before
    outcome = sent(zebra, label)
    assert (outcome.came, outcome.fault) == (Came.DOUBT, Fault.HUNG_UP)
    assert zebra.paper == []


def test_a_printer_that_falls_silent_under_a_label_leaves_it_in_doubt(zebra: Zebra, label: Any) -> None:
    answered = zebra.status

    def once() -> bytes:
        zebra.silent = True
        return answered()

    zebra.status = once
    assert sent(zebra, label) == Outcome(Came.DOUBT, Fault.SILENT)


def test_a_printer_that_never_ends_leaves_the_label_in_doubt_and_cancels_it(zebra: Zebra, label: Any) -> None:
    zebra.slow = 100_000
    assert sent(zebra, label, patience=0.2) == Outcome(Came.DOUBT, Fault.BUSY)
    eventually(lambda: zebra.waiting == [])
    assert zebra.paper == []


def test_a_printer_that_is_opened_under_a_label_leaves_it_in_doubt(zebra: Zebra, label: Any) -> None:
    zebra.slow = 3
    original = zebra.status

    def opened() -> bytes:
        zebra.head_open = bool(zebra.waiting)
        return original()

    zebra.status = opened
    assert sent(zebra, label) == Outcome(Came.DOUBT, Fault.HEAD_OPEN)


def test_the_printed_manuals_example_reads_as_it_says() -> None:
    answer = (
        b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n"
        b"\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
    )
    assert host_status.read(answer) == host_status.HostStatus(None, 0)
    assert not host_status.complete(answer[:60])
    full = answer.replace(b",000,0,0,0,000,", b",002,0,0,0,000,").replace(b",00000000,", b",00000100,")
    assert host_status.read(full).waiting == 102


@pytest.mark.parametrize(
    ("address", "printer"),
    [
        ("raw://10.0.0.5", RawPrinter("10.0.0.5", 9100)),
        ("raw://zebra.lab:9101", RawPrinter("zebra.lab", 9101)),
        ("ipp://localhost:8631/ipp/print", IppPrinter("localhost", 8631, "/ipp/print")),
        ("ipps://printer.lab/ipp/print", IppPrinter("printer.lab", 631, "/ipp/print", secure=True)),
        ("file:///tmp?format=zpl", FilePrinter.at("file:///tmp?format=zpl")),
    ],
)
def test_an_address_names_its_printer(address: str, printer: Any) -> None:
    assert printer_at(address) == printer


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zebra",
        "lpd://zebra",
        "raw://",
        "raw://zebra:port",
        "raw://zebra/queue",
        "ipp://zebra",
        "ipp:///x",
        "file:///tmp?format=gif",
    ],
)
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(PrinterAddressWrong, match="is no printer's address"):
        printer_at(address)


def test_every_fault_says_what_to_do() -> None:
    assert len({fault.code for fault in Fault}) == len({fault.sentence for fault in Fault}) == len(Fault)
    assert all(fault.sentence.endswith(".") for fault in Fault)


def test_a_connection_that_is_never_answered_is_no_answer(label: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        printer = RawPrinter("127.0.0.1", deaf.getsockname()[1], answer_seconds=0.2)
        assert printer.trouble() is Fault.SILENT
        assert printer.print(label.image, 300, "x") == Outcome(Came.NOT, Fault.SILENT)
