"""Which keys signed a log one after another, as its own entries say: for exports, and for who checks them.

The open log's entry of a change names the keys of both logs, the former ones first; the vault's half of it marks
where in the vault the change lies. The size at which a key gave way is the one that ends with that entry: up to
there its signature counts, and the checkpoint of that size is signed by the next key too. Where a key was lost, the
next one signs it alone: nothing but the entry says that it is the next, so whoever checks is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from inventory.domain.items import Log
from inventory.domain.lives.signing import ACTION, FORMER, IN_FORCE, REPLACED

_LOST: Final = f'{{"action":"{REPLACED}",'.encode()
_BEGINS: Final = (f'{{"action":"{ACTION}",'.encode(), _LOST)
"""How the canonical bytes of such an entry begin; where a key was lost, the first of them."""


class ChangesDisagreeError(Exception):
    """The entries do not name one row of keys; the sentence says how."""


class Chain(NamedTuple):
    """The keys of a log as text, and the size at which each but the last gave way; `lost`: where it did not vouch."""

    keys: tuple[str, ...]
    ends: tuple[int, ...]
    lost: frozenset[int] = frozenset()

    def counts(self, signed_by: Iterable[str], size: int) -> bool:
        """Whether one of these keys may have signed that many entries."""
        ends = (*self.ends, size)
        return any(key in self.keys and size <= ends[self.keys.index(key)] for key in signed_by)

    def handovers(self) -> list[tuple[int, set[str]]]:
        """Each size at which keys changed, with those that have to have signed it."""
        return [
            (end, set(self.keys[at + 1 if end in self.lost else at : at + 2]))
            for at, end in enumerate(self.ends)
        ]


def ends_in(leaves: Iterable[bytes]) -> tuple[int, ...]:
    """The sizes at which the keys of a log changed."""
    return tuple(index + 1 for index, leaf in enumerate(leaves) if leaf.startswith(_BEGINS))


def lost_in(leaves: Iterable[bytes]) -> frozenset[int]:
    """Those of them at which a key was lost."""
    return frozenset(index + 1 for index, leaf in enumerate(leaves) if leaf.startswith(_LOST))


def replacements(log: str, leaves: Iterable[bytes]) -> list[str]:
    """What an auditor has to know of a log whose key was lost, a sentence for each time."""
    return [
        replacement(log, index, orjson.loads(leaf))
        for index, leaf in enumerate(leaves)
        if leaf.startswith(_LOST)
    ]


def replacement(log: str, index: int, leaf: Mapping[str, Any]) -> str:
    """The sentence of one such entry."""
    return (
        f"Entry {index} of the {log} log ({leaf['recorded_at']}, {leaf['by']} with {leaf['with']}) names another key "
        "because one was lost. No former key vouches for the new one: compare it with what these two people have "
        "on paper."
    )


def facts_in(open_leaves: Iterable[bytes]) -> list[dict[str, Any]]:
    """What each change in the open log says of the study."""
    changes = (orjson.loads(leaf)["changes"] for leaf in open_leaves if leaf.startswith(_BEGINS))
    return [change["now"]["facts"] for told in changes for change in told if change["kind"] == "study"]


def chain(
    log: Log,
    named: Sequence[dict[str, Any]],
    ends: tuple[int, ...],
    only: str,
    lost: frozenset[int] = frozenset(),
) -> Chain:
    """The keys of that log; where none changed it is the `only` one.

    Raises:
        ChangesDisagreeError: the entries do not name one row of keys.
    """
    keys: tuple[str, ...] = (only,)
    if len(named) != len(ends):
        raise ChangesDisagreeError(
            f"the keys of the {log} log changed at other entries than the open log says"
        )
    for number, facts in enumerate(named):
        former = tuple(map(str, facts.get(FORMER[log], ())))
        if len(former) != number + 1 or (number and former != keys):
            raise ChangesDisagreeError(
                f"an entry names other former keys of the {log} log than those before it"
            )
        keys = (*former, str(facts.get(IN_FORCE[log])))
    return Chain(keys, ends, lost)
