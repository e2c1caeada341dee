"""The tests' own PostgreSQL: it dies with us, and its absence is said by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import not_run
from tests.postgres import find_binaries

STARTS_A_SERVER = """
import time
from tests.postgres import PostgresServer, find_binaries
async def nothing(*_): pass
server = PostgresServer(find_binaries())
server.start(nothing)
print(server._process.pid, server._folder, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_server_dies_with_its_tests_even_when_they_are_killed():
    if find_binaries() is None:
        not_run("PostgreSQL")
    parent = subprocess.Popen([sys.executable, "-c", STARTS_A_SERVER], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    assert Path(f"/proc/{pid}").exists()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while (Path(folder) / "data" / "postmaster.pid").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not (Path(folder) / "data" / "postmaster.pid").exists()
    subprocess.run(["rm", "-r", folder], check=True)


def pytest_without_postgresql(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "indexes_are_there",
         "tests/store/test_schema.py"],
        env={**os.environ, "CELLCUSTODY_TEST_PG_BIN": "/absent", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip


def test_what_is_not_run_is_said_by_name():
    done = pytest_without_postgresql(CI="")
    assert done.returncode == 0
    assert "1 not run" in done.stdout
    name = "tests/store/test_schema.py::test_the_indexes_are_there[postgresql]"
    assert f"{name}: PostgreSQL is missing" in done.stdout


def test_with_ci_what_is_not_run_is_a_failure():
    done = pytest_without_postgresql(CI="true")
    assert done.returncode == 1
    assert "with CI=true every test has to run" in done.stdout
