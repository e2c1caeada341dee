"""Step 9: whether what people were answered is remembered, and tells of the entries and refusals that there are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.vault_keys import octets, unsealed

_ANSWERS: Final = (
    "SELECT person, key, status, key_id, nonce, ciphertext FROM idempotency ORDER BY person, key"
)
_RECORDED: Final = "SELECT count(*) FROM idempotency WHERE status = 201"
_REFUSALS: Final = "SELECT person, seq, key_id, nonce, ciphertext FROM refusal"


def check_answers(rows: Rows, logs: Sequence[Log], sealers: Mapping[str, AESGCM]) -> Iterator[Finding]:
    """An answer that is gone or another lets an act be done twice, or never; what it named may be cut as well."""
    if not logs[1].opened:
        yield from _check_number(rows, logs)
        return
    told = _Told(logs)
    for person, key, status, key_id, nonce, ciphertext in rows(_ANSWERS):
        bound_to = octets(f"answer\0{person}\0{key}")
        plain, broken = unsealed(sealers.get(key_id), key_id, nonce, ciphertext, bound_to)
        wrong = broken or told.wrong_with(person, status, plain or b"")
        if wrong:
            sentence = f"What {person} was answered under the key {key!r} does not hold: {wrong}"
            yield Finding("9 answers", None, None, sentence)
            return
    for log in logs:
        index = told.named[log.name].find(0)
        if index >= 0:
            sentence = f"Entry {index} is named by no answer that is remembered."
            yield Finding("9 answers", log.name, index, sentence)
    yield from _check_refused(rows, told.refused, sealers)


def _check_number(rows: Rows, logs: Sequence[Log]) -> Iterator[Finding]:
    """Without the key: each act was answered once, and one that stands in both logs has two entries."""
    open_log, vault = logs
    acts = open_log.tree.size + vault.tree.size - len(open_log.halves)
    for (answers,) in rows(_RECORDED):
        if answers != acts:
            sentence = (
                f"The entries are of {acts} acts, and {answers} answers are remembered of acts recorded."
            )
            yield Finding("9 answers", None, None, sentence)


class _Told:
    """The entries that answers named so far, and the acts that were refused by them."""

    def __init__(self, logs: Sequence[Log]) -> None:
        self._authors = {log.name: log.authors for log in logs}
        self._instants = {log.name: log.instants for log in logs}
        self.named = {log.name: bytearray(log.tree.size) for log in logs}
        self.refused: Counter[tuple[str, ...]] = Counter()

    def wrong_with(self, person: Any, status: Any, plain: bytes) -> str | None:
        """Note what an answer tells of; the result says what is wrong with it, or None."""
        try:
            answer = json.loads(plain)
            entries = answer.get("entries", [])
            if (status, bool(entries)) not in {(201, True), (409, False)}:
                return f"it has the status {status}, and names {len(entries)} entries."
            if status == 409:
                codes = (refusal["code"] for refusal in answer["refusals"])
                self.refused[person, answer["kind"], answer["code"], *codes] += 1
            for entry in entries:
                wrong = self._wrong_with_entry(person, **entry)
                if wrong:
                    return f"entry {entry['index']} of the {entry['log']} log {wrong}."
        except (ValueError, TypeError, KeyError, AttributeError):
            return "it is no answer."
        return None

    def _wrong_with_entry(self, person: Any, log: str, index: int, recorded_at: Any) -> str | None:
        if not 0 <= index < len(self.named[log]):
            return "is not stored"
        if self._authors[log][index] != person:
            return f"is by {self._authors[log][index]}"
        if self.named[log][index]:
            return "is named by another answer too"
        if self._instants[log][index] != recorded_at:
            return f"states {self._instants[log][index]}, and was recorded at {recorded_at}"
        self.named[log][index] = 1
        return None


def _check_refused(
    rows: Rows, refused: Counter[tuple[str, ...]], sealers: Mapping[str, AESGCM]
) -> Iterator[Finding]:
    """Each answer that something was refused has its refusal, of the same person, thing and rules."""
    for person, seq, key_id, nonce, ciphertext in rows(_REFUSALS):
        bound_to = octets(f"refusal\0{person}\0{seq}")
        plain, broken = unsealed(sealers.get(key_id), key_id, nonce, ciphertext, bound_to)
        if not broken:
            kept = json.loads(plain or b"")
            refused[person, kept["action"].split("-", 1)[0], kept["code"], *kept["refusals"]] -= 1
    for (person, _, code, *_), more in sorted((+refused).items()):
        sentence = f"{person} was answered that an act on {code} was refused, and {more} such refusals are not stored."
        yield Finding("9 answers", None, None, sentence)
        return
