"""A kept file that was changed in the database is told as one, and not as a defect."""

from __future__ import annotations

from inventory.store.attachments import FileChangedError
from inventory.web.problems import problem_of


def test_a_changed_file_is_told_as_one():
    problem = problem_of(FileChangedError("ab" * 32))
    assert (problem.status, problem.code) == (503, "file_changed")
    assert "ab" * 32 in problem.detail
