"""What an agent remembers of a job on its own disk, so that it knows after a crash what may have come out.

Rules this module keeps:
- A label is begun in the journal before its first byte goes to the printer, and ended after the printer told what
  became of it; both are on the disk before anything else happens.
- A label that was begun and not ended is in doubt. What is not in the journal at all was not begun.
- What a crash cut off was not written. It is taken away before the next line is, which could not be read behind it.
- A report is on the disk before it is sent, with its key: sent again after a crash it is the same report, and nothing
  is printed any more of a job that was reported.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class JobJournal:
    """The journal of one claim of a job: `claim` tells it from another claim of the same job."""

    file: Path
    claim: str
    begun: list[str] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    report: tuple[str, dict[str, str | int]] | None = None

    @property
    def doubtful(self) -> list[str]:
        """The labels that were begun and of which it is not known that they came out."""
        return [label for label in self.begun if label not in self.came]

    def key(self, act: str) -> str:
        """The idempotency key of a report about this claim."""
        return f"{self.file.stem}.{self.claim}.{act}"

    def begin(self, label: str) -> None:
        """The label goes to the printer now."""
        self._write({"begun": label})
        self.begun.append(label)

    def end(self, label: str) -> None:
        """The label came out."""
        self._write({"came": label})
        self.came.append(label)

    def take_back(self, label: str) -> None:
        """The printer took nothing of the label after all."""
        self._write({"not_begun": label})
        self.begun.remove(label)

    def decide(self, action: str, evidence: dict[str, str | int]) -> None:
        """That is what will be reported, and nothing else."""
        self._write({"report": action, "evidence": evidence})
        self.report = action, evidence

    def forget(self) -> None:
        """The service knows everything: the journal is not needed any more."""
        self.file.unlink(missing_ok=True)
        _to_disk(self.file.parent)

    def _write(self, line: dict[str, Any]) -> None:
        with self.file.open("ab") as out:
            out.write(json.dumps(line).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())


@dataclass(frozen=True, slots=True)
class Journal:
    """The folder with one file a job."""

    folder: Path

    def of(self, job: str) -> JobJournal | None:
        """What is remembered of a job, to be gone on with; None where nothing is, or it cannot be read."""
        file = self.folder / f"{job}.jsonl"
        if not file.exists():
            return None
        lines = _lines(_whole(file))
        if not lines or "claim" not in lines[0]:
            return None
        journal = JobJournal(file, str(lines[0]["claim"]))
        for line in lines[1:]:
            if "begun" in line:
                journal.begun.append(str(line["begun"]))
            elif "came" in line:
                journal.came.append(str(line["came"]))
            elif "report" in line:
                journal.report = str(line["report"]), dict(line["evidence"])
            elif str(line.get("not_begun")) in journal.begun:
                journal.begun.remove(str(line["not_begun"]))
        return journal

    def open(self, job: str) -> JobJournal:
        """A new journal for a claim that is about to be made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{job}.jsonl"
        file.unlink(missing_ok=True)
        journal = JobJournal(file, secrets.token_hex(8))
        journal._write({"claim": journal.claim})  # noqa: SLF001  (its first line)
        _to_disk(self.folder)
        return journal


def _whole(file: Path) -> bytes:
    """The lines that were written whole; what a crash cut off behind them is cut off the file as well."""
    with file.open("r+b") as kept:
        data = kept.read()
        whole = data[: data.rfind(b"\n") + 1]
        if whole != data:
            kept.truncate(len(whole))
            os.fsync(kept.fileno())
    return whole


def _lines(whole: bytes) -> list[dict[str, Any]]:
    """What the lines say; nothing where one of them cannot be read: a label may have been begun in it."""
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except ValueError:
        return []


def _to_disk(folder: Path) -> None:
    """As `inventory.store.lasting.sync`, which is not at hand: an agent's host has nothing of the store."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
