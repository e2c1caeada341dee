"""`cellcustody doctor --blinding`: what a site runs, beside its own study and without touching it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from inventory.cli import main
from inventory.worlds.planted import LEAKS
from tests.blinding.conftest import LONG

OPENED: list[str] = []
"""What this process opened or connected to, while somebody watches."""

_watching = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event in {"open", "sqlite3.connect", "os.listdir", "os.scandir", "socket.connect"}:
        OPENED.append(f"{event} {arguments}")


sys.addaudithook(_watch)


@contextmanager
def watched() -> Iterator[list[str]]:
    global _watching  # an audit hook stays for as long as the process lives
    OPENED.clear()
    _watching = True
    try:
        yield OPENED
    finally:
        _watching = False


def run(home: Path, *arguments: str) -> Result:
    """The doctor beside a study whose home and database lead nowhere good."""
    env = {name: None for name in os.environ if name.startswith("CELLCUSTODY_")}
    here = {"CELLCUSTODY_HOME": str(home), "CELLCUSTODY_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    return CliRunner().invoke(main, ["doctor", *arguments], env=env | here)


@LONG
def test_a_leak_is_found_and_told_and_the_sites_own_study_is_not_touched(tmp_path: Path) -> None:
    home = tmp_path / "site's own"
    home.mkdir()
    (home / "cellcustody.sqlite").write_bytes(b"not to be opened")
    leak = next(leak for leak in LEAKS if leak.kind == "error text")
    with leak.plant(lambda _: True), watched() as opened:
        told = run(home, "--blinding", "--worlds", "2")
    assert told.exit_code == 1, told.output
    assert "IT DOES NOT HOLD" in told.stdout
    assert "its lot is on hold" in told.stdout
    assert len(opened) > 100
    assert [each for each in opened if "site's own" in each] == []
    assert [each for each in opened if each.startswith("socket.connect") and ", 9)" in each] == []
    assert sorted(path.name for path in home.iterdir()) == ["cellcustody.sqlite"]


def test_worlds_are_at_least_two(tmp_path: Path) -> None:
    assert run(tmp_path, "--blinding", "--worlds", "1").exit_code == 2
