"""Step 5: whether the stored things are what replaying the entries gives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inventory.domain.entries import ReplayError, replay
from inventory.domain.items import Item
from inventory.store.verify.entries import Log
from inventory.store.verify.leaf import encoded
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.vault_keys import Mac, derived, mac, octets, unsealed

_ITEM_COLUMNS: Final = ("code", "kind", "state", "parent", "place", "due", "facts", "entry")
_ITEMS: Final = {
    "item": "SELECT code, kind, state, parent, place, due, facts, entry FROM item ORDER BY code",
    "vault_item": "SELECT code, kind, state, parent, place, due, facts, entry, key_id, nonce, ciphertext"
    " FROM vault_item ORDER BY code",
}
_SEALED_ITEMS: Final = "SELECT key, kind, key_id, nonce, ciphertext FROM sealed_item ORDER BY key"
_OCCUPANCY: Final = "SELECT position, vial FROM occupancy"
State = Mapping[tuple[Any, str], Item]


def replay_of(
    leaves: Sequence[Iterator[dict[str, Any]]], logs: Sequence[Log]
) -> tuple[State, Finding | None]:
    """The state that the leaves give, or the first entry that does not follow from those before it."""
    state: State = {}
    finding = None
    try:
        state = replay(*leaves)
    except (ReplayError, KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        log = next((log for log in reversed(logs) if log.tree.size), logs[0])
        finding = Finding(
            "5 state", log.name, log.tree.size - 1, f"The changes of an entry do not follow: {error}."
        )
    for rest in leaves:
        # Step 1 goes on to the end of both logs, whatever the changes say.
        for _ in rest:
            pass
    return state, finding


def check_profile(opened: Item | None, given: str | None) -> Iterator[Finding]:
    """Whether the study was opened with the profile that was given: by another, roles and days were judged wrongly."""
    named = opened.text("profile") if opened else given
    if named != given:
        sentence = (
            f"The study was opened with profile {named}, and the one given here is {given}. Where that is the study's "
            "own, this entry was written anew."
        )
        yield Finding("5 state", "open", 0, sentence)


def check_state(
    rows: Rows, state: State, logs: Sequence[Log], sealers: Mapping[str, AESGCM], secrets: Sequence[bytes]
) -> Iterator[Finding]:
    """The rows of things, on each shelf, and where vials lie: the first that differs from what replay gives."""
    finders = [mac(derived(secret, "find")) for secret in secrets]
    expected: dict[str, dict[tuple[str, str], Item]] = {"open": {}, "vault": {}, "sealed": {}}
    for item in state.values():
        expected[item.shelf.value][item.kind.value, item.code] = item
    yield from _compare("item", expected["open"], _plain_rows(rows, "item"), logs)
    if logs[1].opened:
        stored = (_opened_row(row, sealers, finders) for row in _plain_rows(rows, "vault_item"))
        yield from _compare("vault_item", expected["vault"], stored, logs)
        yield from _compare("sealed_item", expected["sealed"], _sealed_rows(rows, sealers), logs)
        yield from _check_occupancy(rows, expected["vault"])


Stored = Mapping[str, Any]


def _plain_rows(rows: Rows, table: str) -> Iterator[Stored]:
    for row in rows(_ITEMS[table]):
        stored = dict(zip(_ITEM_COLUMNS, row[: len(_ITEM_COLUMNS)], strict=True))
        stored["seal"] = tuple(row[len(_ITEM_COLUMNS) :])
        yield stored


def _written(facts: Mapping[str, Any]) -> str:
    """The one text that stands for these facts in a row: statements look for parts of it, so no other will do."""
    return "".join(encoded(facts, 0))


def _opened_row(row: Stored, sealers: Mapping[str, AESGCM], finders: Sequence[Mac]) -> Stored:
    """A row of the vault as it is: of the kinds of `_SEALED_KINDS` all but the code is sealed."""
    code, (key_id, nonce, ciphertext) = row["code"], row["seal"]
    if row["kind"] not in _SEALED_KINDS:
        return (
            row if row["seal"] == (None, None, None) else _broken(row, f"{code} is sealed, and need not be.")
        )
    if (row["state"], row["due"], row["facts"]) != ("sealed", None, "{}"):
        return _broken(row, f"{code} shows what is to be sealed.")
    plain, _ = unsealed(sealers.get(key_id), key_id, nonce, ciphertext, octets(f"vault_item\0{code}"))
    try:
        opened = dict(zip(_SEALED_NAMES, json.loads(plain or b""), strict=True))
        found_by = {"parent": ("parent", opened["parent"])}
        lies = row["kind"] in {"job", "label"}
        found_by["place"] = (
            (f"lying\0{row['kind']}", opened["place"])
            if lies
            else ("given to", opened["facts"].get("given_to"))
        )
        opened["facts"] = _written(opened["facts"])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return _broken(row, f"what is sealed of {code} does not open.")
    for column, (purpose, word) in found_by.items():
        hashed = [finder(f"{purpose}\0{word}").hex() for finder in finders] if word else [None]
        if row[column] not in hashed:
            return _broken(row, f"{code} is found under what it does not belong to.")
    return {**row, **opened}


def _broken(row: Stored, sentence: str) -> Stored:
    return {**row, "code": None, "broken": sentence}


_SEALED_NAMES: Final = ("state", "parent", "place", "due", "facts")
_SEALED_KINDS: Final = frozenset({"kit", "syringe", "deviation", "alert", "job", "label", "visit", "query"})


def _sealed_rows(rows: Rows, sealers: Mapping[str, AESGCM]) -> Iterator[Stored]:
    names = ("code", "state", "parent", "place", "due", "facts")
    for key, kind, key_id, nonce, ciphertext in rows(_SEALED_ITEMS):
        plain, broken = unsealed(sealers.get(key_id), key_id, nonce, ciphertext, key)
        try:
            opened = dict(zip(names, json.loads(plain or b""), strict=True))
            yield {"kind": kind, **opened, "code": str(opened["code"]), "facts": _written(opened["facts"])}
        except (ValueError, TypeError, RecursionError):
            yield {"kind": kind, "code": None, "broken": broken or "it holds no item."}


def _compare(
    table: str, expected: dict[tuple[str, str], Item], stored: Iterable[Stored], logs: Sequence[Log]
) -> Iterator[Finding]:
    """The first row that is not what replay gives, or the first item without a row."""
    left = dict(expected)
    for row in stored:
        item = left.pop((row["kind"], row["code"]), None)
        if item is None:
            sentence = row.get("broken") or f"no entry made {row['kind']} {row['code']}."
            yield Finding("5 state", None, None, f"A row of {table}: {sentence}")
            return
        log, entry = last_entry(item, logs)
        replayed = {name: getattr(item, name) for name in ("state", "parent", "place", "due")}
        replayed |= {"facts": _written(dict(item.facts)), "entry": entry}
        for name, value in replayed.items():
            if row.get(name, value) != value:
                what = f"{item.kind.value} {item.code} has {name} = {row[name]!r} in {table}"
                yield Finding("5 state", log, entry, f"{what}, and replay gives {value!r}.")
                return
    yield from of_the_missing(left.values(), table, logs)


def of_the_missing(missing: Iterable[Item], table: str, logs: Sequence[Log]) -> Iterator[Finding]:
    """What to say of the first thing that replay gives and the table has not."""
    for item in missing:
        log, entry = last_entry(item, logs)
        yield Finding("5 state", log, entry, f"{item.kind.value} {item.code} has no row in {table}.")
        return


def last_entry(item: Item, logs: Sequence[Log]) -> tuple[str, int]:
    """The log and index of the entry that changed a thing last."""
    log = log_of(item, logs)
    return log.name, log.touched[item.kind.value, item.code]


def log_of(item: Item, logs: Sequence[Log]) -> Log:
    """The log whose entries change that thing."""
    return logs[0] if item.shelf.value == "open" else logs[1]


def _check_occupancy(rows: Rows, vault: Mapping[tuple[str, str], Item]) -> Iterator[Finding]:
    lying = {(item.place, item.code) for item in vault.values() if item.kind.value == "vial" and item.place}
    stored = {tuple(row) for row in rows(_OCCUPANCY)}
    for position, vial in sorted(lying ^ stored, key=str):
        where = "in occupancy alone" if (position, vial) in stored else "in the entries alone"
        yield Finding("5 state", "vault", None, f"Vial {vial} at position {position} stands {where}.")
        return
