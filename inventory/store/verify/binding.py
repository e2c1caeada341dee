"""Step 7: whether the logs belong together: heads committed to, and acts of which each log has its half."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding
from inventory.store.verify.vault_keys import derived, mac, opens


def check_binding(logs: Sequence[Log], secrets: Sequence[bytes]) -> Iterator[Finding]:
    """Walk both logs together: the vault's size behind each commitment is not told, but it never shrinks."""
    if not secrets:
        return
    open_log, vault = logs
    committers = [mac(derived(secret, "commit")) for secret in secrets]
    heads = vault.tree.heads()
    head = next(heads)
    for index, commitment in enumerate(open_log.commitments):
        while not opens(commitment, committers, f"vault head\0{index}", head):
            following = next(heads, None)
            if following is None:
                sentence = f"Entry {index} commits to a head that the vault did not have then."
                yield Finding("7 binding", "open", index, sentence)
                return
            head = following


def check_halves(logs: Sequence[Log]) -> Iterator[Finding]:
    """Of an act that stands in both logs there are both halves: without this, one log could be cut alone."""
    open_log, vault = logs
    if not vault.opened:
        return
    left = dict(open_log.halves)
    for index, (pair, said) in vault.halves.items():
        wrong = _wrong_with(pair, said, open_log, left)
        if wrong:
            sentence = f"Entry {index} is the vault's half of entry {pair} of the open log, {wrong}."
            yield Finding("7 binding", "vault", index, sentence)
            return
        del left[pair]
    for index in left:
        yield Finding(
            "7 binding", "open", index, f"Entry {index} has a half in the vault that is not stored."
        )
        return


def _wrong_with(pair: Any, said: bytes, open_log: Log, left: Mapping[int, tuple[Any, bytes]]) -> str | None:
    if type(pair) is not int or not 0 <= pair < open_log.tree.size:
        return "which is not stored"
    if pair not in open_log.halves:
        return "which has none"
    if pair not in left:
        return "as another entry is"
    return None if left[pair][1] == said else "and says something else of the act"
