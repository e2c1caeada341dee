"""Does the stored record hold: `cellcustody verify`, by plain SQL and with code of its own.

What the writer got wrong must not be got wrong here in the same way. So this file has its own canonical
check, its own RFC 6962 root and its own reader of signed checkpoints, and shares only the replay of changes.
Keys and foreign checkpoints are brought along (`Trust`); nothing is believed because the database says it.

The procedure. Each step below bears its number in the code:

1. Entries, of each log from its first to its last:
   a. the index counts from 0 without a gap;
   b. `recorded_at` is an instant, and not before that of the entry before;
   c. a vault entry's sealed leaf opens (AES-256-GCM, bound to the leaf hash); without the key this and the
      rest of step 1 are left out for the vault, and the report says so;
   d. the leaf hash is SHA-256(0x00 || leaf);
   e. the leaf is canonical JSON (RFC 8785) of integers, strings, booleans, null, lists and objects;
   f. the leaf's study, log, index and recorded_at are those of its row and its database;
   g. its signatures, where it has any, carry the hash of what it says.
2. Tiles: there is a row for each complete tile and for no other, and it holds the tree's hashes.
3. Head: sizes, right edges and the last instant are those of the entries.
4. Checkpoints, stored ones and those brought along: signed by the log's key, and the root is the tree's. Where keys
   took the place of others, the entries name them all; each change is a checkpoint that the key that goes and the
   one that comes have both signed, and of no larger size does the former key's signature count. Where a key was
   lost, the one that comes has signed alone: the report says which entry it rests on, and whose.
5. State: replaying both logs from nothing gives the rows of item, vault_item, sealed_item, occupancy, assignment
   and administration, and each entry stands in open_subject or vault_subject under what it is about; for what
   is sealed or found by keyed hash this needs the key.
6. Refusals: each person's are numbered without a gap; with the key, each opens, the chain of them is whole,
   every end of a chain that a vault entry names is in it, and so is every one that an open entry commits to,
   in the order of the chain.
7. Binding: each open entry commits to a head that the vault had, and never to an older one than the entry
   before it; needs the key.
8. Openings: the randomisation list opens to the root that was logged when it was loaded, every arm is the
   list's, and every prepared kit opens to its commitment; needs the key.

Steps 2 to 8 build on step 1: where it fails for a log, they are not made for it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, zip_longest
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # typeshed omits both
from operator import itemgetter
from typing import Any, Final, NamedTuple

import rfc8785
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inventory.domain.entries import ReplayError, replay
from inventory.domain.items import Item
from inventory.domain.lives.states import LIVE

Rows = Callable[[str], Iterable[Sequence[Any]]]
"""rows(sql): the rows of a SELECT without parameters, all seen as of one instant."""

LOGS: Final = ("open", "vault")
LARGEST_INTEGER: Final = 2**53 - 1
_KEY_LOST: Final = "study-replace-signing-keys"
_KEY_CHANGES: Final = ("study-rotate-signing-keys", _KEY_LOST)
SAMPLE: Final = 1_000  # every so many leaves rfc8785 re-encodes one: it takes 88 µs, our own check about 10

# Constants, each for one log or table: no name is ever pasted into a statement.
_HEAD: Final = "SELECT study, open_size, open_edge, vault_size, vault_edge, recorded_at FROM head"
_OPEN_ENTRIES: Final = 'SELECT "index", leaf_hash, recorded_at, leaf FROM open_entry ORDER BY "index"'
_VAULT_ENTRIES: Final = (
    'SELECT e."index", e.leaf_hash, e.recorded_at, s.key_id, s.nonce, s.ciphertext FROM vault_entry e'
    ' LEFT JOIN sealed_leaf s ON s.leaf_hash = e.leaf_hash ORDER BY e."index"'
)
_TILES: Final = {
    "open": "SELECT level, number, hashes FROM tile WHERE log = 'open' ORDER BY level, number",
    "vault": "SELECT level, number, hashes FROM tile WHERE log = 'vault' ORDER BY level, number",
}
_CHECKPOINTS: Final = {
    "open": "SELECT size, note FROM checkpoint WHERE log = 'open' ORDER BY size, reason",
    "vault": "SELECT size, note FROM checkpoint WHERE log = 'vault' ORDER BY size, reason",
}
_ITEM_COLUMNS: Final = ("code", "kind", "state", "parent", "place", "due", "facts", "entry")
_ITEMS: Final = {
    "item": "SELECT code, kind, state, parent, place, due, facts, entry FROM item ORDER BY code",
    "vault_item": "SELECT code, kind, state, parent, place, due, facts, entry, key_id, nonce, ciphertext"
    " FROM vault_item ORDER BY code",
}
_SEALED_ITEMS: Final = "SELECT key, kind, key_id, nonce, ciphertext FROM sealed_item ORDER BY key"
_OCCUPANCY: Final = "SELECT position, vial FROM occupancy"
_ASSIGNMENT: Final = "SELECT slot, kit FROM assignment"
_ADMINISTRATION: Final = "SELECT syringe, entry_log, entry FROM administration"
_SUBJECTS: Final = {
    "open": 'SELECT subject, "index" FROM open_subject ORDER BY subject, "index"',
    "vault": 'SELECT subject, "index" FROM vault_subject ORDER BY subject, "index"',
}
_REFUSALS: Final = "SELECT person, seq, key_id, nonce, ciphertext, chain FROM refusal ORDER BY person, seq"

_FOUND_UNDER_PARENT: Final = frozenset(
    {
        "kit", "syringe", "deviation", "excursion", "alert", "contents", "task", "unblinding", "envelope", "job",
        "label", "query",
    }
)  # fmt: skip
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_NOTE: Final = re.compile(
    "(?P<body>(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n)"
    "\n(?P<lines>(?:\u2014 [^ \n]+ [A-Za-z0-9+/]+={0,2}\n)+)"
)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier brings along.

    Attributes:
        vkeys: for each log, the public keys that sign its checkpoints (name+hash+key).
        vault_secrets: for each key id, the 32 secret bytes of a vault key.
        checkpoints: signed checkpoints kept elsewhere, each under the name to report it by.
    """

    vkeys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    vault_secrets: Mapping[str, bytes] = field(default_factory=dict)
    checkpoints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: the step that found it, the log and entry if it has one, and why."""

    check: str
    log: str | None
    index: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, in the order of the steps, and what could not be checked."""

    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    sizes: Mapping[str, int]
    roots: Mapping[str, bytes]

    @property
    def holds(self) -> bool:
        """True when nothing was found. Read the remarks too: they say what this does not cover."""
        return not self.findings


def verify(rows: Rows, trust: Trust) -> Report:
    """Check the whole database in the order of the procedure above.

    Raises ValueError when a key that was brought along is malformed; what is stored never raises.
    """
    keys = {log: [_parse_vkey(vkey) for vkey in trust.vkeys.get(log, ())] for log in LOGS}
    sealers = {key_id: AESGCM(_derived(secret, "seal")) for key_id, secret in trust.vault_secrets.items()}
    heads = list(rows(_HEAD))
    study = heads[0][0] if heads else None
    logs = [_Log("open", study, opened=True), _Log("vault", study, opened=bool(sealers))]
    sources = (rows(_OPEN_ENTRIES), _vault_entries(rows, sealers))

    # (1) Both logs are read once: replay consumes the leaves as they are checked.
    state, unfollowed = _replayed(
        [log.check(source) for log, source in zip(logs, sources, strict=True)], logs
    )
    findings = [log.fault for log in logs if log.fault]
    sound = [log for log in logs if log.fault is None]
    for log in sound:
        findings += _check_tiles(rows, log)  # (2)
    findings += _check_head(heads, logs)  # (3)
    chains, unordered = _chains(logs, keys)
    findings += unordered
    for log in sound:
        findings += _check_stored_checkpoints(rows, log, chains[log.name])  # (4)
    findings += _check_foreign_checkpoints(trust.checkpoints, sound, chains)
    if unfollowed:
        findings.append(unfollowed)
    elif len(sound) == len(logs):
        findings += _check_state(rows, state, logs, sealers, list(trust.vault_secrets.values()))  # (5)
        findings += _check_claims(rows, state, logs, list(trust.vault_secrets.values()))
        findings += _check_subjects(rows, logs, list(trust.vault_secrets.values()))
        findings += _check_refusals(rows, logs, sealers, list(trust.vault_secrets.values()))  # (6)
        findings += _check_binding(logs, list(trust.vault_secrets.values()))  # (7)
        findings += _check_openings(state, list(trust.vault_secrets.values()))  # (8)
    findings.sort(key=lambda finding: finding.check)
    sizes = {log.name: log.tree.size for log in logs}
    roots = {log.name: log.tree.root() for log in sound}
    return Report(tuple(findings), tuple(_remarks(logs, keys)), sizes, roots)


def _remarks(logs: Sequence[_Log], keys: Mapping[str, Sequence[_Key]]) -> Iterator[str]:
    for log in logs:
        if log.fault:
            yield f"Steps 2 to 8 were not made for the {log.name} log: they build on its entries."
        if not log.opened:
            yield "The vault's leaves were not opened: no key was given. Only their hashes were checked."
        if not keys[log.name]:
            yield f"The signatures of the {log.name} log's checkpoints were not checked: no key was given."
        for index, (at, by, second) in log.replaced.items():
            yield (
                f"Entry {index} of the {log.name} log ({at}, {by} with {second}) names another key "
                "because one was lost. No former key vouches for the new one: compare it with what these two people "
                "have on paper."
            )


# (1) Entries


Entry = Sequence[Any]
"""Of a stored entry: index, leaf hash, recorded_at, leaf; in the vault what is wrong with its seal, or None."""


class _Log:
    """One log while it is read: its tree so far, and what the later steps need of its leaves."""

    def __init__(self, name: str, study: Any, *, opened: bool) -> None:
        self.name, self.study, self.opened = name, study, opened
        self.tree = _Tree()
        self.recorded_at = ""
        self.fault: Finding | None = None
        self.touched: dict[tuple[str, str], int] = {}
        self.about: dict[str, array[int]] = defaultdict(lambda: array("q"))
        self.parents: dict[tuple[str, Any], Any] = {}
        self.recipients: dict[tuple[str, str], Sequence[Any]] = {}
        self.refusals: list[tuple[int, str, str]] = []
        self.commitments: list[str] = []
        self.changes: list[tuple[int, Mapping[str, Any]]] = []
        self.replaced: dict[int, tuple[str, str, str]] = {}

    def check(self, entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
        """The leaves, in order, until the first entry that fails step 1; that one becomes `fault`."""
        for expected, entry in enumerate(entries):
            try:
                leaf = self._checked(expected, *entry)
            except ValueError as error:
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
        if type(recorded_at) is not str or not _INSTANT.fullmatch(recorded_at):  # (1b)
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
            place = self.study or leaf.get("study"), self.name, expected, recorded_at
            _check_place(leaf, place)  # (1f)
            self._note(leaf, expected)
        self.tree.leaves += leaf_hash
        self.recorded_at = recorded_at
        return leaf

    def _note(self, leaf: dict[str, Any], index: int) -> None:
        try:
            codes = {leaf["item"]} if leaf["evidence"] else set()
            for change in leaf["changes"]:
                thing = kind, code = str(change["kind"]), str(change["code"])
                self.touched[thing] = index
                codes.add(code)
                if kind in _FOUND_UNDER_PARENT:
                    if "parent" in change["now"]:
                        self.parents[thing] = change["now"]["parent"]
                    codes |= self._belongs_to(thing, change)
                if kind == "syringe":
                    codes |= self._whose(code, change["now"])
                elif kind == "label":
                    codes.add(self._of_what(code, change["now"]))
            codes.discard(None)
            for code in codes:
                self.about[code].append(index)
            _check_signatures(leaf)
            if leaf["refusals"] is not None:
                self.refusals.append((index, str(leaf["by"]), leaf["refusals"]))
            if self.name == "open":
                self.commitments.append(leaf["vault"])
            if leaf.get("action") in _KEY_CHANGES:
                named = [change["now"]["facts"] for change in leaf["changes"] if change["kind"] == "study"]
                self.changes.append((index, named[0] if named else {}))
                if leaf["action"] == _KEY_LOST:
                    self.replaced[index] = leaf["recorded_at"], leaf["by"], leaf["with"]
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"its leaf lacks what every leaf states ({error!r}).") from error

    def _belongs_to(self, thing: tuple[str, str], change: Mapping[str, Any]) -> set[Any]:
        """What a thing hangs on, the recipients it names, and whom it entitles as it comes into being."""
        facts = change["now"].get("facts", {})
        if "recipients" in facts:
            self.recipients[thing] = facts["recipients"] or ()
        entitled = facts.get("entitled") or () if change["was"] is None else ()
        return {
            self.parents.get(thing),
            *self.recipients.get(thing, ()),
            *(f"entitled {person}" for person in entitled),
        }

    def _whose(self, syringe: str, now: Mapping[str, Any]) -> set[Any]:
        """Who a syringe was meant for, by its kit, and whoever it was given to: their histories tell of it."""
        if "given_to" in now.get("facts", ()):
            self.parents["given", syringe] = now["facts"]["given_to"]
        kit = self.parents.get(("syringe", syringe))
        return {self.parents.get(("kit", kit)), self.parents.get(("given", syringe))}

    def _of_what(self, label: str, now: Mapping[str, Any]) -> Any:
        """What a label is of: its history tells of its labels."""
        if "thing" in now.get("facts", ()):
            self.parents["thing", label] = now["facts"]["thing"]
        return self.parents.get(("thing", label))


def _check_signatures(leaf: Mapping[str, Any]) -> None:
    """The signatures of an entry, if it has any, sign what it says (step 1g); ValueError where they do not."""
    if "signed" in leaf:
        told = {name: leaf[name] for name in ("action", "item", "occurred_at", "evidence")}
        # Part of a leaf that is canonical, so this is what rfc8785 would write, in a tenth of the time.
        if leaf["signed"]["digest"] != sha256("".join(_encoded(told, 0)).encode()).hexdigest():
            raise ValueError("its signatures sign something else than it says.")


def _check_place(leaf: Mapping[str, Any], place: tuple[Any, ...]) -> None:
    said = leaf.get("study"), leaf.get("log"), leaf.get("index"), leaf.get("recorded_at")
    # The type too: in Python, true is 1.
    if said != place or type(said[2]) is not int:
        names = ("study", "log", "index", "recorded_at")
        for name, one, two in zip(names, said, place, strict=True):
            if one != two or type(one) is not type(two):
                raise ValueError(f"its leaf says {name} = {one!r}, and its place says {two!r}.")


def read_leaf(leaf: bytes) -> dict[str, Any]:
    """The object that these canonical bytes write. Raises ValueError for any other bytes.

    Sorted compact JSON that escapes controls, quote and backslash alone is RFC 8785 as long as there are no
    fractions (refused), integers stay within 2^53 (refused) and keys are ASCII (beyond it the order differs).
    """
    try:
        text = leaf.decode()
        value, _ = _DECODER.raw_decode(text)
        canonical = "".join(_encoded(value, 0)) == text and (text.isascii() or _has_ascii_keys(value))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its leaf is not canonical JSON ({error}).") from error
    if not canonical:
        raise ValueError(
            "its leaf is not canonical JSON (it is written in another form than the one of RFC 8785)."
        )
    if type(value) is not dict:
        raise ValueError("its leaf is not an object.")
    return value


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > LARGEST_INTEGER:
        raise ValueError(f"{text} is beyond ±(2^53 - 1)")
    return value


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not an integer")


# What JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")) makes anew for each value.
_encoded: Final = c_make_encoder(None, None, encode_basestring, None, ":", ",", True, False, False)
_DECODER: Final = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)


def _has_ascii_keys(value: Any) -> bool:
    if type(value) is dict:
        return all(key.isascii() and _has_ascii_keys(part) for key, part in value.items())
    return type(value) is not list or all(map(_has_ascii_keys, value))


def _vault_entries(rows: Rows, sealers: Mapping[str, AESGCM]) -> Iterator[Entry]:
    for index, leaf_hash, recorded_at, key_id, nonce, ciphertext in rows(_VAULT_ENTRIES):
        leaf, broken = None, None
        if ciphertext is None:
            broken = "its sealed leaf is missing."
        elif sealers:
            leaf, broken = _unsealed(sealers.get(key_id), key_id, nonce, ciphertext, leaf_hash)
        yield index, leaf_hash, recorded_at, leaf, broken


def _derived(secret: bytes, purpose: str) -> bytes:
    """One of the keys that a vault's secret stands for (RFC 5869)."""
    return HKDF(SHA256(), 32, None, f"cellcustody {purpose}".encode()).derive(secret)


_Mac = Callable[[str], bytes]


def _mac(key: bytes) -> _Mac:
    """HMAC-SHA-256 under a key of 32 bytes (RFC 2104), written out: `hmac` takes three times as long.

    Two of them are made for each open entry.
    """
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    return lambda message: sha256(outer + sha256(inner + message.encode()).digest()).digest()


def _unsealed(
    sealer: AESGCM | None, key_id: Any, nonce: Any, ciphertext: Any, bound_to: Any
) -> tuple[bytes | None, str | None]:
    """The plain bytes, or what is wrong with the seal."""
    if sealer is None:
        return None, f"it is sealed with the key {key_id!r}, which was not given."
    try:
        return sealer.decrypt(nonce, ciphertext, bound_to), None
    except (InvalidTag, ValueError, TypeError):
        return None, f"its seal does not open with the key {key_id!r}."


# (2) and (3): the tree, its tiles and its right edge


class _Tree:
    """RFC 6962 §2.1, recursively; the roots of large complete subtrees are kept, as many trees share them."""

    def __init__(self) -> None:
        self.leaves = bytearray()
        self.kept: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        return len(self.leaves) // 32

    def root(self, size: int | None = None) -> bytes:
        size = self.size if size is None else size
        return self.over(0, size) if size else sha256(b"").digest()

    def over(self, low: int, high: int) -> bytes:
        """The root over the leaves from `low` up to but not including `high`."""
        width = high - low
        if width == 1:
            return bytes(self.leaves[low * 32 : high * 32])
        if width == 2:  # half of all nodes, without a call for each leaf
            return sha256(b"\x01" + self.leaves[low * 32 : high * 32]).digest()
        if (low, high) in self.kept:
            return self.kept[low, high]
        middle = low + (1 << ((width - 1).bit_length() - 1))
        root = sha256(b"\x01" + self.over(low, middle) + self.over(middle, high)).digest()
        if width >= 256 and width & (width - 1) == 0:
            self.kept[low, high] = root
        return root

    def peaks(self) -> Iterator[tuple[int, int]]:
        """The leaves under each complete subtree, the largest first."""
        low = 0
        for bit in reversed(range(self.size.bit_length())):
            if self.size >> bit & 1:
                yield low, low + (1 << bit)
                low += 1 << bit

    def heads(self) -> Iterator[bytes]:
        """Size (8 bytes, big-endian) and root at every size from 0 on, as commitments hold them."""
        edge: list[bytes] = []
        yield bytes(8) + self.root(0)
        for size in range(1, self.size + 1):
            edge.append(self.over(size - 1, size))
            for _ in range((size & -size).bit_length() - 1):
                right = edge.pop()
                edge[-1] = sha256(b"\x01" + edge[-1] + right).digest()
            root = edge[-1]
            for left in reversed(edge[:-1]):
                root = sha256(b"\x01" + left + root).digest()
            yield size.to_bytes(8, "big") + root

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Level and number of each complete tile."""
        level, count = 0, self.size // 256
        while count:
            yield from ((level, number) for number in range(count))
            level, count = level + 1, count // 256

    def tile(self, level: int, number: int) -> bytes:
        width = 256**level
        first = number * 256 * width
        return b"".join(self.over(first + i * width, first + (i + 1) * width) for i in range(256))


def _check_tiles(rows: Rows, log: _Log) -> Iterator[Finding]:
    stored = rows(_TILES[log.name])
    for expected, row in zip_longest(log.tree.tiles(), stored):
        if row is None or expected != (row[0], row[1]):
            where = (
                f"Tile {expected} is missing" if expected else f"Tile {row[0], row[1]} is not complete yet"
            )
            yield Finding(
                "2 tiles", log.name, None, f"{where}: the rows of tiles are not those of the entries."
            )
            return
        level, number = expected
        hashes = log.tree.tile(level, number)
        if row[2] != hashes:
            first = number * 256 + _first_difference(row[2], hashes) if level == 0 else None
            yield Finding("2 tiles", log.name, first, f"Tile {expected} does not hold the tree's hashes.")
            return


def _first_difference(stored: Any, hashes: bytes) -> int:
    known = stored if type(stored) is bytes else b""
    same = next(
        (i for i, pair in enumerate(zip(known, hashes, strict=False)) if pair[0] != pair[1]), len(known)
    )
    return min(same // 32, 255)


def _check_head(heads: Sequence[Sequence[Any]], logs: Sequence[_Log]) -> Iterator[Finding]:
    if len(heads) != 1:
        yield Finding("3 head", None, None, f"There are {len(heads)} head rows, and a study has one.")
        return
    _, open_size, open_edge, vault_size, vault_edge, recorded_at = heads[0]
    for log, size, edge in zip(logs, (open_size, vault_size), (open_edge, vault_edge), strict=True):
        if log.fault is None:
            yield from _check_edge(log, size, edge)
    last = max(log.recorded_at for log in logs)
    if all(log.fault is None for log in logs) and last and recorded_at != last:
        yield Finding(
            "3 head", None, None, f"The head was written at {recorded_at}, the last entry at {last}."
        )


def _check_edge(log: _Log, size: Any, edge: Any) -> Iterator[Finding]:
    if size != log.tree.size:
        missing = log.tree.size if type(size) is int and size > log.tree.size else None
        sentence = f"The head counts {size} entries of the {log.name} log, and {log.tree.size} are stored."
        yield Finding("3 head", log.name, missing, sentence)
        return
    stored = edge if type(edge) is bytes else b""
    for number, (low, high) in enumerate(log.tree.peaks()):
        if stored[number * 32 : number * 32 + 32] != log.tree.over(low, high):
            sentence = f"The head's right edge is another over the entries {low} to {high - 1}."
            yield Finding("3 head", log.name, low if high - low == 1 else None, sentence)
            return
    if len(stored) != log.tree.size.bit_count() * 32:
        yield Finding("3 head", log.name, None, "The head's right edge is too long.")


# (4) Checkpoints


class _Key(NamedTuple):
    name: str
    key_id: bytes
    public: Ed25519PublicKey


class _Signed(NamedTuple):
    size: int
    root: bytes
    by: frozenset[bytes] = frozenset()


class _Chain(NamedTuple):
    """The keys that signed a log one after another, and the size at which each but the last gave way."""

    keys: Sequence[_Key]
    ends: Sequence[int]
    lost: frozenset[int] = frozenset()
    """Those of the sizes at which the key that went could not sign."""


def _parse_vkey(vkey: str) -> _Key:
    name, key_id, key = vkey.split("+", 2)
    raw = base64.b64decode(key, validate=True)
    if len(raw) != 33 or raw[0] != 1 or sha256(f"{name}\n".encode() + raw).digest()[:4].hex() != key_id:
        raise ValueError(f"{vkey!r} is not an Ed25519 key of a log, written as name+hash+key.")
    return _Key(name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(raw[1:]))


def read_checkpoint(note: str, keys: Sequence[_Key]) -> _Signed:
    """Size and root of a checkpoint that one of `keys` signed under its own name as origin.

    Without keys the signature is not looked at. Raises ValueError with a sentence.
    """
    found = _NOTE.fullmatch(note)
    if found is None:
        raise ValueError("it is not a signed checkpoint of three lines")
    root = base64.b64decode(found["root"])
    if base64.b64encode(root).decode() != found["root"]:
        raise ValueError("its root is not written in the one form of base64")
    lines = found["lines"].splitlines()
    by = frozenset(key.key_id for key in keys for line in lines if _is_signed(found["body"], line, key))
    if keys and (not by or found["origin"] not in {key.name for key in keys}):
        raise ValueError("it is not signed by the log's key under the log's name")
    return _Signed(int(found["size"]), root, by)


def _is_signed(body: str, line: str, key: _Key) -> bool:
    """Whether this line is the key's signature. Raises ValueError when it is a bad one."""
    _, name, signature = line.split(" ")
    try:
        blob = base64.b64decode(signature, validate=True)
    except binascii.Error as error:
        raise ValueError("a signature is not base64") from error
    if (name, blob[:4]) != (key.name, key.key_id):
        return False
    try:
        key.public.verify(blob[4:], body.encode())
    except InvalidSignature:
        raise ValueError(f"the signature of {name} is not good") from None
    return True


def _chain(log: _Log, named: Sequence[Mapping[str, Any]], keys: Sequence[_Key]) -> _Chain:
    """The keys of a log, by the keys that were brought along and by what the open log says took their place.

    Raises ValueError with a sentence where the entries name another row of keys than the one brought along.
    """
    if not keys or (not named and not log.changes):
        return _Chain(keys, ())
    if len(named) != len(log.changes):
        raise ValueError("its keys changed at other entries than the open log says")
    texts: list[str] = []
    for facts in named:
        former = [str(key) for key in facts[f"former_{log.name}_keys"]]
        if texts and former != texts:
            raise ValueError("an entry names other former keys than the one before it")
        texts = [*former, str(facts[f"{log.name}_key"])]
    if len(texts) != len(named) + 1:
        raise ValueError("its entries do not name every key that it had")
    chain = [_parse_vkey(text) for text in texts]
    if not {key.key_id for key in keys} & {key.key_id for key in chain}:
        raise ValueError("no key that was given is among those that its entries name")
    ends = [index + 1 for index, _ in log.changes]
    return _Chain(chain, ends, frozenset(index + 1 for index in log.replaced))


def _refuse_late(signed: _Signed, chain: _Chain) -> None:
    """A former key's signature counts up to the size at which it gave way. Raises ValueError beyond it."""
    if not chain.ends:
        return
    for key, end in zip(chain.keys, [*chain.ends, signed.size], strict=True):
        if key.key_id in signed.by and signed.size <= end:
            return
    raise ValueError(f"it signs {signed.size} entries with a key whose place another had taken before")


def _read_signed(note: str, chain: _Chain) -> _Signed:
    signed = read_checkpoint(note, chain.keys)
    _refuse_late(signed, chain)
    return signed


def _chains(
    logs: Sequence[_Log], keys: Mapping[str, Sequence[_Key]]
) -> tuple[dict[str, _Chain], list[Finding]]:
    """The keys of each log, and what does not hold of them; without a sound open log its say is left out."""
    open_log = logs[0]
    found: dict[str, _Chain] = {}
    findings = []
    for log in logs:
        found[log.name] = _Chain(keys[log.name], ())
        if open_log.fault or log.fault or not log.opened:
            found[log.name] = found[log.name] if open_log is log else _Chain((), ())
            continue
        try:
            found[log.name] = _chain(log, [facts for _, facts in open_log.changes], keys[log.name])
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            index = log.changes[-1][0] if log.changes else None
            findings.append(
                Finding(
                    "4 checkpoints",
                    log.name,
                    index,
                    f"The keys of the {log.name} log are not in order: {error}.",
                )
            )
    return found, findings


def _check_root(log: _Log, signed: _Signed) -> None:
    if signed.size > log.tree.size:
        raise ValueError(f"it signs {signed.size} entries, and {log.tree.size} are stored")
    if log.tree.root(signed.size) != signed.root:
        raise ValueError(f"it signs another history of the first {signed.size} entries")


def _check_stored_checkpoints(rows: Rows, log: _Log, chain: _Chain) -> Iterator[Finding]:
    """The first stored checkpoint that fails: what comes after it rests on the same entries."""
    good, vouched = 0, set()
    for size, note in rows(_CHECKPOINTS[log.name]):
        try:
            signed = _read_signed(str(note), chain)
            if signed.size != size:
                raise ValueError(f"it signs {signed.size} entries")
            _check_root(log, signed)
        except ValueError as error:
            sentence = (
                f"The checkpoint stored for {size} entries does not hold: {error}. The one for {good} holds."
            )
            yield Finding("4 checkpoints", log.name, None, sentence)
            return
        good = size
        vouched |= {(size, key_id) for key_id in signed.by}
    for number, end in enumerate(chain.ends):
        came, went = chain.keys[number + 1], chain.keys[number]
        needed = [came] if end in chain.lost else [went, came]
        if not all((end, key.key_id) in vouched for key in needed):
            which = "the one that came" if len(needed) == 1 else "the key that went and by the one that came"
            sentence = f"No checkpoint of {end} entries is signed by {which}."
            yield Finding("4 checkpoints", log.name, end - 1, sentence)
            return


def _check_foreign_checkpoints(
    notes: Mapping[str, str], logs: Sequence[_Log], chains: Mapping[str, _Chain]
) -> Iterator[Finding]:
    for name, note in notes.items():
        origin = note.partition("\n")[0]
        log = next((log for log in logs if origin in {key.name for key in chains[log.name].keys}), None)
        try:
            if log is None:
                raise ValueError(f"no key that was given belongs to a sound log called {origin!r}")
            _check_root(log, _read_signed(note, chains[log.name]))
        except ValueError as error:
            sentence = f"The checkpoint {name} does not hold: {error}."
            yield Finding("4 checkpoints", log.name if log else None, None, sentence)


# (5) State


State = Mapping[tuple[Any, str], Item]


def _replayed(
    leaves: Sequence[Iterator[dict[str, Any]]], logs: Sequence[_Log]
) -> tuple[State, Finding | None]:
    """The state that the leaves give, or the first entry that does not follow from those before it."""
    state: State = {}
    finding = None
    try:
        state = replay(*leaves)
    except (ReplayError, KeyError, ValueError, TypeError, AttributeError) as error:
        log = next((log for log in reversed(logs) if log.tree.size), logs[0])
        finding = Finding(
            "5 state", log.name, log.tree.size - 1, f"The changes of an entry do not follow: {error}."
        )
    for rest in leaves:
        # Step 1 goes on to the end of both logs, whatever the changes say.
        for _ in rest:
            pass
    return state, finding


def _check_state(
    rows: Rows, state: State, logs: Sequence[_Log], sealers: Mapping[str, AESGCM], secrets: Sequence[bytes]
) -> Iterator[Finding]:
    finders = [_mac(_derived(secret, "find")) for secret in secrets]
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
        try:
            stored["facts"] = json.loads(stored["facts"])
        except (ValueError, TypeError):
            stored["facts"] = None
        yield stored


def _opened_row(row: Stored, sealers: Mapping[str, AESGCM], finders: Sequence[_Mac]) -> Stored:
    """A row of the vault as it is: of the kinds of `_SEALED_KINDS` all but the code is sealed."""
    code, (key_id, nonce, ciphertext) = row["code"], row["seal"]
    if row["kind"] not in _SEALED_KINDS:
        return row if ciphertext is None else _broken(row, f"{code} is sealed, and need not be.")
    if (row["state"], row["due"], row["facts"]) != ("sealed", None, {}):
        return _broken(row, f"{code} shows what is to be sealed.")
    plain, _ = _unsealed(sealers.get(key_id), key_id, nonce, ciphertext, f"vault_item\0{code}".encode())
    try:
        opened = dict(zip(_SEALED_NAMES, json.loads(plain or b""), strict=True))
        found_by = {"parent": ("parent", opened["parent"])}
        lies = row["kind"] in {"job", "label"}
        found_by["place"] = (
            (f"lying\0{row['kind']}", opened["place"])
            if lies
            else ("given to", opened["facts"].get("given_to"))
        )
    except (ValueError, TypeError, AttributeError):
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
        plain, broken = _unsealed(sealers.get(key_id), key_id, nonce, ciphertext, key)
        try:
            yield {"kind": kind, **dict(zip(names, json.loads(plain or b""), strict=True))}
        except (ValueError, TypeError):
            yield {"kind": kind, "code": None, "broken": broken or "it holds no item."}


def _compare(
    table: str, expected: dict[tuple[str, str], Item], stored: Iterable[Stored], logs: Sequence[_Log]
) -> Iterator[Finding]:
    """The first row that is not what replay gives, or the first item without a row."""
    left = dict(expected)
    for row in stored:
        item = left.pop((row["kind"], row["code"]), None)
        if item is None:
            sentence = row.get("broken") or f"no entry made {row['kind']} {row['code']}."
            yield Finding("5 state", None, None, f"A row of {table}: {sentence}")
            return
        log, entry = _last_entry(item, logs)
        replayed = {name: getattr(item, name) for name in ("state", "parent", "place", "due")}
        replayed |= {"facts": dict(item.facts), "entry": entry}
        for name, value in replayed.items():
            if row.get(name, value) != value:
                what = f"{item.kind.value} {item.code} has {name} = {row[name]!r} in {table}"
                yield Finding("5 state", log, entry, f"{what}, and replay gives {value!r}.")
                return
    for item in left.values():
        log, entry = _last_entry(item, logs)
        yield Finding("5 state", log, entry, f"{item.kind.value} {item.code} has no row in {table}.")
        return


def _last_entry(item: Item, logs: Sequence[_Log]) -> tuple[str, int]:
    log = _log_of(item, logs)
    return log.name, log.touched[item.kind.value, item.code]


def _log_of(item: Item, logs: Sequence[_Log]) -> _Log:
    return logs[0] if item.shelf.value == "open" else logs[1]


def _check_occupancy(rows: Rows, vault: Mapping[tuple[str, str], Item]) -> Iterator[Finding]:
    lying = {(item.place, item.code) for item in vault.values() if item.kind.value == "vial" and item.place}
    stored = {tuple(row) for row in rows(_OCCUPANCY)}
    for position, vial in sorted(lying ^ stored, key=str):
        where = "in occupancy alone" if (position, vial) in stored else "in the entries alone"
        yield Finding("5 state", "vault", None, f"Vial {vial} at position {position} stands {where}.")
        return


def _check_claims(
    rows: Rows, state: State, logs: Sequence[_Log], secrets: Sequence[bytes]
) -> Iterator[Finding]:
    """One live kit to a participant's period, and a syringe given once: both stand there by keyed hash."""
    finders = [_mac(_derived(secret, "find")) for secret in secrets]
    slots: dict[Any, Item] = {}
    given: dict[Any, Item] = {}
    for item in state.values():
        for find in finders:
            if item.kind == "kit" and item.state in LIVE and item.parent:
                slot = find(f"slot\0{item.parent}\0{item.number('period')}")
                slots[slot, find(f"kit\0{item.code}")] = item
            elif item.kind == "syringe" and item.text("outcome") == "given" and item.state != "voided":
                log = _log_of(item, logs)
                given |= {
                    (find(f"given\0{item.code}"), log.name, entry): item for entry in log.about[item.code]
                }
    if finders:
        yield from _compare_claims("assignment", slots, rows(_ASSIGNMENT), logs)
        yield from _compare_claims("administration", given, rows(_ADMINISTRATION), logs)


def _compare_claims(
    table: str, expected: Mapping[Any, Item], stored: Iterable[Sequence[Any]], logs: Sequence[_Log]
) -> Iterator[Finding]:
    left = {item.key: item for item in expected.values()}
    for row in stored:
        item = expected.get(tuple(row))
        if item is None or left.pop(item.key, None) is None:
            yield Finding("5 state", None, None, f"A row of {table} is what no entry gives.")
            return
    for item in left.values():
        log, entry = _last_entry(item, logs)
        yield Finding("5 state", log, entry, f"{item.kind.value} {item.code} has no row in {table}.")
        return


def _check_subjects(rows: Rows, logs: Sequence[_Log], secrets: Sequence[bytes]) -> Iterator[Finding]:
    """A history is read by what its entries are found under: one left out there would be an entry hidden."""
    open_log, vault = logs
    yield from _compare_subjects(open_log, {code: code for code in open_log.about}, rows(_SUBJECTS["open"]))
    finders = [_mac(_derived(secret, "find")) for secret in secrets]
    named = {find(f"subject\0{code}"): code for code in vault.about for find in finders}
    if finders:
        yield from _compare_subjects(vault, named, rows(_SUBJECTS["vault"]))


def _compare_subjects(
    log: _Log, named: Mapping[Any, str], stored: Iterable[Sequence[Any]]
) -> Iterator[Finding]:
    left: dict[str, Sequence[int]] = dict(log.about)
    for subject, group in groupby(stored, itemgetter(0)):
        found = {index for _, index in group}
        if not all(0 <= index < log.tree.size for index in (min(found), max(found))):
            yield Finding("5 state", log.name, None, f"A row of {log.name}_subject names no entry.")
            return
        code = named.get(subject)
        if code is not None:
            left[code] = [index for index in left[code] if index not in found]
    for index, code in sorted((rest[0], code) for code, rest in left.items() if rest)[:1]:
        yield Finding("5 state", log.name, index, f"Entry {index} is not found under {code}.")


# (6) Refusals


def _check_refusals(
    rows: Rows, logs: Sequence[_Log], sealers: Mapping[str, AESGCM], secrets: Sequence[bytes]
) -> Iterator[Finding]:
    committers = [_mac(_derived(secret, "commit")) for secret in secrets]
    chains: dict[str, list[str]] = {}
    for person, seq, key_id, nonce, ciphertext, chain in rows(_REFUSALS):
        known = chains.setdefault(person, [])
        bound_to = f"refusal\0{person}\0{seq}".encode()
        plain, _ = _unsealed(sealers.get(key_id), key_id, nonce, ciphertext, bound_to)
        previous = bytes.fromhex(known[-1]) if known else b""
        links = [_link(previous, each, f"{person} {seq}", plain) for each in committers]
        if seq != len(known) or (links and chain not in links):
            sentence = f"The refusals of {person} are not whole at number {seq}."
            yield Finding("6 refusals", None, None, sentence)
            return
        known.append(chain.hex())
    open_log, vault = logs
    unknown = [index for index, person, head in vault.refusals if head not in chains.get(person, ())][:1]
    by_log = {vault: unknown, open_log: list(_unopened(open_log, chains, secrets))[:1]}
    for log, found in by_log.items():
        for index in found:
            person = next(person for place, person, _ in log.refusals if place == index)
            sentence = f"Entry {index} names a refusal of {person} that is not stored."
            yield Finding("6 refusals", log.name, index, sentence)


def _unopened(log: _Log, chains: Mapping[str, Sequence[str]], secrets: Sequence[bytes]) -> Iterator[int]:
    """The open entries that commit to no end of their author's chain, or to an earlier one than before."""
    committers = [_mac(_derived(secret, "commit")) for secret in secrets]
    heads = {person: [b"", *map(bytes.fromhex, chain)] for person, chain in chains.items()}
    reached: dict[str, int] = {}
    for index, person, told in log.refusals if committers else ():
        mine, start = heads.get(person, [b""]), reached.get(person, 0)
        for place in range(start, len(mine)):
            if _opens(told, committers, f"refusals\0{index}", mine[place]):
                reached[person] = place
                break
        else:
            yield index


def _link(previous: bytes, committer: _Mac, owner: str, plain: bytes | None) -> bytes | None:
    """The chain after this refusal: SHA-256(chain before || commitment to it); None where it does not open."""
    salt = committer(f"refusal\0{owner}")
    return None if plain is None else sha256(previous + sha256(salt + plain).digest()).digest()


def _opens(told: str, committers: Sequence[_Mac], salted: str, value: bytes) -> bool:
    """Whether what was told is the commitment of one of these keys to that value."""
    for committer in committers:  # noqa: SIM110  (a generator for each entry would take longer than its hash)
        if sha256(committer(salted) + value).hexdigest() == told:
            return True
    return False


# (7) Binding


def _check_binding(logs: Sequence[_Log], secrets: Sequence[bytes]) -> Iterator[Finding]:
    """Walk both logs together: the vault's size behind each commitment is not told, but it never shrinks."""
    if not secrets:
        return
    open_log, vault = logs
    committers = [_mac(_derived(secret, "commit")) for secret in secrets]
    heads = vault.tree.heads()
    head = next(heads)
    for index, commitment in enumerate(open_log.commitments):
        while not _opens(commitment, committers, f"vault head\0{index}", head):
            following = next(heads, None)
            if following is None:
                sentence = f"Entry {index} commits to a head that the vault did not have then."
                yield Finding("7 binding", "open", index, sentence)
                return
            head = following


def _check_openings(state: Mapping[tuple[Any, str], Item], secrets: Sequence[bytes]) -> Iterator[Finding]:
    """Open what the open log committed to, with each key brought along, and compare with the vault's state."""
    committers = [_mac(_derived(secret, "commit")) for secret in secrets]
    kinds: dict[str, dict[str, Item]] = {}
    for item in state.values():
        kinds.setdefault(str(item.kind), {})[item.code] = item
    if committers:
        yield from _check_list(kinds, committers)
        yield from _check_contents(kinds, committers)


def _committed(committer: _Mac, purpose: str, owner: str, value: Any) -> bytes:
    told = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return sha256(committer(f"{purpose}\0{owner}") + told).digest()


def _check_list(kinds: Mapping[str, Mapping[str, Item]], committers: Sequence[_Mac]) -> Iterator[Finding]:
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


def _list_root(committer: _Mac, rows: Mapping[str, tuple[str, str]]) -> bytes:
    tree = _Tree()
    for row, (stratum, arm) in sorted(rows.items(), key=lambda one: one[0]):
        tree.leaves += sha256(b"\0" + _committed(committer, "list row", row, [row, stratum, arm])).digest()
    return tree.root()


def _check_contents(kinds: Mapping[str, Mapping[str, Item]], committers: Sequence[_Mac]) -> Iterator[Finding]:
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
