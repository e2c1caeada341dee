"""A command that the database failed with: it says what is true of a command, and how to find out."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing

from tests.cli.conftest import Home, said

REFUSING = "CREATE TRIGGER planted BEFORE INSERT ON open_entry BEGIN SELECT RAISE(ABORT, 'planted'); END"


def _in_the_database(home: Home, statement: str) -> None:
    with closing(sqlite3.connect(home.database)) as database:
        database.execute(statement)


def _looked_up(home: Home, sentence: str) -> str:
    """What the command that a sentence names finds, run as it stands there."""
    (named,) = re.findall(r"`cellcustody ([^`]+)`", " ".join(sentence.split()))
    told = shlex.split(named)
    shown = home.run(*told[:-1], home.folder / told[-1], by="ada")
    assert shown.exit_code == 0, said(shown)
    return (home.folder / told[-1]).read_text(encoding="utf-8")


def test_whether_it_was_recorded_is_found_out_before_a_command_is_run_again(staffed):
    _in_the_database(staffed, REFUSING)
    failed = staffed.run("user", "lock", "carla", by="ada")
    assert failed.exit_code == 3, said(failed)
    assert "did not take person-lock of carla, or could not say that it did" in failed.stderr
    assert "same key" not in failed.stderr, "a command draws a new one each time"
    assert "person-lock" not in _looked_up(staffed, failed.stderr)
    _in_the_database(staffed, "DROP TRIGGER planted")
    again = staffed.run("user", "lock", "carla", by="ada")
    assert again.exit_code == 0, said(again)
    assert "person-lock" in _looked_up(staffed, failed.stderr)
