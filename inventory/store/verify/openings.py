"""Step 8: whether what the open log committed to opens to what the vault holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from inventory.domain.items import Item
from inventory.store.verify.report import Finding
from inventory.store.verify.tree import Tree
from inventory.store.verify.vault_keys import Mac, derived, mac


def check_openings(state: Mapping[tuple[Any, str], Item], secrets: Sequence[bytes]) -> Iterator[Finding]:
    """Open what the open log committed to, with each key brought along, and compare with the vault's state."""
    committers = [mac(derived(secret, "commit")) for secret in secrets]
    kinds: dict[str, dict[str, Item]] = {}
    for item in state.values():
        kinds.setdefault(str(item.kind), {})[item.code] = item
    if committers:
        yield from _check_list(kinds, committers)
        yield from _check_contents(kinds, committers)


def _committed(committer: Mac, purpose: str, owner: str, value: Any) -> bytes:
    told = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return sha256(committer(f"{purpose}\0{owner}") + told).digest()


def _check_list(kinds: Mapping[str, Mapping[str, Item]], committers: Sequence[Mac]) -> Iterator[Finding]:
    rows = {
        row: (stratum, arm)
        for stratum, listed in kinds.get("list", {}).items()
        for row, arm in zip_longest(listed.texts("rows"), listed.texts("arms"), fillvalue="")
    }
    for study in kinds.get("study", {}).values():
        root = study.text("list_root")
        if root and all(_list_root(each, rows).hex() != root for each in committers):
            sentence = "The randomisation list is not the one that was committed to when it was loaded."
            yield Finding("8 openings", "vault", None, sentence)
    for participant, given in kinds.get("arm", {}).items():
        if rows.get(given.text("row"), ("", ""))[1] != given.text("arm"):
            yield Finding("8 openings", "vault", None, f"The arm of {participant} is not the list's.")


def _list_root(committer: Mac, rows: Mapping[str, tuple[str, str]]) -> bytes:
    tree = Tree()
    for row, (stratum, arm) in sorted(rows.items(), key=lambda one: one[0]):
        tree.leaves += sha256(b"\0" + _committed(committer, "list row", row, [row, stratum, arm])).digest()
    return tree.root()


def _check_contents(kinds: Mapping[str, Mapping[str, Item]], committers: Sequence[Mac]) -> Iterator[Finding]:
    for code, kit in sorted(kinds.get("kit", {}).items()):
        held = kinds.get("contents", {}).get(code)
        if not kit.text("contents") or held is None:
            continue
        value = [held.texts("vials"), held.facts.get("record")]
        owner = " ".join([code, *kit.texts("prepared_at")[1:]])
        if all(
            _committed(each, "contents", owner, value).hex() != kit.text("contents") for each in committers
        ):
            yield Finding(
                "8 openings", "open", None, f"What kit {code} held is not what it was committed to."
            )
