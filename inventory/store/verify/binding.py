"""Step 7: whether each open entry commits to a head that the vault had then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
