"""Step 5, of histories: whether each entry is found under everything that it is about, and under nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.vault_keys import derived, mac

_SUBJECTS: Final = {
    "open": 'SELECT subject, "index" FROM open_subject ORDER BY subject, "index"',
    "vault": 'SELECT subject, "index" FROM vault_subject ORDER BY subject, "index"',
}


def check_subjects(rows: Rows, logs: Sequence[Log], secrets: Sequence[bytes]) -> Iterator[Finding]:
    """A history is read by what its entries are found under: one left out is hidden, one put there is another's."""
    open_log, vault = logs
    yield from _compare_subjects(open_log, {code: code for code in _codes(open_log)}, rows(_SUBJECTS["open"]))
    finders = [mac(derived(secret, "find")) for secret in secrets]
    named = {find(f"subject\0{code}"): code for code in _codes(vault) for find in finders}
    if finders:
        yield from _compare_subjects(vault, named, rows(_SUBJECTS["vault"]))


def _codes(log: Log) -> set[str]:
    return {*log.about, *log.acted_on}


def _compare_subjects(
    log: Log, named: Mapping[Any, str], stored: Iterable[Sequence[Any]]
) -> Iterator[Finding]:
    left: dict[str, Sequence[int]] = dict(log.about)
    for subject, group in groupby(stored, itemgetter(0)):
        found = {index for _, index in group}
        if not all(type(index) is int and 0 <= index < log.tree.size for index in found):
            yield Finding("5 state", log.name, None, f"A row of {log.name}_subject names no entry.")
            return
        code = named.get(subject, "")
        # An act may be told in one log of what it was done to in the other: either may be found under that.
        more = found.difference(log.about.get(code, ()), log.acted_on.get(code, ()))
        if more:
            index, under = min(more), code or "a code that no entry names"
            sentence = f"Entry {index} is found under {under}, and is not about it."
            yield Finding("5 state", log.name, index, sentence)
            return
        if code in left:
            left[code] = [index for index in left[code] if index not in found]
    for index, code in sorted((rest[0], code) for code, rest in left.items() if rest)[:1]:
        yield Finding("5 state", log.name, index, f"Entry {index} is not found under {code}.")
