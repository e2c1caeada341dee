"""A real IPP printer for tests: CUPS' own `ippeveprinter`, on a private bus because this machine has no Avahi."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from labels.printers import IppPrinter
from labels.printers import ipp_messages as ipp

COMMAND = "ippeveprinter"
WHERE = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


def find_or_install() -> tuple[str, str] | None:
    """`ippeveprinter` and `dbus-daemon`, installed where that is possible (root and apt); None where it is not."""
    found = shutil.which(COMMAND, path=WHERE), shutil.which("dbus-daemon", path=WHERE)
    if not all(found) and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "cups-ipp-utils", "dbus"]
        subprocess.run(packages, check=False, capture_output=True, timeout=180)
        found = shutil.which(COMMAND, path=WHERE), shutil.which("dbus-daemon", path=WHERE)
    return (found[0], found[1]) if found[0] and found[1] else None


@dataclass
class IppServer:
    """A printer that keeps what it was sent in `spool`; `command` is run for each job and may fail."""

    spool: Path
    port: int
    printer: subprocess.Popen[bytes]
    bus: subprocess.Popen[bytes]

    def client(self, **changes: object) -> IppPrinter:
        quick: dict[str, object] = {"answer_seconds": 3.0, "patience": 5.0, "pause": 0.05}
        return IppPrinter("localhost", self.port, "/ipp/print", **(quick | changes))

    def spooled(self) -> list[Path]:
        return sorted(path for path in self.spool.iterdir() if path.suffix in {".png", ".pdf"})

    def told_to_cancel(self, job: int) -> bool:
        """Whether the printer says of its job that somebody had it cancelled; it ends at its command's end."""
        state = self.client()._ask(ipp.Operation.GET_JOB_ATTRIBUTES, [(ipp.INTEGER, "job-id", job)])
        return bool(
            {"processing-to-stop-point", "job-canceled-by-user"} & set(state.words("job-state-reasons"))
        )

    def stop(self) -> None:
        for process in (self.printer, self.bus):
            process.terminate()
            process.wait(10)
        assert self.bus.stdout is not None
        self.bus.stdout.close()


def start(
    parts: tuple[str, str], folder: Path, formats: str = "image/png,application/pdf", command: str = ""
) -> IppServer:
    """Start one, and wait until it answers."""
    if not command:
        # Without a command of its own it pretends to print for some seconds, at random.
        (folder / "prints").write_text("#!/bin/sh\nexit 0\n")
        (folder / "prints").chmod(0o755)
    spool = folder / "spool"
    spool.mkdir()
    bus = subprocess.Popen([parts[1], "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE)
    assert bus.stdout is not None
    address = bus.stdout.readline().decode().strip()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # The name has to be one that it can listen on twice, by IPv4 and IPv6: an address alone it refuses.
    arguments = [
        parts[0],
        "-r",
        "off",
        "-n",
        "localhost",
        "-p",
        str(port),
        "-d",
        str(spool),
        "-k",
        "-f",
        formats,
    ]
    arguments += ["-c", command or str(folder / "prints")]
    environment = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": address}
    with (folder / "printer.log").open("wb") as out:
        printer = subprocess.Popen(
            [*arguments, "-v", "Label printer"], env=environment, stdout=out, stderr=out
        )
    server = IppServer(spool, port, printer, bus)
    deadline = time.monotonic() + 15
    while server.client().trouble() is not None:
        if time.monotonic() > deadline or printer.poll() is not None:
            server.stop()
            raise RuntimeError((folder / "printer.log").read_text("utf-8", "replace"))
        time.sleep(0.05)
    return server
