"""The demonstration as a process: it finds its port taken at once, and leaves nothing when it is ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LATEST = 60
"""Seconds for a seed on a slow machine."""


@contextmanager
def demonstration(folder: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`cellcustody demo` in a process of its own, whose temporary files go into that folder."""
    command = [
        sys.executable,
        "-c",
        "from inventory.cli import main; main()",
        "demo",
        "--port",
        str(port),
        *more,
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environ = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def left(folder: Path) -> list[Path]:
    return list(folder.glob("cellcustody-demo-*"))


def test_a_port_that_is_taken_is_said_before_anything_is_seeded(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with demonstration(tmp_path, other.getsockname()[1]) as process:
            told, error = process.communicate(timeout=LATEST)
    assert process.returncode == 3, error
    assert "cannot be served on" in error
    assert "Traceback" not in error
    assert told == ""
    assert left(tmp_path) == []


def _seeds(folder: Path, _: int) -> bool:
    return any(path.stat().st_size for home in left(folder) for path in home.glob("*.sqlite"))


def _serves(_: Path, port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("at_work", [_seeds, _serves], ids=["while it seeds", "while it serves"])
def test_what_it_wrote_is_gone_when_it_is_ended(tmp_path: Path, at_work: Callable[[Path, int], bool]) -> None:
    port = free_port()
    with demonstration(tmp_path, port) as process:
        until = time.monotonic() + LATEST
        while not at_work(tmp_path, port):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        told, error = process.communicate(timeout=LATEST)
    assert left(tmp_path) == []
    assert process.returncode == 0, error
    assert "Traceback" not in error
    assert "The demonstration is over." in told


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_one_story_that_is_cut_off_did_not_end_well(tmp_path: Path, sent: signal.Signals) -> None:
    with demonstration(tmp_path, free_port(), "--once") as process:
        until = time.monotonic() + LATEST
        while not _seeds(tmp_path, 0):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(sent)
        told, error = process.communicate(timeout=LATEST)
    assert process.returncode == 130, error
    assert "nothing was verified" in told
    assert "Traceback" not in error
    assert left(tmp_path) == []
