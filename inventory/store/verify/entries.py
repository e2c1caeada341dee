"""Step 1: each log's entries from the first to the last, and what the later steps need of them."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from sys import intern
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from inventory.store.verify.leaf import encoded, read_leaf
from inventory.store.verify.report import Finding, Rows
from inventory.store.verify.roles import Held
from inventory.store.verify.tree import Tree
from inventory.store.verify.vault_keys import unsealed

SAMPLE: Final = 1_000  # every so many leaves rfc8785 re-encodes one: it takes 88 µs, our own check about 10
_KEY_LOST: Final = "study-replace-signing-keys"
_KEY_CHANGES: Final = ("study-rotate-signing-keys", _KEY_LOST)
_SAID_BY_BOTH: Final = ("action", "item", "by", "role", "with", "occurred_at", "recorded_at")
_FOUND_UNDER_PARENT: Final = frozenset(
    {
        "kit", "syringe", "deviation", "excursion", "alert", "contents", "task", "unblinding", "envelope", "job",
        "label", "query",
    }
)  # fmt: skip
TEMPLATE: Final = "template"
_FILES: Final = {
    "lot-record-results": ("document", "certificate"),
    "shipment-receive": ("readings",),
    "place-measure": ("readings",),
    "excursion-open": ("readings",),
}
"""By action, what in its evidence names a file by digest. What else has a digest never lies here."""
_INSTANT: Final = re.compile(r"[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_VAULT_ENTRIES: Final = (
    'SELECT e."index", e.leaf_hash, e.recorded_at, s.key_id, s.nonce, s.ciphertext FROM vault_entry e'
    ' LEFT JOIN sealed_leaf s ON s.leaf_hash = e.leaf_hash ORDER BY e."index"'
)
Entry = Sequence[Any]
"""Of a stored entry: index, leaf hash, recorded_at, leaf; in the vault what is wrong with its seal, or None."""


class Log:
    """One log while it is read: its tree so far, and what the later steps need of its leaves."""

    def __init__(self, name: str, study: Any, held: Held, *, opened: bool) -> None:
        self.name, self.study, self.opened = name, study, opened
        self._held = held
        self.tree = Tree()
        self.recorded_at = ""
        self.instants: list[str] = []
        self.fault: Finding | None = None
        self.touched: dict[tuple[str, str], int] = {}
        self.about: dict[str, array[int]] = defaultdict(lambda: array("q"))
        self.acted_on: dict[str, array[int]] = defaultdict(lambda: array("q"))
        self.parents: dict[tuple[str, Any], Any] = {}
        self.recipients: dict[tuple[str, str], Sequence[Any]] = {}
        self.refusals: list[tuple[int, str, str]] = []
        self.commitments: list[str] = []
        self.authors: list[str] = []
        self.without_role: list[tuple[int, str, str]] = []
        self.halves: dict[int, tuple[Any, bytes]] = {}
        self.changes: list[tuple[int, Mapping[str, Any]]] = []
        self.replaced: dict[int, tuple[str, str, str]] = {}
        self.files: dict[str, tuple[int, str]] = {}

    def check(self, entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
        """The leaves, in order, until the first entry that fails step 1; that one becomes `fault`."""
        for expected, entry in enumerate(entries):
            try:
                leaf = self._checked(expected, *entry)
            except (ValueError, RecursionError) as error:
                self.fault = Finding("1 entries", self.name, expected, f"Entry {expected}: {error}")
                return
            if leaf is not None:
                yield leaf

    def _checked(
        self,
        expected: int,
        index: Any,
        leaf_hash: Any,
        recorded_at: Any,
        data: Any,
        broken: str | None = None,
    ) -> dict[str, Any] | None:
        """The decoded leaf of a sound entry, or None for one that is sealed and cannot be opened (step 1).

        Raises ValueError with a sentence that says what is wrong with it.
        """
        if index != expected:  # (1a)
            raise ValueError(f"it is missing; the next index stored is {index}.")
        if type(recorded_at) is not str or not _is_instant(recorded_at):  # (1b)
            raise ValueError(f"its recorded_at is not an instant in UTC: {recorded_at!r}.")
        if recorded_at < self.recorded_at:
            before = f"before the entry before it ({self.recorded_at})"
            raise ValueError(f"it was recorded at {recorded_at}, {before}.")
        if type(leaf_hash) is not bytes or len(leaf_hash) != 32:
            raise ValueError("its leaf hash is not 32 bytes.")
        if broken:  # (1c)
            raise ValueError(broken)
        leaf = None
        if self.opened:
            if type(data) is not bytes or sha256(b"\x00" + data).digest() != leaf_hash:  # (1d)
                raise ValueError("its leaf does not have its leaf hash.")
            leaf = read_leaf(data)  # (1e)
            if expected % SAMPLE == 0 and rfc8785.dumps(leaf) != data:
                raise ValueError("its leaf is not what rfc8785 writes.")
            study = leaf.get("study") if self.study is None else self.study
            place = study, self.name, expected, recorded_at
            _check_place(leaf, place)  # (1f)
            self._note(leaf, expected)
        self.tree.leaves += leaf_hash
        self.recorded_at = recorded_at
        self.instants.append(recorded_at)
        return leaf

    def _note(self, leaf: dict[str, Any], index: int) -> None:
        try:
            codes = self._about(leaf, index)
            for code in codes:
                self.about[code].append(index)
            if leaf["item"] not in codes:
                self.acted_on[str(leaf["item"])].append(index)
            for name in _FILES.get(leaf.get("action", ""), ()):
                if digest := (leaf["evidence"] or {}).get(name):
                    self.files.setdefault(digest, (index, name))
            _check_signatures(leaf)
            if leaf["refusals"] is not None:
                self.refusals.append((index, str(leaf["by"]), leaf["refusals"]))
            self.authors.append(intern(leaf["by"]))
            self._note_roles(leaf, index)
            self._note_half(leaf, index)
            if self.name == "open":
                self.commitments.append(leaf["vault"])
            if leaf.get("action") in _KEY_CHANGES:
                named = [change["now"]["facts"] for change in leaf["changes"] if change["kind"] == "study"]
                self.changes.append((index, named[0] if named else {}))
                if leaf["action"] == _KEY_LOST:
                    self.replaced[index] = leaf["recorded_at"], leaf["by"], leaf["with"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"its leaf lacks what every leaf states ({error!r}).") from error

    def _note_roles(self, leaf: Mapping[str, Any], index: int) -> None:
        """Whether its author had the role then, by the entries before; and the roles that it gives."""
        by, role, at = leaf["by"], leaf["role"], leaf["recorded_at"]
        if not self._held.had(by, role, at):
            self.without_role[:] = self.without_role or [(index, by, role)]
        for change in leaf["changes"]:
            if change["kind"] == "person" and "roles" in change["now"].get("facts", ()):
                self._held.note(change["code"], change["now"]["facts"]["roles"] or (), at)

    def _note_half(self, leaf: Mapping[str, Any], index: int) -> None:
        """Of an act that stands in both logs: the entry that the vault's half names, and what both halves say."""
        if self._half(leaf):
            self.halves[index] = leaf.get("pair"), _digest({name: leaf[name] for name in _SAID_BY_BOTH})

    def _half(self, leaf: Mapping[str, Any]) -> bool:
        """Whether the act stands in the other log as well."""
        return leaf["paired"] is not False if self.name == "open" else leaf["pair"] is not None

    def _about(self, leaf: Mapping[str, Any], index: int) -> set[str]:
        """What a leaf is found under: what it changes and tells of, and what that belongs to."""
        thing = leaf["action"].split("-", 1)[0], leaf["item"]
        codes = {leaf["item"]} if leaf["evidence"] or not self._half(leaf) else set()
        if (
            thing in self.touched
        ):  # what is acted on belongs where it belonged before, whether it changes or not
            codes |= {leaf["item"], *self._belongs_to(thing)}
        for change in leaf["changes"]:
            thing = str(change["kind"]), str(change["code"])
            self.touched[thing] = index
            facts = self._learnt(thing, change["now"])
            if thing[0] == TEMPLATE and facts.get("digest"):
                self.files.setdefault(facts["digest"], (index, TEMPLATE))
            codes |= {thing[1], *self._belongs_to(thing)}
            if self.parents.get(thing):
                known = (change["was"] or {}).get("facts", {}).get("entitled") or ()
                named = facts.get("entitled") or ()
                codes.update(f"entitled {person}" for person in named if person not in known)
        return {code for code in codes if code}

    def _learnt(self, thing: tuple[str, str], now: Mapping[str, Any]) -> Mapping[str, Any]:
        """The facts of a change; what of it says where a thing belongs is kept."""
        facts: Mapping[str, Any] = now.get("facts", {})
        kind, code = thing
        if kind in _FOUND_UNDER_PARENT:
            if "parent" in now:
                self.parents[thing] = now["parent"]
            if "recipients" in facts:
                self.recipients[thing] = facts["recipients"] or ()
            if kind == "syringe" and "given_to" in facts:
                self.parents["given", code] = facts["given_to"]
            elif kind == "label" and "thing" in facts:
                self.parents["thing", code] = facts["thing"]
        return facts

    def _belongs_to(self, thing: tuple[str, str]) -> Iterator[Any]:
        """What a thing hangs on, and whose history tells of it: recipients, who a syringe was meant for or given to."""
        kind, code = thing
        parent = self.parents.get(thing)
        if parent:
            yield parent
            yield from self.recipients.get(thing, ())
        if parent and kind == "syringe":
            yield from (self.parents.get(("kit", parent)), self.parents.get(("given", code)))
        elif parent and kind == "label":
            yield self.parents.get(("thing", code))


def _is_instant(text: str) -> bool:
    """Whether this is an instant in UTC as entries state it, of a day that the calendar has."""
    try:
        return bool(_INSTANT.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


def _check_signatures(leaf: Mapping[str, Any]) -> None:
    """The signatures of an entry, if it has any, sign what it says (step 1g); ValueError where they do not."""
    if "signed" in leaf:
        told = {name: leaf[name] for name in ("action", "item", "occurred_at", "evidence")}
        if leaf["signed"]["digest"] != _digest(told).hex():
            raise ValueError("its signatures sign something else than it says.")


def _digest(told: Mapping[str, Any]) -> bytes:
    """SHA-256 of what a leaf says."""
    # Part of a leaf that is canonical, so this is what rfc8785 would write, in a tenth of the time.
    return sha256("".join(encoded(told, 0)).encode()).digest()


def _check_place(leaf: Mapping[str, Any], place: tuple[Any, ...]) -> None:
    said = leaf.get("study"), leaf.get("log"), leaf.get("index"), leaf.get("recorded_at")
    # The type too: in Python, true is 1.
    if said != place or type(said[2]) is not int:
        names = ("study", "log", "index", "recorded_at")
        for name, one, two in zip(names, said, place, strict=True):
            if one != two or type(one) is not type(two):
                raise ValueError(f"its leaf says {name} = {one!r}, and its place says {two!r}.")


def vault_entries(rows: Rows, sealers: Mapping[str, AESGCM]) -> Iterator[Entry]:
    """The vault's entries with their leaves unsealed, as far as a key was given (step 1c)."""
    for index, leaf_hash, recorded_at, key_id, nonce, ciphertext in rows(_VAULT_ENTRIES):
        leaf, broken = None, None
        if ciphertext is None:
            broken = "its sealed leaf is missing."
        elif sealers:
            leaf, broken = unsealed(sealers.get(key_id), key_id, nonce, ciphertext, leaf_hash)
        yield index, leaf_hash, recorded_at, leaf, broken
