"""Step 5, of the claims: one live kit to a participant's period, and a syringe given once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from inventory.domain.items import Item
from inventory.domain.lives.states import LIVE
from inventory.store.verify.entries import Log
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.state import State, log_of, of_the_missing
from inventory.store.verify.vault_keys import derived, mac

_ASSIGNMENT: Final = "SELECT slot, kit FROM assignment"
_ADMINISTRATION: Final = "SELECT syringe, entry_log, entry FROM administration"


def check_claims(
    rows: Rows, state: State, logs: Sequence[Log], secrets: Sequence[bytes]
) -> Iterator[Finding]:
    """One live kit to a participant's period, and a syringe given once: both stand there by keyed hash."""
    finders = [mac(derived(secret, "find")) for secret in secrets]
    slots: dict[Any, Item] = {}
    given: dict[Any, Item] = {}
    for item in state.values():
        for find in finders:
            if item.kind == "kit" and item.state in LIVE and item.parent:
                slot = find(f"slot\0{item.parent}\0{item.number('period')}")
                slots[slot, find(f"kit\0{item.code}")] = item
            elif item.kind == "syringe" and item.text("outcome") == "given" and item.state != "voided":
                log = log_of(item, logs)
                given |= {
                    (find(f"given\0{item.code}"), log.name, entry): item for entry in log.about[item.code]
                }
    if finders:
        yield from _compare_claims("assignment", slots, rows(_ASSIGNMENT), logs)
        yield from _compare_claims("administration", given, rows(_ADMINISTRATION), logs)


def _compare_claims(
    table: str, expected: Mapping[Any, Item], stored: Iterable[Sequence[Any]], logs: Sequence[Log]
) -> Iterator[Finding]:
    left = {item.key: item for item in expected.values()}
    for row in stored:
        item = expected.get(tuple(row))
        if item is None or left.pop(item.key, None) is None:
            yield Finding("5 state", None, None, f"A row of {table} is what no entry gives.")
            return
    yield from of_the_missing(left.values(), table, logs)
