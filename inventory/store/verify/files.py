"""Step 10: whether each kept file is the one that it is named by, and whether what entries name is kept."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from inventory.store.verify.entries import TEMPLATE, Log
from inventory.store.verify.report import Finding, Rows

_FILES: Final = "SELECT digest, content FROM attachment ORDER BY digest"


def check_files(rows: Rows, logs: Sequence[Log]) -> tuple[list[Finding], list[str]]:
    """Every file that is not what its digest says, every template without its text, and remarks on other files.

    A template's text is kept before the entry is recorded. Of readings and certificates an entry may name the digest
    of a file that was never brought: that one is not kept is no fault of the record.
    """
    findings, remarks, kept = [], [], set()
    named = {digest: (log.name, index) for log in logs for digest, (index, _) in log.files.items()}
    for digest, content in rows(_FILES):
        name = digest.hex() if type(digest) is bytes else repr(digest)
        kept.add(name)
        if type(content) is not bytes or sha256(content).digest() != digest:
            log_name, index = named.get(name, (None, None))
            sentence = f"What is kept as the file {name} is another file."
            findings.append(Finding("10 files", log_name, index, sentence))
    for log in logs:
        missing = {digest: told for digest, told in log.files.items() if digest not in kept}
        for digest, (index, what) in missing.items():
            if what == TEMPLATE:
                sentence = f"Entry {index} names a template's text that is not kept: {digest}."
                findings.append(Finding("10 files", log.name, index, sentence))
        if others := sorted({what for _, what in missing.values()} - {TEMPLATE}):
            remarks.append(
                f"Of the files that entries of the {log.name} log name, some are not kept here and were not checked: "
                f"{', '.join(others)}."
            )
    return findings, remarks
