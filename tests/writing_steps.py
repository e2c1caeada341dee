"""What the writer reads and writes for each batch: its statements, and the tables it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.store.batch import Batch
from inventory.store.script import Fetch, Step, Together, Write

if TYPE_CHECKING:
    import pytest


def _statements(step: Step) -> list[str]:
    if isinstance(step, Together):
        return [fetch.sql for fetch in step.fetches]
    if isinstance(step, Fetch):
        return [step.sql]
    return [str([one.table.name for one in step.inserts])] if isinstance(step, Write) else [step.table]


def watched(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The steps of every batch from here on, a list each."""
    found: list[list[str]] = []
    script = Batch.script

    def watching(batch: Batch) -> Any:
        steps, rows = script(batch), None
        found.append([])
        try:
            while True:
                step = steps.send(rows)
                found[-1] += _statements(step)
                rows = yield step
        except StopIteration as done:
            return done.value

    monkeypatch.setattr(Batch, "script", watching)
    return found
