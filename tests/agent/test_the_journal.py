"""What an agent remembers of a job, whatever was cut off while it was written."""

from __future__ import annotations

from pathlib import Path

from inventory.agent.journal import Journal


def test_a_journal_remembers_what_was_written_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j").open("J1")
    journal.begin("a")
    journal.end("a")
    journal.begin("b")
    file = journal.file
    with file.open("ab") as out:
        out.write(b'{"came": "b"')
    read = Journal(tmp_path / "j").of("J1")
    assert read is not None
    assert (read.came, read.doubtful, read.claim) == (["a"], ["b"], journal.claim)
    assert Journal(tmp_path / "j").of("J2") is None
    file.write_bytes(b"")
    assert Journal(tmp_path / "j").of("J1") is None


def test_a_line_that_was_cut_off_anywhere_swallows_no_line_after_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path).open("J1")
    claimed = len(journal.file.read_bytes())
    journal.begin("a")
    journal.end("a")
    written = journal.file.read_bytes()
    for cut in range(claimed, len(written) + 1):
        journal.file.write_bytes(written[:cut])
        again = Journal(tmp_path).of("J1")
        assert again is not None
        again.begin("b")
        last = Journal(tmp_path).of("J1")
        assert last is not None
        assert (last.begun, last.came) == (again.begun, again.came), cut
        assert last.doubtful[-1] == "b"


def test_a_journal_with_a_line_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path).open("J1")
    with journal.file.open("ab") as out:
        out.write(b'{"begun": "a{"begun": "a"}\n')
    journal.end("a")
    assert Journal(tmp_path).of("J1") is None
