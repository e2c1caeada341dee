"""The service under measurement, in a process of its own, as `cellcustody serve` runs it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from inventory.app import create_app, serve
from inventory.services.site import open_site
from inventory.store.settings import PREFIX, Settings
from tests.bench.load import HOST

_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_PEAK = re.compile(r"VmHWM:\s+([0-9]+) kB")


class ServiceBrokenError(Exception):
    """The service did not start, or ended while it was measured."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    process: subprocess.Popen[bytes]
    port: int

    def peak_megabytes(self) -> float | None:
        """The most memory it has held so far (VmHWM, proc(5)); None where the system does not tell."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = _PEAK.search(status.read_text()) if status.exists() else None
        return int(found[1]) / 1024 if found else None

    def cpu_seconds(self) -> float:
        """The processor time used so far (utime and stime, proc(5)); 0 where the system does not tell."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            return 0.0
        # The name in brackets may hold blanks; after it, utime is field 12 and stime field 13.
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(settings: Settings) -> Iterator[Service]:
    """The study of these settings, served until the end of the block.

    Raises:
        ServiceBrokenError: it did not start.
    """
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.service", str(port)], env=_environment(settings)
    )
    try:
        _await_start(process, port)
        yield Service(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(settings: Settings) -> dict[str, str]:
    told = {
        "ENV": settings.environment.value,
        "HOME": str(settings.home),
        "KEYS": str(settings.keys),
        "DATABASE_URL": settings.database_url,
    }
    return {**os.environ, **{PREFIX + name: value for name, value in told.items()}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _await_start(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise ServiceBrokenError(f"The service ended with status {process.returncode}.")
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ServiceBrokenError(f"The service did not answer within {_START_SECONDS:.0f} s.")


async def _serve(port: int) -> None:
    await serve(create_app(await open_site(Settings.from_environment(os.environ))), HOST, port)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
