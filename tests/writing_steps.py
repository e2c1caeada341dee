"""What the writer waits for in each batch: statements, those asked at once as one, and the tables it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.store.batch import Batch
from inventory.store.script import AtOnce, Fetch, Step, Write

if TYPE_CHECKING:
    import pytest


def _told(step: Step) -> str:
    if isinstance(step, AtOnce):
        return "; ".join(fetch.sql for fetch in step.fetches)
    if isinstance(step, Fetch):
        return step.sql
    assert isinstance(step, Write)
    return str([one.table.name for one in step.inserts])


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
                found[-1].append(_told(step))
                rows = yield step
        except StopIteration as done:
            return done.value

    monkeypatch.setattr(Batch, "script", watching)
    return found
